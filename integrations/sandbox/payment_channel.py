"""The payment channel: takes bills, lets them be paid on its page or by API, gives money back, reports both."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect, Stream, Template

from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.payment_channel import (
    PAID,
    PREPAY,
    REFUND,
    REFUNDED,
    CollectionPaid,
    CollectionRefund,
    CollectionRefunded,
    Prepaid,
    PrepayPush,
    RefundPush,
)
from integrations.sandbox.bank_book import enter, movement
from integrations.sandbox.state import ChannelOrder, ChannelRefund
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.wire import Accepted
from kernel.clock import now
from kernel.errors import Conflict, Invalid, NotFound

_ME = Counterparty.PAYMENT_CHANNEL
_WRONG_BY_FEN = 100
CHANNELS = ("微信支付", "支付宝", "云闪付", "银行卡")


class Payment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a payer pays; usually what the bill says. `again` pays a second time."""

    amount_fen: Annotated[int, msgspec.Meta(gt=0)] | None = None
    account_no: str | None = None
    paid_at: datetime | None = None
    channel: str = CHANNELS[0]
    again: bool = False


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the payment API."""

    bill_no: str
    serial: str
    amount_fen: int
    event_id: str


class Refusing(msgspec.Struct, frozen=True, kw_only=True):
    """Whether refunds that are ordered from now on are refused."""

    refuse: bool


@post("/orders")
async def take_order(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A bill comes in."""
    root = str(request.base_url).rstrip("/")

    def act(envelope: Envelope, push: PrepayPush) -> Prepaid:
        def made(digest: str) -> ChannelOrder:
            return ChannelOrder(
                county=envelope.county,
                digest=digest,
                reference=new_reference("ZF"),
                received_at=now(),
                order=push.order,
                callback_url=push.callback_url,
            )

        entry = once(world.store.state.channel_orders, f"{envelope.county}:{push.order.bill_no}", envelope, made)
        url = f"{root}/payment_channel/cashier/{entry.reference}"
        return Prepaid(reference=entry.reference, received_at=entry.received_at, pay_url=url)

    return await world.take(request, _ME, PREPAY, PrepayPush, act)


