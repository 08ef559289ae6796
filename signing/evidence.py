"""The evidence chain of a ceremony, and all that is known of it as data (电子签名法 arts. 5–8, 13).

Format 2 adds to format 1: the pages of the documents, what each signer was shown (inside the chain), and the pieces
from which every signature can be recomputed without its document. `signing.evidence_check` reads both.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from kernel.pii import mask_id
from signing.embedded import EmbeddedSignature, EmbeddedSignatures
from signing.models import (
    AppliedSignature,
    Ceremony,
    CeremonyDocument,
    CeremonySignatory,
    EvidenceEvent,
    StoredAssertion,
)
from signing.rules import Link, chain_holds, evidence_body, link_digest
from signing.schemas import EvidenceReport


async def record(tx: WriteSession, ceremony: Ceremony, kind: str, signatory: str | None = None, **detail: Any) -> None:
    """Append to the chain. The ceremony's row must be locked: the lock makes the order."""
    last = select(EvidenceEvent.digest).where(
        EvidenceEvent.ceremony_id == ceremony.id, EvidenceEvent.sequence == ceremony.events
    )
    previous = (await tx.scalar(last)) or ""
    ceremony.events += 1
    body = evidence_body(kind, now(), signatory, detail)
    digest = link_digest(str(ceremony.id), ceremony.events, previous, body)
    tx.add(
        EvidenceEvent(ceremony_id=ceremony.id, sequence=ceremony.events, body=body, previous=previous, digest=digest)
    )
    await tx.flush()


FORMAT = "yiti-signing-evidence/2"
CHAIN_RULE = "sha256(ceremony LF sequence LF previous LF body)"
NOTHING_EMBEDDED: Mapping[str, EmbeddedSignatures] = {}


async def evidence_report(
    reader: ReadSession, ceremony_id: UUID, embedded: Mapping[str, EmbeddedSignatures] = NOTHING_EMBEDDED
) -> EvidenceReport:
    """Assertions, what was shown, consents, digests, certificates and the chain over them, as JSON with its SHA-256.

    `embedded`: what the signatures of each document carry, by its key. The report holds the signers' names, their
    masked ID numbers and their network addresses: personal data.
    """
    ceremony = await reader.scalar(select(Ceremony).where(Ceremony.id == ceremony_id))
    if ceremony is None:
        raise NotFound
    links = await _links(reader, ceremony_id)
    documents = list(
        await reader.scalars(
            select(CeremonyDocument)
            .where(CeremonyDocument.ceremony_id == ceremony_id)
            .order_by(CeremonyDocument.position)
        )
    )
    signatories = list(
        await reader.scalars(
            select(CeremonySignatory)
            .where(CeremonySignatory.ceremony_id == ceremony_id)
            .order_by(CeremonySignatory.position)
        )
    )
    intact = chain_holds(str(ceremony.id), links)
    report = {
        "format": FORMAT,
        "ceremony": str(ceremony.id),
        "county": ceremony.tenant_id,
        "subject": ceremony.subject,
        "status": ceremony.status,
        "opened_at": ceremony.created_at.isoformat(),
        "completed_at": ceremony.completed_at.isoformat() if ceremony.completed_at else None,
        "documents": [_document(row) for row in documents],
        "signatories": [_signatory(row) for row in signatories],
        "assertions": await _assertions(reader, signatories),
        "signatures": await _signatures(reader, documents, signatories, embedded),
        "certificates": _certificates(embedded),
        "chain": {
            "rule": CHAIN_RULE,
            "intact": intact,
            "events": [
                {"sequence": link.sequence, "previous": link.previous, "digest": link.digest, "body": link.body}
                for link in links
            ],
        },
    }
    content = json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1).encode()
    head = links[-1].digest if links else ""
    return EvidenceReport(content=content, digest=hashlib.sha256(content).hexdigest(), head=head, intact=intact)


async def _links(reader: ReadSession, ceremony_id: UUID) -> list[Link]:
    rows = await reader.scalars(
        select(EvidenceEvent).where(EvidenceEvent.ceremony_id == ceremony_id).order_by(EvidenceEvent.sequence)
    )
    return [Link(row.sequence, row.body, row.previous, row.digest) for row in rows]


def _document(row: CeremonyDocument) -> Mapping[str, Any]:
    return {
        "key": row.key,
        "title": row.title,
        "pages": row.pages,
        "original_digest": row.original_digest,
        "prepared_digest": row.prepared_digest,
        "final_digest": row.current_digest,
        "revisions": row.revision,
    }


def _signatory(row: CeremonySignatory) -> Mapping[str, Any]:
    return {
        "key": row.key,
        "kind": row.kind,
        "name": row.name,
        "id_kind": row.id_kind,
        "id_no": mask_id(row.id_no),
        "organisation": row.organisation,
        "credit_code": row.credit_code,
        "turn": row.turn,
        "status": row.status,
        "consented_at": row.consented_at.isoformat() if row.consented_at else None,
        "signed_at": row.signed_at.isoformat() if row.signed_at else None,
    }


async def _assertions(reader: ReadSession, signatories: Sequence[CeremonySignatory]) -> list[Mapping[str, Any]]:
    keys = {row.id: row.key for row in signatories}
    rows = await reader.scalars(
        select(StoredAssertion).where(StoredAssertion.signatory_id.in_(keys)).order_by(StoredAssertion.id)
    )
    return [
        {
            "signatory": keys[row.signatory_id],
            "provider": row.provider,
            "reference": row.reference,
            "method": row.method,
            "verified_at": row.verified_at.isoformat(),
            "digest": row.digest,
        }
        for row in rows
    ]


async def _signatures(
    reader: ReadSession,
    documents: Sequence[CeremonyDocument],
    signatories: Sequence[CeremonySignatory],
    embedded: Mapping[str, EmbeddedSignatures],
) -> list[Mapping[str, Any]]:
    titles = {row.id: row.key for row in documents}
    keys = {row.id: row.key for row in signatories}
    pieces = {(key, one.field): one for key, found in embedded.items() for one in found.signatures}
    rows = await reader.scalars(
        select(AppliedSignature).where(AppliedSignature.document_id.in_(titles)).order_by(AppliedSignature.id)
    )
    return [
        {
            "document": titles[row.document_id],
            "signatory": keys[row.signatory_id] if row.signatory_id else "platform",
            "field": row.field,
            "revision": row.revision,
            "certificate_serial": row.serial,
            "certificate_subject": row.subject,
            "certificate_digest": row.certificate_digest,
            "document_digest": row.document_digest,
            "signed_at": row.signed_at.isoformat(),
            **_pieces(pieces.get((titles[row.document_id], row.field))),
        }
        for row in rows
    ]


def _pieces(found: EmbeddedSignature | None) -> Mapping[str, Any]:
    if found is None:
        return {}
    return {
        "message_digest": found.message_digest,
        "signed_attributes": _text(found.signed_attributes),
        "signature": _text(found.signature),
        "timestamp": _text(found.timestamp) if found.timestamp else None,
        "stamped_at": found.stamped_at.isoformat() if found.stamped_at else None,
    }


def _certificates(embedded: Mapping[str, EmbeddedSignatures]) -> Mapping[str, str]:
    """By the SHA-256 of their DER."""
    everything = {digest: der for one in embedded.values() for digest, der in one.everything.items()}
    return {digest: _text(everything[digest]) for digest in sorted(everything)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
