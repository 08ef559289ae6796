"""Reports of payments and refunds that contradict what is known: refused, and kept in sight as an open difference."""

from datetime import date

from msgspec import Struct
from sqlalchemy import select

from escrow.banking.movements import standing_movement
from escrow.reconciliation.differences import Finding, note, open_one
from escrow.reconciliation.models import Difference, DifferenceKind
from kernel.db import ReadSession, WriteSession
from kernel.money import yuan
from kernel.permissions import Actor


class Contradiction(Struct, frozen=True, kw_only=True):
    """What was told, and why it is no booking of ours. `signed_fen` is positive when the money came in; 0 for a report
    that nothing was paid."""

    account_no: str
    serial: str
    """The bank's or channel's, by which its statement will tell of the same money."""
    about: str
    """Number of the notice, bill or refund that it names."""
    day: date
    signed_fen: int
    why: str
    evidence_digest: str


async def keep_contradiction(tx: WriteSession, actor: Actor, told: Contradiction) -> Difference | None:
    """Open a difference of the account, or bring the open one up to date; None when the same report was dealt with
    before. In a transaction of its own: the one in which the report was refused is undone."""
    account_no, reference = told.account_no[:40], (told.serial or told.about)[:80]
    words = f"{told.why}（回执：{told.about}，{yuan(abs(told.signed_fen))} 元，流水号 {told.serial or '无'}）"
    if await _dealt_with(tx, account_no, reference, words):
        return None
    known = await standing_movement(tx, account_no, reference)
    standing = await open_one(tx, account_no, reference)
    if standing is not None and standing.statement_id is not None:
        return standing  # the bank's statement says more than a report
    found = Finding(
        account_no=account_no,
        kind=DifferenceKind.REPORT,
        reference=reference,
        day=told.day,
        bank_fen=told.signed_fen,
        book_fen=known.signed_fen if known else 0,
        words=words,
        movement_id=known.id if known else None,
        end_to_end_id=told.about[:80],
        evidence_digest=told.evidence_digest,
    )
    return await note(tx, actor, found)


async def _dealt_with(reader: ReadSession, account_no: str, reference: str, words: str) -> bool:
    """Banks repeat what was refused: what somebody has closed with its words does not come up again."""
    same = select(Difference.id).where(
        Difference.account_no == account_no,
        Difference.reference == reference,
        Difference.state == "closed",
        Difference.kind == DifferenceKind.REPORT,
        Difference.words == words,
    )
    return await reader.scalar(same.limit(1)) is not None
