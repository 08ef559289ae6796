"""The pages of the seals: own ones only, duties apart, four eyes, the log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kernel.db import Database
from kernel.permissions import Permission, system_actor
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from signing import seal_requests, seals
from signing.models import OrganisationSeal
from signing.seal_errors import ApprovalMissing
from tests.portals.pages import HOST, PageClient, make_staff
from tests.testbed import COUNTIES, HOME, OTHER
from yiti.accounts.cookies import SESSION
from yiti.accounts.models import User
from yiti.accounts.roles import ROLES
from yiti.accounts.sessions import staff_actor
from yiti.journeys.sale.papers import SEALED_BY_DEVELOPER
from yiti.letters.schemas import SEALED_BY_AGENCY
from yiti.portals import seals as portal
from yiti.portals.shell.plugin import Shell
from yiti.resources import Resources
from yiti.seal_desk.kinds import KIND_WORDS

PAPERS = {"contract": "a" * 64}
Staff = Callable[..., Awaitable[PageClient]]


@pytest.fixture(scope="module")
def app(database: Database, settings: Settings) -> Litestar:
    unused: Any = None
    parts = Resources(settings, database, unused, unused, unused, unused)
    counties = {str(county["code"]): str(county["name"]) for county in COUNTIES}
    return Litestar(
        route_handlers=[*portal.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: parts, sync_to_thread=False)},
        plugins=[Shell(settings, [portal.PORTAL])],
        state=State({"database": database, "counties": counties}),
        openapi_config=None,
    )


@pytest.fixture
async def staff(app: Litestar, database: Database) -> AsyncIterator[Staff]:
    opened: list[PageClient] = []

    async def make(role: str, organisation: UUID | None = None, county: str = HOME) -> PageClient:
        async with database.transaction(county) as tx:
            who = await make_staff(tx, role, organisation_id=organisation)
        http = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{HOST}")  # type: ignore[arg-type]
        http.cookies.set(SESSION, who.cookie, domain=HOST)
        opened.append(PageClient(http, who))
        return opened[-1]

    yield make
    for one in opened:
        await one.http.aclose()


@dataclass
class Office:
    """A developer's seal and its people."""

    seal: UUID
    code: str
    organisation: UUID
    keeper: PageClient
    manager: PageClient
    colleague: PageClient

    @property
    def url(self) -> str:
        return f"/seals/{self.seal}"

    def policy(self, **changes: Any) -> dict[str, Any]:
        return {"version": "0", "kinds": ["contract", "handover_agreement"], "daily_limit": ""} | changes


async def seal_row(database: Database, organisation: UUID | None, key: str, kinds: tuple[str, ...]) -> tuple[UUID, str]:
    code = f"9141{uuid4().hex[:14].upper()}"
    async with database.transaction(HOME) as tx:
        row = OrganisationSeal(
            key=key, organisation_id=organisation, organisation="息县测试置业有限公司", credit_code=code,
            document_kinds=list(kinds), serial=uuid4().hex,
        )  # fmt: skip
        tx.add(row)
    return row.id, code


@pytest.fixture
async def office(database: Database, staff: Staff) -> Office:
    keeper = await staff("developer_seal_keeper")
    assert keeper.staff is not None
    organisation = keeper.staff.organisation_id
    seal, code = await seal_row(
        database, organisation, f"organisation:{organisation}", ("contract", "handover_agreement")
    )
    manager, colleague = [await staff("sales_manager", organisation) for _ in range(2)]
    return Office(seal, code, organisation, keeper, manager, colleague)


async def actor_of(database: Database, client: PageClient) -> Any:
    assert client.staff is not None
    async with database.read(HOME) as reader:
        user = await reader.get(User, (HOME, client.staff.user_id))
    assert user is not None
    return staff_actor(user)


def test_every_kind_that_is_sealed_has_its_name() -> None:
    assert set(SEALED_BY_AGENCY) | set(SEALED_BY_DEVELOPER) <= set(KIND_WORDS)


