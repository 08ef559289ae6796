"""One-code payment (一码付) of a case, where the county has an intermediate account: what is owed becomes one bill.

    tax assessed or none due, fee known → rebill → [the payer pays anywhere] → `answers.settle_paid` → the case goes on

Where the county keeps its maintenance fund in Yiti too, what the case's units owe to it is on the bill, by the book of
the moment and not by what was answered once.

The bill always says what the open requests of the case say: whoever changes one of them calls `rebill` under the
case's lock. A paid bill is left alone; whether it still fits is seen when it is settled.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import select

from escrow import collection
from escrow.collection.models import MAINTENANCE, BillState, CollectionBill, LineKind
from escrow.collection.rules import LINE_WORDS
from escrow.maintenance import service as fund
from escrow.maintenance.schemas import Due
from integrations.case_requests import TaxLine
from kernel.clock import SHANGHAI, now, today
from kernel.db import ReadSession, WriteSession
from kernel.money import yuan
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.application import Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.models import Case
from yiti.journeys.maintenance.units import fund_units
from yiti.journeys.registration.facts import needs
from yiti.journeys.registration.fees import fee_lines, parameter
from yiti.journeys.registration.models import CaseRequest

TAX, TREASURY = "tax", "treasury"
"""Codes of the authorities to which bills are cleared."""
OPEN: Final = ("requested", "assessed")
_LIFE = "collection_bill_hours"
_HOURS: Final = 24
_SETTLED = ("clear", "exempt")


async def by_one_code(reader: ReadSession) -> bool:
    """Whether the county collects by one code."""
    return await collection.collection_account(reader) is not None


async def rebill(tx: WriteSession, actor: Actor, case: Case) -> CollectionBill | None:
    """Make the case's bill say what is owed now; None while that is not known yet, or nothing is. Safe to repeat."""
    if not await by_one_code(tx):
        return None
    live = await collection.live_bill(tx, case.id)
    if live is not None and live.state != BillState.OPEN:
        return live
    lines = await owed(tx, case)
    if not sum(line.amount_fen for line in lines):
        await collection.void_open(tx, actor, case.id, "应缴内容已变化")
        return None
    expires = now() + timedelta(hours=await _hours(tx))
    return await collection.issue(
        tx, actor, collection.NewBill(payer=_payer(case), lines=tuple(lines), expires_at=expires)
    )


async def owed(reader: ReadSession, case: Case) -> list[collection.NewLine]:
    """The lines of what is open; empty while the tax bureau has not answered, for the bill is made whole."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case.id).order_by(CaseRequest.id)
    newest = {one.which: one for one in await reader.scalars(wanted)}
    tax, fee = newest.get("tax"), newest.get("fee")
    if "tax" in needs(case) and not _tax_is_known(case, tax):
        return []
    lines = [_tax_line(one) for one in assessed_lines(tax)] if tax is not None and tax.state == "assessed" else []
    if fee is not None and fee.state in ("requested", "exempt"):
        of_fee = await _fee_lines(reader, case, fee.asked_at.astimezone(SHANGHAI).date())
        # A fee that is exempt by the schedule stands on the bill too, with the reason; not one that a paper exempts.
        if fee.state == "requested" or not sum(line.amount_fen for line in of_fee):
            lines += of_fee
    housing = newest.get("housing")
    if housing is not None and housing.state in OPEN:
        lines += [_fund_line(one) for one in await fund_dues(reader, case)]
    return lines


async def fund_dues(reader: ReadSession, case: Case) -> tuple[Due, ...]:
    """What the units of the case owe to the maintenance fund now, as far as it can be billed."""
    return await fund.dues_of(reader, await fund_units(reader, cases.application_of(case).unit_ids))


def _fund_line(one: Due) -> collection.NewLine:
    kind = LineKind.MAINTENANCE_FUND
    title = f"{LINE_WORDS[kind]}（{one.unit_code}）"
    return collection.NewLine(
        kind=kind, title=title, amount_fen=one.amount_fen, authority=MAINTENANCE, words=one.words, fund=one
    )


async def _fee_lines(reader: ReadSession, case: Case, on: date) -> list[collection.NewLine]:
    return [
        collection.NewLine(
            kind=LineKind.REGISTRATION_FEE, title=f"不动产登记费（{one.title}）", amount_fen=one.due_fen,
            exempt_fen=one.exempt_fen, authority=TREASURY, words=one.words,
        )
        for one in await fee_lines(reader, case, on)
    ]  # fmt: skip


def _tax_is_known(case: Case, tax: CaseRequest | None) -> bool:
    if tax is not None and tax.state in OPEN:
        return tax.state == "assessed"
    fact = cases.outside_of(case).get("tax")
    return fact is not None and fact.state in _SETTLED


def assessed_lines(request: CaseRequest) -> tuple[TaxLine, ...]:
    """What the tax bureau has assessed; empty before."""
    return msgspec.convert((request.assessment or {}).get("lines", []), tuple[TaxLine, ...])


def assessment(lines: Sequence[TaxLine], evidence_digest: str, evidence_bytes: int) -> dict[str, Any]:
    """As it is kept with the request."""
    kept = [msgspec.to_builtins(line) for line in lines]
    return {"lines": kept, "evidence_digest": evidence_digest, "evidence_bytes": evidence_bytes}


def _tax_line(line: TaxLine) -> collection.NewLine:
    rate = f"，税率{line.rate}" if line.rate else ""
    exempt = f"，减免{yuan(line.exempt_fen)}元" if line.exempt_fen else ""
    basis = f"（{line.basis}）" if line.basis else ""
    return collection.NewLine(
        kind=LineKind(line.kind),
        title=LINE_WORDS[LineKind(line.kind)],
        amount_fen=line.amount_fen,
        exempt_fen=line.exempt_fen,
        authority=TAX,
        words=f"计税依据{yuan(line.base_fen)}元{rate}{exempt}{basis}",
    )


def _payer(case: Case) -> collection.Payer:
    parts = cases.application_of(case).parts
    holders = dict.fromkeys(one.name for part in parts for one in part.applicants if one.side is Side.HOLDER)
    names = "、".join(CATALOGUE[Business(one)].name for one in case.businesses)
    return collection.Payer(
        case_id=case.id,
        case_no=case.number,
        title=f"税费合缴（{names}）"[:200],
        name="、".join(holders)[:200] or case.applicants[:200],
    )


async def _hours(reader: ReadSession) -> int:
    row = await parameter(reader, _LIFE, today())
    return int(row.value["hours"]) if row is not None else _HOURS


async def send_back(tx: WriteSession, case: Case, because: str) -> None:
    """The case ends without a booking: its open bill is void, a paid one goes back to the payer."""
    await collection.send_back(tx, system_actor(tx.tenant), case.id, because)
