"""The supervision bank as it pays: takes pain.001, pays, answers, and tells of every movement and day."""

import re
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect, Stream

from integrations.bank_messages.payment_orders import PaymentOrder, read_orders
from integrations.bank_messages.payment_status import OrderState, OrderStatus, StatusReport, write_status
from integrations.bank_payments import (
    INQUIRE,
    PAY,
    PAYMENT_STATUS,
    DocumentPush,
    PaymentPush,
    StatusAnswer,
    StatusInquiry,
)
from integrations.envelope import Envelope
from integrations.sandbox.bank_book import ME, book_of, enter, movement, send_statement, tell
from integrations.sandbox.state import BankBook, BankPayment, BookEntry, Callback
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.wire import Accepted
from kernel.clock import now, today
from kernel.errors import Conflict, Invalid, NotFound

UNKNOWN_PAYEES = "0000"
"""Accounts that begin so exist nowhere: to try a refusal out."""
_WRONG_BY_FEN = 100
_NOTICE = re.compile(r"JK\d{16}", re.ASCII)
_STATES = {
    "held": OrderState.ACCEPTED,
    "paid": OrderState.SETTLED,
    "rejected": OrderState.REJECTED,
    "returned": OrderState.SETTLED,
}


class Deposit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A movement that the bank books by itself: somebody pays in, or (below zero) the bank makes a mistake."""

    county: str
    signed_fen: int
    name: Annotated[str, msgspec.Meta(max_length=140)] = ""
    account: Annotated[str, msgspec.Meta(max_length=34)] = ""
    bank_name: Annotated[str, msgspec.Meta(max_length=140)] = ""
    remittance: Annotated[str, msgspec.Meta(max_length=140)] = ""
    end_to_end_id: Annotated[str, msgspec.Meta(max_length=35)] = ""
    reversal: bool = False
    tell: bool = True


@post("/payments")
async def take_payment(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A pain.001 of one order comes in; it is paid at once, unless it is held or cannot be."""

    def act(envelope: Envelope, push: PaymentPush) -> Accepted:
        batch = read_orders(push.document.encode())
        if len(batch.orders) != 1 or batch.orders[0].reference != batch.message_id:
            raise Invalid("每个报文须为一笔付款指令，并以指令编号为报文编号")
        name = f"{envelope.county}:{batch.message_id}"
        known = name in world.store.state.payments

        def made(digest: str) -> BankPayment:
            return _payment(envelope.county, digest, batch.orders[0], push.documents_url)

        entry = once(world.store.state.payments, name, envelope, made)
        if not known:
            _begin(world, entry)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, ME, PAY, PaymentPush, act)