@post("/refunds")
async def take_refund(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A refund order comes in; it is paid (or refused) at once and reported."""

    def act(envelope: Envelope, push: RefundPush) -> Accepted:
        name = f"{envelope.county}:{push.refund.refund_no}"
        known = name in world.store.state.channel_refunds
        paid = None if known else _paid_order(world, envelope.county, push.refund)

        def made(digest: str) -> ChannelRefund:
            return ChannelRefund(
                county=envelope.county,
                digest=digest,
                reference=new_reference("TK"),
                received_at=now(),
                refund=push.refund,
                serial=new_reference("TL"),
                state="refused" if world.store.state.refuse_refunds else "paid",
            )

        entry = once(world.store.state.channel_refunds, name, envelope, made)
        if paid is not None:
            _report_refund(world, entry, paid, push.callback_url)
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, _ME, REFUND, RefundPush, act)


def _paid_order(world: World, county: str, refund: CollectionRefund) -> ChannelOrder:
    for order in world.store.state.channel_orders.values():
        if order.county == county and refund.serial in (order.serial, *order.more_serials):
            return order
    raise Invalid("没有找到原支付流水，不能退款")


def _report_refund(world: World, entry: ChannelRefund, paid: ChannelOrder, url: str) -> None:
    wrong = _WRONG_BY_FEN if world.faults(_ME).wrong_amount else 0
    done = CollectionRefunded(
        refund_no=entry.refund.refund_no,
        state=entry.state,
        amount_fen=entry.refund.amount_fen + wrong,
        serial=entry.serial,
        paid_at=now(),
        account_no=paid.order.account_no,
        words="" if entry.state == "paid" else "原付款账户已注销",
    )
    if done.state == "paid":
        moved = movement(-done.amount_fen, serial=entry.serial, end_to_end_id=done.refund_no, remittance="一码付退款")
        enter(world, entry.county, done.account_no, moved)
    world.deliverer.owe(_ME, entry.county, url, REFUNDED, done)


@get("/orders")
async def list_orders(world: Here, county: FromQuery[str | None] = None) -> list[ChannelOrder]:
    """All bills, newest first."""
    return [one for one in reversed(world.store.state.channel_orders.values()) if county in (None, one.county)]


@post("/orders/{bill_no:str}/pay", status_code=200)
async def pay_by_api(world: Here, bill_no: FromPath[str], data: JSONBody[Payment | None] = None) -> Paid:
    """Pay a bill; the report goes to the platform by itself."""
    found = [one for one in world.store.state.channel_orders.values() if one.order.bill_no == bill_no]
    if not found:
        raise NotFound("没有找到该账单")
    paid = _pay(world, found[0], data or Payment())
    await world.store.save()
    return paid


def _pay(world: World, entry: ChannelOrder, payment: Payment) -> Paid:
    if entry.serial is not None and not payment.again:
        raise Conflict("该账单已支付")
    wrong = _WRONG_BY_FEN if world.faults(_ME).wrong_amount else 0
    serial, at = new_reference("LS"), payment.paid_at or now()
    amount = (payment.amount_fen or entry.order.amount_fen) + wrong
    if entry.serial is None:
        entry.serial, entry.paid_at, entry.paid_fen = serial, at, amount
    else:
        entry.more_serials.append(serial)
    told = CollectionPaid(
        bill_no=entry.order.bill_no,
        amount_fen=amount,
        serial=serial,
        paid_at=at,
        account_no=payment.account_no or entry.order.account_no,
        channel=payment.channel,
    )
    moved = movement(amount, serial=serial, name=entry.order.payer, remittance=entry.order.bill_no)
    enter(world, entry.county, told.account_no, moved)
    callback = world.deliverer.owe(_ME, entry.county, entry.callback_url, PAID, told)
    return Paid(bill_no=entry.order.bill_no, serial=serial, amount_fen=amount, event_id=callback.event_id)


@put("/refusing")
async def set_refusing(world: Here, data: JSONBody[Refusing]) -> Refusing:
    """Refuse refunds from now on, or pay them again."""
    world.store.state.refuse_refunds = data.refuse
    await world.store.save()
    return data


@get("/cashier/{reference:str}")
async def cashier(world: Here, reference: FromPath[str]) -> Template:
    """The page on which a payer pays, by whichever means."""
    entry = _order(world, reference)
    return Template("cashier.html", context={"entry": entry, "channels": CHANNELS, "over": now() > _end(entry)})


@post("/cashier/{reference:str}")
async def pay_by_page(world: Here, reference: FromPath[str], request: AnyRequest) -> Redirect:
    """The button on the page; then the payer goes back to the bill."""
    entry = _order(world, reference)
    if now() > _end(entry):
        raise Conflict("账单已过期，请返回更新账单")
    channel = str((await request.form()).get("channel"))
    _pay(world, entry, Payment(channel=channel if channel in CHANNELS else CHANNELS[0]))
    await world.store.save()
    return Redirect(entry.order.return_url, status_code=303)


def _end(entry: ChannelOrder) -> datetime:
    return entry.order.expires_at


def _order(world: World, reference: str) -> ChannelOrder:
    for one in world.store.state.channel_orders.values():
        if one.reference == reference:
            return one
    raise NotFound("没有找到该账单")


@get("/")
async def page(world: Here) -> Template:
    """Bills and refunds."""
    state = world.store.state
    context = {
        "orders": list(reversed(state.channel_orders.values())),
        "refunds": list(reversed(state.channel_refunds.values())),
        "callbacks": [one for one in reversed(state.callbacks.values()) if one.counterparty == _ME],
    }
    return Template("payment_channel.html", context=context)


router = Router(
    "/payment_channel",
    route_handlers=[
        take_order,
        take_refund,
        list_orders,
        pay_by_api,
        set_refusing,
        cashier,
        pay_by_page,
        page,
    ],
)
