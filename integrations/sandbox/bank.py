"""The supervision bank: takes notices, lets them be paid on its page or by API, pays refunds, reports both."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect, Stream, Template

from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.sandbox.bank_book import enter, movement
from integrations.sandbox.state import BankNotice, BankRefund, Callback
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.supervision_bank import (
    PAYMENT_CONFIRMED,
    PUSH_NOTICE,
    PUSH_REFUND,
    REFUND_DONE,
    NoticePush,
    PaymentConfirmed,
    RefundDone,
    RefundOrder,
    RefundPush,
)
from integrations.wire import Accepted
from kernel.clock import now
from kernel.errors import Conflict, Invalid, NotFound

_ME = Counterparty.SUPERVISION_BANK
_WRONG_BY_FEN = 100


class Payment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a payer pays; usually what the notice says."""

    amount_fen: Annotated[int, msgspec.Meta(gt=0)] | None = None
    payer: str | None = None


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the payment API."""

    notice_no: str
    bank_serial: str
    amount_fen: int
    event_id: str


@post("/notices")
async def take_notice(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A payment notice comes in."""

    def act(envelope: Envelope, push: NoticePush) -> Accepted:
        def made(digest: str) -> BankNotice:
            return BankNotice(
                county=envelope.county,
                digest=digest,
                reference=new_reference("JK"),
                received_at=now(),
                notice=push.notice,
                callback_url=push.callback_url,
            )

        entry = once(world.store.state.notices, f"{envelope.county}:{push.notice.notice_no}", envelope, made)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, _ME, PUSH_NOTICE, NoticePush, act)


