"""A bank's document (pain.002, camt.053, camt.054) as what it means for the book, line by line."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from escrow.banking.lines import book_line, hear
from escrow.banking.orders import orders_by_numbers
from escrow.banking.schemas import Line, StatementTold, Status, StatusKind
from escrow.reconciliation.statements import hear_statement
from integrations.bank_documents import BankDocument
from integrations.bank_messages.credit_notices import NoticeMessage
from integrations.bank_messages.entries import Entry
from integrations.bank_messages.payment_status import OrderState, OrderStatus, StatusReport
from integrations.bank_messages.statements import AccountStatement
from kernel.clock import SHANGHAI
from kernel.db import ReadSession, WriteSession
from kernel.errors import Forbidden
from kernel.permissions import Actor

_KINDS = {
    OrderState.PENDING: StatusKind.PENDING,
    OrderState.ACCEPTED: StatusKind.ACCEPTED,
    OrderState.SETTLED: StatusKind.PAID,
    OrderState.REJECTED: StatusKind.REJECTED,
}


class Outcome(Struct, frozen=True):
    """What became of one thing that a document tells."""

    about: str
    """The order's number, the bank's serial, or the account and day of a statement."""
    result: str


async def take_in(tx: WriteSession, actor: Actor, document: BankDocument, evidence_digest: str) -> list[Outcome]:
    """Do everything that a document causes; each line once, whichever way and however often it is told."""
    if isinstance(document, StatusReport):
        told = await statuses(tx, document, evidence_digest)
        return [Outcome(status.order_no, await hear(tx, actor, status)) for status in told]
    if isinstance(document, NoticeMessage):
        return [
            Outcome(entry.serial, await book_line(tx, actor, _line(account_no, entry), evidence_digest))
            for account_no, entry in _entries(document)
        ]
    return [
        Outcome(f"{one.account} {one.day}", await hear_statement(tx, actor, _statement(one), evidence_digest))
        for one in document.statements
    ]


async def refuse_foreign(
    reader: ReadSession, document: BankDocument, account_nos: Collection[str], bank_codes: Collection[str]
) -> None:
    """A clerk brings documents about the accounts and orders of his own bank only. Raises Forbidden."""
    if isinstance(document, StatusReport):
        whole = document.original_message_id
        numbers = [status.end_to_end_id for status in document.orders]
        told = await orders_by_numbers(reader, [*numbers, whole], file_no=whole)
        foreign = [order.order_no for order in told if order.bank_code not in bank_codes]
    elif isinstance(document, NoticeMessage):
        foreign = [notice.account for notice in document.notices if notice.account not in account_nos]
    else:
        foreign = [one.account for one in document.statements if one.account not in account_nos]
    if foreign:
        raise Forbidden(f"文件涉及不属于本行的账户或付款指令：{foreign[0]}")


async def statuses(reader: ReadSession, report: StatusReport, evidence_digest: str | None) -> list[Status]:
    """Of the orders that it names; a report of a whole file tells of every order in it."""
    named = list(report.orders)
    if report.whole is not None:
        known = {status.end_to_end_id for status in named}
        whole = report.original_message_id
        orders = await orders_by_numbers(reader, [whole], file_no=whole)
        rest = [order.order_no for order in orders if order.order_no not in known]
        found = [report.status_of(number) for number in rest or ([] if named else [report.original_message_id])]
        named += [status for status in found if status is not None]
    return [_status(report, status, evidence_digest) for status in named]


def _status(report: StatusReport, status: OrderStatus, evidence_digest: str | None) -> Status:
    return Status(
        order_no=status.end_to_end_id,
        kind=_KINDS[status.state],
        day=report.created_at.astimezone(SHANGHAI).date(),
        reason=" ".join(filter(None, (status.reason, status.reason_code and f"（{status.reason_code}）"))),
        bank_serial=status.serial,
        evidence_digest=evidence_digest,
    )


def _entries(message: NoticeMessage) -> Iterator[tuple[str, Entry]]:
    for notice in message.notices:
        for entry in notice.entries:
            yield notice.account, entry


def _statement(told: AccountStatement) -> StatementTold:
    return StatementTold(
        statement_no=told.statement_id,
        account_no=told.account,
        day=told.day,
        opening_fen=told.opening_fen,
        closing_fen=told.closing_fen,
        lines=tuple(_line(told.account, entry) for entry in told.entries),
    )


def _line(account_no: str, entry: Entry) -> Line:
    other = entry.counterparty
    return Line(
        account_no=account_no,
        bank_serial=entry.serial,
        signed_fen=entry.signed_fen,
        value_date=entry.value_on,
        booked_on=entry.booked_on,
        counterparty=other.name,
        counterparty_account=other.account,
        counterparty_bank=f"{other.bank_code} {other.bank_name}".strip(),
        end_to_end_id=entry.end_to_end_id,
        remittance=entry.remittance,
        reversal=entry.reversal,
    )
