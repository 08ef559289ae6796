"""Statements (对账单): taken once per account and day, then compared with the book by a job."""

import hashlib
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, update
from uuid_utils.compat import uuid7

from escrow import ledger
from escrow.banking.accounts import account
from escrow.banking.models import BankMovement
from escrow.banking.schemas import StatementTold
from escrow.ledger.models import AccountKind
from escrow.reconciliation.differences import BALANCE, Finding, close, note, open_one, own_account
from escrow.reconciliation.models import BankEntry, BankStatement, Difference, DifferenceKind, Resolution
from escrow.reconciliation.rules import Known, Unlike, compare, unexplained
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, DomainError, Invalid
from kernel.money import yuan
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor


class StatementDiffers(Conflict):
    """Another statement of this account and day is there already: the first one stands, the bank must explain."""

    code = "escrow.statement_differs"
    default_message = "该账户当日已有对账单，且内容不同，未予接收，请与银行核对"


class EntryRepeated(Conflict):
    """A serial of the statement stood in another day's already."""

    code = "escrow.entry_repeated"


async def hear_statement(tx: WriteSession, actor: Actor, told: StatementTold, evidence_digest: str) -> str:
    """Take a statement that a bank sends by itself; one that cannot be taken is kept in sight, and the bank told so.

    `statement`, or `difference`.
    """
    try:
        async with tx.begin_nested():
            await receive_statement(tx, actor, told, evidence_digest)
    except DomainError as error:
        found = Finding(
            account_no=told.account_no,
            kind=DifferenceKind.STATEMENT,
            reference=f"statement:{told.day}",
            day=told.day,
            bank_fen=0,
            book_fen=0,
            words=f"{told.day} 对账单 {told.statement_no}：{error.message}",
            evidence_digest=evidence_digest,
        )
        await note(tx, actor, found)
        return "difference"
    return "statement"


async def receive_statement(tx: WriteSession, actor: Actor, told: StatementTold, evidence_digest: str) -> BankStatement:
    """Keep a statement; `escrow.statement_received` {statement_id} lets it be compared. The same again is a no-op.

    Raises UnknownBank for an account that is not the county's, StatementDiffers, EntryRepeated, Invalid.
    """
    await account(tx, told.account_no)
    if told.day > today():
        raise Invalid("对账单日期不能晚于当日", field="day")
    await own_account(tx, told.account_no)
    content = hashlib.sha256(msgspec.json.encode(told)).hexdigest()
    known = await _of_day(tx, told)
    if known is not None:
        if known.content_digest != content:
            raise StatementDiffers
        return known
    await _refuse_repeated(tx, told)
    row = BankStatement(
        account_no=told.account_no,
        day=told.day,
        statement_no=told.statement_no[:80],
        opening_fen=told.opening_fen,
        closing_fen=told.closing_fen,
        entries=len(told.lines),
        evidence_digest=evidence_digest,
        brought_by=actor.name,
        content_digest=content,
    )
    tx.add(row)
    await tx.flush()
    tx.add_all(_entries(row, told))
    await tx.flush()
    payload = {"statement_id": str(row.id)}
    await emit(tx, "escrow.statement_received", payload, key=f"escrow.statement_received:{row.id}")
    detail = {"account_no": row.account_no, "day": str(row.day), "entries": row.entries}
    audit(tx, actor, "escrow.statement_received", f"bank_statement:{row.id}", detail)
    return row


async def reconcile(tx: WriteSession, statement_id: UUID) -> BankStatement:
    """Compare a statement with the book: what agrees is settled, what does not becomes an open difference; once."""
    found = (await tx.scalars(select(BankStatement).where(BankStatement.id == statement_id))).one()
    await own_account(tx, found.account_no)
    await tx.refresh(found)
    if found.reconciled_at is not None:
        return found
    actor = system_actor(tx.tenant)
    await _agree_opening(tx, actor, found)
    entries = {row.bank_serial: row for row in await _lines_of(tx, found)}
    book = {row.bank_serial: row for row in await _due(tx, found, list(entries))}
    compared = compare(map(_known, entries.values()), map(_known, book.values()))
    for unlike in compared.unlike:
        await _open(tx, actor, found, unlike, entries, book)
    await _settle(tx, actor, found, [book[serial] for serial in compared.matched])
    await _drop_rumours(tx, actor, found)
    found.reconciled_at, found.matched = now(), len(compared.matched)
    await tx.flush()
    await check_balance(tx, found.account_no)
    detail = {"account_no": found.account_no, "matched": found.matched, "unlike": len(compared.unlike)}
    audit(tx, actor, "escrow.reconciled", f"bank_statement:{found.id}", detail)
    return found