@post("/refunds")
async def take_refund(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A refund order comes in; it is paid at once and reported."""

    def act(envelope: Envelope, push: RefundPush) -> Accepted:
        name = f"{envelope.county}:{push.refund.refund_no}"
        known = name in world.store.state.refunds
        if not known:
            _paid_notice(world, envelope.county, push.refund)

        def made(digest: str) -> BankRefund:
            return BankRefund(
                county=envelope.county,
                digest=digest,
                reference=new_reference("TK"),
                received_at=now(),
                refund=push.refund,
                bank_serial=new_reference("LS"),
            )

        entry = once(world.store.state.refunds, name, envelope, made)
        if not known:
            _report_refund(world, entry, push.callback_url)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, _ME, PUSH_REFUND, RefundPush, act)


def _paid_notice(world: World, county: str, refund: RefundOrder) -> BankNotice:
    notice = world.store.state.notices.get(f"{county}:{refund.notice_no}")
    if notice is None or notice.bank_serial != refund.bank_serial:
        raise Invalid("没有找到原缴款记录，不能退款")
    if refund.amount_fen > (notice.paid_fen or 0):
        raise Invalid("退款金额超过原缴款金额")
    return notice


def _report_refund(world: World, entry: BankRefund, url: str) -> None:
    wrong = _WRONG_BY_FEN if world.faults(_ME).wrong_amount else 0
    refund = entry.refund
    done = RefundDone(
        refund_no=refund.refund_no,
        amount_fen=refund.amount_fen + wrong,
        paid_at=now(),
        bank_serial=entry.bank_serial,
        account_no=_paid_notice(world, entry.county, refund).notice.account_no,
    )
    told = movement(
        -done.amount_fen, serial=entry.bank_serial, name=refund.payee, end_to_end_id=refund.refund_no, remittance="退款"
    )
    enter(world, entry.county, done.account_no, told, url)
    world.deliverer.owe(_ME, entry.county, url, REFUND_DONE, done)


@get("/notices")
async def list_notices(world: Here, county: FromQuery[str | None] = None) -> list[BankNotice]:
    """All notices, newest first."""
    return [n for n in reversed(world.store.state.notices.values()) if county in (None, n.county)]


@get("/notices/{notice_no:str}")
async def show_notice(world: Here, notice_no: FromPath[str], county: FromQuery[str | None] = None) -> BankNotice:
    """One notice; `county` where two counties use the same number."""
    return _notice(world, notice_no, county)


@post("/notices/{notice_no:str}/pay", status_code=200)
async def pay_by_api(
    world: Here, notice_no: FromPath[str], data: JSONBody[Payment | None] = None, county: FromQuery[str | None] = None
) -> Paid:
    """Pay a notice, once; the confirmation goes to the platform by itself."""
    paid = _pay(world, _notice(world, notice_no, county), data or Payment())
    await world.store.save()
    return paid


@post("/pay")
async def pay_by_page(world: Here, request: AnyRequest) -> Redirect:
    """The button on the page."""
    form = await request.form()
    _pay(world, _notice(world, str(form.get("notice_no")), str(form.get("county"))), Payment())
    await world.store.save()
    return Redirect("/bank", status_code=303)


def _notice(world: World, notice_no: str, county: str | None) -> BankNotice:
    found = [
        entry
        for entry in world.store.state.notices.values()
        if entry.notice.notice_no == notice_no and county in (None, entry.county)
    ]
    if not found:
        raise NotFound("没有找到该缴款通知书")
    if len(found) > 1:
        raise Conflict("多个县有相同编号的缴款通知书，请用 county 参数指明")
    return found[0]


def _pay(world: World, entry: BankNotice, payment: Payment) -> Paid:
    if entry.bank_serial is not None:
        raise Conflict("该缴款通知书已缴款")
    wrong = _WRONG_BY_FEN if world.faults(_ME).wrong_amount else 0
    entry.bank_serial = new_reference("LS")
    entry.paid_at = now()
    entry.paid_fen = (payment.amount_fen or entry.notice.amount_fen) + wrong
    confirmed = PaymentConfirmed(
        notice_no=entry.notice.notice_no,
        amount_fen=entry.paid_fen,
        paid_at=entry.paid_at,
        bank_serial=entry.bank_serial,
        account_no=entry.notice.account_no,
        payer=payment.payer or entry.notice.payer,
    )
    told = movement(entry.paid_fen, serial=entry.bank_serial, name=confirmed.payer, remittance=entry.notice.notice_no)
    enter(world, entry.county, entry.notice.account_no, told, entry.callback_url)
    callback = world.deliverer.owe(_ME, entry.county, entry.callback_url, PAYMENT_CONFIRMED, confirmed)
    return Paid(
        notice_no=entry.notice.notice_no,
        bank_serial=entry.bank_serial,
        amount_fen=entry.paid_fen,
        event_id=callback.event_id,
    )


@get("/callbacks")
async def list_callbacks(world: Here) -> list[Callback]:
    """What was reported and what is still owed, newest first."""
    return list(reversed(world.store.state.callbacks.values()))


@post("/callbacks/{event_id:str}/resend", status_code=200)
async def resend(world: Here, event_id: FromPath[str]) -> Callback:
    """Report an event once more, also when it was acknowledged or refused."""
    return await _resend(world, event_id)


@post("/resend")
async def resend_by_page(world: Here, request: AnyRequest) -> Redirect:
    """The button on the page."""
    await _resend(world, str((await request.form()).get("event_id")))
    return Redirect("/bank", status_code=303)


async def _resend(world: World, event_id: str) -> Callback:
    callback = world.store.state.callbacks.get(event_id)
    if callback is None:
        raise NotFound("没有找到该回单")
    world.deliverer.again(callback)
    await world.store.save()
    return callback


@get("/")
async def page(world: Here) -> Template:
    """Notices, refunds and reports."""
    state = world.store.state
    context = {
        "notices": list(reversed(state.notices.values())),
        "payments": list(reversed(state.payments.values())),
        "books": [(book, sum(entry.signed_fen for entry in book.entries)) for book in state.books.values()],
        "refunds": list(reversed(state.refunds.values())),
        "callbacks": [one for one in reversed(state.callbacks.values()) if one.counterparty == _ME],
    }
    return Template("bank.html", context=context)


router = Router(
    "/bank",
    route_handlers=[
        take_notice,
        take_refund,
        list_notices,
        show_notice,
        pay_by_api,
        pay_by_page,
        list_callbacks,
        resend,
        resend_by_page,
        page,
    ],
)
