"""Two persons who put bookings right (冲正)."""

from uuid import UUID

from escrow.reconciliation import corrections
from escrow.reconciliation.models import BookingCorrection
from kernel.db import WriteSession
from kernel.permissions import Permission
from tests.escrow.people import person

CLERK, CHIEF = person(Permission.RECONCILE), person(Permission.CORRECTION_APPROVE)
PROOF = corrections.Proof(digest="c" * 64, name="银行查询函.pdf", media_type="application/pdf")


async def put_right(tx: WriteSession, difference_id: UUID) -> BookingCorrection:
    """Proposed by one, approved by the other."""
    new = await corrections.propose(tx, CLERK, difference_id, "银行书面确认没有该笔流水", PROOF)
    return await corrections.approve(tx, CHIEF, new.id, "已核对，同意冲正")
