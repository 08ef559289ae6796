"""Values of the money room's tests: a project that may sell, and the callbacks of its bank."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from escrow.models import Bill
from escrow.schemas import Confirmation, SaleMoney
from kernel.db import Database
from kernel.permissions import Actor, system_actor

COUNTY = "411528"
ACTOR = system_actor(COUNTY)


@dataclass(frozen=True)
class World:
    """A fresh county database in which a project may sell."""

    database: Database
    project_id: UUID
    actor: Actor = ACTOR

    def sale(self, **changes: object) -> SaleMoney:
        values: dict[str, object] = {
            "contract_id": uuid4(),
            "project_id": self.project_id,
            "unit_id": uuid4(),
            "unit_code": "411528001001GB00001F00010001",
            "payer": "张三、李四",
            "down_payment_fen": 180_000_00,
            "area": Decimal("118.36"),
            "has_lift": True,
            "usage": "成套住宅",
            "on": date(2026, 11, 21),
        }
        return SaleMoney(**(values | changes))  # type: ignore[arg-type]


def told(bill: Bill, **changes: object) -> Confirmation:
    """The bank's callback that pays the bill exactly, with changes."""
    values: dict[str, object] = {
        "event_id": f"event-{uuid4()}",
        "notice_no": bill.notice_no,
        "amount_fen": bill.amount_fen,
        "paid_at": datetime(2026, 11, 21, 2, 0, tzinfo=UTC),
        "bank_serial": f"serial-{uuid4()}",
        "account_no": bill.account_no,
        "evidence_digest": "a" * 64,
    }
    return Confirmation(**(values | changes))  # type: ignore[arg-type]
