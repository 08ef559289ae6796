"""Organisations with a real seal and people, and files that they bring."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from kernel.db import Database, WriteSession
from kernel.outbox.delivery import deliver
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, Permission
from kernel.settings import Settings
from signing.founding import open_pki
from signing.models import OrganisationSeal
from signing.seal_policies import Keeper, set_policy
from signing.seal_rules import UsePolicy
from tests.signing.material import Resources, document, picture
from tests.signing.offices import person
from tests.testbed import HOME
from yiti.seal_desk import service
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.schemas import Placement

LOAN = "loan_contract"
CORNER = Placement(page=1, place="bottom_right")


@dataclass
class House:
    """One organisation with a seal, and one of its people who may seal."""

    seal: OrganisationSeal
    clerk: Actor

    @property
    def keeper(self) -> Keeper:
        assert self.clerk.organisation_id is not None
        return Keeper(person(self.clerk.organisation_id, Permission.SEAL_MANAGE))

    def colleague(self) -> Actor:
        return replace(self.clerk, id=uuid4())

    async def set(self, tx: WriteSession, **rules: Any) -> None:
        await set_policy(tx, self.keeper, self.seal.id, UsePolicy(**({"kinds": frozenset({LOAN})} | rules)))

    async def bring(self, tx: WriteSession, resources: Resources, data: bytes | None = None, **more: Any) -> SealedFile:
        asked = {"kind": LOAN, "name": "张三借款合同.pdf"} | more
        found = await service.examined(resources, data or document())
        return await service.bring(tx, self.clerk, self.seal, found=found, **asked)


async def make_house(
    tx: WriteSession, settings: Settings, name: str = "演示银行息县支行", organisation: UUID | None = None
) -> House:
    organisation, code = organisation or uuid4(), f"9141{uuid4().hex[:14].upper()}"
    key = f"organisation:{organisation}"
    made = await asyncio.to_thread(open_pki(settings).issue_seal, key, name, code, picture())
    seal = OrganisationSeal(
        key=key, organisation_id=organisation, organisation=name, credit_code=code,
        document_kinds=[LOAN, "settlement_letter", "contract"], serial=f"{made.certificate.serial_number:x}",
    )  # fmt: skip
    tx.add(seal)
    await tx.flush()
    return House(seal, person(organisation, Permission.SEAL_VIEW, Permission.SEAL_USE))


async def ordered(database: Database, resources: Resources, house: House, data: bytes, *, closes: bool = False) -> UUID:
    async with database.transaction(HOME) as tx:
        file = await house.bring(tx, resources, data)
        await service.submit(tx, house.clerk, file.id, Placement(page=1, place="bottom_right", closes=closes))
    return file.id


async def run(database: Database, resources: Resources, file_id: UUID) -> SealedFile:
    """Deliver the job of one file, as the worker does."""
    async with database.read(HOME) as reader:
        event = await reader.scalar(select(OutboxEvent.id).where(OutboxEvent.key == f"sealed_file.issue:{file_id}"))
    assert event is not None
    await deliver(database, resources, HOME, event)
    return await stored(database, file_id)


async def stored(database: Database, file_id: UUID) -> SealedFile:
    async with database.read(HOME) as reader:
        return (await reader.scalars(select(SealedFile).where(SealedFile.id == file_id))).one()
