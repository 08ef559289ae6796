"""Between the applicants and the window: submitted, accepted or not, corrected, taken back."""

from collections.abc import Sequence

from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from yiti.cases.configuration import levels_of, snapshot
from yiti.cases.form import problems
from yiti.cases.lifecycle import Action
from yiti.cases.models import Case
from yiti.cases.service.readers import application_of
from yiti.cases.service.steps import act, expect, said


async def submit(tx: WriteSession, actor: Actor, case: Case, note: str = "") -> None:
    """Hand the application in; the half day for accepting it begins. `Invalid` names the first thing not filled in."""
    expect(actor, case, Action.SUBMIT)
    _complete(case)
    case.submitted_at = now()
    await _keep_settings(tx, case)
    await act(tx, actor, case, Action.SUBMIT, note)


def _complete(case: Case) -> None:
    found = problems(application_of(case), case.businesses)
    if found:
        first = found[0]
        raise Invalid(
            first.words,
            field=first.path,
            extra={"problems": [{"field": one.path, "words": one.words} for one in found]},
        )


async def _keep_settings(tx: WriteSession, case: Case) -> None:
    case.configuration = await snapshot(tx, case.businesses, today())
    case.review_levels = levels_of(case)


async def accept(tx: WriteSession, actor: Actor, case: Case, note: str = "") -> None:
    """受理 (条例 art. 17): the handling limit begins, under the settings of this day."""
    expect(actor, case, Action.ACCEPT)
    case.accepted_at = now()
    await _keep_settings(tx, case)
    await act(tx, actor, case, Action.ACCEPT, note or "申请材料齐全，符合受理条件")


async def reject(tx: WriteSession, actor: Actor, case: Case, reason: str, missing: Sequence[str] = ()) -> None:
    """不予受理 (条例 art. 17), in writing, with the complete list of what is missing.

    A draft of the window can be rejected on the spot, however incomplete it is: it counts as handed in at this moment.
    """
    expect(actor, case, Action.REJECT)
    reason = said(reason, "请写明不予受理的理由", "reason")
    if case.submitted_at is None:
        case.submitted_at = now()
        await _keep_settings(tx, case)
    await act(tx, actor, case, Action.REJECT, reason, {"missing": list(missing)})
    case.closed_at = now()


async def request_correction(tx: WriteSession, actor: Actor, case: Case, items: Sequence[str]) -> None:
    """通知补正: everything that is missing or wrong, in one notice (一次性告知). The clock stands still meanwhile."""
    wanted = [item.strip() for item in items if item.strip()]
    if not wanted:
        raise Invalid("请列明需要补正的内容", field="items")
    await act(tx, actor, case, Action.REQUEST_CORRECTION, "；".join(wanted), {"items": wanted})


async def correct(tx: WriteSession, actor: Actor, case: Case, note: str = "") -> None:
    """The applicants have corrected; the clock goes on. `Invalid` while the application is incomplete."""
    expect(actor, case, Action.CORRECT)
    _complete(case)
    await act(tx, actor, case, Action.CORRECT, note or "已按通知补正")


async def withdraw(tx: WriteSession, actor: Actor, case: Case, reason: str) -> None:
    """The application is taken back before booking (条例 art. 15)."""
    await act(tx, actor, case, Action.WITHDRAW, reason)
    case.closed_at = now()
