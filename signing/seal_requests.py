"""Four eyes (双人用印): one asks for the seal on certain documents, another of the organisation approves."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from signing.ceremonies import (
    documents_of,
    expect_open,
    expect_turn,
    lock_ceremony,
    signatories_of,
    signatory_of,
    theirs,
)
from signing.errors import AlreadySigned, UnknownSeal
from signing.models import OrganisationSeal, SealRequest
from signing.rules import AGREED
from signing.seal_errors import (
    NothingToApprove,
    OwnRequest,
    RefusedUse,
    RequestDecided,
    RequestWithdrawn,
    UnknownRequest,
    refusal,
)
from signing.seal_policies import locked_seal, policy_of
from signing.seal_rules import (
    APPROVAL_LIFETIME,
    Approval,
    SealStatus,
    Use,
    needs_approval,
    what_refused,
    who_refused,
)

WAITING, APPROVED, TURNED_DOWN, USED, REPLACED = "waiting", "approved", "refused", "used", "replaced"
WITHDRAWN = "withdrawn"
"""The signing for which the seal was asked has ended."""
_OPEN = (WAITING, APPROVED)


async def seal_of(reader: ReadSession, credit_code: str) -> OrganisationSeal:
    """The seal of an organisation of the platform. Raises UnknownSeal."""
    seal = await reader.scalar(
        select(OrganisationSeal)
        .where(OrganisationSeal.credit_code == credit_code, OrganisationSeal.organisation_id.is_not(None))
        .order_by(OrganisationSeal.id)
        .limit(1)
    )
    if seal is None:
        raise UnknownSeal
    return seal


async def to_be_sealed(reader: ReadSession, ceremony_id: UUID, signatory_key: str) -> tuple[str, dict[str, str]]:
    """The organisation's credit code, and the documents that it seals in their newest revision, kind to digest."""
    everybody = await signatories_of(reader, ceremony_id)
    credit_code = next((one.credit_code for one in everybody if one.key == signatory_key), None)
    documents = theirs(await documents_of(reader, ceremony_id), signatory_key)
    return credit_code or "", {document.key: document.current_digest for document in documents}


async def ask(tx: WriteSession, actor: Actor, seal_id: UUID, documents: Mapping[str, str], subject: str) -> SealRequest:
    """Ask for the seal. Asking for the same again gives the open request; other documents take its place.

    Raises SealRefused where the actor could not use the seal on these anyway, NothingToApprove.
    """
    seal = await locked_seal(tx, seal_id)
    use, policy = _use(actor, seal, documents), await policy_of(tx, seal)
    if reason := who_refused(use, policy) or what_refused(use, policy):
        raise refusal(RefusedUse(seal.id, documents, subject, reason))
    if not needs_approval(use, policy) or actor.id is None:
        raise NothingToApprove
    known = await open_request(tx, seal.id, subject, lock=True)
    if known is not None:
        if _still_good(known, actor, documents):
            return known
        known.status = REPLACED
        await tx.flush()
    made = SealRequest(
        seal_id=seal.id, subject=subject, documents=dict(documents), requested_by=actor.id, status=WAITING
    )
    tx.add(made)
    await tx.flush()
    audit(tx, actor, "seal.requested", subject=subject, detail={"seal": seal.key, "kinds": sorted(documents)})
    return made


