"""A supervision agreement under three real seals: one text, each seal by its own rules, in force with the last one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pikepdf
import pytest
from sqlalchemy import select, update

from escrow.agreements import plans, service
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.rules import Side
from escrow.supervision import account_or_none
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.outbox.delivery import deliver
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, Permission, system_actor
from kernel.rendering import Renderer
from kernel.settings import Settings
from signing import seal_requests
from signing.errors import KeysUnavailable, UnknownSeal
from signing.founding import open_pki
from signing.models import OrganisationSeal, SealUse
from signing.pool import SigningPool
from signing.seal_errors import LimitReached, UseNotAllowed
from tests.escrow.people import COUNTY, REVIEWER
from tests.escrow.test_agreements import terms
from tests.estate.world import CLERK, new_project
from tests.portals.pages import make_organisation
from tests.seal_desk.houses import House, make_house
from tests.signing.material import picture
from tests.signing.offices import person
from yiti.accounts.roles import OrganisationKind
from yiti.estate.service import register_project
from yiti.journeys.agreements import jobs, sealing
from yiti.journeys.agreements.sealing import AGREEMENT
from yiti.letters.schemas import housing_seal
from yiti.portals.public.papers import known_by_digest
from yiti.resources import Resources

__all__ = ["jobs"]  # registered by being imported
unused: Any = None


@dataclass
class Three:
    """The parties of one agreement, and what their jobs work with."""

    database: Database
    parts: Resources
    developer: House
    bank: House
    project: UUID
    agreement_id: UUID

    async def run(self, key: str, parts: Any = None) -> None:
        """Deliver an event now, however long it was to wait."""
        async with self.database.transaction(COUNTY) as tx:
            chosen = update(OutboxEvent).where(OutboxEvent.key == key, OutboxEvent.state != "done")
            done = chosen.values(available_at=now(), state="pending").returning(OutboxEvent.id)
            event = await tx.scalar(done)
        if event is not None:
            await deliver(self.database, parts or self.parts, COUNTY, event)

    async def text(self) -> None:
        await self.run(service.text_key(self.agreement_id))

    async def set_seal(self, side: Side, parts: Any = None) -> None:
        await self.run(f"supervision.seal_ordered:{self.agreement_id}:{side}", parts)

    async def submit(self, actor: Actor) -> bool:
        async with self.database.transaction(COUNTY) as tx:
            return await sealing.submit(tx, actor, self.agreement_id)

    async def decide(self) -> None:
        async with self.database.transaction(COUNTY) as tx:
            await sealing.decide(tx, REVIEWER, self.agreement_id)

    async def terms(self) -> SupervisionAgreement:
        async with self.database.read(COUNTY) as reader:
            return await service.agreement(reader, self.agreement_id)

    async def waits(self) -> dict[Side, str]:
        async with self.database.read(COUNTY) as reader:
            return await sealing.delays(reader, await service.agreement(reader, self.agreement_id))


@pytest.fixture(scope="module")
async def pools(settings: Settings) -> AsyncIterator[tuple[SigningPool, Renderer]]:
    async with SigningPool(settings) as pool, Renderer(settings.assets_dir, 1) as renderer:
        yield pool, renderer


@pytest.fixture
async def three(fresh_database: Database, settings: Settings, pools: tuple[SigningPool, Renderer]) -> Three:
    pool, renderer = pools
    parts = Resources(settings, fresh_database, BlobStore(settings.blob_url), renderer, pool, unused)
    async with fresh_database.transaction(COUNTY) as tx:
        developer = await house(tx, settings, OrganisationKind.DEVELOPER, "息县某某置业有限公司")
        bank = await house(tx, settings, OrganisationKind.BANK, "某某银行息县支行")
        await make_organisation(tx, OrganisationKind.HOUSING_DEPARTMENT, name="息县住房和城乡建设局")
        await department_seal(tx, settings)
        project = await register_project(tx, CLERK, new_project(organisation_id=developer.clerk.organisation_id))
        new = await service.propose(
            tx,
            REVIEWER,
            terms(
                project.id,
                developer_id=developer.clerk.organisation_id,
                bank_organisation_id=bank.clerk.organisation_id,
            ),
            full_required=False,
        )
    return Three(fresh_database, parts, developer, bank, project.id, new.id)


async def house(tx: WriteSession, settings: Settings, kind: OrganisationKind, name: str) -> House:
    organisation = await make_organisation(tx, kind, name=name)
    made = await make_house(tx, settings, name, organisation.id)
    made.seal.credit_code, made.seal.document_kinds = organisation.credit_code, [AGREEMENT, "loan_contract"]
    await tx.flush()
    return made


async def department_seal(tx: WriteSession, settings: Settings) -> None:
    key, name = housing_seal(COUNTY), "息县住房和城乡建设局"
    made = await asyncio.to_thread(open_pki(settings).issue_seal, key, name, "11411528MB9999901X", picture())
    serial = f"{made.certificate.serial_number:x}"
    tx.add(
        OrganisationSeal(
            key=key, organisation=name, credit_code="11411528MB9999901X", document_kinds=[AGREEMENT], serial=serial
        )
    )


async def test_one_text_three_seals_in_force(three: Three) -> None:
    developer, bank = three.developer.clerk, three.bank.clerk
    async with three.database.transaction(COUNTY) as tx:
        await three.bank.set(tx, kinds=frozenset({AGREEMENT}), four_eyes=frozenset({AGREEMENT}))
    with pytest.raises(service.NotNow):
        await three.submit(developer)
    await three.text()
    text = (await three.terms()).document_digest
    await three.text()
    assert (await three.terms()).document_digest == text

    assert not await three.submit(bank), "four eyes: asked for first"
    async with three.database.transaction(COUNTY) as tx:
        (asked,) = await seal_requests.waiting_requests(tx, three.bank.seal.id, 9)
        await seal_requests.approve(tx, replace(bank, id=CLERK.id), asked.id)
    assert await three.submit(developer)
    assert await three.submit(bank)
    assert await three.waits() == {Side.DEVELOPER: "", Side.BANK: ""}
    for side in (Side.BANK, Side.DEVELOPER, Side.BANK):  # in any order, and a job that comes twice does nothing
        await three.set_seal(side)
    with pytest.raises(service.NotNow):
        await three.submit(developer)
    await three.decide()
    assert (await three.terms()).state == "proposed", "decided; in force only with the last seal"
    await three.set_seal(Side.DEPARTMENT)

    found = await three.terms()
    assert (found.state, found.in_force_by, found.document_digest) == ("in_force", REVIEWER.id, text)
    await the_file_is_sound(three, found)
    async with three.database.read(COUNTY) as reader:
        assert await account_or_none(reader, three.project) is not None
        held = await plans.in_force(reader, three.project)
        assert held is not None
        uses = (await reader.scalars(select(SealUse).where(SealUse.document_kind == AGREEMENT))).all()
        assert {(use.document_digest, use.outcome) for use in uses} == {(text, "used")}
        assert {use.actor_id for use in uses} == {developer.id, bank.id, REVIEWER.id}
        known = (await known_by_digest(reader, [str(found.sealed_digest)]))[str(found.sealed_digest)]
        assert (known.validity, known.words) == ("valid", "三方均已盖章，现行有效")
        assert known.view.holders == ("息县住房和城乡建设局", "息县某某置业有限公司", "某某银行息县支行")


async def the_file_is_sound(three: Three, found: SupervisionAgreement) -> None:
    assert found.sealed_digest is not None
    assert found.document_digest is not None
    pdf = await three.parts.blobs.get(found.sealed_digest)
    assert pdf.startswith(await three.parts.blobs.get(found.document_digest)), (
        "each seal is a revision of what was shown"
    )
    report = await three.parts.signing.validate_pdf(pdf)
    assert (report.outcome, report.unfilled) == ("valid", ())
    signers = [one.signer for one in report.signatures]
    assert signers[1:] == ["某某银行息县支行", "息县某某置业有限公司", "息县住房和城乡建设局"]
    assert [one.changes for one in report.signatures] == ["permitted", "permitted", "permitted", "none"]
    assert {one.level for one in report.signatures} == {"B-LT"}
    assert "锁定" in (await three.parts.signing.look_into(pdf)).unsealable, "the department's seal closes the file"
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert opened.open_metadata().pdfa_status == "3U"


async def test_what_hinders_a_seal_is_said_and_goes_on_by_itself(three: Three) -> None:
    class NoKeys:
        async def sign_seal(self, *_: object) -> None:
            raise KeysUnavailable

    await three.text()
    assert await three.submit(three.developer.clerk)
    await three.set_seal(Side.DEVELOPER, replace(three.parts, signing=NoKeys()))  # type: ignore[arg-type]
    assert await three.waits() == {Side.DEVELOPER: KeysUnavailable.default_message}
    assert (await three.terms()).developer_agreed_at is not None
    await three.set_seal(Side.DEVELOPER)
    assert (await three.terms()).developer_sealed_at is not None

    assert await three.submit(three.bank.clerk)
    async with three.database.transaction(COUNTY) as tx:
        await tx.execute(
            update(OrganisationSeal).where(OrganisationSeal.id == three.bank.seal.id).values(status="revoked")
        )
    await three.set_seal(Side.BANK)
    assert "印章证书已吊销" in (await three.waits())[Side.BANK]
    async with three.database.transaction(COUNTY) as tx:
        log = (await tx.scalars(select(SealUse.outcome).where(SealUse.seal_id == three.bank.seal.id))).all()
        assert sorted(log) == ["refused", "used"], "the refusal outlives the job's own transaction"
        await tx.execute(
            update(OrganisationSeal).where(OrganisationSeal.id == three.bank.seal.id).values(status="active")
        )
    await three.set_seal(Side.BANK)  # the operator has it tried again
    assert await three.waits() == {}
    assert (await three.terms()).bank_sealed_at is not None


async def test_refused_with_the_reason(three: Three) -> None:
    await three.text()
    stranger = person(three.developer.clerk.organisation_id or CLERK.id or UUID(int=0), Permission.SUPERVISION_AGREE)
    with pytest.raises(UseNotAllowed, match="没有用印权限"):
        await three.submit(stranger)
    async with three.database.transaction(COUNTY) as tx:
        await three.developer.set(tx, kinds=frozenset({"loan_contract"}))
    with pytest.raises(UseNotAllowed, match="不得用于此类文件"):
        await three.submit(three.developer.clerk)
    async with three.database.transaction(COUNTY) as tx:
        await three.bank.set(tx, kinds=frozenset({AGREEMENT}), daily_limit=1)
        await sealing_elsewhere(tx, three)
    with pytest.raises(LimitReached):
        await three.submit(three.bank.clerk)
    assert (await three.terms()).bank_agreed_at is None, "who was refused has not agreed"
    async with three.database.transaction(COUNTY) as tx:
        await tx.execute(
            update(OrganisationSeal)
            .where(OrganisationSeal.organisation_id.is_not(None))
            .values(credit_code="91411528MA0000000X")
        )
    with pytest.raises(UnknownSeal, match="尚未制作电子印章"):
        await three.submit(three.bank.clerk)


async def sealing_elsewhere(tx: WriteSession, three: Three) -> None:
    from signing.seals import authorise_use

    await authorise_use(tx, three.bank.clerk, three.bank.seal.credit_code, {AGREEMENT: "f" * 64}, "test:1")


async def test_withdrawn_with_its_requests(three: Three) -> None:
    await three.text()
    async with three.database.transaction(COUNTY) as tx:
        await three.bank.set(tx, kinds=frozenset({AGREEMENT}), four_eyes=frozenset({AGREEMENT}))
    assert not await three.submit(three.bank.clerk)
    async with three.database.transaction(COUNTY) as tx:
        await sealing.withdraw(tx, system_actor(COUNTY), three.agreement_id, "账号有误")
        assert await seal_requests.waiting_requests(tx, three.bank.seal.id, 9) == []
