"""A day's statement of an account: camt.053, the bank's word that reconciliation goes by."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from lxml import etree

from integrations.bank_messages.entries import Direction, Entry, put_entries, read_entries
from integrations.bank_messages.parties import put_own_account, read_own_account
from integrations.bank_messages.reading import BadBankMessage, Part, read
from integrations.bank_messages.schema import Message
from integrations.bank_messages.values import (
    count_of,
    day_of,
    fen_of,
    fen_of_number,
    moment,
    moment_of,
    number,
    put_amount,
    put_header,
)
from integrations.bank_messages.writing import finish, put, start
from kernel.clock import SHANGHAI

_OPENING = "OPBD"
_CLOSING = "CLBD"


class AccountStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One account's whole day. Balances are signed: an overdrawn account is below zero.

    `sequence`, the electronic sequence number, grows by one a statement; a gap tells a lost one.
    """

    statement_id: str
    sequence: int | None = None
    account: str
    day: date
    opening_fen: int
    closing_fen: int
    entries: tuple[Entry, ...]


class StatementMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A camt.053 file; `message_id` tells a repeated file."""

    message_id: str
    created_at: datetime
    statements: tuple[AccountStatement, ...]


def read_statements(data: bytes) -> StatementMessage:
    """The statements of a camt.053, each whole and adding up; else `BadBankMessage`."""
    body = read(data, Message.STATEMENT)
    _refuse_pages(body.maybe("GrpHdr/MsgPgntn"))
    return StatementMessage(
        message_id=body.needed("GrpHdr/MsgId"),
        created_at=moment_of(body.one("GrpHdr/CreDtTm")),
        statements=tuple(_read_statement(part) for part in body.all("Stmt")),
    )


def write_statements(message: StatementMessage) -> bytes:
    """The file that a bank would send; refuses statements that do not add up."""
    body = start(Message.STATEMENT, "BkToCstmrStmt")
    put_header(body, message.message_id, message.created_at)
    for statement in message.statements:
        fault = _fault(statement)
        if fault:
            raise BadBankMessage(fault, "Stmt")
        _put_statement(put(body, "Stmt"), statement, message.created_at)
    return finish(body, Message.STATEMENT)


def _fault(statement: AccountStatement) -> str:
    """Why the statement cannot be right; empty if it can."""
    if any(entry.booked_on != statement.day for entry in statement.entries):
        return "有分录的记账日期不在对账单当日"
    if statement.opening_fen + sum(entry.signed_fen for entry in statement.entries) != statement.closing_fen:
        return "期初余额加当日发生额不等于期末余额"
    return ""


def _read_statement(part: Part) -> AccountStatement:
    _refuse_pages(part.maybe("StmtPgntn"))
    sequence = part.maybe("ElctrncSeqNb")
    opening, closing = _only_balance(part, _OPENING), _only_balance(part, _CLOSING)
    statement = AccountStatement(
        statement_id=part.needed("Id"),
        sequence=None if sequence is None else count_of(sequence),
        account=read_own_account(part.one("Acct")),
        day=day_of(closing.one("Dt")),
        opening_fen=_signed(opening, fen_of(opening.one("Amt"))),
        closing_fen=_signed(closing, fen_of(closing.one("Amt"))),
        entries=read_entries(part),
    )
    if day_of(opening.one("Dt")) != statement.day:
        opening.refuse("期初余额与期末余额不是同一天")
    _check_period(part, statement.day)
    _check_summary(part, statement.entries)
    fault = _fault(statement)
    return statement if not fault else part.refuse(fault)


def _refuse_pages(pages: Part | None) -> None:
    """A day in several files could be half read; ours come whole."""
    if pages is not None and (pages.text("PgNb") != "1" or pages.text("LastPgInd") not in {"true", "1"}):
        pages.refuse("对账单须在一个文件内完整提供，不得分页")


def _only_balance(part: Part, code: str) -> Part:
    found = [balance for balance in part.all("Bal") if balance.text("Tp/CdOrPrtry/Cd") == code]
    if len(found) != 1:
        part.refuse(f"须有且只有一个 {code} 余额")
    return found[0]


def _signed(part: Part, amount_fen: int) -> int:
    return amount_fen if part.text("CdtDbtInd") == Direction.CREDIT else -amount_fen


def _check_period(part: Part, day: date) -> None:
    """The period, if told, lies within the day; its end may be the midnight after."""
    period = part.maybe("FrToDt")
    if period is None:
        return
    begins, ends = moment_of(period.one("FrDtTm")), moment_of(period.one("ToDtTm"))
    last = ends - timedelta(microseconds=1) if ends > begins else ends
    if {begins.astimezone(SHANGHAI).date(), last.astimezone(SHANGHAI).date()} != {day}:
        period.refuse("对账单期间不是余额所在的一天")


def _check_summary(part: Part, entries: Sequence[Entry]) -> None:
    """What the bank sums up itself must be what it lists."""
    summary = part.maybe("TxsSummry")
    if summary is None:
        return
    credits_ = [entry for entry in entries if entry.direction is Direction.CREDIT]
    debits = [entry for entry in entries if entry.direction is Direction.DEBIT]
    for path, counted in (("TtlNtries", list(entries)), ("TtlCdtNtries", credits_), ("TtlDbtNtries", debits)):
        count, total = summary.maybe(f"{path}/NbOfNtries"), summary.maybe(f"{path}/Sum")
        if count is not None and count_of(count) != len(counted):
            count.refuse("汇总笔数与分录不一致")
        if total is not None and fen_of_number(total) != sum(entry.amount_fen for entry in counted):
            total.refuse("汇总金额与分录不一致")
    net = summary.maybe("TtlNtries/TtlNetNtry")
    if net is not None and _signed(net, fen_of_number(net.one("Amt"))) != sum(entry.signed_fen for entry in entries):
        net.refuse("汇总净额与分录不一致")


def _put_statement(part: etree._Element, statement: AccountStatement, created_at: datetime) -> None:
    put(part, "Id", statement.statement_id)
    if statement.sequence is not None:
        put(part, "ElctrncSeqNb", str(statement.sequence))
    put(part, "CreDtTm", moment(created_at))
    period = put(part, "FrToDt")
    put(period, "FrDtTm", moment(datetime.combine(statement.day, time.min, SHANGHAI)))
    put(period, "ToDtTm", moment(datetime.combine(statement.day, time(23, 59, 59), SHANGHAI)))
    put_own_account(part, statement.account)
    _put_balance(part, _OPENING, statement.opening_fen, statement.day)
    _put_balance(part, _CLOSING, statement.closing_fen, statement.day)
    _put_summary(put(part, "TxsSummry"), statement.entries)
    put_entries(part, statement.entries)


def _put_balance(part: etree._Element, code: str, fen: int, day: date) -> None:
    balance = put(part, "Bal")
    put(balance, "Tp/CdOrPrtry/Cd", code)
    put_amount(balance, "Amt", abs(fen))
    put(balance, "CdtDbtInd", _direction(fen).value)
    put(balance, "Dt/Dt", day.isoformat())


def _put_summary(summary: etree._Element, entries: Sequence[Entry]) -> None:
    total = put(summary, "TtlNtries")
    put(total, "NbOfNtries", str(len(entries)))
    put(total, "Sum", number(sum(entry.amount_fen for entry in entries)))
    net = sum(entry.signed_fen for entry in entries)
    net_part = put(total, "TtlNetNtry")
    put(net_part, "Amt", number(abs(net)))
    put(net_part, "CdtDbtInd", _direction(net).value)
    for direction, path in ((Direction.CREDIT, "TtlCdtNtries"), (Direction.DEBIT, "TtlDbtNtries")):
        amounts = [entry.amount_fen for entry in entries if entry.direction is direction]
        part = put(summary, path)
        put(part, "NbOfNtries", str(len(amounts)))
        put(part, "Sum", number(sum(amounts)))


def _direction(fen: int) -> Direction:
    return Direction.CREDIT if fen >= 0 else Direction.DEBIT
