"""The life of a case in one table, and one function that says who may do what now."""

from enum import StrEnum

from kernel.permissions import Actor, ActorKind, Permission


class CaseStatus(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    APPROVED = "approved"
    BOOKED = "booked"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What can be done with a case."""

    ACCEPT = "accept"
    DECIDE = "decide"
    RECHECK = "recheck"
    APPROVE = "approve"
    REFUSE = "refuse"
    BOOK = "book"
    CLOSE = "close"
    WITHDRAW = "withdraw"


STATUS_WORDS = {
    CaseStatus.SUBMITTED: "已提交",
    CaseStatus.ACCEPTED: "已受理",
    CaseStatus.APPROVED: "已核准",
    CaseStatus.BOOKED: "已登簿",
    CaseStatus.CLOSED: "已办结",
    CaseStatus.REFUSED: "不予登记",
    CaseStatus.WITHDRAWN: "已撤回",
}
ACTION_WORDS = {
    Action.ACCEPT: "受理",
    Action.DECIDE: "自动审核",
    Action.RECHECK: "重新核验",
    Action.APPROVE: "核准",
    Action.REFUSE: "不予登记",
    Action.BOOK: "登簿",
    Action.CLOSE: "办结归档",
    Action.WITHDRAW: "撤回",
}

LEADS_TO: dict[tuple[CaseStatus, Action], CaseStatus] = {
    (CaseStatus.SUBMITTED, Action.ACCEPT): CaseStatus.ACCEPTED,
    (CaseStatus.ACCEPTED, Action.DECIDE): CaseStatus.ACCEPTED,
    (CaseStatus.ACCEPTED, Action.RECHECK): CaseStatus.ACCEPTED,
    (CaseStatus.ACCEPTED, Action.APPROVE): CaseStatus.APPROVED,
    (CaseStatus.ACCEPTED, Action.REFUSE): CaseStatus.REFUSED,
    (CaseStatus.ACCEPTED, Action.WITHDRAW): CaseStatus.WITHDRAWN,
    (CaseStatus.APPROVED, Action.BOOK): CaseStatus.BOOKED,
    (CaseStatus.BOOKED, Action.CLOSE): CaseStatus.CLOSED,
}

BY_A_PERSON = frozenset({Action.RECHECK, Action.APPROVE, Action.REFUSE})


def available_actions(status: CaseStatus, actor: Actor) -> frozenset[Action]:
    """What this actor may do with a case in this status. Pages draw their buttons from it; services check by it."""
    possible = frozenset(action for (at, action) in LEADS_TO if at == status)
    if actor.kind is ActorKind.SYSTEM:
        return possible - {Action.REFUSE, Action.RECHECK}
    if actor.may(Permission.CASE_DECIDE):
        return possible & BY_A_PERSON
    return frozenset()
