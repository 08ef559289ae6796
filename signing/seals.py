"""Organisations' e-seals: issued once, used under a policy, every use written down (用印管理)."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor, ActorKind, Permission
from signing.errors import SealNotAllowed, UnknownSeal
from signing.models import OrganisationSeal, SealUse
from signing.pki import Pki
from signing.seal_image import seal_mask


async def issue_seal(
    tx: WriteSession,
    actor: Actor,
    pki: Pki,
    font: Path,
    *,
    key: str,
    organisation: str,
    credit_code: str,
    document_kinds: Sequence[str],
    organisation_id: UUID | None = None,
) -> OrganisationSeal:
    """Make the organisation's seal, or return the one it has. `document_kinds`: what it may be used on.

    `key`: `organisation:<id>` or `county:<code>:registration`. Slow (draws the seal's picture): for set-up, not for a
    request that a person waits on.
    """
    known = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key))
    if known is not None:
        return known
    picture = await asyncio.to_thread(seal_mask, organisation, font)
    credential = await asyncio.to_thread(pki.issue_seal, key, organisation, credit_code, picture)
    seal = OrganisationSeal(
        key=key,
        organisation_id=organisation_id,
        organisation=organisation,
        credit_code=credit_code,
        document_kinds=list(document_kinds),
        serial=f"{credential.certificate.serial_number:x}",
        status="active",
    )
    tx.add(seal)
    await tx.flush()
    audit(tx, actor, "seal.issued", subject=f"seal:{key}", detail={"serial": seal.serial})
    return seal


async def issue_anew(
    tx: WriteSession,
    actor: Actor,
    pki: Pki,
    font: Path,
    *,
    key: str,
    organisation: str,
    credit_code: str,
    document_kinds: Sequence[str],
) -> OrganisationSeal:
    """A seal for who has none; a new certificate in place of one that ends, was revoked or has an old authority.

    The old certificate is revoked; what was sealed with it before stays valid.
    """
    wanted = select(OrganisationSeal).where(OrganisationSeal.key == key).with_for_update()
    seal = await tx.scalar(wanted)
    if seal is None:
        return await issue_seal(
            tx, actor, pki, font,
            key=key, organisation=organisation, credit_code=credit_code, document_kinds=document_kinds,
        )  # fmt: skip
    before = int(seal.serial, 16)
    credential = await asyncio.to_thread(pki.renew_seal, key, organisation, credit_code)
    seal.serial, seal.status = f"{credential.certificate.serial_number:x}", "active"
    seal.organisation, seal.credit_code, seal.document_kinds = organisation, credit_code, list(document_kinds)
    audit(tx, actor, "seal.renewed", subject=f"seal:{key}", detail={"serial": seal.serial})
    await asyncio.to_thread(pki.revoke, before, now(), "已换发")
    return seal


async def authorise_use(
    tx: WriteSession, actor: Actor, credit_code: str, documents: Mapping[str, str], subject: str
) -> OrganisationSeal:
    """Check the policy and write the use down. `documents`: kind to digest.

    The actor must belong to the organisation and hold `sale.seal`; every document's kind must be on the seal's list.
    """
    seal = await tx.scalar(
        select(OrganisationSeal)
        .where(OrganisationSeal.credit_code == credit_code, OrganisationSeal.organisation_id.is_not(None))
        .order_by(OrganisationSeal.id)
        .limit(1)
    )
    if seal is None:
        raise UnknownSeal
    owner = actor.kind is ActorKind.SYSTEM or actor.organisation_id == seal.organisation_id
    allowed = owner and actor.may(Permission.SALE_SEAL) and set(documents) <= set(seal.document_kinds)
    if not allowed or seal.status != "active":
        raise SealNotAllowed
    write_use(tx, actor, seal, documents, subject)
    return seal


def write_use(
    tx: WriteSession, actor: Actor, seal: OrganisationSeal, documents: Mapping[str, str], subject: str
) -> None:
    for kind, digest in documents.items():
        use = SealUse(
            seal_id=seal.id,
            document_kind=kind,
            document_digest=digest,
            subject=subject,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
        )
        tx.add(use)
    audit(tx, actor, "seal.used", subject=subject, detail={"seal": seal.key, "kinds": sorted(documents)})


async def authorise_key(tx: WriteSession, actor: Actor, key: str, kind: str, digest: str, subject: str) -> None:
    """The same for a seal named by its key, such as the registration office's on a proof."""
    seal = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key))
    if seal is None:
        raise UnknownSeal
    if seal.status != "active" or kind not in seal.document_kinds:
        raise SealNotAllowed
    write_use(tx, actor, seal, {kind: digest}, subject)


async def revoke_seal(tx: WriteSession, actor: Actor, pki: Pki, key: str, reason: str) -> None:
    """Take the seal out of use: OCSP answers call it revoked from now on. Earlier signatures stay valid."""
    seal = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key).with_for_update())
    if seal is None:
        raise UnknownSeal
    seal.status = "revoked"
    audit(tx, actor, "seal.revoked", subject=f"seal:{key}", detail={"reason": reason})
    await asyncio.to_thread(pki.revoke, int(seal.serial, 16), now(), reason)


async def seal_uses(reader: ReadSession, key: str) -> list[SealUse]:
    """The log of a seal, newest first."""
    chosen = select(SealUse).join(
        OrganisationSeal, (OrganisationSeal.tenant_id == SealUse.tenant_id) & (OrganisationSeal.id == SealUse.seal_id)
    )
    return list(await reader.scalars(chosen.where(OrganisationSeal.key == key).order_by(SealUse.id.desc())))
