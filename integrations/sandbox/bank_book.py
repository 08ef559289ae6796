"""The sandbox bank's own book: every movement on every account, its notices, and a statement of each day."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from integrations.bank_messages.credit_notices import AccountNotice, NoticeMessage, write_notices
from integrations.bank_messages.entries import Direction, Entry
from integrations.bank_messages.parties import BankAccount
from integrations.bank_messages.statements import AccountStatement, StatementMessage, write_statements
from integrations.bank_payments import ACCOUNT_NOTICE, ACCOUNT_STATEMENT, DocumentPush
from integrations.counterparties import Counterparty
from integrations.sandbox.state import BankBook, BookEntry, Callback
from integrations.sandbox.world import World, new_reference
from kernel.clock import now, today
from kernel.errors import Conflict

ME = Counterparty.SUPERVISION_BANK
_WRONG_BY_FEN = 100
_EXTRA_FEN = 1_00


def book_of(world: World, county: str, account_no: str) -> BankBook:
    """The book of one account, opened when it is the first time."""
    books = world.store.state.books
    return books.setdefault(f"{county}:{account_no}", BankBook(county=county, account_no=account_no))


def enter(world: World, county: str, account_no: str, entry: BookEntry, callback_url: str = "") -> BankBook:
    """Write a movement down; the caller saves the store. `callback_url` tells where the platform takes documents."""
    book = book_of(world, county, account_no)
    book.entries.append(entry)
    if callback_url:
        book.documents_url = f"{callback_url.rpartition('/')[0]}/documents"
    return book


def movement(signed_fen: int, **told: str) -> BookEntry:
    """A movement of today; `told` are the words of it."""
    serial = told.pop("serial", "") or new_reference("LS")
    return BookEntry(serial=serial, signed_fen=signed_fen, booked_on=today(), value_on=today(), **told)  # type: ignore[arg-type]


def tell(world: World, book: BankBook, entries: Sequence[BookEntry]) -> Callback:
    """Send a camt.054 of these movements."""
    number = new_reference("TZ")
    notice = AccountNotice(notice_id=number, account=book.account_no, entries=tuple(map(_entry, entries)))
    document = write_notices(NoticeMessage(message_id=number, created_at=now(), notices=(notice,)))
    return push(world, book, ACCOUNT_NOTICE, document)


def push(world: World, book: BankBook, op: str, document: bytes) -> Callback:
    """Owe the platform a document; it takes them at one address for all accounts of a county."""
    told = (one.documents_url for one in world.store.state.books.values() if one.county == book.county)
    url = book.documents_url or next(filter(None, told), "")
    if not url:
        raise Conflict("银行尚不知道该县的通知地址：还没有收到过该县的缴款通知书或付款指令")
    return world.deliverer.owe(ME, book.county, url, op, DocumentPush(document=document.decode()))


def send_statement(world: World, book: BankBook, day: date) -> Callback:
    """Make the day's camt.053, once, with the faults that are switched on, and send it."""
    made = book.statements.get(day.isoformat())
    if made is None:
        _spoil(world, book, day)
        made = book.statements[day.isoformat()] = _statement(book, day).decode()
    return push(world, book, ACCOUNT_STATEMENT, made.encode())


def _statement(book: BankBook, day: date) -> bytes:
    opening = sum(entry.signed_fen for entry in book.entries if entry.booked_on < day)
    shown = [entry for entry in book.entries if entry.booked_on == day]
    number = new_reference("DZ")
    statement = AccountStatement(
        statement_id=number,
        account=book.account_no,
        day=day,
        opening_fen=opening,
        closing_fen=opening + sum(entry.signed_fen for entry in shown),
        entries=tuple(map(_entry, shown)),
    )
    return write_statements(StatementMessage(message_id=number, created_at=now(), statements=(statement,)))


def _spoil(world: World, book: BankBook, day: date) -> None:
    """A bank's mistakes are in its book, so that its own sums agree; it sets them right the next day."""
    faults, tomorrow = world.faults(ME), day + timedelta(days=1)
    last = next((entry for entry in reversed(book.entries) if entry.booked_on == day), None)
    if last is not None and faults.statement_duplicate:
        again = msgspec.structs.replace(last, serial=new_reference("LS"))
        book.entries += [again, _undone(again, tomorrow)]
    if last is not None and faults.statement_wrong_amount:
        right = last.signed_fen
        last.signed_fen += _WRONG_BY_FEN
        book.entries.append(_undone(msgspec.structs.replace(last, signed_fen=last.signed_fen - right), tomorrow))
    if last is not None and faults.statement_missing:
        last.booked_on = tomorrow
    if faults.statement_extra:
        extra = BookEntry(
            serial=new_reference("LS"), signed_fen=-_EXTRA_FEN, booked_on=day, value_on=day, remittance="账户管理费"
        )
        book.entries += [extra, _undone(extra, tomorrow)]


def _undone(entry: BookEntry, day: date) -> BookEntry:
    return msgspec.structs.replace(
        entry,
        serial=new_reference("LS"),
        signed_fen=-entry.signed_fen,
        booked_on=day,
        value_on=day,
        end_to_end_id="",
        remittance=f"冲正 {entry.serial}",
        reversal=True,
    )


def _entry(entry: BookEntry) -> Entry:
    return Entry(
        serial=entry.serial,
        direction=Direction.CREDIT if entry.signed_fen > 0 else Direction.DEBIT,
        amount_fen=abs(entry.signed_fen),
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        counterparty=BankAccount(name=entry.name, account=entry.account, bank_name=entry.bank_name),
        end_to_end_id=entry.end_to_end_id,
        remittance=entry.remittance,
        reversal=entry.reversal,
    )
