"""Movements of money on real bank accounts, as the book knows them: what reconciliation compares with the bank."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from escrow.banking.errors import MovementReused
from escrow.banking.models import BankMovement
from escrow.reconciliation.differences import agree_late, share_account
from kernel.clock import now
from kernel.db import ReadSession, WriteSession


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


async def taken_back_before(reader: ReadSession, *about: ColumnElement[bool]) -> str:
    """What tells the key of a booking from those of its forerunners that were put right (冲正); empty without any.

    `about` chooses their movements: by account and serial, or by subject.
    """
    counted = select(func.count()).select_from(BankMovement).where(BankMovement.reversed_by.is_not(None), *about)
    times = await reader.scalar(counted)
    return f":{times}" if times else ""


def of_serial(account_no: str, bank_serial: str) -> ColumnElement[bool]:
    """The movements of one serial, however often it was put right."""
    return (BankMovement.account_no == account_no) & (BankMovement.bank_serial == bank_serial)


async def standing_movement(reader: ReadSession, account_no: str, bank_serial: str) -> BankMovement | None:
    """The movement of that serial that stands in the book."""
    return await reader.scalar(
        select(BankMovement).where(of_serial(account_no, bank_serial), BankMovement.reversed_by.is_(None))
    )


async def _same(tx: WriteSession, row: dict[str, object]) -> UUID:
    known = await standing_movement(tx, str(row["account_no"]), str(row["bank_serial"]))
    if known is None:  # put right at this very moment: whoever told it tries again
        raise MovementReused
    if (known.signed_fen, known.transfer_id) != (row["signed_fen"], row["transfer_id"]):
        raise MovementReused
    return known.id
