"""Reports of the signing desk on what it showed, and what they prove. Each is one small write beside the ceremony: it
never waits for the ceremony's lock, which is held while signatures are made."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from signing import reading
from signing.ceremonies import by_link, documents_of, expect_open, theirs
from signing.errors import AlreadySigned, NotIdentified, PagesUnseen, TooManyVisits
from signing.models import Ceremony, CeremonyDocument, CeremonySignatory, DeskVisit
from signing.reading import Reading
from signing.schemas import ClientInfo, Viewing

MOST_VISITS = 200


async def record_viewing(tx: WriteSession, token: str, viewing: Viewing, client: ClientInfo) -> None:
    """Keep what this opening of the desk has shown so far (running totals: repeating or reordering does no harm).

    Only of a person who is identified and has not yet signed. Raises NotIdentified, AlreadySigned, CeremonyClosed,
    TooManyVisits.
    """
    signatory = await by_link(tx, token)
    ceremony = (await tx.scalars(select(Ceremony).where(Ceremony.id == signatory.ceremony_id))).one()
    if signatory.status in {"consented", "signed"}:
        raise AlreadySigned
    expect_open(ceremony)
    if signatory.status != "identified" or signatory.identified_at is None:
        raise NotIdentified
    pages = {one.key: one.pages for one in theirs(await documents_of(tx, ceremony.id), signatory.key)}
    visit, at = await _locked_visit(tx, signatory, viewing.visit, client), now()
    longest = reading.longest_ms(signatory.identified_at, at)
    visit.shown = reading.merged(visit.shown, viewing.documents, pages, longest, at)
    await tx.flush()


async def _locked_visit(tx: WriteSession, signatory: CeremonySignatory, visit: str, client: ClientInfo) -> DeskVisit:
    chosen = select(DeskVisit).where(DeskVisit.signatory_id == signatory.id, DeskVisit.visit == visit)
    chosen = chosen.with_for_update().execution_options(populate_existing=True)
    known = await tx.scalar(chosen)
    if known is not None:
        return known
    if await _visits(tx, signatory) >= MOST_VISITS:
        raise TooManyVisits
    made = insert(DeskVisit).values(
        signatory_id=signatory.id, visit=visit, shown={}, client=msgspec.json.encode(client).decode()
    )
    # Two reports of one opening at once: the second finds the first one's row.
    await tx.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "signatory_id", "visit"]))
    return (await tx.scalars(chosen)).one()


async def _visits(reader: ReadSession, signatory: CeremonySignatory) -> int:
    counted = select(func.count()).select_from(DeskVisit).where(DeskVisit.signatory_id == signatory.id)
    return await reader.scalar(counted) or 0


async def readings(
    reader: ReadSession, signatory: CeremonySignatory, documents: Sequence[CeremonyDocument]
) -> dict[str, Reading]:
    """How the signer read each of the documents, by key."""
    rows = select(DeskVisit.shown).where(DeskVisit.signatory_id == signatory.id).order_by(DeskVisit.id)
    visits = list(await reader.scalars(rows))
    return {document.key: reading.reading_of(visits, document.key) for document in documents}


async def pages_seen(reader: ReadSession, token: str) -> Mapping[str, frozenset[int]]:
    """By document, the pages that the person behind the link need not be shown again."""
    signatory = await by_link(reader, token)
    documents = theirs(await documents_of(reader, signatory.ceremony_id), signatory.key)
    return {key: one.seen for key, one in (await readings(reader, signatory, documents)).items()}


async def expect_all_shown(
    reader: ReadSession, signatory: CeremonySignatory, documents: Sequence[CeremonyDocument]
) -> dict[str, Reading]:
    """Every page of every document was on the signer's screen; `PagesUnseen` names what was not."""
    found = await readings(reader, signatory, documents)
    missing = {one.title: unseen for one in documents if (unseen := found[one.key].unseen(one.pages))}
    if missing:
        words = "；".join(f"《{title}》第{'、'.join(map(str, pages))}页" for title, pages in missing.items())
        raise PagesUnseen(f"{words}还没有显示过，请逐页阅读全部文件后再签名", field="viewed")
    return found