async def check_balance(tx: WriteSession, account_no: str) -> None:
    """After the latest statement: the bank's balance must be ours, but for what is known to differ."""
    latest = await tx.scalar(
        select(BankStatement)
        .where(BankStatement.account_no == account_no, BankStatement.reconciled_at.is_not(None))
        .order_by(BankStatement.day.desc())
        .limit(1)
    )
    if latest is None:
        return
    waiting = await tx.scalars(
        select(BankMovement.signed_fen).where(BankMovement.account_no == account_no, BankMovement.agreed_by.is_(None))
    )
    mirror_fen = -await ledger.balance(tx, AccountKind.BANK, account_no)
    rest = unexplained(latest.closing_fen, mirror_fen, sum(waiting), await _open_on_statements(tx, account_no))
    known = await open_one(tx, account_no, BALANCE)
    actor = system_actor(tx.tenant)
    if rest:
        expected = latest.closing_fen - rest
        words = (
            f"对账单余额 {yuan(latest.closing_fen)} 元，按账上与已知差异应为 {yuan(expected)} 元，相差 {yuan(rest)} 元"
        )
        await note(tx, actor, _of_balance(latest, latest.closing_fen, expected, words))
    elif known is not None:
        await close(tx, actor, known, Resolution.AGREED, "余额已核对一致")


def _of_balance(found: BankStatement, bank_fen: int, book_fen: int, words: str) -> Finding:
    return Finding(
        account_no=found.account_no,
        kind=DifferenceKind.BALANCE,
        reference=BALANCE,
        day=found.day,
        bank_fen=bank_fen,
        book_fen=book_fen,
        words=words,
        statement_id=found.id,
    )


async def _of_day(reader: ReadSession, told: StatementTold) -> BankStatement | None:
    return await reader.scalar(
        select(BankStatement).where(BankStatement.account_no == told.account_no, BankStatement.day == told.day)
    )


async def _refuse_repeated(reader: ReadSession, told: StatementTold) -> None:
    serials = [line.bank_serial for line in told.lines]
    for serial in await reader.scalars(
        select(BankEntry.bank_serial)
        .where(BankEntry.account_no == told.account_no, BankEntry.bank_serial.in_(serials))
        .limit(1)
    ):
        raise EntryRepeated(f"银行流水号 {serial} 已在另一日的对账单中出现，未予接收，请与银行核对")


def _entries(row: BankStatement, told: StatementTold) -> list[BankEntry]:
    return [
        BankEntry(
            id=uuid7(),
            statement_id=row.id,
            account_no=told.account_no,
            bank_serial=line.bank_serial,
            signed_fen=line.signed_fen,
            value_date=line.value_date,
            counterparty=line.counterparty or None,
            counterparty_account=line.counterparty_account or None,
            counterparty_bank=line.counterparty_bank[:160],
            end_to_end_id=line.end_to_end_id[:80],
            remittance=line.remittance or None,
            reversal=line.reversal,
        )
        for line in told.lines
    ]


async def _lines_of(reader: ReadSession, found: BankStatement) -> list[BankEntry]:
    query = select(BankEntry).where(BankEntry.statement_id == found.id).order_by(BankEntry.id)
    return list(await reader.scalars(query))


async def _due(reader: ReadSession, found: BankStatement, serials: list[str]) -> list[BankMovement]:
    """What the statement should show."""
    query = (
        select(BankMovement)
        .where(
            BankMovement.account_no == found.account_no,
            BankMovement.reversed_by.is_(None),
            or_(
                (BankMovement.agreed_by.is_(None)) & (BankMovement.value_date <= found.day),
                BankMovement.bank_serial.in_(serials),
            ),
        )
        .order_by(BankMovement.id)
    )
    return list(await reader.scalars(query))


