"""Of an ended case: which steps and papers its archive must hold, and on what the decision rested."""

from collections.abc import Sequence

import msgspec

from e_archive.schemas import ArchivePerson, ProcessStep
from kernel.db import ReadSession
from yiti.cases import service as cases
from yiti.cases.lifecycle import ACTION_WORDS, Action, CaseStatus
from yiti.cases.models import Case, CaseAction

UNBOOKED = {
    CaseStatus.REJECTED: Action.REJECT,
    CaseStatus.REFUSED: Action.REFUSE,
    CaseStatus.WITHDRAWN: Action.WITHDRAW,
}
"""How a case ends without a booking, and the step that ends it so."""
NOT_STATED = "未填明"
NOBODY = ArchivePerson(name=NOT_STATED, id_kind="other", id_no=NOT_STATED)
"""An application may have been rejected for naming neither unit nor applicant; the archive's schema knows the word."""
_TO_THE_BOOK = (Action.ACCEPT, Action.APPROVE, Action.BOOK)
_IN_WRITING = frozenset({CaseStatus.REJECTED, CaseStatus.REFUSED})


def required_steps(ending: Action | None) -> tuple[str, ...]:
    """The steps without which the file is not whole; `ending` of a case that was not booked."""
    return tuple(ACTION_WORDS[step] for step in (_TO_THE_BOOK if ending is None else (ending,)))


def required_unbooked(case: Case, keys: Sequence[str]) -> tuple[str, ...]:
    """The form, and the letter that says no. What else there is was not enough, or was taken back."""
    written = [key for key in keys if key.startswith("letter-")] or ["letter-1"]
    return ("application-form", *(written[-1:] if case.standing.status in _IN_WRITING else ()))


def step_of(action: CaseAction) -> ProcessStep:
    """A line of the log."""
    return ProcessStep(
        name=ACTION_WORDS[Action(action.action)], actor=action.actor_name, at=action.at, opinion=action.note
    )


async def decision(reader: ReadSession, case: Case, ending: Action | None, actions: Sequence[CaseAction]) -> bytes:
    """The receipt that the booking rested on; without a booking the step that ended the case, and every receipt."""
    if ending is None:
        return msgspec.json.encode(_receipt(await cases.latest_receipt(reader, case.id)))
    last = next(one for one in reversed(actions) if one.action == ending)
    receipts = [_receipt(one) for one in await cases.receipts(reader, case.id)]
    return msgspec.json.encode({"ended_by": step_of(last), "detail": last.detail, "receipts": receipts})


def _receipt(receipt: object) -> dict[str, object]:
    names = ("rules_version", "facts", "facts_digest", "findings", "outcome", "decided_by", "decided_at")
    return {name: getattr(receipt, name) for name in names}
