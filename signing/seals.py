"""Organisations' e-seals: issued once, used under a policy, every use written down (用印管理)."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, system_actor
from signing.errors import UnknownSeal
from signing.models import OrganisationSeal
from signing.pki import Pki
from signing.seal_errors import PolicyMoved, RefusedUse, refusal
from signing.seal_image import seal_mask
from signing.seal_log import seal_uses, used_today, write_use
from signing.seal_policies import locked_seal, policy_of
from signing.seal_requests import USED, approval_of, open_request, seal_of
from signing.seal_rules import SealStatus, Use, needs_approval, refused, what_refused

__all__ = [
    "allow_kinds",
    "authorise_key",
    "authorise_use",
    "expect_in_use",
    "issue_anew",
    "issue_seal",
    "revoke_seal",
    "seal_uses",
]


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
            organisation_id=owner_of(key),
        )  # fmt: skip
    before = int(seal.serial, 16)
    credential = await asyncio.to_thread(pki.renew_seal, key, organisation, credit_code)
    seal.serial = f"{credential.certificate.serial_number:x}"
    if seal.status == SealStatus.REVOKED:  # a suspended one is resumed by its keeper
        seal.status = SealStatus.ACTIVE
    seal.organisation, seal.credit_code, seal.document_kinds = organisation, credit_code, list(document_kinds)
    audit(tx, actor, "seal.renewed", subject=f"seal:{key}", detail={"serial": seal.serial})
    await asyncio.to_thread(pki.revoke, before, now(), "已换发")
    return seal


async def allow_kinds(tx: WriteSession, actor: Actor, key: str, kinds: Sequence[str]) -> OrganisationSeal:
    """Let a seal in service be set on further kinds of documents; its certificate stays. Those that it has are kept.

    Where the seal has a use policy, its keeper still has to allow them there. Raises UnknownSeal.
    """
    seal = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key).with_for_update(key_share=True))
    if seal is None:
        raise UnknownSeal
    added = [kind for kind in dict.fromkeys(kinds) if kind not in seal.document_kinds]
    if added:
        seal.document_kinds = [*seal.document_kinds, *added]
        audit(tx, actor, "seal.kinds_allowed", subject=f"seal:{key}", detail={"kinds": added})
    return seal


def owner_of(key: str) -> UUID | None:
    """The organisation whose seal the key names; None for a county's own. Raises Invalid."""
    sort, _, owner = key.partition(":")
    if sort != "organisation":
        return None
    try:
        return UUID(owner)
    except ValueError:
        raise Invalid("印章标识应为 organisation:<单位编号> 或者 county:<县代码>:registration", field="key") from None


async def authorise_use(
    tx: WriteSession, actor: Actor, credit_code: str, documents: Mapping[str, str], subject: str
) -> OrganisationSeal:
    """Check the policy and write the use down. `documents`: kind to digest.

    Raises UnknownSeal and, where the policy says no, SealRefused (`seal_log.write_refusal` writes that down).
    """
    seal = await seal_of(tx, credit_code)
    return await _authorise(tx, actor, seal, documents, subject, by_machine=False)


async def authorise_key(tx: WriteSession, actor: Actor, key: str, kind: str, digest: str, subject: str) -> None:
    """The same for a paper that the platform seals by itself, with a seal named by its key, such as the registration
    office's on a proof: kinds, daily limit and suspension are obeyed; nobody is asked."""
    seal = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key))
    if seal is None:
        raise UnknownSeal
    await _authorise(tx, actor, seal, {kind: digest}, subject, by_machine=True)


async def _authorise(
    tx: WriteSession,
    actor: Actor,
    seal: OrganisationSeal,
    documents: Mapping[str, str],
    subject: str,
    *,
    by_machine: bool,
) -> OrganisationSeal:
    """Uses that are counted come one after the other, others side by side; a change of the policy waits for them."""
    counted = (await policy_of(tx, seal)).daily_limit is not None
    seal = await locked_seal(tx, seal.id, shared=not counted)
    policy = await policy_of(tx, seal)
    if policy.daily_limit is not None and not counted:
        raise PolicyMoved
    request = None if by_machine else await open_request(tx, seal.id, subject, lock=True)
    approval = approval_of(request) if request else None
    use = Use(
        actor=actor,
        owner=seal.organisation_id,
        status=SealStatus(seal.status),
        documents=documents,
        used_today=(await used_today(tx, [seal.id]))[seal.id] if counted else 0,
        approved=approval is not None and approval.holds(actor, documents, now()),
        by_machine=by_machine,
    )
    if reason := refused(use, policy):
        raise refusal(RefusedUse(seal.id, documents, subject, reason))
    approved_by = approval.approved_by if approval and needs_approval(use, policy) else None
    if request is not None and approved_by is not None:
        request.status = USED
    write_use(tx, actor, seal, documents, subject, approved_by)
    return seal


async def expect_in_use(tx: WriteSession, key: str, documents: Mapping[str, str], subject: str) -> None:
    """A use that was authorised before is made now. Raises SealSuspended, or SealNotAllowed where it was revoked, if
    the seal was taken out of use in between; it stays in use until the transaction ends."""
    found = await tx.scalar(select(OrganisationSeal.id).where(OrganisationSeal.key == key))
    if found is None:
        raise UnknownSeal
    seal = await locked_seal(tx, found, shared=True)
    use = Use(actor=system_actor(tx.tenant), owner=seal.organisation_id, status=SealStatus(seal.status))
    if reason := what_refused(use, await policy_of(tx, seal)):
        raise refusal(RefusedUse(seal.id, documents, subject, reason))


async def revoke_seal(tx: WriteSession, actor: Actor, pki: Pki, key: str, reason: str) -> None:
    """Take the seal out of use: OCSP answers call it revoked from now on. Earlier signatures stay valid."""
    seal = await tx.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key).with_for_update())
    if seal is None:
        raise UnknownSeal
    seal.status = "revoked"
    audit(tx, actor, "seal.revoked", subject=f"seal:{key}", detail={"reason": reason})
    await asyncio.to_thread(pki.revoke, int(seal.serial, 16), now(), reason)