async def _agree_opening(tx: WriteSession, actor: Actor, found: BankStatement) -> None:
    """The opening balance is the last closing one; before the first statement, what was booked until then."""
    earlier = await tx.scalar(
        select(BankStatement)
        .where(BankStatement.account_no == found.account_no, BankStatement.day < found.day)
        .order_by(BankStatement.day.desc())
        .limit(1)
    )
    if earlier is not None:
        if earlier.closing_fen != found.opening_fen:
            since = found.day - earlier.day > timedelta(days=1)
            words = (
                f"期初余额 {yuan(found.opening_fen)} 元，"
                f"上一对账单（{earlier.day}）期末余额 {yuan(earlier.closing_fen)} 元"
                f"{'，其间可能缺少对账单' if since else ''}"
            )
            await note(tx, actor, _of_balance(found, found.opening_fen, earlier.closing_fen, words))
        return
    before = (
        BankMovement.account_no == found.account_no,
        BankMovement.agreed_by.is_(None),
        BankMovement.value_date < found.day,
    )
    if sum(await tx.scalars(select(BankMovement.signed_fen).where(*before))) == found.opening_fen:
        await tx.execute(update(BankMovement).where(*before).values(agreed_by=found.id))


async def _open(
    tx: WriteSession,
    actor: Actor,
    found: BankStatement,
    unlike: Unlike,
    entries: dict[str, BankEntry],
    book: dict[str, BankMovement],
) -> None:
    entry, movement = entries.get(unlike.bank_serial), book.get(unlike.bank_serial)
    finding = Finding(
        account_no=found.account_no,
        kind=unlike.kind,
        reference=unlike.bank_serial,
        day=entry.value_date if entry else movement.value_date if movement else found.day,
        bank_fen=unlike.bank_fen,
        book_fen=unlike.book_fen,
        words=unlike.words,
        statement_id=found.id,
        movement_id=movement.id if movement else None,
        counterparty=entry.counterparty if entry else None,
        counterparty_account=entry.counterparty_account if entry else None,
        counterparty_bank=entry.counterparty_bank if entry else "",
        end_to_end_id=entry.end_to_end_id if entry else "",
        remittance=entry.remittance if entry else None,
        evidence_digest=found.evidence_digest,
    )
    await note(tx, actor, finding)
    if unlike.kind is DifferenceKind.DIFFERENT and movement is not None:
        # It stands on the statement, with another amount: the difference says how much.
        movement.agreed_by = found.id


async def _settle(tx: WriteSession, actor: Actor, found: BankStatement, matched: list[BankMovement]) -> None:
    for movement in matched:
        movement.agreed_by = found.id
    serials = [movement.bank_serial for movement in matched]
    for known in await tx.scalars(
        select(Difference).where(
            Difference.account_no == found.account_no, Difference.state == "open", Difference.reference.in_(serials)
        )
    ):
        known.bank_fen = known.book_fen = next(m.signed_fen for m in matched if m.bank_serial == known.reference)
        await close(tx, actor, known, Resolution.AGREED, f"{found.day} 对账单与账上一致，自动核平")


async def _drop_rumours(tx: WriteSession, actor: Actor, found: BankStatement) -> None:
    """What a notice told for a day whose statement does not show it, and which is not in the book, never was."""
    told = await tx.scalars(
        select(Difference).where(
            Difference.account_no == found.account_no,
            Difference.state == "open",
            Difference.kind == DifferenceKind.MISSING_HERE,
            Difference.statement_id.is_(None),
            Difference.day <= found.day,
        )
    )
    for known in told:
        await close(tx, actor, known, Resolution.AGREED, f"{found.day} 对账单没有这笔流水，账上亦无，自动核平")


async def _open_on_statements(reader: ReadSession, account_no: str) -> list[int]:
    kinds = (DifferenceKind.MISSING_HERE, DifferenceKind.DIFFERENT)
    rows = await reader.execute(
        select(Difference.bank_fen - Difference.book_fen).where(
            Difference.account_no == account_no,
            Difference.state == "open",
            Difference.kind.in_(kinds),
            Difference.statement_id.is_not(None),
        )
    )
    return [int(fen) for (fen,) in rows]


def _known(row: BankEntry | BankMovement) -> Known:
    return Known(bank_serial=row.bank_serial, signed_fen=row.signed_fen)
