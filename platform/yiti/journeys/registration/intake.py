"""Between the applicants and the window: handed in, accepted or not, corrected, taken back."""

from collections.abc import Sequence
from uuid import UUID

from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor, ActorKind
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.lifecycle import Action, CaseStatus, Channel
from yiti.cases.models import Case
from yiti.journeys.registration import arrival, correspondence, deciding, envelope, outside
from yiti.journeys.registration.access import locked
from yiti.journeys.registration.checklist import expect_complete, of_case
from yiti.journeys.registration.ending import ended_unbooked
from yiti.journeys.registration.facts import people_of
from yiti.register import book, lapses
from yiti.register.kinds import EntryKind

_ON_A_NOTICE = frozenset({Business.TRANSFER_NEW_HOME})
"""What a presale notice was made for (预告登记转本登记)."""


async def submit(tx: WriteSession, actor: Actor, case_id: UUID, version: int | None = None) -> Case:
    """Hand the application in. `ApplicationIncomplete` or `MaterialsMissing` says all that is lacking.

    `NotSigned` for an online one that not everybody has signed as it is now (`signatures`).
    """
    case = await locked(tx, actor, case_id, version)
    cases.expect(actor, case, Action.SUBMIT)
    await expect_complete(tx, case)
    if case.channel == Channel.ONLINE:
        await envelope.expect_signed(tx, case)
    await cases.submit(tx, actor, case)
    await _check_people(tx, case)
    return case


async def accept(tx: WriteSession, actor: Actor, case_id: UUID, note: str = "", version: int | None = None) -> Case:
    """受理: the limit begins, the receipt is written, tax, housing and treasury are asked side by side.

    A seizure stops what is under way on its units. What may be decided at once is (`Case.status` tells).
    """
    case = await locked(tx, actor, case_id, version)
    await cases.accept(tx, actor, case, note)
    due_on = case.due_at.astimezone(SHANGHAI).date() if case.due_at else None
    await arrival.freeze_others(tx, case)
    await _keep_notices_alive(tx, actor, case)
    await outside.ask_all(tx, case)
    await deciding.soon(tx, case)
    if case.channel != Channel.SYSTEM:
        await correspondence.acceptance(tx, actor, case, due_on)
    return case


async def _keep_notices_alive(tx: WriteSession, actor: Actor, case: Case) -> None:
    """民法典 art. 221: who applies within the 90 days keeps the notice, however long the case then takes."""
    parts = [one for one in cases.application_of(case).parts if one.business in _ON_A_NOTICE]
    for unit_id in dict.fromkeys(unit for part in parts for unit in part.unit_ids):
        for entry in await book.current_entries(tx, unit_id):
            if entry.kind == EntryKind.PRESALE_NOTICE:
                applied = (case.submitted_at or case.opened_at).astimezone(SHANGHAI).date()
                await lapses.lift_by_application(tx, actor, entry.id, applied_on=applied, case_number=case.number)


async def reject(
    tx: WriteSession, actor: Actor, case_id: UUID, reason: str, missing: Sequence[str] = (), version: int | None = None
) -> Case:
    """不予受理, in writing, with everything that is missing; of a draft also all that its form and materials lack."""
    case = await locked(tx, actor, case_id, version)
    fields: list[str] = []
    if case.status == CaseStatus.DRAFT:
        found = await of_case(tx, case)
        fields = [one.words for one in found.lacks]
        missing = list(dict.fromkeys((*missing, *(one.name for one in found.missing))))
    papers = [one for one in missing if one not in fields]
    await cases.reject(tx, actor, case, reason, [*fields, *papers])
    await correspondence.rejection(tx, actor, case, reason, papers, fields)
    await ended_unbooked(tx, case)
    return case


async def request_correction(
    tx: WriteSession, actor: Actor, case_id: UUID, items: Sequence[str], version: int | None = None
) -> Case:
    """通知补正: everything that is missing or wrong, in one notice; the clock stands still meanwhile."""
    case = await locked(tx, actor, case_id, version)
    await cases.request_correction(tx, actor, case, items)
    await correspondence.correction(tx, actor, case, items)
    await correspondence.tell(tx, case, "correction")
    return case


async def correct(tx: WriteSession, actor: Actor, case_id: UUID, note: str = "", version: int | None = None) -> Case:
    """The applicants have corrected; refused while something is still lacking.

    Who corrects online changes words only with everybody's signature (`NotSigned`); the window has paper signed.
    """
    case = await locked(tx, actor, case_id, version)
    cases.expect(actor, case, Action.CORRECT)
    await expect_complete(tx, case)
    if actor.kind is not ActorKind.STAFF:
        await envelope.expect_signed(tx, case)
    await cases.correct(tx, actor, case, note)
    await envelope.void(tx, actor, case, "ended")
    await _check_people(tx, case)
    if case.accepted_at is not None:
        await outside.ask_all(tx, case)
        await deciding.soon(tx, case)
    return case


async def withdraw(tx: WriteSession, actor: Actor, case_id: UUID, reason: str, version: int | None = None) -> Case:
    """The application is taken back before booking (条例 art. 15); who was asked is no longer waited for."""
    case = await locked(tx, actor, case_id, version)
    await cases.withdraw(tx, actor, case, reason)
    await ended_unbooked(tx, case)
    return case


async def _check_people(tx: WriteSession, case: Case) -> None:
    if not people_of(cases.application_of(case)):
        return
    await emit(
        tx, "registration.check_people", {"case_id": str(case.id)},
        key=f"registration.check_people:{case.id}:{case.version}",
    )  # fmt: skip
