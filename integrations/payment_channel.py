"""The payment channel (聚合支付): a one-code bill is paid there by whatever means, on the intermediate account.

Wire (ours):

* `POST /orders` `collection.prepay` `PrepayPush` → `Prepaid`: the bill may be paid at `pay_url` until it expires.
* `POST /refunds` `collection.refund` `RefundPush` → `Accepted`: a payment goes back to where it came from (原路退回).
* The channel reports by `POST <callback_url>` with a signed message (`integrations.envelope`, key = its event id):
  `collection.paid` with `CollectionPaid` and `collection.refunded` with `CollectionRefunded`, repeated, each time
  signed afresh, until answered 200.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from integrations.counterparties import Counterparty
from integrations.http import CounterpartyClient, Operation, county_of_work
from integrations.wire import Accepted, Fen, Moment, Short


class Prepay(msgspec.Struct, frozen=True, kw_only=True):
    """A bill that may be paid. `payer` is masked; `return_url` is where the payer goes afterwards."""

    bill_no: Short
    title: Short
    payer: Short
    amount_fen: Fen
    account_no: Short
    account_name: Short
    expires_at: Moment
    return_url: Short


class PrepayPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the bill, and where its payment is reported."""

    order: Prepay
    callback_url: str


class Prepaid(Accepted, frozen=True, kw_only=True):
    """The channel has the bill; the payer goes on at `pay_url`."""

    pay_url: Annotated[str, msgspec.Meta(min_length=8, max_length=500, pattern="^https?://")]


class CollectionRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to give back, named by the channel's own serial."""

    refund_no: Short
    bill_no: Short
    serial: Short
    amount_fen: Fen
    reason: Short


class RefundPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the refund, and where its end is reported."""

    refund: CollectionRefund
    callback_url: str


class CollectionPaid(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: money has arrived on the intermediate account."""

    bill_no: Short
    amount_fen: Fen
    serial: Short
    paid_at: Moment
    account_no: Short
    channel: Short


class CollectionRefunded(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: a refund has been paid out of `account_no`, or the channel will not pay it."""

    refund_no: Short
    state: Literal["paid", "refused"]
    amount_fen: Fen
    serial: Short
    paid_at: Moment
    account_no: Short
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ChannelPaid(msgspec.Struct, frozen=True, kw_only=True):
    """`CollectionPaid`, verified. `evidence_digest` names the blob of the signed message."""

    event_id: str
    bill_no: str
    amount_fen: int
    serial: str
    paid_at: datetime
    account_no: str
    channel: str
    evidence_digest: str


class ChannelRefunded(msgspec.Struct, frozen=True, kw_only=True):
    """`CollectionRefunded`, verified."""

    event_id: str
    refund_no: str
    state: Literal["paid", "refused"]
    amount_fen: int
    serial: str
    paid_at: datetime
    account_no: str
    words: str
    evidence_digest: str


PAID = "collection.paid"
REFUNDED = "collection.refunded"
PREPAY = Operation("collection.prepay", "一码付下单", "/orders", Prepaid)
REFUND = Operation("collection.refund", "一码付退款指令", "/refunds", Accepted)


class PaymentChannel:
    """The connector; works for the current county. Both calls are safe to repeat: the number is the key."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url.rstrip("/")

    async def prepay(self, order: Prepay, *, subject: str | None = None) -> Prepaid:
        """Let a bill be paid; a person waits for the answer."""
        push = PrepayPush(order=order, callback_url=self._callback_url())
        return await self._client.call(PREPAY, push, key=f"collection.prepay:{order.bill_no}", subject=subject)

    async def refund(self, refund: CollectionRefund, *, subject: str | None = None) -> Accepted:
        """Order a payment back."""
        push = RefundPush(refund=refund, callback_url=self._callback_url())
        return await self._client.call(REFUND, push, key=f"collection.refund:{refund.refund_no}", subject=subject)

    def _callback_url(self) -> str:
        return f"{self._public_url}/gateway/{county_of_work()}/{Counterparty.PAYMENT_CHANNEL}/events"