async def ask_in(tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str) -> SealRequest:
    """The same for what an organisation has to seal in a ceremony, once it is its turn.

    The ceremony is locked, so that its end, which withdraws requests, comes before this or after it. Raises
    CeremonyClosed, AlreadySigned, NotYourTurn, UnknownSeal as well.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    if signatory.status in AGREED:
        raise AlreadySigned
    expect_open(ceremony)
    await expect_turn(tx, ceremony, signatory)
    credit_code, documents = await to_be_sealed(tx, ceremony_id, signatory_key)
    return await ask(tx, actor, (await seal_of(tx, credit_code)).id, documents, ceremony.subject)


async def withdraw_all(
    tx: WriteSession, actor: Actor, subject: str, reason: str, *, seal_id: UUID | None = None
) -> None:
    """What was asked or approved for a subject (of one seal only, or of all) falls away with its signing; nobody has to
    decide it any more.

    The caller holds the ceremony's lock; the seal's is not needed, because nothing of the seal changes.
    """
    chosen = select(SealRequest).where(SealRequest.subject == subject, SealRequest.status.in_(_OPEN))
    if seal_id is not None:
        chosen = chosen.where(SealRequest.seal_id == seal_id)
    for request in await tx.scalars(chosen.with_for_update().execution_options(populate_existing=True)):
        request.status, request.reason = WITHDRAWN, reason
        audit(tx, actor, "seal.request_withdrawn", subject=subject, detail={"request": str(request.id)})


def _use(actor: Actor, seal: OrganisationSeal, documents: Mapping[str, str]) -> Use:
    return Use(actor=actor, owner=seal.organisation_id, status=SealStatus(seal.status), documents=documents)


def _still_good(known: SealRequest, actor: Actor, documents: Mapping[str, str]) -> bool:
    if known.status == WAITING:
        return known.requested_by == actor.id and known.documents == dict(documents)
    approval = approval_of(known)
    return approval is not None and approval.holds(actor, documents, now())


async def open_request(reader: ReadSession, seal_id: UUID, subject: str, *, lock: bool = False) -> SealRequest | None:
    """The request about a subject that waits or is approved; an approval may have run out."""
    chosen = select(SealRequest).where(
        SealRequest.seal_id == seal_id, SealRequest.subject == subject, SealRequest.status.in_(_OPEN)
    )
    return await reader.scalar(chosen.with_for_update() if lock else chosen)


async def last_request(reader: ReadSession, seal_id: UUID, subject: str) -> SealRequest | None:
    """The newest request about a subject, however it ended."""
    chosen = select(SealRequest).where(SealRequest.seal_id == seal_id, SealRequest.subject == subject)
    return await reader.scalar(chosen.order_by(SealRequest.id.desc()).limit(1))


async def waiting_requests(reader: ReadSession, seal_id: UUID, limit: int) -> list[SealRequest]:
    """What waits for an approval, oldest first."""
    chosen = select(SealRequest).where(SealRequest.seal_id == seal_id, SealRequest.status == WAITING)
    return list(await reader.scalars(chosen.order_by(SealRequest.id).limit(limit)))


def approval_of(request: SealRequest) -> Approval | None:
    """The approval that a request has."""
    if request.status != APPROVED or request.decided_by is None or request.expires_at is None:
        return None
    return Approval(request.requested_by, request.decided_by, request.documents, request.expires_at)


async def approve(tx: WriteSession, actor: Actor, request_id: UUID) -> SealRequest:
    """Let the asker seal exactly these documents within a day.

    Raises OwnRequest, RequestDecided, SealRefused where the actor could not use the seal either.
    """
    request = await _decide(tx, actor, request_id)
    request.status, request.expires_at = APPROVED, now() + APPROVAL_LIFETIME
    audit(tx, actor, "seal.request_approved", subject=request.subject, detail={"request": str(request.id)})
    return request


async def turn_down(tx: WriteSession, actor: Actor, request_id: UUID, reason: str) -> SealRequest:
    """Say no, with the reason that the asker reads."""
    if not reason.strip():
        raise Invalid("请填写不批准的原因", field="reason")
    request = await _decide(tx, actor, request_id)
    request.status, request.reason = TURNED_DOWN, reason.strip()[:200]
    audit(tx, actor, "seal.request_refused", subject=request.subject, detail={"request": str(request.id)})
    return request


async def _decide(tx: WriteSession, actor: Actor, request_id: UUID) -> SealRequest:
    seal_id = await tx.scalar(select(SealRequest.seal_id).where(SealRequest.id == request_id))
    if seal_id is None:
        raise UnknownRequest
    # The seal before the request, as everywhere: a use and a decision at once come one after the other.
    seal = await locked_seal(tx, seal_id)
    if actor.organisation_id is None or actor.organisation_id != seal.organisation_id:
        raise UnknownRequest
    request = (await tx.scalars(select(SealRequest).where(SealRequest.id == request_id).with_for_update())).one()
    if request.status != WAITING:
        raise RequestWithdrawn if request.status == WITHDRAWN else RequestDecided
    if actor.id is None or actor.id == request.requested_by:
        raise OwnRequest
    use, policy = _use(actor, seal, request.documents), await policy_of(tx, seal)
    if reason := who_refused(use, policy) or what_refused(use, policy):
        raise refusal(RefusedUse(seal.id, request.documents, request.subject, reason))
    request.decided_by, request.decided_at = actor.id, now()
    return request
