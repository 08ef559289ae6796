"""Full personal data, shown once, for a stated purpose that is written down (个人信息保护法 arts. 6, 51)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

import contracts.service as contracts
from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.estate.queries import get_unit
from yiti.journeys.registration.view import SIDE_WORDS
from yiti.portals.registration import people
from yiti.portals.registration.forms import PURPOSES, RevealForm, stated_purpose
from yiti.portals.shell.views import page
from yiti.register.kinds import KIND_WORDS, EntryStatus
from yiti.register.models import RegisterEntry
from yiti.register.page import entries_of

REVEALED = "pii.revealed"
Groups = Sequence[tuple[str, Sequence[people.Person]]]


@dataclass(frozen=True, slots=True)
class Target:
    """What the full data belongs to. `subject` and `number` name it in the audit log."""

    subject: str
    number: str
    title: str
    url: str


class CaseRevealController(Controller):
    """The applicants of a case."""

    path = "/registration/cases/{case_id:uuid}/reveal"
    guards = (requires(Permission.CASE_VIEW), requires(Permission.PII_REVEAL))

    @get("/")
    async def ask(self, reader: Reader, case_id: FromPath[UUID]) -> Response[Any]:
        """The form that asks for the purpose."""
        return _form(await _case_target(reader, case_id), RevealForm())

    @post("/", status_code=200)
    async def reveal(
        self, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[RevealForm]
    ) -> Response[Any]:
        """The answer is the only page that shows the data; going back shows the masked one."""
        return await _reveal(tx, actor, await _case_target(tx, case_id), data, partial(_applicants, tx, case_id))


class UnitRevealController(Controller):
    """Everybody whom the register page of a unit names."""

    path = "/registration/units/{unit_id:uuid}/reveal"
    guards = (requires(Permission.REGISTER_VIEW), requires(Permission.PII_REVEAL))

    @get("/")
    async def ask(self, reader: Reader, unit_id: FromPath[UUID]) -> Response[Any]:
        """The form that asks for the purpose."""
        return _form(await _unit_target(reader, unit_id), RevealForm())

    @post("/", status_code=200)
    async def reveal(
        self, tx: Tx, actor: CurrentActor, unit_id: FromPath[UUID], data: URLEncodedBody[RevealForm]
    ) -> Response[Any]:
        """Entry by entry, the newest first."""
        return await _reveal(tx, actor, await _unit_target(tx, unit_id), data, partial(_holders, tx, unit_id))


async def _reveal(
    tx: WriteSession, actor: Actor, target: Target, form: RevealForm, people_of: Callable[[], Awaitable[Groups]]
) -> Response[Any]:
    """Read the people only once the purpose is stated; the record and the page stand or fall together."""
    try:
        purpose, reference = stated_purpose(form)
    except Invalid as error:
        return _form(target, form, error)
    groups = await people_of()
    detail = {
        "number": target.number,
        "purpose": purpose,
        "reference": reference,
        "people": sum(len(shown) for _, shown in groups),
    }
    audit(tx, actor, REVEALED, target.subject, detail)
    return page("registration/revealed.html", target=target, groups=groups, purpose=purpose, reference=reference)


async def _applicants(reader: ReadSession, case_id: UUID) -> Groups:
    case = await cases.get(reader, case_id)
    if case.contract_id is None:
        parties = await cases.parties(reader, case_id)
        return [("申请人", [people.applicant(one, SIDE_WORDS[one.side], full=True) for one in parties])]
    content = await contracts.content_of(reader, await contracts.get(reader, case.contract_id))
    buyers = [people.buyer(one, full=True) for one in content.buyers]
    return [("申请人", [*buyers, people.seller(content.seller)])]


async def _holders(reader: ReadSession, unit_id: UUID) -> Groups:
    return [
        (_entry_title(one.entry), [people.holder(each, full=True) for each in (*one.holders, *one.obligors)])
        for one in reversed(await entries_of(reader, unit_id))
        if one.holders or one.obligors
    ]


def _entry_title(entry: RegisterEntry) -> str:
    state = "现势" if entry.status == EntryStatus.CURRENT else "历史"
    return f"{KIND_WORDS[entry.kind]}（{state}，业务号{entry.case_number}）"


async def _case_target(reader: ReadSession, case_id: UUID) -> Target:
    case = await cases.get(reader, case_id)
    return Target(f"case:{case_id}", case.number, f"业务件 {case.number}", f"/registration/cases/{case_id}")


async def _unit_target(reader: ReadSession, unit_id: UUID) -> Target:
    unit = await get_unit(reader, unit_id)
    return Target(f"unit:{unit_id}", unit.code, f"登记簿 {unit.location}", f"/registration/units/{unit_id}")


def _form(target: Target, form: RevealForm, error: Invalid | None = None) -> Response[Any]:
    return page(
        "registration/reveal.html",
        status=error.status if error else 200,
        target=target,
        form=form,
        purposes=[(code, words, hint) for code, (words, hint) in PURPOSES.items()],
        errors={error.field: error.message} if error else {},
    )
