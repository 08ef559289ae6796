"""Ceremonies: one identity assertion, one session, all documents of a sale."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.pii import mask_name
from signing import rules
from signing.appearance import handwriting_mask
from signing.ceremonies import (
    by_link,
    document_rows,
    documents_of,
    hashed,
    lock_ceremony,
    open_desk,
    signatories_of,
    signatory_of,
    signatory_rows,
    theirs,
)
from signing.ending import cancel, decline
from signing.errors import (
    AlreadySigned,
    CeremonyClosed,
    ConsentMissing,
    IdentityExpired,
    IdentityMismatch,
    NotIdentified,
    NotYourTurn,
)
from signing.evidence import evidence_report, record
from signing.models import Ceremony, CeremonyDocument, CeremonySignatory, StoredAssertion
from signing.schemas import (
    ClientInfo,
    DeskDocument,
    DocumentToSign,
    IdentityAssertion,
    IdentityStarted,
    Signatory,
    SigningDesk,
)
from signing.seals import authorise_use
from signing.viewing import expect_all_shown, pages_seen, record_viewing

__all__ = [
    "begin_identification",
    "by_token",
    "cancel",
    "complete_identification",
    "consent",
    "decline",
    "documents_of",
    "evidence_report",
    "identity_request",
    "link_token",
    "open_ceremony",
    "pages_seen",
    "record_viewing",
    "seal_by_organisation",
    "signatories_of",
    "signed_documents",
]


async def open_ceremony(
    tx: WriteSession,
    actor: Actor,
    subject: str,
    documents: Sequence[DocumentToSign],
    signatories: Sequence[Signatory],
    last: str = "",
) -> Ceremony:
    """Write down who signs what. One ceremony per subject: a second one is an IntegrityError until `cancel`.

    `last` signs last and locks the documents; without one people sign in any order and the platform locks them.

    Emits `signing.prepare`: the fields and the platform's certification signature are made by a job.
    """
    if problems := rules.plan_problems(documents, signatories, last):
        raise ValueError("; ".join(problems))
    ceremony = Ceremony(subject=subject, last_key=last, status="open", events=0)
    tx.add(ceremony)
    await tx.flush()
    tx.add_all(document_rows(ceremony.id, documents) + signatory_rows(ceremony.id, signatories))
    await tx.flush()
    shown = {document.key: document.digest for document in documents}
    await record(tx, ceremony, "opened", documents=shown, signatories=[s.key for s in signatories], last=last)
    audit(tx, actor, "signing.opened", subject=subject, detail={"ceremony": str(ceremony.id)})
    await emit(tx, "signing.prepare", {"ceremony_id": str(ceremony.id)}, key=f"signing.prepare:{ceremony.id}")
    return ceremony


async def link_token(
    tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str, *, renew: bool = False
) -> str:
    """The opaque link of a person, valid 72 hours; asking again gives the same one until it has expired.

    With `renew` there is a new one and the old one is dead. Found by its hash; the token itself is stored encrypted
    only.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    if ceremony.status != "open" or signatory.kind != "person":
        raise CeremonyClosed
    if signatory.status in {"consented", "signed"}:
        raise AlreadySigned
    holds = signatory.token_expires_at is not None and now() < signatory.token_expires_at
    if signatory.token is not None and holds and not renew:
        return signatory.token
    token = secrets.token_urlsafe(32)
    signatory.token, signatory.token_hash = token, hashed(token)
    signatory.token_expires_at = now() + rules.LINK_LIFETIME
    await record(tx, ceremony, "link_issued", signatory_key)
    audit(tx, actor, "signing.link_issued", subject=ceremony.subject, detail={"signatory": signatory_key})
    return token


async def by_token(reader: ReadSession, token: str) -> SigningDesk:
    """What the person behind the link sees. Raises UnknownLink, LinkExpired."""
    signatory = await by_link(reader, token)
    ceremony = await reader.scalar(select(Ceremony).where(Ceremony.id == signatory.ceremony_id))
    assert ceremony is not None
    documents = theirs(await documents_of(reader, ceremony.id), signatory.key)
    everybody = await signatories_of(reader, ceremony.id)
    return SigningDesk(
        ceremony_id=str(ceremony.id),
        subject=ceremony.subject,
        signatory_key=signatory.key,
        name_masked=mask_name(signatory.name),
        organisation=signatory.organisation,
        step=rules.step_of(ceremony.status, signatory.status, signatory.identified_at, now()),
        documents=tuple(DeskDocument(key=d.key, title=d.title, digest=d.current_digest) for d in documents),
        others={other.key: other.status == "signed" for other in everybody if other.key != signatory.key},
    )


async def identity_request(reader: ReadSession, token: str) -> tuple[str, str]:
    """Full name and ID number for the identity service. Never shown on a page."""
    signatory = await by_link(reader, token)
    return signatory.name, signatory.id_no


