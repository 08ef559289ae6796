"""Accounts, transfers and entries. The database itself keeps balances and refuses an unbalanced transfer."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, append_only, protect, tenant_fk
from kernel.db.types import UtcDateTime


class AccountKind(StrEnum):
    """What an account stands for. All kinds but BANK hold someone's money and may never be overdrawn."""

    BANK = "bank"
    """The mirror of one bank account (owner: its number): minus its balance is what the bank must hold."""
    PROJECT_FUND = "project_fund"
    """Supervised purchase money of one project (预售监管资金)."""
    MAINTENANCE_FUND = "maintenance_fund"
    """The maintenance fund of one unit (维修资金); it passes to the next owner with the unit."""
    SUSPENSE = "suspense"
    """Receipts that could not be matched (不明入账), by bank account number."""
    REFUND_PAYABLE = "refund_payable"
    """Owed back to the payer of a cancelled contract (应退款)."""


UNGUARDED: Final = frozenset({AccountKind.BANK})


class LedgerAccount(TenantModel):
    """One account. `balance_fen` is moved only by the posting of entries (a trigger), never by an UPDATE of ours.

    A hold (冻结) would be one more column beside the balance and one more term in the CHECK.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        Index("uq_ledger_account_owner", "tenant_id", "kind", "owner", unique=True),
        CheckConstraint("NOT guarded OR balance_fen >= 0", name="never_overdrawn"),
    )

    kind: Mapped[AccountKind] = mapped_column(String(24))
    owner: Mapped[str] = mapped_column(String(64))
    guarded: Mapped[bool] = mapped_column(Boolean)
    balance_fen: Mapped[int] = mapped_column(BigInteger, default=0)


class LedgerTransfer(TenantModel):
    """One movement of money; `key` makes it happen once."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (Index("uq_ledger_transfer_key", "tenant_id", "key", unique=True),)

    key: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(80))
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerEntry(TenantModel):
    """One line of a transfer: positive into the account, negative out of it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        tenant_fk("transfer_id", "ledger_transfers"),
        tenant_fk("account_id", "ledger_accounts"),
        Index("uq_ledger_entry_account", "tenant_id", "transfer_id", "account_id", unique=True),
        Index("ix_ledger_entry_history", "tenant_id", "account_id", "id"),
        CheckConstraint("amount_fen <> 0", name="moves_something"),
    )

    transfer_id: Mapped[UUID] = mapped_column(Uuid)
    account_id: Mapped[UUID] = mapped_column(Uuid)
    amount_fen: Mapped[int] = mapped_column(BigInteger)


append_only(LedgerAccount, may_change=("balance_fen",))
append_only(LedgerTransfer)
append_only(LedgerEntry)

protect(
    LedgerAccount,
    # pg_trigger_depth is 1 for a statement of ours and 2 inside the trigger that posts an entry.
    """CREATE FUNCTION ledger_balance_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.balance_fen <> 0 OR TG_OP = 'UPDATE' AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a ledger balance moves only by entries'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_balance_is_posted';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER ledger_balance_is_posted BEFORE INSERT OR UPDATE ON ledger_accounts "
    "FOR EACH ROW EXECUTE FUNCTION ledger_balance_is_posted()",
)

protect(
    LedgerEntry,
    """CREATE FUNCTION ledger_post_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_accounts SET balance_fen = balance_fen + NEW.amount_fen
   WHERE tenant_id = NEW.tenant_id AND id = NEW.account_id;
  RETURN NULL;
END $$""",
    "CREATE TRIGGER ledger_post_entry AFTER INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_post_entry()",
    """CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  transfer uuid := CASE TG_TABLE_NAME
    WHEN 'ledger_transfers' THEN NEW.id ELSE (to_jsonb(NEW)->>'transfer_id')::uuid END;
  entries bigint;
  total numeric;
BEGIN
  SELECT count(*), coalesce(sum(amount_fen), 0) INTO entries, total
    FROM ledger_entries WHERE tenant_id = NEW.tenant_id AND transfer_id = transfer;
  IF entries < 2 OR total <> 0 THEN
    RAISE EXCEPTION 'ledger transfer % does not balance: % entries, sum %', transfer, entries, total
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$""",
    "CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced()",
    "CREATE CONSTRAINT TRIGGER ledger_transfers_balanced AFTER INSERT ON ledger_transfers "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced()",
)
