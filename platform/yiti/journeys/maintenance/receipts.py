"""缴款凭证: what a bank confirms on a maintenance-fund notice, as a receipt under the housing department's seal."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from escrow.models import BankConfirmation, Bill, BillState
from escrow.service import bill as one_bill
from kernel.db import ReadSession, WriteSession
from kernel.money import yuan
from kernel.permissions import system_actor
from yiti.estate.queries import get_unit
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.letters.schemas import MaintenanceReceipt


def subject_of(bill_id: UUID) -> str:
    """To what a receipt belongs in the register of letters."""
    return f"bill:{bill_id}"


async def write_receipt(tx: WriteSession, bill_id: UUID) -> Letter | None:
    """Write the receipt of the notice's present payment, once; None when it is not paid (any more)."""
    bill = await one_bill(tx, bill_id)
    if bill.state != BillState.CONFIRMED or bill.confirmed_at is None:
        return None
    told = select(BankConfirmation).where(BankConfirmation.bill_id == bill_id, BankConfirmation.reversed_by.is_(None))
    paid = await tx.scalar(told.order_by(BankConfirmation.id.desc()).limit(1))
    # Money that came without the notice's number and was claimed for it later has no confirmation of its own.
    serial, paid_at = (paid.bank_serial, paid.paid_at) if paid else ("不明入账认领", bill.confirmed_at)
    for known in await letters.of_subject(tx, subject_of(bill_id)):
        said = letters.content_of(known).content
        if isinstance(said, MaintenanceReceipt) and (said.bank_serial, said.paid_at) == (serial, paid_at):
            return known
    unit = await get_unit(tx, bill.unit_id)
    content = MaintenanceReceipt(
        payers=tuple(bill.payer.split("、")),
        location=unit.location,
        unit_code=bill.unit_code,
        area=str(bill.basis.get("area", "")),
        rate=_rate(bill),
        amount_fen=bill.amount_fen,
        notice_no=bill.notice_no,
        paid_at=paid_at,
        bank_name=bill.bank_name,
        bank_serial=serial,
        account_name=bill.account_name,
        demonstration=bool(bill.basis.get("demonstration")),
    )
    return await letters.write(tx, system_actor(tx.tenant), content, subject=subject_of(bill_id))


async def receipts_of(reader: ReadSession, bill_ids: Iterable[UUID]) -> dict[UUID, Letter]:
    """The receipt of each notice, by notice; of a notice that was paid anew, the latest."""
    subjects = {subject_of(one): one for one in bill_ids}
    wanted = select(Letter).where(Letter.subject.in_(subjects)).order_by(Letter.id)
    return {subjects[one.subject]: one for one in await reader.scalars(wanted)}


def _rate(bill: Bill) -> str:
    basis = bill.basis
    lift = "有电梯" if basis["with_lift"] else "无电梯"
    return f"{yuan(basis['fen_per_sqm'])} 元／㎡（{lift}），{basis['source']}"
