"""What the drawdown room refuses, in words for people."""

from escrow.drawdowns.rules import Refusal, RefusalCode
from kernel.errors import Conflict, Forbidden, NotFound


class UnknownDrawdown(NotFound):
    """No such drawdown in this county, or not this developer's."""

    code = "drawdown.unknown"
    default_message = "没有找到该用款申请"


class NotNow(Conflict):
    """The drawdown has moved on, or it is not this person's turn."""

    code = "drawdown.not_now"
    default_message = "用款申请的当前状态不允许此操作，请刷新后重试"


class SamePerson(Forbidden):
    """Review and approval are two persons' work; the database holds it too."""

    code = "drawdown.same_person"
    default_message = "初审与核准须由两人分别办理"


class Refused(Conflict):
    """Something speaks against paying; `extra["refusals"]` has every `RefusalCode`."""


class OverCeiling(Refused):
    """More than the node allows."""

    code = "drawdown.ceiling"


class NotEnough(Refused):
    """The account has not that much."""

    code = "drawdown.balance"


class Frozen(Refused):
    """A court has frozen the money."""

    code = "drawdown.frozen"


class EvidenceMissing(Refused):
    """A wanted piece of evidence was not brought."""

    code = "drawdown.evidence"


class DifferenceOpen(Refused):
    """The book and the bank do not agree: nothing is paid until they do."""

    code = "drawdown.difference"


class NoAgreement(Refused):
    """There are no terms in force."""

    code = "drawdown.no_agreement"


class NodeGone(Refused):
    """The terms in force have no such node."""

    code = "drawdown.node_gone"


class NotRegistered(Refused):
    """First registration is not complete."""

    code = "drawdown.not_registered"


_ERRORS: dict[RefusalCode, type[Refused]] = {
    RefusalCode.NO_AGREEMENT: NoAgreement,
    RefusalCode.NODE_GONE: NodeGone,
    RefusalCode.NOT_REGISTERED: NotRegistered,
    RefusalCode.EVIDENCE: EvidenceMissing,
    RefusalCode.CEILING: OverCeiling,
    RefusalCode.FROZEN: Frozen,
    RefusalCode.BALANCE: NotEnough,
    RefusalCode.DIFFERENCE: DifferenceOpen,
}


def error_of(refusals: list[Refusal]) -> Refused:
    """The first of them as an error that also says what to do; the others go with it."""
    first = refusals[0]
    told = "；".join(f"{one.words}，{one.todo}" for one in refusals)
    return _ERRORS[first.code](told, extra={"refusals": [one.code.value for one in refusals]})
