"""What does not agree between bank and book: opened, seen, closed."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update

from escrow.reconciliation.models import (
    BankEntry,
    BookingCorrection,
    CorrectionState,
    Difference,
    DifferenceKind,
    DifferenceStep,
    Resolution,
)
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import yuan
from kernel.permissions import Actor, system_actor

BALANCE = "balance"
_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 412))"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 412))"


class Finding(Struct, frozen=True, kw_only=True):
    """Something to open, or to bring up to date while it is open: one for each account and reference."""

    account_no: str
    kind: DifferenceKind
    reference: str
    day: date
    bank_fen: int
    book_fen: int
    words: str
    statement_id: UUID | None = None
    movement_id: UUID | None = None
    order_id: UUID | None = None
    counterparty: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str = ""
    end_to_end_id: str = ""
    remittance: str | None = None
    evidence_digest: str | None = None


async def share_account(tx: WriteSession, account_no: str) -> None:
    """Many may write movements of an account at once, but none while its statement is reconciled."""
    await tx.rows(_SHARED, f"{tx.tenant}:{account_no}")


async def own_account(tx: WriteSession, account_no: str) -> None:
    """Reconcile it alone, until the transaction ends."""
    await tx.rows(_ALONE, f"{tx.tenant}:{account_no}")


async def open_differences(reader: ReadSession, account_nos: Collection[str] | None = None) -> dict[str, int]:
    """How many differences are open, by bank account, where there are any; of all accounts, or of these.

    No money may be drawn from an account until there are none.
    """
    counted = select(Difference.account_no, func.count()).where(Difference.state == "open")
    if account_nos is not None:
        counted = counted.where(Difference.account_no.in_(account_nos))
    return {row[0]: row[1] for row in await reader.execute(counted.group_by(Difference.account_no))}


async def open_one(reader: ReadSession, account_no: str, reference: str) -> Difference | None:
    """The open difference about that serial, order or balance."""
    query = select(Difference).where(
        Difference.account_no == account_no, Difference.reference == reference, Difference.state == "open"
    )
    return await reader.scalar(query.with_for_update().execution_options(populate_existing=True))


async def note(tx: WriteSession, actor: Actor, found: Finding) -> Difference:
    """Open the difference, or bring the open one about the same thing up to date."""
    known = await open_one(tx, found.account_no, found.reference)
    if known is not None:
        for name in ("kind", "bank_fen", "book_fen", "words"):
            setattr(known, name, getattr(found, name))
        for name in ("statement_id", "movement_id", "order_id"):
            setattr(known, name, getattr(found, name) or getattr(known, name))
        await tx.flush()
        return known
    opened = Difference(**{name: getattr(found, name) for name in Finding.__struct_fields__}, state="open")
    tx.add(opened)
    await tx.flush()
    detail = {
        "kind": found.kind,
        "account_no": found.account_no,
        "bank_fen": found.bank_fen,
        "book_fen": found.book_fen,
    }
    audit(tx, actor, "escrow.difference_opened", f"difference:{opened.id}", detail)
    return opened


async def close(
    tx: WriteSession,
    actor: Actor,
    difference: Difference,
    resolution: Resolution,
    words: str,
    *,
    transfer_id: UUID | None = None,
) -> None:
    """Close it, signed by the actor with words. The caller has made bank and book agree."""
    step(tx, actor, difference, resolution, words, transfer_id=transfer_id)
    difference.state, difference.resolution, difference.closing_words = "closed", resolution, words
    difference.closed_by, difference.closed_by_id, difference.closed_at = actor.name, actor.id, now()
    await tx.flush()
    still_open = BookingCorrection.difference_id == difference.id, BookingCorrection.state == CorrectionState.PROPOSED
    await tx.execute(update(BookingCorrection).where(*still_open).values(state=CorrectionState.LAPSED))
    audit(tx, actor, "escrow.difference_closed", f"difference:{difference.id}", {"resolution": resolution})


def step(
    tx: WriteSession,
    actor: Actor,
    difference: Difference,
    resolution: Resolution,
    words: str,
    *,
    transfer_id: UUID | None = None,
) -> None:
    """Write down what somebody did or noted about it. Raises Invalid without words."""
    if not words.strip():
        raise Invalid("请填写处理说明", field="words")
    row = DifferenceStep(
        difference_id=difference.id,
        resolution=resolution,
        words=words.strip(),
        by_name=actor.name,
        by_id=actor.id,
        transfer_id=transfer_id,
    )
    tx.add(row)


async def agree_late(
    tx: WriteSession, account_no: str, bank_serial: str, signed_fen: int, movement_id: UUID
) -> UUID | None:
    """A movement came into the book after the bank told of it: close its difference, or say what differs now.

    Returns the statement it stands in, when it agrees with a line there; until then it waits for one.
    """
    entry = await tx.scalar(
        select(BankEntry).where(BankEntry.account_no == account_no, BankEntry.bank_serial == bank_serial)
    )
    known = await open_one(tx, account_no, bank_serial)
    actor = system_actor(tx.tenant)
    if known is not None and known.bank_fen == signed_fen:
        known.book_fen, known.movement_id = signed_fen, movement_id
        await close(tx, actor, known, Resolution.AGREED, "银行流水后到账上，金额一致，自动核平")
    elif known is not None:
        known.kind, known.book_fen, known.movement_id = DifferenceKind.DIFFERENT, signed_fen, movement_id
        known.words = f"银行 {yuan(known.bank_fen)} 元，账上 {yuan(signed_fen)} 元"
        await tx.flush()
    if entry is None:
        return None
    return entry.statement_id
