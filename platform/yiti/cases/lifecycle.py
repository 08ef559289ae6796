"""The life of a case in one table, and one function that says who may do what now."""

from uuid import UUID

from msgspec import Struct

from kernel.permissions import Actor, ActorKind, Permission
from yiti.cases.states import (
    ACTION_WORDS,
    CHANNEL_WORDS,
    FLAG_WORDS,
    STATUS_WORDS,
    Action,
    CaseStatus,
    Channel,
    Flag,
    Which,
)

__all__ = [
    "ACTION_WORDS",
    "ASKS",
    "CHANNEL_WORDS",
    "ENDED",
    "FLAG_WORDS",
    "LEADS_TO",
    "LOWERS",
    "NEEDS_CLEAR",
    "NEEDS_CORRECTED",
    "RAISES",
    "STATUS_WORDS",
    "Action",
    "CaseStatus",
    "Channel",
    "Flag",
    "Standing",
    "Which",
    "available_actions",
    "possible_actions",
]

ASKS: dict[Which, tuple[Action, Action, Flag]] = {
    "tax": (Action.ASK_TAX, Action.ANSWER_TAX, Flag.AWAITING_TAX),
    "housing": (Action.ASK_HOUSING, Action.ANSWER_HOUSING, Flag.AWAITING_HOUSING),
    "fee": (Action.ASK_FEE, Action.ANSWER_FEE, Flag.AWAITING_FEE),
    "signature": (Action.ASK_SIGNATURE, Action.ANSWER_SIGNATURE, Flag.AWAITING_SIGNATURE),
    "funds": (Action.ASK_FUNDS, Action.ANSWER_FUNDS, Flag.AWAITING_FUNDS),
}
"""For each question: the action that asks, the one that answers, the flag between them."""

RAISES: dict[Action, Flag] = {
    Action.REQUEST_CORRECTION: Flag.NEEDS_CORRECTION,
    Action.PUBLISH: Flag.ON_PUBLIC_NOTICE,
    Action.FREEZE: Flag.FROZEN_BY_SEIZURE,
    **{ask: flag for ask, _, flag in ASKS.values()},
}
"""Actions that raise a flag; possible only while it is down."""
LOWERS: dict[Action, Flag] = {
    Action.CORRECT: Flag.NEEDS_CORRECTION,
    Action.END_PUBLICATION: Flag.ON_PUBLIC_NOTICE,
    Action.UNFREEZE: Flag.FROZEN_BY_SEIZURE,
    **{answer: flag for _, answer, flag in ASKS.values()},
}
"""Actions that take a flag down; possible only while it is up."""

_S, _A = CaseStatus, Action
_ASKING = tuple(action for ask, answer, _ in ASKS.values() for action in (ask, answer))
_STAYS: dict[CaseStatus, tuple[Action, ...]] = {
    _S.DRAFT: (_A.SAVE, _A.ATTACH),
    _S.SUBMITTED: (_A.SAVE, _A.ATTACH, _A.REQUEST_CORRECTION, _A.CORRECT),
    _S.ACCEPTED: (
        _A.SAVE, _A.ATTACH, _A.REQUEST_CORRECTION, _A.CORRECT, _A.DECIDE, _A.RECHECK, _A.REVIEW, _A.SEND_BACK,
        _A.PUBLISH, _A.END_PUBLICATION, _A.FREEZE, _A.UNFREEZE, *_ASKING,
    ),
    _S.APPROVED: (_A.FREEZE, _A.UNFREEZE, *_ASKING),
    _S.BOOKED: (_A.ISSUE, _A.HAND_OVER),
}  # fmt: skip

LEADS_TO: dict[tuple[CaseStatus, Action], CaseStatus] = {
    **{(status, action): status for status, actions in _STAYS.items() for action in actions},
    (_S.DRAFT, _A.SUBMIT): _S.SUBMITTED,
    (_S.DRAFT, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.DRAFT, _A.REJECT): _S.REJECTED,
    (_S.SUBMITTED, _A.ACCEPT): _S.ACCEPTED,
    (_S.SUBMITTED, _A.REJECT): _S.REJECTED,
    (_S.SUBMITTED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _A.APPROVE): _S.APPROVED,
    (_S.ACCEPTED, _A.REFUSE): _S.REFUSED,
    (_S.ACCEPTED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.APPROVED, _A.SEND_BACK): _S.ACCEPTED,
    (_S.APPROVED, _A.BOOK): _S.BOOKED,
    (_S.APPROVED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.BOOKED, _A.CLOSE): _S.CLOSED,
}
"""Where a case is after an action. What is not named here is impossible for everybody."""

ENDED = frozenset(CaseStatus) - {status for status, _ in LEADS_TO}
"""Nothing more can be done."""
NEEDS_CLEAR = frozenset({_A.DECIDE, _A.APPROVE, _A.BOOK})
"""Impossible while any flag stands."""
NEEDS_CORRECTED = frozenset({_A.ACCEPT, _A.REVIEW})
"""Impossible while a correction is owed, or a seizure holds the case."""
_OF_CONTRACTS = frozenset({
    _A.ACCEPT, _A.DECIDE, _A.RECHECK, _A.APPROVE, _A.REFUSE, _A.WITHDRAW, _A.FREEZE, _A.UNFREEZE, _A.BOOK, _A.CLOSE,
})  # fmt: skip
"""What a case that follows a filed contract knows: it has no application form of its own."""


