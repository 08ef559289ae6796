"""Payment orders as pain.001: over the gateway one by one, or as a numbered file that a bank's clerk takes."""

from typing import Final

from sqlalchemy import select

from escrow.banking.models import BankConnection, OrderState, PaymentFile, PaymentOrder
from escrow.banking.orders import mark_sent
from integrations.bank_messages import payment_orders as messages
from integrations.bank_messages.parties import BankAccount
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.errors import Conflict
from kernel.numbers import next_number
from kernel.permissions import Actor

_CNAPS_DIGITS: Final = 12
MOST_IN_A_FILE: Final = 200


class NothingToTake(Conflict):
    """No order waits for this bank."""

    code = "escrow.nothing_to_take"
    default_message = "没有待下载的付款指令"


def message_of(order: PaymentOrder) -> bytes:
    """The pain.001 of one order; whenever it is written, it is the same."""
    batch = messages.PaymentBatch(
        message_id=order.order_no, created_at=order.created_at, initiator=order.account_name, orders=(_told(order),)
    )
    return messages.write_orders(batch)


async def take_file(tx: WriteSession, actor: Actor, connection: BankConnection) -> PaymentFile:
    """Put the orders that wait for a bank with files only into a file, and write down who takes it.

    Raises NothingToTake; two clerks at once get different orders.
    """
    waiting = list(
        await tx.scalars(
            select(PaymentOrder)
            .where(PaymentOrder.bank_code == connection.bank_code, PaymentOrder.state == OrderState.ORDERED)
            .order_by(PaymentOrder.due_on, PaymentOrder.id)
            .limit(MOST_IN_A_FILE)
            .with_for_update(skip_locked=True)
        )
    )
    if not waiting:
        raise NothingToTake
    day = today()
    number = await next_number(tx, "payment_file", day.year)
    file_no = f"FKWJ{tx.tenant}{day.year}{number:06d}"
    batch = messages.PaymentBatch(
        message_id=file_no, created_at=now(), initiator="资金监管平台", orders=tuple(map(_told, waiting))
    )
    row = PaymentFile(
        file_no=file_no,
        bank_code=connection.bank_code,
        orders=len(waiting),
        amount_fen=sum(order.amount_fen for order in waiting),
        content=messages.write_orders(batch).decode(),
        taken_by=actor.name,
        taken_by_id=actor.id,
    )
    tx.add(row)
    await tx.flush()
    for order in waiting:
        await mark_sent(tx, actor, order, file_id=row.id)
    audit(tx, actor, "escrow.payment_file_taken", f"payment_file:{row.id}", {"file_no": file_no, "orders": row.orders})
    return row


def _told(order: PaymentOrder) -> messages.PaymentOrder:
    return messages.PaymentOrder(
        reference=order.order_no,
        debtor=_account(order.account_no, order.account_name, order.bank_code, order.bank_name),
        creditor=_account(order.payee_account, order.payee_name, order.payee_bank_code, order.payee_bank_name),
        amount_fen=order.amount_fen,
        execute_on=order.created_at.date(),
        purpose=order.words,
    )


def _account(number: str, name: str, bank_code: str, bank_name: str) -> BankAccount:
    """A bank's code that is no number in CNAPS is our own short name of it, and stays at home."""
    known = bank_code if len(bank_code) == _CNAPS_DIGITS and bank_code.isdigit() else ""
    return BankAccount(account=number, name=name, bank_code=known, bank_name=bank_name)
