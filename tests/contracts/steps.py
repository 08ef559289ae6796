"""Steps of a sale that the tests stand on."""

from uuid import UUID, uuid4

from contracts.models import Contract
from contracts.schemas import Buyer, Home, Ownership
from contracts.service import begin_signing, file, freeze, open_draft, save_buyers, save_terms
from kernel.db import WriteSession
from kernel.permissions import Actor, ActorKind, system_actor
from tests.contracts.samples import BLANKS, ORGANISATION, home, person, plan, seller

COUNTY = "411528"
SYSTEM = system_actor(COUNTY)
CLERK = Actor(kind=ActorKind.STAFF, name="售楼甲", tenant=COUNTY, id=uuid4(), organisation_id=ORGANISATION)
STRANGER = Actor(kind=ActorKind.STAFF, name="售楼乙", tenant=COUNTY, id=uuid4(), organisation_id=uuid4())
CITIZEN = Actor(kind=ActorKind.CITIZEN, name="张三测", tenant=COUNTY, id=uuid4())
DIGEST, SIGNED = "a" * 64, "b" * 64
PRICE = 80_000_000


async def drafted(
    tx: WriteSession,
    buyers: tuple[Buyer, ...] = (person(),),
    ownership: Ownership = "sole",
    unit: Home | None = None,
) -> Contract:
    """A draft on which no rule has anything to say."""
    contract = await open_draft(tx, CLERK, unit or home(), seller())
    await save_buyers(tx, CLERK, contract.id, ownership, buyers, revision=contract.revision)
    return await save_terms(tx, CLERK, contract.id, PRICE, plan(PRICE), BLANKS, revision=contract.revision)


async def frozen(tx: WriteSession, buyers: tuple[Buyer, ...] = (person(),), ownership: Ownership = "sole") -> Contract:
    return await freeze(tx, CLERK, (await drafted(tx, buyers, ownership)).id)


async def signing(tx: WriteSession, buyers: tuple[Buyer, ...] = (person(),), ownership: Ownership = "sole") -> Contract:
    return await begin_signing(tx, CLERK, (await frozen(tx, buyers, ownership)).id, DIGEST)


async def filed(tx: WriteSession, buyers: tuple[Buyer, ...] = (person(),), ownership: Ownership = "sole") -> UUID:
    contract = await signing(tx, buyers, ownership)
    await file(tx, SYSTEM, contract.id, SIGNED)
    return contract.id
