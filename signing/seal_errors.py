"""Refused uses of a seal. Each knows what was asked, so that whoever catches it can write it into the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from kernel.errors import Conflict, DomainError, Forbidden, NotFound, Unavailable
from signing.errors import SealNotAllowed
from signing.seal_rules import REASON_WORDS, Reason


@dataclass(frozen=True, slots=True)
class RefusedUse:
    """What was asked of which seal, and why not."""

    seal_id: UUID
    documents: Mapping[str, str]
    subject: str
    reason: Reason


class SealRefused(DomainError):
    """The policy says no. The transaction in which it was asked is undone: `seal_log.write_refusal` in another one."""

    def __init__(self, use: RefusedUse, words: str = "") -> None:
        self.use = use
        super().__init__(words)


class UseNotAllowed(SealRefused, SealNotAllowed):
    def __init__(self, use: RefusedUse) -> None:
        super().__init__(use, f"不能加盖电子印章：{REASON_WORDS[use.reason]}")


class SealSuspended(SealRefused, Unavailable):
    """Jobs wait until it is resumed."""

    code = "signing.seal_suspended"
    default_message = "该电子印章已停用，恢复使用后才能加盖"


class LimitReached(SealRefused, Unavailable):
    """Jobs wait until the next day, or until the limit is raised."""

    code = "signing.seal_limit_reached"
    default_message = "该电子印章今日用印次数已达上限，请次日再盖章，或者由印章管理员调整用印规则"


class ApprovalMissing(SealRefused, Conflict):
    code = "signing.seal_approval_missing"
    default_message = "此类文件须先申请用印，经本单位另一名用印人批准后盖章"


_ERRORS: Mapping[Reason, type[SealRefused]] = {
    Reason.SUSPENDED: SealSuspended,
    Reason.LIMIT: LimitReached,
    Reason.APPROVAL: ApprovalMissing,
}


def refusal(use: RefusedUse) -> SealRefused:
    """The error for a refused use."""
    return _ERRORS.get(use.reason, UseNotAllowed)(use)


class PolicyMoved(Unavailable):
    code = "signing.seal_policy_moved"
    default_message = "用印规则刚刚变更，请重试"


class UnknownRequest(NotFound):
    code = "signing.unknown_seal_request"
    default_message = "没有这份用印申请"


class RequestDecided(Conflict):
    code = "signing.seal_request_decided"
    default_message = "这份用印申请已经处理或者已被新的申请取代"


class RequestWithdrawn(RequestDecided):
    code = "signing.seal_request_withdrawn"
    default_message = "该用印申请对应的签署已经结束，申请已自动撤回，不能再批准；重新签署后须重新申请"


class OwnRequest(Forbidden):
    code = "signing.own_seal_request"
    default_message = "不得批准自己提出的用印申请，请由另一名用印人处理"


class NothingToApprove(Conflict):
    code = "signing.nothing_to_approve"
    default_message = "这些文件不须批准，可以直接盖章"


class NotSealKeeper(Forbidden):
    code = "signing.not_seal_keeper"
    default_message = "只有本单位的印章管理员可以设定用印规则、停用和恢复印章"
