"""The supervision bank's hand: signed reports as it sends them, and as it never would."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from escrow.models import Bill
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.keys import KeyRing
from integrations.supervision_bank import PAYMENT_CONFIRMED
from kernel.clock import now
from tests.faults.world import World
from tests.integrations.conftest import PLAIN
from tests.journeys.stage import HOME

DOOR = f"/gateway/{HOME}/supervision_bank/events"


@dataclass
class Bank:
    """Knows the bank's key and the way to the platform's web process."""

    keys: KeyRing
    http: httpx.AsyncClient

    @classmethod
    def of(cls, world: World) -> "Bank":
        keys = KeyRing.load(world.settings.keys_dir, Counterparty.SUPERVISION_BANK)
        return cls(keys, httpx.AsyncClient(base_url=world.web.url, **PLAIN))

    async def send(self, message: bytes, door: str = DOOR, **options: Any) -> httpx.Response:
        """Any bytes."""
        return await self.http.post(door, content=message, headers={"content-type": "application/jose"}, **options)

    async def tell(self, payment: "Payment", **changed: Any) -> httpx.Response:
        """A report, signed afresh as every delivery is."""
        return await self.send(self.signed(payment, **changed))

    def signed(self, payment: "Payment", *, county: str = HOME, op: str = PAYMENT_CONFIRMED, **changed: Any) -> bytes:
        """The signed report of a payment, with other content where the test wants it."""
        data = msgspec.Raw(msgspec.json.encode(payment.data() | changed))
        return seal_message(self.keys, to=PLATFORM, op=op, county=county, key=payment.event_id, data=data).encode()


@dataclass
class Payment:
    """One movement of money on a notice."""

    bill: Bill
    event_id: str = field(default_factory=lambda: uuid4().hex)
    serial: str = field(default_factory=lambda: f"LS{uuid4().hex[:16]}")
    paid_at: str = field(default_factory=lambda: now().isoformat())

    def data(self) -> dict[str, Any]:
        return {
            "notice_no": self.bill.notice_no,
            "amount_fen": self.bill.amount_fen,
            "paid_at": self.paid_at,
            "bank_serial": self.serial,
            "account_no": self.bill.account_no,
            "payer": "张三",
        }
