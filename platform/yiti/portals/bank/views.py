"""Orders and statements as pages show them: without a payee's whole name and number."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from escrow.banking.models import OPEN, PURPOSES, STATES, OrderState, PaymentOrder, Purpose
from kernel.clock import today
from kernel.pii import mask_name

TONES: Final = {
    OrderState.ORDERED: "warning",
    OrderState.SENT: "info",
    OrderState.ACCEPTED: "info",
    OrderState.PAID: "success",
    OrderState.REJECTED: "danger",
    OrderState.RETURNED: "danger",
}
_PERSON: Final = 4
"""Names up to this length are a person's."""


class OrderLine(Struct, frozen=True, kw_only=True):
    """One order."""

    id: UUID
    order_no: str
    purpose: str
    account_no: str
    account_name: str
    bank_name: str
    payee: str
    payee_account: str
    payee_bank: str
    amount_fen: int
    words: str
    due_on: date
    late: bool
    state: str
    tone: str
    reason: str
    ordered_at: datetime
    steps: tuple[tuple[str, datetime], ...]
    serial: str


def order_line(order: PaymentOrder) -> OrderLine:
    """An order for lists and its page."""
    state = OrderState(order.state)
    moments = (
        ("下达付款指令", order.created_at),
        ("送达银行", order.sent_at),
        ("银行受理", order.accepted_at),
        (STATES[state] if state not in OPEN else "", order.ended_at),
    )
    return OrderLine(
        id=order.id,
        order_no=order.order_no,
        purpose=PURPOSES[Purpose(order.purpose)],
        account_no=order.account_no,
        account_name=order.account_name,
        bank_name=order.bank_name,
        payee=shown_name(order.payee_name),
        payee_account=shown_account(order.payee_account),
        payee_bank=order.payee_bank_name or order.payee_bank_code,
        amount_fen=order.amount_fen,
        words=order.words,
        due_on=order.due_on,
        late=state in OPEN and order.due_on < today(),
        state=STATES[state],
        tone=TONES[state],
        reason=order.reason or "",
        ordered_at=order.created_at,
        steps=tuple((title, at) for title, at in moments if title and at is not None),
        serial="、".join(filter(None, (order.bank_serial, order.returned_serial))),
    )


def shown_name(name: str) -> str:
    """A person's name masked; a company's is no secret."""
    return mask_name(name) if len(name) <= _PERSON else name


def shown_account(number: str) -> str:
    """The last four digits of an account that is not ours."""
    return f"****{number[-4:]}" if number else ""
