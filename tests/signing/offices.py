"""Organisations with a seal, and their people, without the keys: for what the policy decides."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from kernel.db import Database, WriteSession
from kernel.permissions import Actor, ActorKind, Permission, system_actor
from signing import seals
from signing.models import OrganisationSeal
from signing.seal_policies import Keeper, set_policy
from signing.seal_rules import UsePolicy
from tests.testbed import HOME

KINDS = ("contract", "letter")
DOCUMENTS = {"contract": "a" * 64}


@dataclass
class Office:
    """One organisation, its seal and who works there."""

    seal_id: UUID
    credit_code: str
    organisation: UUID
    clerk: Actor
    keeper: Keeper
    subject: str = field(default_factory=lambda: f"contract:{uuid4()}")

    def colleague(self, **more: Any) -> Actor:
        return replace(self.clerk, id=uuid4(), **more)

    async def use(self, tx: WriteSession, actor: Actor | None = None, documents: dict[str, str] | None = None) -> None:
        await seals.authorise_use(tx, actor or self.clerk, self.credit_code, documents or DOCUMENTS, self.subject)

    async def set(self, tx: WriteSession, **rules: Any) -> None:
        policy = UsePolicy(**({"kinds": frozenset(KINDS)} | rules))
        await set_policy(tx, self.keeper, self.seal_id, policy)


def person(organisation: UUID, *permissions: Permission) -> Actor:
    return Actor(ActorKind.STAFF, "某某", HOME, uuid4(), organisation, frozenset(permissions))


async def make_office(tx: WriteSession, permission: Permission = Permission.SEAL_USE) -> Office:
    organisation, code = uuid4(), f"9141{uuid4().hex[:14].upper()}"
    seal = OrganisationSeal(
        key=f"organisation:{organisation}",
        organisation_id=organisation,
        organisation="河南某某置业有限公司",
        credit_code=code,
        document_kinds=list(KINDS),
        serial=uuid4().hex,
    )
    tx.add(seal)
    await tx.flush()
    keeper = Keeper(person(organisation, Permission.SEAL_MANAGE))
    return Office(seal.id, code, organisation, person(organisation, permission), keeper)


async def kept_office(database: Database, **rules: Any) -> Office:
    """One that is there for other transactions too."""
    async with database.transaction(HOME) as tx:
        office = await make_office(tx)
        if rules:
            await office.set(tx, **rules)
    return office


SYSTEM = system_actor(HOME)
