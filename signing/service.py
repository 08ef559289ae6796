"""Ceremonies: one identity assertion, one session, all documents of a sale."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.outbox.delivery import waiting_reason
from kernel.permissions import Actor
from kernel.pii import mask_name
from signing import rules
from signing.appearance import handwriting_mask
from signing.ceremonies import (
    by_link,
    document_rows,
    documents_of,
    expect_open,
    expect_turn,
    lock_ceremony,
    open_desk,
    signatories_of,
    signatory_of,
    signatory_rows,
    standing_of,
    term_of,
    theirs,
)
from signing.ending import cancel, decline, ended, ended_of
from signing.errors import (
    AlreadySigned,
    CeremonyClosed,
    ConsentMissing,
    IdentityExpired,
    IdentityMismatch,
    NotIdentified,
)
from signing.evidence import evidence_report, record
from signing.inviting import asks_again, beginners, invite, link_token, reminder_due
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
    "asks_again",
    "begin_identification",
    "beginners",
    "by_token",
    "cancel",
    "complete_identification",
    "consent",
    "decline",
    "delayed_by",
    "documents_of",
    "ended",
    "ended_of",
    "evidence_report",
    "identity_request",
    "invite",
    "link_token",
    "open_ceremony",
    "pages_seen",
    "record_viewing",
    "reminder_due",
    "seal_by_organisation",
    "signatories_of",
    "signed_documents",
    "term_of",
]


async def open_ceremony(
    tx: WriteSession,
    actor: Actor,
    subject: str,
    documents: Sequence[DocumentToSign],
    signatories: Sequence[Signatory],
    last: str = "",
    *,
    expires_at: datetime | None = None,
) -> Ceremony:
    """Write down who signs what. One ceremony per subject: a second one is an IntegrityError until the first has ended.

    People sign by turns, those of one turn in any order. `last` signs after all others and locks the documents; without
    one the platform locks them. From `expires_at` on nobody signs any more.

    Emits `signing.prepare`: the fields and the platform's certification signature are made by a job; and for the time
    of its end `signing.expire`.
    """
    if problems := rules.plan_problems(documents, signatories, last):
        raise ValueError("; ".join(problems))
    ceremony = Ceremony(subject=subject, last_key=last, status="open", events=0, expires_at=expires_at)
    tx.add(ceremony)
    await tx.flush()
    tx.add_all(document_rows(ceremony.id, documents) + signatory_rows(ceremony.id, signatories))
    await tx.flush()
    shown = {document.key: document.digest for document in documents}
    turns = {signatory.key: signatory.turn for signatory in signatories}
    until = expires_at.isoformat() if expires_at else None
    await record(
        tx, ceremony, "opened", documents=shown, signatories=list(turns), last=last, turns=turns, expires_at=until
    )
    audit(tx, actor, "signing.opened", subject=subject, detail={"ceremony": str(ceremony.id)})
    payload = {"ceremony_id": str(ceremony.id)}
    await emit(tx, "signing.prepare", payload, key=f"signing.prepare:{ceremony.id}")
    if expires_at is not None:
        await emit(tx, "signing.expire", payload, key=f"signing.expire:{ceremony.id}", delay=expires_at - now())
    return ceremony


async def by_token(reader: ReadSession, token: str) -> SigningDesk:
    """What the person behind the link sees. Raises UnknownLink, LinkExpired."""
    signatory = await by_link(reader, token)
    ceremony = await reader.scalar(select(Ceremony).where(Ceremony.id == signatory.ceremony_id))
    assert ceremony is not None
    documents = theirs(await documents_of(reader, ceremony.id), signatory.key)
    everybody = await signatories_of(reader, ceremony.id)
    status, first = standing_of(ceremony, everybody), rules.coming_first(everybody, signatory, ceremony.last_key)
    return SigningDesk(
        ceremony_id=str(ceremony.id),
        subject=ceremony.subject,
        signatory_key=signatory.key,
        name_masked=mask_name(signatory.name),
        organisation=signatory.organisation,
        step=rules.step_of(status, signatory.status, signatory.identified_at, now(), waits=bool(first)),
        documents=tuple(DeskDocument(key=d.key, title=d.title, digest=d.current_digest) for d in documents),
        others={other.key: other.status == "signed" for other in everybody if other.key != signatory.key},
        waits_for=tuple(other.key for other in first),
        ended=cast("Any", status) if status in rules.ENDED else "",
        expires_at=ceremony.expires_at,
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
    await emit(tx, "signing.apply", payload, key=_order_key(ceremony.id, signatory.key))


def _order_key(ceremony_id: UUID, signatory_key: str) -> str:
    return f"signing.apply:{ceremony_id}:{signatory_key}"


async def delayed_by(reader: ReadSession, ceremony_id: UUID, signatory_key: str) -> str | None:
    """Which service is away, in words, while an ordered signature waits for it; None where none does."""
    return await waiting_reason(reader, _order_key(ceremony_id, signatory_key))


async def seal_by_organisation(tx: WriteSession, actor: Actor, ceremony_id: UUID, signatory_key: str) -> None:
    """Order an organisation's e-seal under its use policy.

    It seals only after everybody of the earlier turns has signed (NotYourTurn). Raises SealNotAllowed, UnknownSeal,
    AlreadySigned, CeremonyClosed.
    """
    ceremony = await lock_ceremony(tx, ceremony_id)
    signatory = await signatory_of(tx, ceremony_id, signatory_key)
    if signatory.status in rules.AGREED:
        raise AlreadySigned
    if signatory.kind != "organisation":
        raise CeremonyClosed
    expect_open(ceremony)
    await expect_turn(tx, ceremony, signatory)
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
