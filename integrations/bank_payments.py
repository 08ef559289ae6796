"""Payment orders to a bank, and its documents about them, as ISO 20022 in signed messages.

Wire (ours):

* `POST /payments` `bank.payment` `PaymentPush` → `Accepted`: a pain.001 of one order; the order's number is the number
  of the message and the end-to-end reference. A repeated message is answered as the first and paid once.
* `POST /payments/status` `bank.payment_status` `StatusInquiry` → `StatusAnswer`: what became of an order, a pain.002.
* The bank reports by `POST <documents_url>` with a signed message (`integrations.envelope`, key = its event id, content
  `DocumentPush`): `payment.status` with a pain.002, `account.notice` with a camt.054, `account.statement` with a
  camt.053; repeated, each time signed afresh, until answered 200.
"""

from typing import Annotated, Final

import msgspec

from integrations.bank_messages.schema import Message
from integrations.counterparties import Counterparty
from integrations.http import Answer, CounterpartyClient, Operation, county_of_work
from integrations.wire import Accepted, Short

LARGEST_DOCUMENT: Final = 30_000_000
"""Bytes of a signed message with a document: the largest statement (20 MB), and what the signature's encoding adds."""
PAYMENT_STATUS = "payment.status"
ACCOUNT_NOTICE = "account.notice"
ACCOUNT_STATEMENT = "account.statement"
DOCUMENTS: Final = {
    PAYMENT_STATUS: Message.PAYMENT_STATUS,
    ACCOUNT_NOTICE: Message.CREDIT_NOTICE,
    ACCOUNT_STATEMENT: Message.STATEMENT,
}
Document = Annotated[str, msgspec.Meta(min_length=1)]


class PaymentPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: a pain.001, and where the answers go."""

    document: Document
    documents_url: str


class StatusInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: which order is asked about."""

    order_no: Short


class StatusAnswer(Answer, frozen=True, kw_only=True):
    """A pain.002."""

    document: Document


class DocumentPush(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: one document of a bank."""

    document: Document


PAY = Operation("bank.payment", "付款指令发送", "/payments", Accepted)
INQUIRE = Operation("bank.payment_status", "付款状态查询", "/payments/status", StatusAnswer)


class BankPayments:
    """The connector; works for the current county. Both calls are safe to repeat: the order's number is the key."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url.rstrip("/")

    async def pay(self, order_no: str, document: bytes, *, subject: str | None = None) -> Accepted:
        """Send the pain.001 of an order."""
        push = PaymentPush(document=document.decode(), documents_url=self._documents_url())
        return await self._client.call(PAY, push, key=f"bank.payment:{order_no}", subject=subject)

    async def inquire(self, order_no: str, round_no: int, *, subject: str | None = None) -> bytes:
        """Ask what became of an order; the pain.002. CounterpartyRefused where the bank does not know it."""
        key = f"bank.payment_status:{order_no}:{round_no}"
        answer = await self._client.call(INQUIRE, StatusInquiry(order_no=order_no), key=key, subject=subject)
        return answer.document.encode()

    def _documents_url(self) -> str:
        return f"{self._public_url}/gateway/{county_of_work()}/{Counterparty.SUPERVISION_BANK}/documents"
