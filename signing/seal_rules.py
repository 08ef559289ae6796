"""Who may use an organisation's seal, on what and how often (用印规则). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from kernel.permissions import Actor, ActorKind, Permission

APPROVAL_LIFETIME = timedelta(hours=24)
"""From the approval of a request to the seal."""
ALARM_PERCENT = 80
"""Of the daily limit: early enough for somebody to raise it before work stands still."""
MAX_DAILY_LIMIT = 1_000_000


class SealStatus(StrEnum):
    """A suspended seal (停用) comes back; a revoked one never does."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Reason(StrEnum):
    """Why a use was refused, as the log keeps it."""

    STRANGER = "stranger"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    NOT_PERMITTED = "not_permitted"
    NOT_NAMED = "not_named"
    KIND = "kind"
    LIMIT = "limit"
    APPROVAL = "approval"


REASON_WORDS = {
    Reason.STRANGER: "不是本单位人员",
    Reason.REVOKED: "印章证书已吊销",
    Reason.SUSPENDED: "印章已停用",
    Reason.NOT_PERMITTED: "没有用印权限",
    Reason.NOT_NAMED: "不在用印规则指定的人员之内",
    Reason.KIND: "印章不得用于此类文件",
    Reason.LIMIT: "当日用印次数已达上限",
    Reason.APPROVAL: "须经他人批准后用印",
}


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """What holds for a seal now. Empty `roles` and `users`: everybody of the organisation who may seal at all."""

    kinds: frozenset[str]
    roles: frozenset[str] = frozenset()
    users: frozenset[UUID] = frozenset()
    daily_limit: int | None = None
    """Uses of one Shanghai day; a use is one ceremony or one paper."""
    four_eyes: frozenset[str] = frozenset()
    """Kinds for which one asks and another approves."""
    version: int = 0
    """0: nobody has set anything, this is what holds by default."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval of a request."""

    asked_by: UUID
    approved_by: UUID
    documents: Mapping[str, str]
    expires_at: datetime

    def holds(self, actor: Actor, documents: Mapping[str, str], at: datetime) -> bool:
        """For exactly these documents, for who asked, for a day; nobody approves for themselves."""
        own = actor.id == self.asked_by and self.approved_by != self.asked_by
        return own and dict(documents) == dict(self.documents) and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Use:
    """One use that is asked for. `by_machine`: papers that the platform seals by itself after a decision."""

    actor: Actor
    owner: UUID | None
    status: SealStatus
    documents: Mapping[str, str] = field(default_factory=dict)
    used_today: int = 0
    approved: bool = False
    by_machine: bool = False


def who_refused(use: Use, policy: UsePolicy) -> Reason | None:
    """Whether this person may ask for the seal, approve a request or use it."""
    if use.by_machine:
        return None
    system = use.actor.kind is ActorKind.SYSTEM
    if not system and (use.owner is None or use.actor.organisation_id != use.owner):
        return Reason.STRANGER
    if not may_seal(use.actor):
        return Reason.NOT_PERMITTED
    if system or not (policy.roles or policy.users):
        return None
    named = use.actor.id in policy.users or bool(use.actor.roles & policy.roles)
    return None if named else Reason.NOT_NAMED


def what_refused(use: Use, policy: UsePolicy) -> Reason | None:
    """Whether the seal may be set on these kinds at all."""
    if use.status is SealStatus.REVOKED:
        return Reason.REVOKED
    if use.status is SealStatus.SUSPENDED:
        return Reason.SUSPENDED
    return None if set(use.documents) <= policy.kinds else Reason.KIND


def refused(use: Use, policy: UsePolicy) -> Reason | None:
    """None: it may be sealed now."""
    if reason := who_refused(use, policy) or what_refused(use, policy):
        return reason
    if policy.daily_limit is not None and use.used_today >= policy.daily_limit:
        return Reason.LIMIT
    return Reason.APPROVAL if needs_approval(use, policy) and not use.approved else None


def needs_approval(use: Use, policy: UsePolicy) -> bool:
    """Whether one of the documents is of a kind under four eyes."""
    return not use.by_machine and bool(policy.four_eyes & set(use.documents))


def near_limit(used_today: int, daily_limit: int | None) -> bool:
    """Whether it is time to warn."""
    return daily_limit is not None and used_today * 100 >= daily_limit * ALARM_PERCENT


def may_seal(actor: Actor) -> bool:
    """The permission to seal at all; the policy narrows it and never widens it."""
    return actor.may(Permission.SALE_SEAL) or actor.may(Permission.SEAL_USE)


def policy_problems(policy: UsePolicy, sealed_by_machine: bool, kinds: frozenset[str]) -> tuple[str, str] | None:
    """The field of a policy that cannot be, and why. `kinds`: what the seal was issued for."""
    if policy.daily_limit is not None and not 0 < policy.daily_limit <= MAX_DAILY_LIMIT:
        return "daily_limit", f"每日用印次数上限应为1至{MAX_DAILY_LIMIT}的整数，不限制的留空"
    if not policy.kinds:
        return "kinds", "至少保留一种文件；要暂时不用此印章，请停用印章"
    if not policy.kinds <= kinds:
        return "kinds", "超出印章签发时核定的文件种类"
    if not policy.four_eyes <= policy.kinds:
        return "four_eyes", "须批准的文件应在可用印的文件之内"
    if sealed_by_machine and (policy.roles or policy.users or policy.four_eyes):
        return "four_eyes", "登记机构印章由系统在登簿后自动加盖，不适用用印人员和批准"
    return None
