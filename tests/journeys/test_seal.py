"""A developer that the housing department registers can seal contracts without anybody doing more."""

from tests.journeys.stage import HOME, Stage
from yiti.accounts.models import Organisation
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import create_organisation, organisation


async def test_a_new_developer_gets_its_seal(stage: Stage) -> None:
    clerk = await stage.actor("fangguan")
    async with stage.resources.database.transaction(HOME) as tx:
        made = await create_organisation(
            tx, clerk, kind=OrganisationKind.DEVELOPER, name="息县新来置业有限公司", credit_code="91411528MA9TET002P"
        )

    async def now() -> Organisation:
        async with stage.resources.database.read(HOME) as reader:
            return await organisation(reader, made.id)

    found = await stage.until(now, lambda one: one.seal_key is not None)
    assert found.seal_key == f"organisation:{made.id}"
