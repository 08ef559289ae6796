"""One sale in the broken world, step by step; buyers open the link that reached their phone."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Self
from uuid import UUID

import escrow.service as escrow
import signing.service as signing
from tests.faults.world import PATIENCE, World
from tests.journeys.stage import HOME, buyer

BANK_CODE = "CCB-DEMO"


class Play:
    """What people do in one sale. Each step only writes; waiting for its consequences is the next one's matter."""

    def __init__(self, world: World, contract_id: UUID, phones: list[str]) -> None:
        self.world = world
        self.stage = world.stage
        self.contract_id = contract_id
        self.phones = phones

    @classmethod
    async def drafted(cls, world: World, *names: str, building: int = 1) -> Self:
        """A complete draft with these buyers."""
        buyers = [buyer(name) for name in names or ("张三",)]
        sharing = "joint" if len(buyers) > 1 else "sole"
        contract_id = await world.stage.drafted(buyers, sharing, building)
        return cls(world, contract_id, [one.phone for one in buyers])

    async def pay(self) -> None:
        """Payment notices are ordered, and the bank confirms them."""
        await self.stage.billed(self.contract_id)
        await self.stage.paid(self.contract_id)

    async def submit(self) -> None:
        await self.stage.submitted(self.contract_id, BANK_CODE)

    async def sign(self) -> None:
        """Every buyer signs, in the order of the contract."""
        for phone in self.phones:
            await self.stage.sign_by_link(await self.link(phone))

    async def link(self, phone: str) -> str:
        """The token in the SMS."""
        texts = await self.stage.until(lambda: self.texts(phone, "sale.invite"), bool, PATIENCE)
        found = re.search(r"/s/\d{6}/([\w-]+)$", texts[0])
        assert found, texts
        return found[1]

    async def texts(self, phone: str, kind: str) -> list[str]:
        """What the phone has received of this kind."""
        items: list[dict[str, Any]] = await asyncio.to_thread(self.world.sandbox.get, f"/sms/messages?phone={phone}")
        return [item["data"]["text"] for item in items if item["key"].startswith(f"sms:{kind}")]

    async def notices(self) -> set[str]:
        """The numbers of the payment notices."""
        async with self.world.database.read(HOME) as reader:
            return {bill.notice_no for bill in await escrow.bills_of(reader, self.contract_id)}

    async def seal(self) -> None:
        """The developer seals as soon as the buyers' signatures are in place."""
        await self.stage.until(self._all_signed, bool, PATIENCE)
        await self.stage.sealed(self.contract_id)

    async def _all_signed(self) -> bool:
        sale = await self.stage.sale(self.contract_id)
        assert sale.ceremony_id is not None
        async with self.world.database.read(HOME) as reader:
            people = await signing.signatories_of(reader, sale.ceremony_id)
        return all(one.status == "signed" for one in people if one.kind == "person")

    async def all(self) -> None:
        """Everything that people do, from payment to seal."""
        for step in self.steps():
            await step()

    def steps(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """The same, one by one."""
        return self.pay, self.submit, self.sign, self.seal
