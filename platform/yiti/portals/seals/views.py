"""What the pages of the seals show. Names of people are masked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.permissions import Actor, ActorKind, Permission
from kernel.pii import mask_name
from signing.models import OrganisationSeal, SealPolicy, SealRequest, SealUse
from signing.seal_log import USED
from signing.seal_policies import as_policy
from signing.seal_rules import REASON_WORDS, Reason, SealStatus, UsePolicy, near_limit
from yiti.accounts.roles import ROLES
from yiti.journeys.agreements.sealing import AGREEMENT
from yiti.seal_desk.kinds import KIND_WORDS
from yiti.seal_desk.schemas import SEALED_FILE

_STATES = {
    SealStatus.ACTIVE: ("在用", "success"),
    SealStatus.SUSPENDED: ("已停用", "warning"),
    SealStatus.REVOKED: ("已吊销", "danger"),
}
_LINKS: Mapping[str, tuple[Permission, str]] = {
    "contract": (Permission.SALE_MANAGE, "/sales/contracts/"),
    "certificate": (Permission.CASE_VIEW, "/registration/certificates/"),
    "letter": (Permission.CASE_VIEW, "/registration/letters/"),
    SEALED_FILE: (Permission.SEAL_USE, "/seals/files/"),
    AGREEMENT: (Permission.SUPERVISION_AGREE, "/agreements/"),
}
_SUBJECTS = {
    "contract": "合同",
    "certificate": "证书、证明",
    "letter": "文书",
    "annotated_copy": "加注件",
    SEALED_FILE: "用印文件",
    AGREEMENT: "监管协议",
}
NameOf = Callable[[UUID | None], str]


@dataclass(frozen=True, slots=True)
class SealCard:
    """A seal at a glance."""

    url: str
    organisation: str
    serial: str
    ends: datetime | None
    state: str
    tone: str
    used: int
    limit: int | None
    near: bool
    suspended: bool
    revoked: bool
    by_machine: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """One document in the log."""

    at: datetime
    who: str
    kind: str
    subject: str
    url: str
    outcome: str
    tone: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request that waits; `own` ones are decided by somebody else."""

    url: str
    id: str
    at: datetime
    who: str
    kinds: str
    subject: str
    subject_url: str
    own: bool


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of the policy, in words."""

    version: int
    at: datetime
    who: str
    rules: tuple[str, ...]


def kind_words(kind: str) -> str:
    """What a kind of document is called."""
    return KIND_WORDS.get(kind, kind)


def card(seal: OrganisationSeal, policy: UsePolicy, used: int, ends: datetime | None) -> SealCard:
    """The seal at a glance."""
    status = SealStatus(seal.status)
    return SealCard(
        url=f"/seals/{seal.id}",
        organisation=seal.organisation,
        serial=seal.serial,
        ends=ends,
        state=_STATES[status][0],
        tone=_STATES[status][1],
        used=used,
        limit=policy.daily_limit,
        near=near_limit(used, policy.daily_limit),
        suspended=status is SealStatus.SUSPENDED,
        revoked=status is SealStatus.REVOKED,
        by_machine=seal.organisation_id is None,
    )


def naming(names: Mapping[UUID, str]) -> NameOf:
    """Masked names by user; who is not among the staff is not named."""

    def name(one: UUID | None) -> str:
        if one is None:
            return ""
        return mask_name(names[one]) if one in names else "其他人员"

    return name


def log_lines(rows: Iterable[SealUse], actor: Actor, name: NameOf) -> list[LogLine]:
    """The log in words."""
    return [_log_line(row, actor, name) for row in rows]


def _log_line(row: SealUse, actor: Actor, name: NameOf) -> LogLine:
    used = row.outcome == USED
    words, url = subject_of(row.subject, actor)
    return LogLine(
        at=row.created_at,
        who="系统" if row.actor_kind == ActorKind.SYSTEM else name(row.actor_id),
        kind=kind_words(row.document_kind),
        subject=words,
        url=url,
        outcome="已盖章" if used else f"拒绝：{REASON_WORDS[Reason(row.reason)]}",
        tone="success" if used else "danger",
        approved_by=name(row.approved_by),
    )


def subject_of(subject: str, actor: Actor) -> tuple[str, str]:
    """What it was about, and the page of it where the person may open that."""
    sort, _, number = subject.partition(":")
    permission, url = _LINKS.get(sort, (None, ""))
    return _SUBJECTS.get(sort, "业务"), f"{url}{number}" if permission and actor.may(permission) else ""


def request_lines(rows: Iterable[SealRequest], actor: Actor, name: NameOf) -> list[RequestLine]:
    """What waits for an approval."""
    found = []
    for row in rows:
        words, url = subject_of(row.subject, actor)
        found.append(
            RequestLine(
                url=f"/seals/requests/{row.id}",
                id=str(row.id),
                at=row.created_at,
                who=name(row.requested_by),
                kinds="、".join(kind_words(kind) for kind in sorted(row.documents)),
                subject=words,
                subject_url=url,
                own=row.requested_by == actor.id,
            )
        )
    return found


def version_lines(seal: OrganisationSeal, rows: Iterable[SealPolicy], name: NameOf) -> list[VersionLine]:
    """Everything that was ever set."""
    return [
        VersionLine(row.version, row.created_at, name(row.changed_by), rule_words(seal, as_policy(seal, row), name))
        for row in rows
    ]


def rule_words(seal: OrganisationSeal, policy: UsePolicy, name: NameOf) -> tuple[str, ...]:
    """A policy in words."""
    if seal.organisation_id is None:
        who = "系统在登簿、发文后自动加盖"
    elif policy.roles or policy.users:
        named = [ROLES[code].title for code in sorted(policy.roles) if code in ROLES]
        who = "、".join([*named, *sorted(name(user) for user in policy.users)])
    else:
        who = "本单位全部有用印权限的人员"
    eyes = "、".join(kind_words(kind) for kind in sorted(policy.four_eyes))
    return (
        f"用印人：{who}",
        f"文件：{'、'.join(kind_words(kind) for kind in sorted(policy.kinds))}",
        f"每日上限：{policy.daily_limit}次" if policy.daily_limit else "每日上限：不限",
        f"须他人批准：{eyes or '无'}",
    )
