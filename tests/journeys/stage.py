"""Playing a sale step by step through the services, as the pages do."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.schemas import Buyer, Instalment
from escrow.schemas import Confirmation
from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.identifiers import test_resident_id
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, ActorKind, system_actor
from signing.errors import NotYourTurn
from signing.schemas import ClientInfo, IdentityAssertion, IdentityStarted, Viewing
from tests.integrations.conftest import Sandbox
from yiti.accounts.models import Organisation, User
from yiti.accounts.roles import permissions_of
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.estate.models import Building, Unit
from yiti.journeys import presale
from yiti.journeys.documents import QUESTIONS
from yiti.journeys.models import Sale
from yiti.resources import Resources

HOME = "411528"
ANSWERS = {question.key: question.clear for question in QUESTIONS}
PRICE = 60_000_000
DOWN = 20_000_000
FROM_BANK, FROM_FUND = 25_000_000, 15_000_000
BLANKS = {
    "loan_bank": "演示建设银行",
    "fund_centre": "息县住房公积金管理部",
    "property_company": "演示物业服务有限公司",
}
MORTGAGED_BUILDING = 3
MORTGAGED = {"mortgagee": "演示农商银行", "mortgage_no": "1", "mortgagee_consent": "同意销售函2026-01"}
_people = count(1)
T = TypeVar("T")


def buyer(name: str = "张三", **changes: Any) -> Buyer:
    """A grown-up who does not exist."""
    number = next(_people)
    usual: dict[str, Any] = {
        "kind": "person",
        "name": name,
        "id_kind": "resident_id",
        "id_no": test_resident_id(date(1990, 1, 1), number),
        "phone": f"139{number:08d}",
        "address": "息县谯楼街道测试小区1号楼",
    }
    return Buyer(**(usual | changes))


def handwriting() -> bytes:
    """A scribble as the signature pad sends it."""
    picture = Image.new("RGBA", (400, 160))
    ImageDraw.Draw(picture).line([(20, 120), (120, 30), (200, 130), (380, 40)], fill=(0, 0, 0, 255), width=6)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def show_everything(tx: WriteSession, token: str) -> None:
    """As the signing desk reports it: every page of every document was on the screen for a second."""
    client = ClientInfo(address="127.0.0.1", agent="test")
    ceremony = UUID((await signing.by_token(tx, token)).ceremony_id)
    pages = {one.key: one.pages for one in await signing.documents_of(tx, ceremony)}
    shown = {key: dict.fromkeys(range(1, count + 1), 1000) for key, count in pages.items()}
    await signing.record_viewing(tx, token, Viewing(visit=uuid4().hex, documents=shown), client)


@dataclass
class Stage:
    """A county at work; every method is one step of somebody."""

    resources: Resources
    sandbox: Sandbox
    taken: set[UUID] = field(default_factory=set)

    async def actor(self, login: str) -> Actor:
        async with self.resources.database.read(HOME) as reader:
            user = (await reader.scalars(select(User).where(User.login == login))).one()
            employer = (await reader.scalars(select(Organisation).where(Organisation.id == user.organisation_id))).one()
        return Actor(
            kind=ActorKind.STAFF, name=user.display_name, tenant=HOME, id=user.id, organisation_id=employer.id,
            permissions=permissions_of(user.roles),
        )  # fmt: skip

    async def free_unit(self, building: int = 1) -> UUID:
        """A home that no other test has touched."""
        async with self.resources.database.read(HOME) as reader:
            wanted = select(Unit.id).join(Building, Building.id == Unit.building_id).where(Building.number == building)
            units = await reader.scalars(wanted.order_by(Unit.code))
            unit = next(unit for unit in units if unit not in self.taken)
        self.taken.add(unit)
        return unit

    async def drafted(self, buyers: Sequence[Buyer], ownership: Any = "sole", building: int = 1) -> UUID:
        """A complete draft."""
        clerk = await self.actor("shoulou")
        unit = await self.free_unit(building)
        async with self.resources.database.transaction(HOME) as tx:
            contract = await presale.start_sale(tx, clerk, unit)
            await contracts.save_buyers(tx, clerk, contract.id, ownership, buyers, revision=contract.revision)
            plan = [
                Instalment(due=today(), amount_fen=DOWN, kind="down_payment"),
                Instalment(due=today(), amount_fen=FROM_BANK, kind="loan"),
                Instalment(due=today(), amount_fen=FROM_FUND, kind="fund_loan"),
            ]
            blanks = BLANKS | (MORTGAGED if building == MORTGAGED_BUILDING else {})
            await contracts.save_terms(tx, clerk, contract.id, PRICE, plan, blanks, revision=contract.revision)
        return contract.id

    async def billed(self, contract_id: UUID) -> None:
        async with self.resources.database.transaction(HOME) as tx:
            await presale.order_payment(tx, await self.actor("shoulou"), contract_id)

    async def paid(self, contract_id: UUID) -> None:
        """The bank confirms both notices."""
        async with self.resources.database.transaction(HOME) as tx:
            for bill in await escrow.bills_of(tx, contract_id):
                evidence = await self.resources.blobs.put(b"signed voucher " + bill.notice_no.encode())
                await escrow.confirm(
                    tx, system_actor(HOME),
                    Confirmation(
                        event_id=uuid4().hex, notice_no=bill.notice_no, amount_fen=bill.amount_fen, paid_at=now(),
                        bank_serial=uuid4().hex, account_no=bill.account_no, evidence_digest=evidence,
                    ),
                )  # fmt: skip

    async def submitted(self, contract_id: UUID, bank: str | None = None) -> None:
        async with self.resources.database.transaction(HOME) as tx:
            await presale.submit(tx, await self.actor("shoulou"), contract_id, ANSWERS, bank)

    async def sale(self, contract_id: UUID) -> Sale:
        async with self.resources.database.read(HOME) as reader:
            return (await reader.scalars(select(Sale).where(Sale.contract_id == contract_id))).one()

    async def signed_by_buyers(self, contract_id: UUID) -> None:
        """Every buyer opens the link, is identified and signs everything in one session."""
        sale = await self.until(lambda: self.sale(contract_id), lambda one: one.ceremony_id is not None)
        assert sale.ceremony_id is not None
        async with self.resources.database.read(HOME) as reader:
            keys = [one.key for one in await signing.signatories_of(reader, sale.ceremony_id) if one.kind == "person"]
        for key in keys:
            await self.sign(sale.ceremony_id, key)

    async def sign(self, ceremony_id: UUID, key: str) -> None:
        async with self.resources.database.transaction(HOME) as tx:
            token = await signing.link_token(tx, system_actor(HOME), ceremony_id, key)
        await self.sign_by_link(token)

    async def sign_by_link(self, token: str) -> None:
        """A buyer identifies and signs everything in one session."""
        reference = uuid4().hex
        async with self.resources.database.transaction(HOME) as tx:
            name, id_no = await signing.identity_request(tx, token)
            await signing.begin_identification(tx, token, IdentityStarted(reference=reference, url="x"))
            assertion = IdentityAssertion(
                reference=reference, name=name, id_no=id_no, method="人脸", provider="测试身份认证", verified_at=now(),
                digest=hashlib.sha256(reference.encode()).hexdigest(),
            )  # fmt: skip
            await signing.complete_identification(tx, token, assertion)
            desk = await signing.by_token(tx, token)
            agreed = {document.key: True for document in desk.documents}
            await show_everything(tx, token)
            await signing.consent(tx, token, agreed, handwriting(), ClientInfo(address="127.0.0.1", agent="test"))

    async def sealed(self, contract_id: UUID) -> None:
        """The developer's manager seals last, as soon as the buyers' signatures are in place."""
        manager = await self.actor("jingli")

        async def attempt() -> bool:
            try:
                async with self.resources.database.transaction(HOME) as tx:
                    await presale.seal(tx, manager, contract_id)
            except NotYourTurn:
                return False
            return True

        await self.until(attempt, bool)

    async def proof(self, contract_id: UUID) -> Certificate | None:
        async with self.resources.database.read(HOME) as reader:
            sale = (await reader.scalars(select(Sale).where(Sale.contract_id == contract_id))).one()
            found = await certificates.of_case(reader, sale.case_id) if sale.case_id else []
            return found[0] if found else None

    async def finished(self, contract_id: UUID) -> Certificate:
        """The whole way; returns the issued proof."""
        await self.billed(contract_id)
        await self.paid(contract_id)
        await self.submitted(contract_id, "CCB-DEMO")
        await self.signed_by_buyers(contract_id)
        await self.sealed(contract_id)
        found = await self.until(lambda: self.proof(contract_id), lambda one: one is not None and one.state == "issued")
        assert found is not None
        return found

    async def until(self, ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 40) -> T:
        try:
            async with asyncio.timeout(seconds):
                while not good(answer := await ask()):  # noqa: ASYNC110  it happens in the database
                    await asyncio.sleep(0.05)
                return answer
        except TimeoutError:
            raise AssertionError(await self.troubles()) from None

    async def troubles(self) -> list[tuple[str, str, str | None]]:
        async with self.resources.database.read(HOME) as reader:
            rows = await reader.scalars(select(OutboxEvent).where(OutboxEvent.state != "done"))
            return [(row.topic, row.state, row.last_error) for row in rows]
