"""Tables of what goes to banks: how each bank is reached, payment orders, and every movement that the book knows of."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class BankMode(StrEnum):
    """How a bank takes orders and tells what it did."""

    GATEWAY = "gateway"
    """Signed messages over the gateway (直联)."""
    FILE = "file"
    """Files that its clerks take and bring (文件交换)."""


class Purpose(StrEnum):
    """What an order pays for; the asking room hears by its topic how it ended."""

    DRAWDOWN = "drawdown"
    SUSPENSE_RETURN = "suspense_return"
    CLEARING = "clearing"
    LOAN_RETURN = "loan_return"


PURPOSES: Final = {
    Purpose.DRAWDOWN: "监管资金拨付",
    Purpose.SUSPENSE_RETURN: "不明入账退回",
    Purpose.CLEARING: "清分划转",
    Purpose.LOAN_RETURN: "贷款资金退回",
}


class OrderState(StrEnum):
    """The life of a payment order; the database refuses any other way than ALLOWED."""

    ORDERED = "ordered"
    SENT = "sent"
    ACCEPTED = "accepted"
    PAID = "paid"
    REJECTED = "rejected"
    RETURNED = "returned"


STATES: Final = {
    OrderState.ORDERED: "待发送",
    OrderState.SENT: "已发送",
    OrderState.ACCEPTED: "银行已受理",
    OrderState.PAID: "已付款",
    OrderState.REJECTED: "银行拒付",
    OrderState.RETURNED: "已退汇",
}
OPEN: Final = frozenset({OrderState.ORDERED, OrderState.SENT, OrderState.ACCEPTED})
ALLOWED: Final[dict[OrderState, frozenset[OrderState]]] = {
    OrderState.ORDERED: frozenset({OrderState.SENT, OrderState.ACCEPTED, OrderState.PAID, OrderState.REJECTED}),
    OrderState.SENT: frozenset({OrderState.ACCEPTED, OrderState.PAID, OrderState.REJECTED}),
    OrderState.ACCEPTED: frozenset({OrderState.PAID, OrderState.REJECTED}),
    OrderState.PAID: frozenset({OrderState.RETURNED}),
    OrderState.REJECTED: frozenset(),
    OrderState.RETURNED: frozenset(),
}


class BankConnection(TenantModel):
    """How one bank is reached. `organisation_id` is the bank's own: its clerks see its orders and nobody else's."""

    __tablename__ = "bank_connections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "bank_code"),
        Index("ix_bank_connection_organisation", "tenant_id", "organisation_id"),
        CheckConstraint("mode IN ('gateway', 'file')", name="known_mode"),
    )

    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    mode: Mapped[BankMode] = mapped_column(String(8))
    organisation_id: Mapped[UUID | None] = mapped_column(Uuid)


class PaymentFile(TenantModel):
    """A pain.001 file that a bank's clerk took away; numbered, and kept as it was taken."""

    __tablename__ = "payment_files"
    __table_args__ = (
        UniqueConstraint("tenant_id", "file_no"),
        Index("ix_payment_file_bank", "tenant_id", "bank_code", "id"),
        CheckConstraint("orders > 0", name="has_orders"),
    )

    file_no: Mapped[str] = mapped_column(String(35))
    bank_code: Mapped[str] = mapped_column(String(20))
    orders: Mapped[int] = mapped_column(Integer)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(Encrypted("payment_file.content"))
    taken_by: Mapped[str] = mapped_column(String(80))
    """Name of the clerk."""
    taken_by_id: Mapped[UUID | None] = mapped_column(Uuid)


