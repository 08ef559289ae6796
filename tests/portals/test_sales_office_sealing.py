"""Four eyes on the page of a sale: one manager asks, another approves, the first seals."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from litestar import Litestar
from sqlalchemy import select

from kernel.permissions import Permission, system_actor
from signing import seal_requests
from signing.models import OrganisationSeal, SealUse
from signing.seal_policies import Keeper, policy_of, set_policy
from signing.seal_rules import UsePolicy
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.pages import PageClient
from tests.portals.sales import make_platform, open_desk
from tests.signing.offices import person
from yiti.accounts.service import create_user
from yiti.local.demo_county import PASSWORD
from yiti.portals.seals.controllers import SealsController

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]


@asynccontextmanager
async def under_four_eyes(stage: Stage, kinds: Sequence[str]) -> AsyncIterator[OrganisationSeal]:
    """The demo developer's seal; afterwards its rules are open again."""
    developer = (await stage.actor("jingli")).organisation_id
    assert developer is not None
    keeper = Keeper(person(developer, Permission.SEAL_MANAGE))

    async def set_rules(four_eyes: frozenset[str]) -> OrganisationSeal:
        async with stage.resources.database.transaction(HOME) as tx:
            found = select(OrganisationSeal).where(OrganisationSeal.organisation_id == developer)
            seal = (await tx.scalars(found)).one()
            issued, version = frozenset(seal.document_kinds), (await policy_of(tx, seal)).version
            await set_policy(tx, keeper, seal.id, UsePolicy(kinds=issued, four_eyes=four_eyes, version=version))
        return seal

    yield await set_rules(frozenset(kinds))
    await set_rules(frozenset())


async def second_manager(stage: Stage) -> str:
    employer = (await stage.actor("jingli")).organisation_id
    assert employer is not None
    login = f"fujingli-{uuid4().hex[:8]}"
    async with stage.resources.database.transaction(HOME) as tx:
        await create_user(
            tx, system_actor(HOME), organisation_id=employer, login=login, display_name="傅经理",
            roles=["sales_manager"], password=PASSWORD,
        )  # fmt: skip
    return login


async def live(client: PageClient, url: str) -> str:
    return (await client.get(url)).text.split('id="live"')[1]


async def test_one_manager_asks_another_approves_the_first_seals(stage: Stage) -> None:
    sales: Litestar = make_platform(stage)
    sales.register(SealsController)
    contract_id = await stage.drafted([buyer()])
    url = f"/sales/contracts/{contract_id}"
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    manager = await open_desk(sales, stage, "jingli")
    other = await open_desk(sales, stage, await second_manager(stage))
    clerk = await open_desk(sales, stage, "shoulou")
    async with under_four_eyes(stage, ["contract"]) as seal:
        early = await manager.htmx("POST", f"{url}/seal/request")
        assert early.json()["code"] == "signing.not_your_turn"
        await stage.signed_by_buyers(contract_id)
        page = await stage.until(lambda: live(manager, url), lambda html: "申请用印" in html)
        assert f'{url}/seal"' not in page
        assert "请有盖章权限的负责人登录后盖章" in await live(clerk, url)
        refused = await manager.htmx("POST", f"{url}/seal")
        assert (refused.status_code, refused.json()["code"]) == (409, "signing.seal_approval_missing")
        asked = await manager.htmx("POST", f"{url}/seal/request")
        assert asked.headers["HX-Redirect"] == url, asked.text
        assert "等待本单位另一名用印人批准" in await live(manager, url)
        assert f'href="/seals/{seal.id}"' in await live(other, url)
        async with stage.resources.database.read(HOME) as reader:
            request = await seal_requests.last_request(reader, seal.id, f"contract:{contract_id}")
        assert request is not None
        approved = await other.htmx("POST", f"/seals/requests/{request.id}/approve")
        assert approved.headers["HX-Redirect"] == f"/seals/{seal.id}"
        assert "由申请人" in await live(other, url)
        assert "已批准" in await live(manager, url)
        sealed = await manager.htmx("POST", f"{url}/seal")
        assert sealed.headers["HX-Redirect"] == url, sealed.text
    async with stage.resources.database.read(HOME) as reader:
        log = select(SealUse.outcome, SealUse.reason).where(SealUse.subject == f"contract:{contract_id}")
        rows = set((await reader.execute(log)).all())
    assert rows == {("refused", "approval"), ("used", "")}
    for client in (manager, other, clerk):
        await client.http.aclose()
