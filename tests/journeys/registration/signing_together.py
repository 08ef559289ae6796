"""Citizens who sign their online application, without their browsers."""

from uuid import UUID

from kernel.permissions import Actor, ActorKind, Permission
from kernel.pii import blind_index
from signing import service as signing
from tests.journeys.registration.county import Desk
from tests.journeys.stage import Stage
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.models import Case
from yiti.journeys.registration import desk, envelope


def me(who: tuple[str, str, str]) -> Actor:
    person = UUID(bytes=blind_index(who[2])[:16])
    return Actor(ActorKind.CITIZEN, who[0], HOME, person, permissions=frozenset({Permission.CITIZEN_SELF}))


async def asked(office: Desk, case_id: UUID, actor: Actor, application: Application | None = None) -> UUID:
    """The form is finished; the ceremony in which it is signed."""
    async with office.resources.database.transaction(HOME) as tx:
        case = await cases.get(tx, case_id)
        await desk.finish(tx, actor, case_id, application or cases.application_of(case), case.version)
    await office.run_jobs()
    async with office.resources.database.read(HOME) as reader:
        found = await envelope.live(reader, case_id)
    assert found is not None
    assert found.ceremony_id is not None
    return found.ceremony_id


async def all_sign(office: Desk, ceremony_id: UUID) -> None:
    """Everybody has signed; what follows from it has not run yet."""
    stage = Stage(office.resources, office.sandbox)
    async with office.resources.database.read(HOME) as reader:
        keys = [one.key for one in await signing.signatories_of(reader, ceremony_id)]
    for key in keys:
        await stage.sign(ceremony_id, key)
    await office.run_jobs("signing.", but=("signing.completed",))


async def handed_in(office: Desk, case: Case, actor: Actor) -> Case:
    await all_sign(office, await asked(office, case.id, actor))
    await office.run_jobs("signing.")
    return await office.case(case.id)
