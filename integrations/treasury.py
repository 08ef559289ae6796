"""The treasury's collection of fees (非税收入): the registration fee (不动产登记费).

Wire (ours): `POST /requests` `treasury.bill` `FeePush` → `Accepted`; the payment as `integrations.case_requests` says.
`POST /refunds` `treasury.refund` `RefundPush` → `Accepted`; the repayment in the same way: `request_no` is the refund's
own, `clear` says that all of it was paid back, `refused` that it was not. `POST /settlements` `treasury.settled`
`Settlement` → `Accepted`: a fee paid by one code has been cleared to the fiscal account.
"""

from typing import Annotated

import msgspec

from integrations.case_requests import callback_url
from integrations.counterparties import Counterparty
from integrations.http import CounterpartyClient, Operation
from integrations.settlements import TREASURY_SETTLED, Settlement
from integrations.wire import Accepted, Fen, Short


class FeeBill(msgspec.Struct, frozen=True, kw_only=True):
    """A fee to be paid (分), per item, never by area or price (民法典 art. 223)."""

    request_no: Short
    case_no: Short
    title: Short
    payer: Short
    amount_fen: Fen


class FeePush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the bill, and where its payment is reported."""

    bill: FeeBill
    callback_url: str


class FeeRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A fee to be paid back (分): that of the bill `bill_no`, whose payment has the number `voucher`."""

    request_no: Short
    bill_no: Short
    case_no: Short
    voucher: Annotated[str, msgspec.Meta(max_length=200)]
    title: Short
    amount_fen: Fen


class RefundPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the refund, and where its payment is reported."""

    refund: FeeRefund
    callback_url: str


REFUND = Operation("treasury.refund", "不动产登记费退费", "/refunds", Accepted)
BILL = Operation("treasury.bill", "不动产登记费缴款", "/requests", Accepted)


class Treasury:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url

    async def bill(self, bill: FeeBill, *, subject: str | None = None) -> Accepted:
        """Send the bill; safe to repeat, the request number is the key."""
        push = FeePush(bill=bill, callback_url=callback_url(self._public_url, Counterparty.TREASURY))
        return await self._client.call(BILL, push, key=f"treasury.bill:{bill.request_no}", subject=subject)

    async def refund(self, refund: FeeRefund, *, subject: str | None = None) -> Accepted:
        """Order a fee back; safe to repeat, the refund's number is the key."""
        push = RefundPush(refund=refund, callback_url=callback_url(self._public_url, Counterparty.TREASURY))
        return await self._client.call(REFUND, push, key=f"treasury.refund:{refund.request_no}", subject=subject)

    async def settled(self, told: Settlement, *, subject: str | None = None) -> Accepted:
        """A fee paid by one code is on the fiscal account; safe to repeat, the voucher is the key."""
        return await self._client.call(TREASURY_SETTLED, told, key=f"treasury.settled:{told.voucher}", subject=subject)
