"""The supervision bank (监管银行): payment notices and refunds go out; what it did comes back as signed events.

Wire (ours):

* `POST /notices` `bank.notice` `NoticePush` → `Accepted`: a payment notice (缴款通知书) that the payer may pay.
* `POST /refunds` `bank.refund` `RefundPush` → `Accepted`: pay back to where the money came from (原路退回).
* The bank reports by `POST <callback_url>` with a signed message (`integrations.envelope`, key = its event id):
  `payment.confirmed` with `PaymentConfirmed` (缴款确认凭证) and `refund.done` with `RefundDone`, repeated, each time
  signed afresh, until answered 200.
"""

from datetime import date

import msgspec

from integrations.counterparties import Counterparty
from integrations.http import CounterpartyClient, Operation, county_of_work
from integrations.wire import Accepted, Fen, Moment, Short


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A payment notice. `kind` such as `down_payment`, `maintenance_fund`; `title` is what the payer reads."""

    notice_no: Short
    kind: Short
    title: Short
    payer: Short
    amount_fen: Fen
    account_no: Short
    account_name: Short
    location: str
    issued_on: date


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to pay back what was paid on a notice; `bank_serial` names that payment."""

    refund_no: Short
    notice_no: Short
    bank_serial: Short
    amount_fen: Fen
    payee: Short
    reason: Short


class NoticePush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the notice, and where the confirmation goes."""

    notice: Notice
    callback_url: str


class RefundPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the order, and where the report goes."""

    refund: RefundOrder
    callback_url: str


class PaymentConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: money has arrived on a supervised account."""

    notice_no: Short
    amount_fen: Fen
    paid_at: Moment
    bank_serial: Short
    account_no: Short
    payer: Short


class RefundDone(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: a refund has been paid out of `account_no`."""

    refund_no: Short
    amount_fen: Fen
    paid_at: Moment
    bank_serial: Short
    account_no: Short


PAYMENT_CONFIRMED = "payment.confirmed"
REFUND_DONE = "refund.done"
PUSH_NOTICE = Operation("bank.notice", "缴款通知书推送", "/notices", Accepted)
PUSH_REFUND = Operation("bank.refund", "退款指令推送", "/refunds", Accepted)


class SupervisionBank:
    """The connector; works for the current county. Both calls are safe to repeat: the number is the key."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url.rstrip("/")

    async def push_notice(self, notice: Notice, *, subject: str | None = None) -> Accepted:
        """Tell the bank of a payment notice."""
        push = NoticePush(notice=notice, callback_url=self._callback_url())
        return await self._client.call(PUSH_NOTICE, push, key=f"bank.notice:{notice.notice_no}", subject=subject)

    async def push_refund(self, refund: RefundOrder, *, subject: str | None = None) -> Accepted:
        """Order a refund."""
        push = RefundPush(refund=refund, callback_url=self._callback_url())
        return await self._client.call(PUSH_REFUND, push, key=f"bank.refund:{refund.refund_no}", subject=subject)

    def _callback_url(self) -> str:
        return f"{self._public_url}/gateway/{county_of_work()}/{Counterparty.SUPERVISION_BANK}/events"
