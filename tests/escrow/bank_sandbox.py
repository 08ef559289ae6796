"""The sandbox's bank in this process, and the platform's side of the wire: the connector and the gateway."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from sqlalchemy import func, select

from integrations.bank_payments import BankPayments
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.exchange import ExchangeLog
from integrations.gateway import Gateway
from integrations.http import CounterpartyClient, Policy
from integrations.keys import KeyRing
from integrations.sandbox.app import create_app
from integrations.sandbox.state import Callback
from integrations.sandbox.world import World
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.db.schema import load_modules
from kernel.outbox.models import PENDING, OutboxEvent
from kernel.outbox.registry import Event, registrations
from kernel.settings import Settings
from kernel.tenancy import as_tenant
from tests.escrow.world import ACTOR, COUNTY
from yiti.journeys.banking.documents import take_in

load_modules("jobs")
PATIENT = Policy(attempts=1, failures_to_open=1_000_000)
"""Never stops asking: what a breaker does has its own tests."""
ME = Counterparty.SUPERVISION_BANK
OURS = ("escrow.order_issued", "escrow.order_inquiry", "escrow.statement_received", "escrow.suspense_settled")


@dataclass
class BankAndPlatform:
    """Both ends. `work` does what the worker would, `deliver` what the bank's reports cause."""

    database: Database
    app: Litestar
    bank: World
    http: httpx.AsyncClient
    gateway: Gateway
    payments: BankPayments

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "BankAndPlatform":
        app = create_app(settings)
        bank: World = app.state["world"]
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://sandbox"
        )
        keys, log = KeyRing.load(settings.keys_dir, PLATFORM), ExchangeLog(database)
        client = CounterpartyClient(ME, "http://sandbox/bank", http=http, keys=keys, log=log, policy=PATIENT)
        gateway = Gateway(keys, log, BlobStore(settings.blob_url))
        return cls(database, app, bank, http, gateway, BankPayments(client, "http://platform"))

    async def work(self, *, later: timedelta = timedelta(), one: bool = False) -> list[str]:
        """Run what is due in the outbox, or will be until then (or the first of it); the topics that were run."""
        due = select(OutboxEvent).where(
            OutboxEvent.state == PENDING, OutboxEvent.topic.in_(OURS), OutboxEvent.available_at <= now() + later
        )
        async with self.database.read(COUNTY) as reader:
            chosen = due.order_by(func.random()).limit(1) if one else due.order_by(OutboxEvent.id)
            events = list(await reader.scalars(chosen))
        parts: Any = SimpleNamespace(connectors=SimpleNamespace(bank_payments=self.payments))
        for row in events:
            event = Event(row.id, row.topic, row.key, COUNTY, row.payload, 1, self.database, parts)
            with as_tenant(COUNTY):
                async with self.database.transaction(COUNTY) as tx:
                    await registrations[row.topic].handler(tx, event)
                    done = (await tx.scalars(select(OutboxEvent).where(OutboxEvent.id == row.id))).one()
                    done.state = "done"
        return [row.topic for row in events]

    def owed(self, op: str = "") -> list[Callback]:
        """What the bank still has to tell, oldest first."""
        callbacks = self.bank.store.state.callbacks.values()
        return [one for one in callbacks if one.status == "owed" and op in one.op]

    async def deliver(self, *, backwards: bool = False, twice: bool = False) -> list[str]:
        """Everything that the bank owes arrives; what became of it."""
        results = []
        told = self.owed()
        for one in reversed(told) if backwards else told:
            one.status = "acknowledged"
            results += [await self.hear(one) for _ in range(2 if twice else 1)]
        return results

    async def hear(self, told: Callback, keys: KeyRing | None = None, *, cut_off: type[Exception] | None = None) -> str:
        """One report arrives; `cut_off` ends the process before its COMMIT."""
        message = seal_message(
            keys or self.bank.keys[ME], to=PLATFORM, op=told.op, county=told.county, key=told.event_id,
            data=msgspec.Raw(msgspec.json.encode(told.data)),
        )  # fmt: skip
        async with self.database.transaction(COUNTY) as tx:
            received = await self.gateway.receive_document(tx, ME, message.encode())
            if received.duplicate:
                return "duplicate"
            outcomes = await take_in(tx, ACTOR, received.document, received.evidence_digest)
            if cut_off is not None:
                raise cut_off
            return ",".join(one.result for one in outcomes)

    async def fault(self, **faults: Any) -> None:
        (await self.http.put(f"/faults/{ME}", json=faults)).raise_for_status()

    async def ask(self, path: str, *, day: str = "", **told: Any) -> Any:
        """The sandbox's own API."""
        query = {"county": COUNTY} | ({"day": day} if day else {})
        answer = await self.http.post(f"/bank/{path}", params=query, json=told or None)
        assert answer.is_success, answer.text
        return answer.json()