class Standing(Struct, frozen=True, kw_only=True):
    """All that decides who may do what with a case."""

    status: CaseStatus
    flags: frozenset[Flag] = frozenset()
    channel: Channel = Channel.WINDOW
    level_reached: int = 0
    """Levels of review that have given their opinion in this round."""
    levels_needed: int = 1
    """1 审核, 2 初审+复审, 3 初审+复审+核定; the last one approves or refuses."""
    opened_by: UUID | None = None
    """Who opened it: the applicant or agent of an online case, else the clerk."""
    reviewed_by: frozenset[UUID] = frozenset()
    """Who has given an opinion in this round; nobody reviews twice."""
    by_contract: bool = False
    """It follows a filed contract (presale notice) and has no application form."""

    @property
    def last_level(self) -> bool:
        """Whether the next opinion is the one that decides. The platform itself decides without levels."""
        return self.level_reached >= self.levels_needed - 1


def available_actions(standing: Standing, actor: Actor) -> frozenset[Action]:
    """What this actor may do with a case that stands so. Pages draw their buttons from it; services check by it."""
    return possible_actions(standing) & _duties(standing, actor)


def possible_actions(standing: Standing) -> frozenset[Action]:
    """What can be done at all, by whomever."""
    found = {action for (at, action) in LEADS_TO if at == standing.status}
    if standing.by_contract:
        found &= _OF_CONTRACTS
    return frozenset(action for action in found if _fits(action, standing))


def _fits(action: Action, standing: Standing) -> bool:
    flags = standing.flags
    if action in RAISES:
        return RAISES[action] not in flags
    if action in LOWERS:
        return LOWERS[action] in flags
    if action is Action.SAVE:
        return standing.status is _S.DRAFT or Flag.NEEDS_CORRECTION in flags
    if action is Action.SEND_BACK:
        return standing.status is not _S.ACCEPTED or standing.level_reached > 0
    if action in NEEDS_CLEAR:
        return not flags
    return action not in NEEDS_CORRECTED or not flags & {Flag.NEEDS_CORRECTION, Flag.FROZEN_BY_SEIZURE}


_APPLICANT = frozenset({_A.SAVE, _A.SUBMIT, _A.CORRECT, _A.WITHDRAW})
_WINDOW = frozenset(
    {_A.ATTACH, _A.ACCEPT, _A.REJECT, _A.REQUEST_CORRECTION, _A.ISSUE, _A.HAND_OVER, _A.CLOSE, *_ASKING}
)
_REVIEWER = frozenset({_A.REVIEW, _A.SEND_BACK, _A.REQUEST_CORRECTION, _A.RECHECK})
_REGISTRAR = frozenset({
    _A.RECHECK, _A.APPROVE, _A.REFUSE, _A.SEND_BACK, _A.REQUEST_CORRECTION, _A.PUBLISH, _A.END_PUBLICATION, _A.FREEZE,
    _A.UNFREEZE, _A.BOOK,
})  # fmt: skip
_SYSTEM = frozenset(Action) - {
    _A.REJECT, _A.REQUEST_CORRECTION, _A.CORRECT, _A.REVIEW, _A.RECHECK, _A.REFUSE, _A.HAND_OVER
}  # fmt: skip
"""Everything but what only a person may judge, say to an applicant, or hand over."""
_ONCE_A_ROUND = frozenset({_A.REVIEW, _A.APPROVE})


def _duties(standing: Standing, actor: Actor) -> frozenset[Action]:
    if actor.kind is ActorKind.SYSTEM:
        return _of_the_platform(standing.channel)
    duties: frozenset[Action] = frozenset()
    if standing.channel is Channel.ONLINE and actor.id is not None and actor.id == standing.opened_by:
        duties |= _APPLICANT | ({_A.ATTACH} if _fits(_A.SAVE, standing) else set())
    if actor.may(Permission.CASE_ACCEPT):
        duties |= _at_the_window(standing)
    if actor.may(Permission.CASE_REVIEW):
        duties |= _REVIEWER
    if actor.may(Permission.CASE_DECIDE):
        duties |= _REGISTRAR
    if actor.id in standing.reviewed_by:
        duties -= _ONCE_A_ROUND
    return duties - {_A.REVIEW if standing.last_level else _A.APPROVE}


def _of_the_platform(channel: Channel) -> frozenset[Action]:
    """It fills in its own cases; those made online it hands in (again) when everybody has signed."""
    if channel is Channel.ONLINE:
        return _SYSTEM - {_A.SAVE} | {_A.CORRECT}
    return _SYSTEM if channel is Channel.SYSTEM else _SYSTEM - {_A.SAVE, _A.SUBMIT}


def _at_the_window(standing: Standing) -> frozenset[Action]:
    """A draft made online is its applicant's alone; a case once submitted may be corrected or taken back anywhere."""
    if standing.by_contract:
        return frozenset({_A.CLOSE})
    if standing.channel is Channel.WINDOW or standing.status is not _S.DRAFT:
        return _WINDOW | _APPLICANT
    return frozenset()