class PaymentOrder(TenantModel):
    """An order to a bank to pay out of a supervised account. It ends once; `key` makes it be given once.

    From its first moment the money is held on its source, so that nothing else can spend it.
    """

    __tablename__ = "payment_orders"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        UniqueConstraint("tenant_id", "order_no"),
        tenant_fk("hold_id", "ledger_holds"),
        tenant_fk("transfer_id", "ledger_transfers"),
        tenant_fk("return_transfer_id", "ledger_transfers"),
        tenant_fk("file_id", "payment_files"),
        Index(
            "ix_payment_order_open",
            "tenant_id",
            "bank_code",
            "due_on",
            "id",
            postgresql_where=text("state IN ('ordered', 'sent', 'accepted')"),
        ),
        Index("ix_payment_order_account", "tenant_id", "account_no", "id"),
        Index("ix_payment_order_bank", "tenant_id", "bank_code", "id"),
        Index("ix_payment_order_subject", "tenant_id", "subject"),
        CheckConstraint("amount_fen > 0", name="pays_something"),
        CheckConstraint(
            "(state IN ('paid', 'returned')) = (transfer_id IS NOT NULL AND bank_serial IS NOT NULL)",
            name="paid_is_booked",
        ),
        CheckConstraint(
            "(state = 'returned') = (return_transfer_id IS NOT NULL AND returned_serial IS NOT NULL)",
            name="returned_is_booked",
        ),
        CheckConstraint("state NOT IN ('rejected', 'returned') OR reason IS NOT NULL", name="refused_with_reason"),
    )

    order_no: Mapped[str] = mapped_column(String(35))
    """Also the end-to-end reference and, for the gateway, the number of the message."""
    key: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[Purpose] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(80))
    account_no: Mapped[str] = mapped_column(String(32))
    account_name: Mapped[str] = mapped_column(String(120))
    bank_code: Mapped[str] = mapped_column(String(20))
    bank_name: Mapped[str] = mapped_column(String(120))
    source_kind: Mapped[str] = mapped_column(String(24))
    source_owner: Mapped[str] = mapped_column(String(64))
    payee_name: Mapped[str] = mapped_column(Encrypted("payment_order.payee_name"))
    payee_account: Mapped[str] = mapped_column(Encrypted("payment_order.payee_account"))
    payee_bank_code: Mapped[str] = mapped_column(String(20))
    payee_bank_name: Mapped[str] = mapped_column(String(120))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(String(140))
    ordered_by: Mapped[str] = mapped_column(String(80))
    due_on: Mapped[date] = mapped_column(Date)
    hold_id: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[OrderState] = mapped_column(String(10), default=OrderState.ORDERED)
    reason: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the bank was last asked what became of it."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_reference: Mapped[str | None] = mapped_column(String(200))
    file_id: Mapped[UUID | None] = mapped_column(Uuid)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_on: Mapped[date | None] = mapped_column(Date)
    bank_serial: Mapped[str | None] = mapped_column(String(80))
    transfer_id: Mapped[UUID | None] = mapped_column(Uuid)
    returned_on: Mapped[date | None] = mapped_column(Date)
    returned_serial: Mapped[str | None] = mapped_column(String(80))
    return_transfer_id: Mapped[UUID | None] = mapped_column(Uuid)


class BankMovement(TenantModel):
    """One movement of money on a real bank account as the book knows it; positive came in.

    `agreed_by` says what agreed it with the bank: a statement, or the difference in which it was set right. A booking
    that was put right (冲正) and what put it right are `reversed_by` the same transfer, and no longer compared with
    anything: should the bank tell of the money after all, it is booked anew under the same serial.
    """

    __tablename__ = "bank_movements"
    __table_args__ = (
        Index(
            "uq_bank_movement_serial", "tenant_id", "account_no", "bank_serial", unique=True,
            postgresql_where=text("reversed_by IS NULL"),
        ),
        Index(
            "ix_bank_movement_reversed", "tenant_id", "account_no", "bank_serial",
            postgresql_where=text("reversed_by IS NOT NULL"),
        ),
        tenant_fk("reversed_by", "ledger_transfers"),
        tenant_fk("transfer_id", "ledger_transfers"),
        Index(
            "ix_bank_movement_waiting",
            "tenant_id",
            "account_no",
            "value_date",
            postgresql_where=text("agreed_by IS NULL"),
        ),
        Index("ix_bank_movement_day", "tenant_id", "value_date", "id"),
        CheckConstraint("signed_fen <> 0", name="moves_something"),
        CheckConstraint("reversed_by IS NULL OR agreed_by IS NOT NULL", name="reversed_in_a_difference"),
    )  # fmt: skip

    account_no: Mapped[str] = mapped_column(String(40))
    bank_serial: Mapped[str] = mapped_column(String(80))
    signed_fen: Mapped[int] = mapped_column(BigInteger)
    value_date: Mapped[date] = mapped_column(Date)
    """The bank's; the ledger's lies later where its day was closed already."""
    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    subject: Mapped[str] = mapped_column(String(80))
    agreed_by: Mapped[UUID | None] = mapped_column(Uuid)
    reversed_by: Mapped[UUID | None] = mapped_column(Uuid)


_WAYS = ", ".join(f"'{before}>{after}'" for before, ways in ALLOWED.items() for after in sorted(ways))

append_only(BankConnection, may_change=("mode", "organisation_id"))
append_only(PaymentFile)
append_only(
    PaymentOrder,
    may_change=(
        "state", "reason", "sent_at", "asked_at", "accepted_at", "bank_reference", "file_id", "ended_at", "paid_on",
        "bank_serial", "transfer_id", "returned_on", "returned_serial", "return_transfer_id",
    ),
)  # fmt: skip
protect(
    PaymentOrder,
    f"""CREATE FUNCTION payment_order_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ({_WAYS}) THEN
    RAISE EXCEPTION 'a payment order ends once'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_order_way';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER payment_order_way BEFORE UPDATE OF state ON payment_orders "
    "FOR EACH ROW EXECUTE FUNCTION payment_order_way()",
)
append_only(BankMovement, may_change=("agreed_by", "reversed_by"))
