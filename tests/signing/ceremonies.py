"""A ceremony to play with: its buyers, its developer and one sale under way."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, ActorKind, Permission, system_actor
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing import applying, seals, service
from signing.founding import open_pki
from signing.models import AppliedSignature, CeremonyDocument
from signing.schemas import (
    ClientInfo,
    DocumentToSign,
    Field,
    IdentityAssertion,
    IdentityStarted,
    Signatory,
    Viewing,
)
from tests.signing.material import Resources, box, document, handwriting
from tests.testbed import HOME

CLIENT = ClientInfo(address="127.0.0.1", agent="test")
SYSTEM = system_actor(HOME)
KINDS = ("contract", "inquiry_record")
PAGES = 2


@dataclass
class Sale:
    """One sale's ceremony and how its people act in it."""

    database: Database
    resources: Resources
    ceremony: UUID
    subject: str
    developer: Actor
    tenant: str = HOME

    async def link(self, key: str) -> str:
        async with self.database.transaction(self.tenant) as tx:
            return await service.link_token(tx, SYSTEM, self.ceremony, key)

    async def identify(self, token: str, key: str) -> IdentityAssertion:
        started = IdentityStarted(reference=f"ref-{uuid4()}", url="http://x/")
        async with self.database.transaction(self.tenant) as tx:
            await service.begin_identification(tx, token, started)
        assertion = assertion_for(key, started.reference)
        async with self.database.transaction(self.tenant) as tx:
            await service.complete_identification(tx, token, assertion)
        return assertion

    async def read(self, token: str, milliseconds: int = 1000, **pages: int) -> None:
        """As the desk reports it: pages 1 to n of each document were on the screen."""
        shown = {key: dict.fromkeys(range(1, pages.get(key, PAGES) + 1), milliseconds) for key in KINDS}
        async with self.database.transaction(self.tenant) as tx:
            await service.record_viewing(tx, token, Viewing(visit=uuid4().hex, documents=shown), CLIENT)

    async def consent(self, token: str, png: bytes | None = None) -> None:
        async with self.database.transaction(self.tenant) as tx:
            await service.consent(tx, token, dict.fromkeys(KINDS, True), png or handwriting(), CLIENT)

    async def agree(self, key: str) -> str:
        token = await self.link(key)
        await self.identify(token, key)
        await self.read(token)
        await self.consent(token)
        return token

    async def apply(self, key: str) -> None:
        async with self.database.transaction(self.tenant) as tx:
            await applying.apply_signatures(tx, self.resources, self.ceremony, key)

    async def sign(self, key: str) -> None:
        await self.agree(key)
        await self.apply(key)

    async def seal(self, actor: Actor | None = None) -> None:
        async with self.database.transaction(self.tenant) as tx:
            await service.seal_by_organisation(tx, actor or self.developer, self.ceremony, "seller")

    async def step(self, token: str) -> str:
        async with self.database.read(self.tenant) as reader:
            return (await service.by_token(reader, token)).step

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """Payloads of this ceremony's events on a topic, in their order."""
        return [dict(row.payload) for row in await self.rows(OutboxEvent) if row.topic == topic]

    async def rows(self, model: Any) -> Sequence[Any]:
        async with self.database.read(self.tenant) as reader:
            chosen = select(model)
            if model is AppliedSignature:
                chosen = chosen.join(CeremonyDocument, CeremonyDocument.id == AppliedSignature.document_id).where(
                    CeremonyDocument.ceremony_id == self.ceremony
                )
            elif model is OutboxEvent:
                chosen = chosen.where(OutboxEvent.key.contains(str(self.ceremony)))
            else:
                chosen = chosen.where(model.ceremony_id == self.ceremony)
            return list(await reader.scalars(chosen.order_by(model.id)))

    async def digests(self) -> dict[str, str]:
        async with self.database.read(self.tenant) as reader:
            return await service.signed_documents(reader, self.ceremony)


def assertion_for(key: str, reference: str) -> IdentityAssertion:
    number = key[-1]
    return IdentityAssertion(
        reference=reference,
        name=f"买受人{number}",
        id_no=f"99000019900101000{number}",
        method="real-name+face",
        provider="sandbox",
        verified_at=now(),
        digest="a" * 64,
    )


def buyer(number: int) -> Signatory:
    return Signatory(
        key=f"buyer-{number}",
        kind="person",
        name=f"买受人{number}",
        id_kind="resident_id",
        id_no=f"99000019900101000{number}",
        phone="13800000000",
    )


@pytest.fixture
async def developer(database: Database, settings: Settings) -> Actor:
    return await make_developer(database, settings)


async def make_developer(database: Database, settings: Settings) -> Actor:
    """A developer with an e-seal, and its clerk who may use it."""
    organisation, code = uuid4(), f"9141{uuid4().hex[:14].upper()}"
    async with database.transaction(HOME) as tx:
        await _issue(tx, settings, organisation, code)
    return Actor(
        kind=ActorKind.STAFF,
        name=code,
        tenant=HOME,
        id=uuid4(),
        organisation_id=organisation,
        permissions=frozenset({Permission.SALE_SEAL}),
    )


async def _issue(tx: WriteSession, settings: Settings, organisation: UUID, code: str) -> None:
    await seals.issue_seal(
        tx,
        SYSTEM,
        open_pki(settings),
        font_files(settings.assets_dir)[1],
        key=f"organisation:{organisation}",
        organisation="河南某某置业有限公司",
        credit_code=code,
        document_kinds=["contract"],
        organisation_id=organisation,
    )


@asynccontextmanager
async def opened(
    database: Database, resources: Resources, developer: Actor, buyers: int, *, turns: Sequence[int] = (),
    seller_turn: int = 0, term: timedelta | None = None,
) -> AsyncIterator[Sale]:  # fmt: skip
    subject = f"contract:{uuid4()}"
    people = [replace(buyer(number), turn=turns[number - 1] if turns else 0) for number in range(1, buyers + 1)]
    seller = Signatory(
        key="seller",
        kind="organisation",
        name="河南某某置业有限公司",
        id_kind="credit_code",
        id_no=developer.name,
        organisation="河南某某置业有限公司",
        credit_code=developer.name,
        turn=seller_turn,
    )
    places = [Field(name=f"sign-{p.key}", signatory=p.key, box=box(i)) for i, p in enumerate(people)]
    digest = await resources.blobs.put(document())
    documents = [
        DocumentToSign(
            key="contract",
            title="商品房买卖合同",
            digest=digest,
            pages=PAGES,
            fields=(*places, Field(name="sign-seller", signatory="seller", box=box(3))),
        ),
        DocumentToSign(key="inquiry_record", title="询问笔录", digest=digest, pages=PAGES, fields=tuple(places)),
    ]
    async with database.transaction(HOME) as tx:
        ceremony = await service.open_ceremony(
            tx, SYSTEM, subject, documents, [*people, seller], "seller", expires_at=now() + term if term else None
        )
    yield Sale(database, resources, ceremony.id, subject, developer)


@pytest.fixture
async def sale(database: Database, resources: Resources, developer: Actor) -> AsyncIterator[Sale]:
    async with opened(database, resources, developer, 3) as sale:
        yield sale
