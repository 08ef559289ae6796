"""我的维修资金: of the units that one owns by the book. Only for who is identified; looking is written down."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

import contracts.service as contracts
from escrow.maintenance import service as fund
from escrow.maintenance.rules import STATES
from escrow.maintenance.schemas import Payment
from escrow.models import Bill
from escrow.service import bill as one_bill
from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.web.dependencies import CurrentActor, Tenant, Tx
from yiti.accounts.sessions import Citizen
from yiti.cases import service as cases
from yiti.journeys.maintenance import receipts
from yiti.journeys.maintenance.units import fund_units
from yiti.journeys.registration import searches
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.letters.schemas import LetterKind
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page
from yiti.register.kinds import EntryKind
from yiti.resources import Parts

LOOK = "本人网上查看名下房屋的维修资金"
_HELD = frozenset({EntryKind.OWNERSHIP, EntryKind.PRESALE_NOTICE})
_LINES = 50


class MaintenanceController(Controller):
    """`/me/{county}/maintenance`."""

    path = "/me/{county:str}/maintenance"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def own(self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant) -> Response[Any]:
        """Paid, left, and every line of it; receipts of what one paid oneself."""
        person = await citizen(request, tx)
        asker = searches.Asker(name=person.name, id_kind="resident_id", id_number=person.id_no)
        rights = [one for one in await searches.own_property(tx, actor, asker, LOOK) if one.kind in _HELD]
        places = {one.unit_id: one.location for one in rights}
        units = await fund_units(tx, list(places))
        verdicts, funds = await fund.verdicts(tx, units), await fund.funds_of(tx, list(places))
        payments = await fund.payments_of(tx, list(places))
        own = await _own(tx, person)
        return page(
            "citizen/maintenance.html",
            county=tenant,
            units=[
                {
                    "location": places[unit.unit_id],
                    "look": STATES[verdicts[unit.unit_id].state],
                    "words": verdicts[unit.unit_id].words,
                    "fund": funds[unit.unit_id],
                    "lines": await _statement(tx, unit.unit_id),
                    "papers": await _papers(tx, tenant, payments[unit.unit_id], own),
                }
                for unit in units
            ],
        )

    @get("/receipts/{letter_id:uuid}/pdf")
    async def receipt(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed receipt, for those of the contract or case that it belongs to."""
        found = await letters.get(tx, letter_id)
        person = await citizen(request, tx)
        if not await _is_own(tx, found, person) or found.pdf_digest is None:
            raise NotFound("没有找到该缴款凭证")
        audit(tx, actor, "letter.viewed", f"letter:{letter_id}", {"number": found.number})
        data = await resources.blobs.get(found.pdf_digest)
        return pdf_response(data, f"{found.title}（{found.number}）.pdf", download=True)


async def _own(reader: ReadSession, person: Citizen) -> frozenset[UUID]:
    """Sales and registration cases in which the person takes part."""
    bought = [one.id for one in await contracts.contracts_of_person(reader, person.id_no)]
    return frozenset((*bought, *(one.id for one in await cases.cases_of_person(reader, person.id_no))))


def _is_of(bill: Bill, own: frozenset[UUID]) -> bool:
    return bill.contract_id in own or bill.case_id in own


async def _is_own(reader: ReadSession, letter: Letter, person: Citizen) -> bool:
    if letter.kind != LetterKind.MAINTENANCE_RECEIPT:
        return False
    bill: Bill = await one_bill(reader, UUID(letter.subject.partition(":")[2]))
    return _is_of(bill, await _own(reader, person))


async def _statement(reader: ReadSession, unit_id: UUID) -> list[Any]:
    found = await fund.statement_of(reader, unit_id, limit=_LINES)
    return list(found.lines) if found else []


async def _papers(
    reader: ReadSession, county: str, payments: list[Payment], own: frozenset[UUID]
) -> list[tuple[Payment, str]]:
    """Each payment with where its receipt is; an earlier owner's receipt names that owner and is not shown."""
    bills = [await one_bill(reader, one.bill_id) for one in payments if one.bill_id]
    mine = {bill.id for bill in bills if _is_of(bill, own)}
    written = await receipts.receipts_of(reader, mine)
    urls = {
        bill_id: f"/me/{county}/maintenance/receipts/{letter.id}/pdf"
        for bill_id, letter in written.items()
        if letter.pdf_digest
    }
    return [(one, urls.get(one.bill_id, "") if one.bill_id else "") for one in payments]
