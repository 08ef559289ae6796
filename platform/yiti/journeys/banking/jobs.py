"""Orders on their way to banks. Every sending and every question may be repeated: the order's number is the key."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from escrow.banking.accounts import connection
from escrow.banking.lines import hear
from escrow.banking.models import OPEN, BankMode
from escrow.banking.orders import locked_order, mark_asked, mark_sent, order
from integrations.bank_documents import read_document
from integrations.bank_messages.payment_status import StatusReport
from integrations.bank_messages.reading import BadBankMessage
from integrations.bank_messages.schema import Message
from integrations.errors import CounterpartyRefused
from kernel.db import WriteSession
from kernel.outbox import Event, Park, emit, handles
from kernel.permissions import system_actor
from yiti.journeys.banking.documents import statuses
from yiti.journeys.banking.orders import message_of
from yiti.resources import resources_of

TRIES: Final = 150
"""At most ten minutes apart: a bank may be away for a day before a person has to look."""
FIRST_INQUIRY: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(hours=12)


@handles("escrow.order_issued", tries=TRIES)
async def send_order(tx: WriteSession, event: Event) -> None:
    """An order goes to the bank of its account; with a bank of files only it waits for the clerk."""
    given = await order(tx, UUID(event.payload["order_id"]))
    way = await connection(tx, given.bank_code)
    if way is None:
        raise Park(f"{given.bank_name}（{given.bank_code}）尚未登记连接方式，付款指令 {given.order_no} 无法发送")
    if way.mode == BankMode.FILE or given.state not in OPEN:
        return
    bank = resources_of(event).connectors.bank_payments
    try:
        taken = await bank.pay(given.order_no, message_of(given), subject=f"payment_order:{given.id}")
    except (CounterpartyRefused, BadBankMessage) as error:
        # Its money stays held: only the bank's own word ends an order, and a person must look.
        raise Park(error.message) from error
    # Locked only now: the bank's answers may come while it still answers this.
    given = await locked_order(tx, given.order_no)
    actor = system_actor(tx.tenant)
    await mark_sent(tx, actor, given, reference=taken.reference)
    await _ask_later(tx, given.id, 1)


@handles("escrow.order_inquiry", tries=TRIES)
async def ask_for_order(tx: WriteSession, event: Event) -> None:
    """A bank that has not said how an order ended is asked, ever more seldom; an order it never got is sent again."""
    given = await order(tx, UUID(event.payload["order_id"]))
    round_no = int(event.payload["round"])
    if given.state not in OPEN:
        return
    bank, subject = resources_of(event).connectors.bank_payments, f"payment_order:{given.id}"
    try:
        document = await bank.inquire(given.order_no, round_no, subject=subject)
    except CounterpartyRefused:
        # The bank knows no such order, so the same one is sent: by its number it can be paid only once.
        try:
            await bank.pay(given.order_no, message_of(given), subject=subject)
        except CounterpartyRefused as error:
            raise Park(error.message) from error
    else:
        report = read_document(document, Message.PAYMENT_STATUS)
        assert isinstance(report, StatusReport)
        for status in await statuses(tx, report, None):
            if status.order_no == given.order_no:
                await hear(tx, system_actor(tx.tenant), status)
    await mark_asked(tx, await locked_order(tx, given.order_no))
    await _ask_later(tx, given.id, round_no + 1)


async def _ask_later(tx: WriteSession, order_id: UUID, round_no: int) -> None:
    payload = {"order_id": str(order_id), "round": round_no}
    pause = min(FIRST_INQUIRY * 2 ** min(round_no - 1, 10), LONGEST_PAUSE)
    await emit(tx, "escrow.order_inquiry", payload, key=f"escrow.order_inquiry:{order_id}:{round_no}", delay=pause)
