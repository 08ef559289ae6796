"""An objector has sued (民法典 art. 220): recorded on the entry with the court's paper, so that it does not lapse."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor
from yiti.journeys.registration import uploads
from yiti.register import lapses
from yiti.register.models import EntryTerm, RegisterEntry
from yiti.register.schemas import Suit
from yiti.resources import Resources

ACCEPTS = ("application/pdf", "image/jpeg", "image/png")
CASE_MAX = 60


async def record_suit(
    tx: WriteSession, resources: Resources, actor: Actor, entry_id: UUID, *, filed_on: date, court_case: str,
    file_name: str, data: bytes,
) -> EntryTerm:  # fmt: skip
    """Record the suit with its scanned proof; the objection then stands until the court has decided.

    Raises UploadTooLarge, UploadMislabelled, UploadRefused, and what `lapses.lift_by_suit` raises.
    """
    court_case = court_case.strip()
    if len(court_case) > CASE_MAX:
        raise Invalid(f"案号最多{CASE_MAX}字", field="court_case")
    found = await uploads.inspected(file_name, data, ACCEPTS)
    suit = Suit(
        filed_on=filed_on,
        court_case=court_case,
        proof_digest=await resources.blobs.put(data),
        proof_type=found.media_type,
    )
    return await lapses.lift_by_suit(tx, actor, entry_id, suit)


async def proof_of(reader: ReadSession, resources: Resources, unit_id: UUID, term_id: UUID) -> tuple[EntryTerm, bytes]:
    """The court's paper that was laid with an objection of this unit; the caller audits who looked."""
    same = (RegisterEntry.tenant_id == EntryTerm.tenant_id) & (RegisterEntry.id == EntryTerm.entry_id)
    wanted = select(EntryTerm).join(RegisterEntry, same)
    term = await reader.scalar(wanted.where(EntryTerm.id == term_id, RegisterEntry.unit_id == unit_id))
    if term is None or term.proof_digest is None:
        raise NotFound("没有找到起诉证明")
    return term, await resources.blobs.get(term.proof_digest)