@post("/payments/status")
async def take_inquiry(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """What became of an order?"""

    def act(envelope: Envelope, asked: StatusInquiry) -> StatusAnswer:
        return StatusAnswer(document=_status(_found(world, asked.order_no, envelope.county)).decode())

    return await world.take(request, ME, INQUIRE, StatusInquiry, act)


@get("/payments")
async def list_payments(world: Here, county: FromQuery[str | None] = None) -> list[BankPayment]:
    """All payment orders, newest first."""
    return [one for one in reversed(world.store.state.payments.values()) if county in (None, one.county)]


@post("/payments/{order_no:str}/execute", status_code=200)
async def execute_by_api(world: Here, order_no: FromPath[str], county: FromQuery[str | None] = None) -> BankPayment:
    """Pay an order that is held."""
    return await _execute(world, order_no, county)


@post("/payments/{order_no:str}/return", status_code=200)
async def return_by_api(world: Here, order_no: FromPath[str], county: FromQuery[str | None] = None) -> BankPayment:
    """退汇: what was paid comes back."""
    payment = _found(world, order_no, county)
    if payment.state != "paid":
        raise Conflict("该笔付款不能退汇")
    _return(world, payment)
    await world.store.save()
    return payment


@post("/execute")
async def execute_by_page(world: Here, request: AnyRequest) -> Redirect:
    """The button on the page."""
    form = await request.form()
    await _execute(world, str(form.get("order_no")), str(form.get("county")))
    return Redirect("/bank", status_code=303)


@get("/accounts")
async def list_accounts(world: Here) -> list[BankBook]:
    """The books of all accounts."""
    return list(world.store.state.books.values())


@get("/accounts/{account_no:str}/entries")
async def list_entries(world: Here, account_no: FromPath[str], county: FromQuery[str]) -> list[BookEntry]:
    """What has really moved on an account."""
    return book_of(world, county, account_no).entries


@post("/accounts/{account_no:str}/entries", status_code=200)
async def deposit(world: Here, account_no: FromPath[str], data: JSONBody[Deposit]) -> BookEntry:
    """Book a movement that no message asked for, and tell it unless `tell` says otherwise."""
    if data.signed_fen == 0:
        raise Invalid("金额不能为零")
    told = {name: getattr(data, name) for name in ("name", "account", "bank_name", "remittance", "end_to_end_id")}
    entry = movement(data.signed_fen, **told)
    entry.reversal = data.reversal
    book = enter(world, data.county, account_no, entry)
    if data.tell:
        tell(world, book, [entry])
    await world.store.save()
    return entry


@post("/accounts/{account_no:str}/notice", status_code=200)
async def notify(world: Here, account_no: FromPath[str], county: FromQuery[str]) -> Callback:
    """Tell all of today's movements (again) by one camt.054."""
    book = book_of(world, county, account_no)
    callback = tell(world, book, [entry for entry in book.entries if entry.booked_on == today()])
    await world.store.save()
    return callback


@post("/accounts/{account_no:str}/statement", status_code=200)
async def make_statement(
    world: Here, account_no: FromPath[str], county: FromQuery[str], day: FromQuery[date | None] = None
) -> Callback:
    """Make a day's camt.053 and send it; asked again, the same one is sent again."""
    callback = send_statement(world, book_of(world, county, account_no), day or today())
    await world.store.save()
    return callback


@post("/statement")
async def statement_by_page(world: Here, request: AnyRequest) -> Redirect:
    """The button on the page: today's statement of an account."""
    form = await request.form()
    send_statement(world, book_of(world, str(form.get("county")), str(form.get("account_no"))), today())
    await world.store.save()
    return Redirect("/bank", status_code=303)


def _payment(county: str, digest: str, order: PaymentOrder, documents_url: str) -> BankPayment:
    return BankPayment(
        county=county,
        digest=digest,
        reference=new_reference("FK"),
        received_at=now(),
        order_no=order.reference,
        account_no=order.debtor.account,
        payer_name=order.debtor.name,
        payee_name=order.creditor.name,
        payee_account=order.creditor.account,
        payee_bank=order.creditor.bank_name or order.creditor.bank_code,
        amount_fen=order.amount_fen,
        remittance=order.purpose,
        documents_url=documents_url,
    )


def _begin(world: World, payment: BankPayment) -> None:
    book_of(world, payment.county, payment.account_no).documents_url = payment.documents_url
    if payment.payee_account.startswith(UNKNOWN_PAYEES):
        payment.state, payment.reason = "rejected", "收款账号不存在"
        _answer(world, payment)
    elif world.faults(ME).hold_payments:
        _answer(world, payment)
    else:
        _pay(world, payment)


async def _execute(world: World, order_no: str, county: str | None) -> BankPayment:
    payment = _found(world, order_no, county)
    if payment.state != "held":
        raise Conflict("该付款指令已经处理")
    _pay(world, payment)
    await world.store.save()
    return payment


def _pay(world: World, payment: BankPayment) -> None:
    faults = world.faults(ME)
    entry = _entry(payment, -(payment.amount_fen + (_WRONG_BY_FEN if faults.wrong_amount else 0)), payment.remittance)
    book = enter(world, payment.county, payment.account_no, entry)
    payment.state, payment.serial = "paid", entry.serial
    arrived = _at_payee(world, payment, -entry.signed_fen, payment.remittance)
    if faults.silent_payments:
        return
    _answer(world, payment)
    tell(world, book, [entry])
    if arrived is not None:
        tell(world, arrived, arrived.entries[-1:])
    if faults.return_payments:
        _return(world, payment)


def _return(world: World, payment: BankPayment) -> None:
    payment.state, payment.reason = "returned", "退汇：收款人户名不符"
    entry = _entry(payment, payment.amount_fen, payment.reason)
    entry.reversal = True
    tell(world, enter(world, payment.county, payment.account_no, entry), [entry])
    taken = _at_payee(world, payment, -payment.amount_fen, payment.reason)
    if taken is not None:
        taken.entries[-1].reversal = True
        tell(world, taken, taken.entries[-1:])


def _at_payee(world: World, payment: BankPayment, signed_fen: int, remittance: str) -> BankBook | None:
    """The other side, where the payee's account is one of those that the bank keeps for the county; else None.

    The bank knows them by what has moved on them, by a payment notice that names one, or by an order that pays one.
    """
    books, notices = world.store.state.books, world.store.state.notices.values()
    known = books.get(f"{payment.county}:{payment.payee_account}")
    named = any((one.county, one.notice.account_no) == (payment.county, payment.payee_account) for one in notices)
    if not ((known and known.entries) or named or _NOTICE.search(payment.remittance)):
        return None
    entry = movement(
        signed_fen,
        name=payment.payer_name,
        account=payment.account_no,
        end_to_end_id=payment.order_no,
        remittance=remittance,
    )
    return enter(world, payment.county, payment.payee_account, entry)


def _entry(payment: BankPayment, signed_fen: int, remittance: str) -> BookEntry:
    return movement(
        signed_fen,
        name=payment.payee_name,
        account=payment.payee_account,
        bank_name=payment.payee_bank,
        end_to_end_id=payment.order_no,
        remittance=remittance,
    )


def _answer(world: World, payment: BankPayment) -> None:
    document = DocumentPush(document=_status(payment).decode())
    world.deliverer.owe(ME, payment.county, payment.documents_url, PAYMENT_STATUS, document)


def _status(payment: BankPayment) -> bytes:
    status = OrderStatus(
        end_to_end_id=payment.order_no,
        state=_STATES[payment.state],
        reason_code="AC01" if payment.state == "rejected" else "",
        reason=payment.reason,
        serial=payment.serial,
    )
    report = StatusReport(
        message_id=new_reference("ZT"), created_at=now(), original_message_id=payment.order_no, orders=(status,)
    )
    return write_status(report)


def _found(world: World, order_no: str, county: str | None) -> BankPayment:
    for one in world.store.state.payments.values():
        if one.order_no == order_no and county in (None, one.county):
            return one
    raise NotFound("没有找到该付款指令")


handlers = [
    take_payment,
    take_inquiry,
    list_payments,
    execute_by_api,
    return_by_api,
    execute_by_page,
    list_accounts,
    list_entries,
    deposit,
    notify,
    make_statement,
    statement_by_page,
]
router = Router("/bank", route_handlers=handlers)
