"""Movements of money on real bank accounts, as the book knows them: what reconciliation compares with the bank."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from escrow.banking.errors import MovementReused
from escrow.banking.models import BankMovement
from escrow.reconciliation.differences import agree_late, share_account
from kernel.clock import now
from kernel.db import WriteSession


async def record_movement(
    tx: WriteSession,
    *,
    account_no: str,
    bank_serial: str,
    signed_fen: int,
    value_date: date,
    transfer_id: UUID,
    subject: str,
) -> UUID:
    """Write down one movement, in the transaction of its transfer on the BANK mirror; once per account and serial.

    `signed_fen` is positive when the money came in, `value_date` the bank's own. When the bank's statement was there
    first, its difference closes by itself. Raises MovementReused when the serial was told with other content.
    """
    await share_account(tx, account_no)
    row = {
        "id": uuid7(),
        "created_at": now(),
        "account_no": account_no,
        "bank_serial": bank_serial,
        "signed_fen": signed_fen,
        "value_date": value_date,
        "transfer_id": transfer_id,
        "subject": subject,
    }
    written = insert(BankMovement).values(row).on_conflict_do_nothing().returning(BankMovement.id)
    new: UUID | None = await tx.scalar(written)
    if new is None:
        return await _same(tx, row)
    agreed_by = await agree_late(tx, account_no, bank_serial, signed_fen, new)
    if agreed_by is not None:
        movement = (await tx.scalars(select(BankMovement).where(BankMovement.id == new))).one()
        movement.agreed_by = agreed_by
        await tx.flush()
    return new


async def _same(tx: WriteSession, row: dict[str, object]) -> UUID:
    known = (
        await tx.scalars(
            select(BankMovement).where(
                BankMovement.account_no == row["account_no"], BankMovement.bank_serial == row["bank_serial"]
            )
        )
    ).one()
    if (known.signed_fen, known.transfer_id) != (row["signed_fen"], row["transfer_id"]):
        raise MovementReused
    return known.id
