"""The use policy of a seal: its versions, its keeper, and taking the seal out of use at once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.permissions import Actor, Permission
from signing.errors import UnknownSeal
from signing.models import OrganisationSeal, SealPolicy
from signing.seal_errors import NotSealKeeper
from signing.seal_rules import SealStatus, UsePolicy, policy_problems


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who administers seals: the organisation's own, and (`agency`) those that the platform sets by itself."""

    actor: Actor
    agency: bool = False

    def owns(self, seal: OrganisationSeal) -> bool:
        """A seal of no organisation of the platform is the agency's."""
        return self.agency if seal.organisation_id is None else seal.organisation_id == self.actor.organisation_id


async def locked_seal(tx: WriteSession, seal_id: UUID, *, shared: bool = False) -> OrganisationSeal:
    """The seal with its row held: shared by uses that nothing counts, alone by all else.

    Never `FOR UPDATE`: a refusal is written beside the refused transaction and refers to this row.
    """
    chosen = select(OrganisationSeal).where(OrganisationSeal.id == seal_id)
    held = chosen.with_for_update(read=True) if shared else chosen.with_for_update(key_share=True)
    seal = await tx.scalar(held.execution_options(populate_existing=True))
    if seal is None:
        raise UnknownSeal
    return seal


async def policies_of(reader: ReadSession, seals: list[OrganisationSeal]) -> dict[UUID, UsePolicy]:
    """What holds now, by seal."""
    newest = (
        select(SealPolicy)
        .ext(distinct_on(SealPolicy.seal_id))
        .where(SealPolicy.seal_id.in_([seal.id for seal in seals]))
        .order_by(SealPolicy.seal_id, SealPolicy.version.desc())
    )
    rows = {row.seal_id: row for row in await reader.scalars(newest)}
    return {seal.id: as_policy(seal, rows.get(seal.id)) for seal in seals}


async def policy_of(reader: ReadSession, seal: OrganisationSeal) -> UsePolicy:
    """What holds now."""
    return (await policies_of(reader, [seal]))[seal.id]


def as_policy(seal: OrganisationSeal, row: SealPolicy | None) -> UsePolicy:
    """A version as it is obeyed: never beyond the kinds that the seal was issued for."""
    issued = frozenset(seal.document_kinds)
    if row is None:
        return UsePolicy(kinds=issued)
    return UsePolicy(
        kinds=issued & frozenset(row.document_kinds),
        roles=frozenset(row.roles),
        users=frozenset(UUID(user) for user in row.users),
        daily_limit=row.daily_limit,
        four_eyes=frozenset(row.four_eyes),
        version=row.version,
    )


async def versions(reader: ReadSession, seal_id: UUID) -> list[SealPolicy]:
    """Everything that was ever set, newest first."""
    found = await reader.scalars(
        select(SealPolicy).where(SealPolicy.seal_id == seal_id).order_by(SealPolicy.version.desc())
    )
    return list(found)


async def set_policy(tx: WriteSession, keeper: Keeper, seal_id: UUID, policy: UsePolicy) -> SealPolicy:
    """A new version, in force at once. `policy.version` is the one that the keeper looked at: Conflict when another
    has been set since. Raises NotSealKeeper, Invalid at the field."""
    seal = await _kept_seal(tx, keeper, seal_id)
    before = await policy_of(tx, seal)
    if before.version != policy.version:
        raise Conflict("用印规则已被他人修改，请刷新后重新填写")
    if problem := policy_problems(policy, seal.organisation_id is None, frozenset(seal.document_kinds)):
        raise Invalid(problem[1], field=problem[0])
    row = SealPolicy(
        seal_id=seal.id,
        version=before.version + 1,
        roles=sorted(policy.roles),
        users=sorted(str(user) for user in policy.users),
        document_kinds=sorted(policy.kinds),
        daily_limit=policy.daily_limit,
        four_eyes=sorted(policy.four_eyes),
        changed_by=keeper.actor.id,
    )
    tx.add(row)
    await tx.flush()
    audit(tx, keeper.actor, "seal.policy_set", subject=f"seal:{seal.key}", detail=_told(row))
    return row


def _told(row: SealPolicy) -> dict[str, Any]:
    names = ("version", "roles", "users", "document_kinds", "daily_limit", "four_eyes")
    return {name: getattr(row, name) for name in names}


async def suspend(tx: WriteSession, keeper: Keeper, seal_id: UUID, reason: str) -> None:
    """Nothing is sealed from now on; the certificate stays good, so `resume` is possible. Doing it twice is harmless.

    Waits for uses that are on their way.
    """
    if not reason.strip():
        raise Invalid("请填写停用原因", field="reason")
    await _change(tx, keeper, seal_id, SealStatus.ACTIVE, SealStatus.SUSPENDED, {"reason": reason.strip()[:200]})


async def resume(tx: WriteSession, keeper: Keeper, seal_id: UUID) -> None:
    """Put a suspended seal back into use."""
    await _change(tx, keeper, seal_id, SealStatus.SUSPENDED, SealStatus.ACTIVE, {})


async def _change(
    tx: WriteSession, keeper: Keeper, seal_id: UUID, before: SealStatus, after: SealStatus, detail: dict[str, Any]
) -> None:
    seal = await _kept_seal(tx, keeper, seal_id)
    if seal.status == SealStatus.REVOKED:
        raise Conflict("印章证书已吊销，须由平台运维单位重新签发")
    if seal.status == before:
        seal.status = after
        audit(tx, keeper.actor, f"seal.{after}", subject=f"seal:{seal.key}", detail=detail)


async def _kept_seal(tx: WriteSession, keeper: Keeper, seal_id: UUID) -> OrganisationSeal:
    seal = await locked_seal(tx, seal_id)
    if not keeper.owns(seal):
        raise UnknownSeal
    if not keeper.actor.may(Permission.SEAL_MANAGE):
        raise NotSealKeeper
    return seal
