"""Banks: payment orders to them, and every movement of money on their accounts that the book knows of."""

from escrow.banking.accounts import account, accounts, connect_bank
from escrow.banking.errors import MovementReused, OrderDiffers, OrderEnded, OrderReused, UnknownBank, UnknownOrder
from escrow.banking.models import BankMode, OrderState, PaymentOrder, Purpose
from escrow.banking.movements import record_movement
from escrow.banking.orders import order, order_payment, orders_of
from escrow.banking.schemas import NewOrder, Payee

__all__ = [
    "BankMode",
    "MovementReused",
    "NewOrder",
    "OrderDiffers",
    "OrderEnded",
    "OrderReused",
    "OrderState",
    "Payee",
    "PaymentOrder",
    "Purpose",
    "UnknownBank",
    "UnknownOrder",
    "account",
    "accounts",
    "connect_bank",
    "order",
    "order_payment",
    "orders_of",
    "record_movement",
]