async def begin_identification(tx: WriteSession, token: str, started: IdentityStarted) -> None:
    """Remember which identification was started; only its answer will be accepted."""
    ceremony, signatory = await open_desk(tx, token)
    signatory.identity_reference = started.reference
    signatory.status = "identifying"
    await record(tx, ceremony, "identification_started", signatory.key, reference=started.reference)


async def complete_identification(
    tx: WriteSession, token: str, assertion: IdentityAssertion, client: ClientInfo | None = None
) -> None:
    """Accept the identity service's assertion. Raises IdentityMismatch where it is not this person, not the
    identification that was started, or already used. Delivering the same assertion again changes nothing."""
    ceremony, signatory = await open_desk(tx, token)
    used = await tx.scalar(
        select(StoredAssertion).where(
            StoredAssertion.provider == assertion.provider, StoredAssertion.reference == assertion.reference
        )
    )
    if used is not None and used.signatory_id == signatory.id:
        return
    expected = signatory.identity_reference == assertion.reference
    if used is not None or not expected or not rules.same_person(signatory.name, signatory.id_no, assertion):
        raise IdentityMismatch
    if not rules.identity_holds(assertion.verified_at, now()):
        raise IdentityExpired
    tx.add(
        StoredAssertion(
            signatory_id=signatory.id,
            reference=assertion.reference,
            provider=assertion.provider,
            method=assertion.method,
            verified_at=assertion.verified_at,
            digest=assertion.digest,
        )
    )
    signatory.identified_at = assertion.verified_at
    signatory.status = "identified"
    await record(
        tx,
        ceremony,
        "identified",
        signatory.key,
        provider=assertion.provider,
        reference=assertion.reference,
        method=assertion.method,
        verified_at=assertion.verified_at.isoformat(),
        digest=assertion.digest,
        **({"client": msgspec.to_builtins(client)} if client else {}),
    )


async def consent(
    tx: WriteSession, token: str, consents: Mapping[str, bool], handwriting_png: bytes, client: ClientInfo
) -> None:
    """The person agrees to all documents and signs by hand; the signatures are applied by `signing.apply`.

    Raises NotIdentified, IdentityExpired, ConsentMissing, PagesUnseen, BadHandwriting, AlreadySigned (a replay).
    """
    mask = handwriting_mask(handwriting_png)
    ceremony, signatory = await open_desk(tx, token)
    if signatory.status != "identified":
        raise NotIdentified
    if not rules.identity_holds(signatory.identified_at, now()):
        raise IdentityExpired
    documents = theirs(await documents_of(tx, ceremony.id), signatory.key)
    if not rules.consent_is_complete([document.key for document in documents], consents):
        raise ConsentMissing(field="consents")
    read = await expect_all_shown(tx, signatory, documents)
    signatory.handwriting = base64.b64encode(mask).decode()
    await record(
        tx,
        ceremony,
        "consented",
        signatory.key,
        documents={d.key: _shown(d) | {"viewing": read[d.key].told(d.pages)} for d in documents},
        handwriting=hashlib.sha256(mask).hexdigest(),
        client=msgspec.to_builtins(client),
    )
    await _order_signature(tx, ceremony, signatory)


def _shown(document: CeremonyDocument) -> dict[str, Any]:
    """What is agreed to: the content, and the revision that the signer was given to read."""
    return {"content": document.original_digest, "shown": document.current_digest}


async def _order_signature(tx: WriteSession, ceremony: Ceremony, signatory: CeremonySignatory) -> None:
    signatory.status = "consented"
    signatory.consented_at = now()
    await tx.flush()
    payload = {"ceremony_id": str(ceremony.id), "signatory_key": signatory.key}
    await emit(tx, "signing.apply", payload, key=f"signing.apply:{ceremony.id}:{signatory.key}")


async def seal_by_organisation(tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str) -> None:
    """Order an organisation's e-seal under its use policy.

    The organisation named `last` seals only after everybody else has signed (NotYourTurn). Raises SealNotAllowed,
    UnknownSeal, AlreadySigned.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    everybody = await signatories_of(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    if signatory.status in {"consented", "signed"}:
        raise AlreadySigned
    if ceremony.status != "open" or signatory.kind != "organisation":
        raise CeremonyClosed
    others = [other for other in everybody if other.key != signatory_key]
    if signatory_key == ceremony.last_key and any(other.status != "signed" for other in others):
        raise NotYourTurn
    documents = theirs(await documents_of(tx, ceremony_id), signatory_key)
    digests = {document.key: document.current_digest for document in documents}
    seal = await authorise_use(tx, actor, cast("str", signatory.credit_code), digests, ceremony.subject)
    signatory.seal_key = seal.key
    await record(
        tx,
        ceremony,
        "seal_ordered",
        signatory_key,
        seal=seal.key,
        actor=str(actor.id),
        actor_name=actor.name,
        documents={d.key: _shown(d) for d in documents},
    )
    await _order_signature(tx, ceremony, signatory)


async def signed_documents(reader: ReadSession, ceremony_id: UUID) -> dict[str, str]:
    """Digest of each document's newest revision; final once the ceremony is completed."""
    return {document.key: document.current_digest for document in await documents_of(reader, ceremony_id)}