def test_who_keeps_a_seal_does_not_use_it() -> None:
    for role in ROLES.values():
        uses = role.permissions & {Permission.SEAL_USE, Permission.SALE_SEAL}
        assert not (Permission.SEAL_MANAGE in role.permissions and uses), role.code


async def test_the_keeper_sets_rules_and_the_page_tells_them(office: Office) -> None:
    assert "设定用印规则" in (await office.keeper.get(office.url)).text
    assert (await office.keeper.get("/seals")).text.count(office.url) == 2
    manager = office.manager.staff
    assert manager is not None
    rules = office.policy(daily_limit="5", four_eyes="contract", users=str(manager.user_id), roles="sales_manager")
    saved = await office.keeper.htmx("POST", f"{office.url}/policy", rules)
    assert saved.headers["HX-Redirect"] == office.url, saved.text
    shown = (await office.keeper.get(office.url)).text
    for words in ("每日上限：5次", "须他人批准：商品房买卖合同", "用印人：售楼负责人、测**"):
        assert words in shown
    assert shown.count("测试员") == 1, "only who looks is named in full"
    stale = await office.keeper.htmx("POST", f"{office.url}/policy", rules)
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"daily_limit": "many"}, "daily_limit"),
        ({"daily_limit": "0"}, "daily_limit"),
        ({"kinds": "proof"}, "kinds"),
        ({"four_eyes": "proof"}, "four_eyes"),
        ({"roles": "sales_clerk"}, "roles"),
        ({"roles": "administrator"}, "roles"),
        ({"users": str(uuid4())}, "users"),
        ({"version": ""}, "version"),
    ],
)
async def test_rules_that_cannot_be_are_refused_at_their_field(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    answer = await office.keeper.htmx("POST", f"{office.url}/policy", office.policy(**changes))
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_duties_are_apart_and_others_see_nothing(office: Office, staff: Staff) -> None:
    for path in ("policy", "suspend", "resume"):
        assert (await office.manager.htmx("POST", f"{office.url}/{path}", {})).status_code == 403
    assert (await office.keeper.htmx("POST", f"/seals/requests/{uuid4()}/approve")).status_code == 403
    assert "设定用印规则" not in (await office.manager.get(office.url)).text
    assert (await (await staff("sales_clerk", office.organisation)).get("/seals")).status_code == 403
    others = [
        await staff("developer_seal_keeper"), await staff("agency_seal_keeper"), await staff("bank_seal_keeper"),
        await staff("developer_seal_keeper", county=OTHER),
    ]  # fmt: skip
    for other in others:
        assert (await other.get(office.url)).status_code == 404
        assert (await other.get(f"{office.url}/picture.png")).status_code == 404
        assert (await other.htmx("POST", f"{office.url}/policy", office.policy())).status_code == 404
        assert (await other.htmx("POST", f"{office.url}/suspend", {"reason": "x"})).status_code == 404
        assert office.url not in (await other.get("/seals")).text


async def test_a_seal_is_suspended_with_a_reason_and_comes_back(office: Office) -> None:
    bare = await office.keeper.htmx("POST", f"{office.url}/suspend", {"reason": " "})
    assert (bare.status_code, bare.json()["field"]) == (422, "reason")
    await office.keeper.htmx("POST", f"{office.url}/suspend", {"reason": "人员交接"})
    assert "印章已停用" in (await office.manager.get(office.url)).text
    await office.keeper.htmx("POST", f"{office.url}/resume")
    assert "在用" in (await office.manager.get(office.url)).text


async def test_a_request_is_approved_by_another_and_everything_is_in_the_log(
    office: Office, database: Database
) -> None:
    await office.keeper.htmx("POST", f"{office.url}/policy", office.policy(four_eyes="contract"))
    asker, subject = await actor_of(database, office.manager), f"contract:{uuid4()}"
    async with database.transaction(HOME) as tx:
        asked = await seal_requests.ask(tx, asker, office.seal, PAPERS, subject)
    own = (await office.manager.get(office.url)).text
    assert "须由他人批准" in own
    refused = await office.manager.htmx("POST", f"/seals/requests/{asked.id}/approve")
    assert refused.json()["code"] == "signing.own_seal_request"
    page = (await office.colleague.get(office.url)).text
    assert f'href="/sales/contracts/{subject.removeprefix("contract:")}"' in page
    approved = await office.colleague.htmx("POST", f"/seals/requests/{asked.id}/approve")
    assert approved.headers["HX-Redirect"] == office.url
    with pytest.raises(ApprovalMissing):
        async with database.transaction(HOME) as tx:
            await seals.authorise_use(tx, asker, office.code, {"contract": "b" * 64}, subject)
    async with database.transaction(HOME) as tx:
        await seals.authorise_use(tx, asker, office.code, PAPERS, subject)
    log = (await office.keeper.get(office.url)).text
    assert "已盖章" in log
    assert "没有待批准的申请" in log


async def test_a_request_is_not_approved_and_a_stranger_finds_none(
    office: Office, database: Database, staff: Staff
) -> None:
    await office.keeper.htmx("POST", f"{office.url}/policy", office.policy(four_eyes="contract"))
    asker = await actor_of(database, office.manager)
    async with database.transaction(HOME) as tx:
        asked = await seal_requests.ask(tx, asker, office.seal, PAPERS, f"contract:{uuid4()}")
    stranger = await staff("sales_manager")
    assert (await stranger.htmx("POST", f"/seals/requests/{asked.id}/approve")).status_code == 404
    bare = await office.colleague.htmx("POST", f"/seals/requests/{asked.id}/refuse", {"reason": ""})
    assert bare.json()["field"] == "reason"
    await office.colleague.htmx("POST", f"/seals/requests/{asked.id}/refuse", {"reason": "价款未核对"})
    again = await office.colleague.htmx("POST", f"/seals/requests/{asked.id}/approve")
    assert again.json()["code"] == "signing.seal_request_decided"


async def test_an_approval_that_the_rules_forbid_is_refused_and_written_down(
    office: Office, database: Database
) -> None:
    manager = office.manager.staff
    assert manager is not None
    rules = office.policy(four_eyes="contract", users=str(manager.user_id))
    await office.keeper.htmx("POST", f"{office.url}/policy", rules)
    async with database.transaction(HOME) as tx:
        asked = await seal_requests.ask(
            tx, await actor_of(database, office.manager), office.seal, PAPERS, f"contract:{uuid4()}"
        )
    assert (await office.colleague.htmx("POST", f"/seals/requests/{asked.id}/approve")).status_code == 403
    assert "拒绝：不在用印规则指定的人员之内" in (await office.keeper.get(office.url)).text


async def test_the_agencys_seal_is_kept_by_the_registration_centre(database: Database, staff: Staff) -> None:
    keeper = await staff("agency_seal_keeper")
    seal, _ = await seal_row(database, None, f"county:{uuid4()}:registration", ("proof", "letter"))
    shown = (await keeper.get(f"/seals/{seal}")).text
    assert "系统在登簿、发文后自动加盖" in shown
    assert "须经他人批准的文件" not in shown
    saved = await keeper.htmx("POST", f"/seals/{seal}/policy", {"version": "0", "kinds": "proof", "daily_limit": "900"})
    assert saved.headers["HX-Redirect"] == f"/seals/{seal}"
    assert "每日上限：900次" in (await keeper.get(f"/seals/{seal}")).text


async def test_the_log_is_paged_and_the_picture_is_drawn(office: Office, database: Database) -> None:
    asker = system_actor(HOME)
    async with database.transaction(HOME) as tx:
        for _ in range(51):
            await seals.authorise_use(tx, asker, office.code, PAPERS, "contract:1")
    first = (await office.keeper.get(office.url)).text
    assert first.count("已盖章") == 50
    following = first.split('href="?before=')[1].split('"')[0]
    assert (await office.keeper.get(f"{office.url}?before={following}")).text.count("已盖章") == 1
    picture = await office.keeper.http.get(f"{office.url}/picture.png")
    assert picture.content.startswith(b"\x89PNG")
