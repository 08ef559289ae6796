"""The housing department at its desks: its pages on a test database, and the road to a permit as it is clicked."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.permissions import system_actor
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from tests.estate.world import PARCEL, line, survey_file
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.testbed import COUNTIES, HOME
from yiti.app import UPLOAD_LIMIT_BYTES
from yiti.estate.parameters import install_parameters
from yiti.portals import agreements, developer, housing
from yiti.portals.shell.plugin import Shell
from yiti.resources import Resources

_parcels = iter(range(50_000, 99_999))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make_platform(database: Database, settings: Settings) -> Litestar:
    """The housing department's pages; of a process's resources they use the blobs only."""
    unused: Any = None
    parts = Resources(settings, database, BlobStore(settings.blob_url), unused, unused, unused)
    return Litestar(
        route_handlers=[*agreements.ROUTES, *developer.ROUTES, *housing.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: parts, sync_to_thread=False)},
        plugins=[Shell(settings, [agreements.PORTAL, developer.PORTAL, housing.PORTAL])],
        state=State(
            {
                "database": database,
                "counties": {str(county["code"]): str(county["name"]) for county in COUNTIES},
            }
        ),
        request_max_body_size=UPLOAD_LIMIT_BYTES,
        openapi_config=None,
    )


async def desk(
    app: Litestar, database: Database, role: str = "estate_clerk", county: str = HOME, **employer: Any
) -> PageClient:
    """A browser in which a new member of staff with this role has signed in; `organisation_id` names the employer."""
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    http = AsyncClient(transport=transport, base_url=f"http://{HOST}")
    client = await sign_in_as(database, http, role, county, **employer)
    client._token = re.findall(r'name="_csrf" value="([^"]+)"', (await client.get("/account/password")).text)[0]
    return client


async def parameters(database: Database) -> None:
    """Both counties' dictionaries and presale conditions."""
    for county in COUNTIES:
        async with database.transaction(str(county["code"])) as tx:
            await install_parameters(tx, system_actor(tx.tenant))


def project_form(organisation_id: UUID | str, **changes: str) -> dict[str, str]:
    facts = {
        "organisation_id": str(organisation_id),
        "name": f"淮河新城{uuid4().hex[:8]}",
        "parcel_code": PARCEL.format(next(_parcels)),
        "location": "息县淮河路1号",
        "land_use_right_no": "豫（2024）息县不动产权第0000001号",
        "land_term_end": "2094-05-31",
        "planning_permit_no": "建字第411528202400001号",
        "planning_permit_on": "2024-09-01",
        "construction_permit_no": "411528202409010101",
    }
    return facts | changes


def building_form(number: int = 1, **changes: str) -> dict[str, str]:
    facts = {
        "number": str(number),
        "name": f"{number}号楼",
        "floors_total": "18",
        "structure": "钢筋混凝土结构",
        "has_lift": "yes",
        "planned_handover": "2028-06-30",
    }
    return facts | changes


def account_form(**changes: str) -> dict[str, str]:
    facts = {
        "account_no": f"4105{uuid4().int % 10**16:016d}",
        "account_name": "息县测试置业预售资金监管专户",
        "bank_code": "CCB-DEMO",
        "bank_name": "演示建设银行息县支行",
        "agreement_no": "监管协议2026-009",
        "mode": "full",
    }
    return facts | changes


def permit_fields(building_ids: Sequence[str], **changes: str) -> dict[str, Any]:
    facts = {
        "building_ids": list(building_ids),
        "number": f"息房预售证{uuid4().hex[:10]}号",
        "land_price_paid_on": "2024-06-01",
        "investment_percent": "62.5",
    }
    return facts | changes


async def made(client: PageClient, url: str, form: dict[str, str]) -> str:
    """Send a form that must be accepted; returns where it leads."""
    answer = await client.htmx("POST", url, form)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["HX-Redirect"])


async def new_project(client: PageClient, organisation_id: UUID) -> str:
    return await made(client, "/housing/projects", project_form(organisation_id))


async def new_building(client: PageClient, project: str, number: int = 1, **changes: str) -> str:
    """Register a building and find its page from the project's."""
    await made(client, f"{project}/buildings", building_form(number, **changes))
    page = (await client.get(project)).text
    found = re.search(rf'href="(/housing/buildings/[0-9a-f-]+)">{number}号楼</a>', page)
    assert found
    return found[1]


async def upload(client: PageClient, project: str, data: bytes, name: str = "测绘成果.xlsx") -> Response:
    headers = {"HX-Request": "true", "X-CSRF-Token": client._token or ""}
    return await client.http.post(f"{project}/surveys", files={"file": (name, data, XLSX)}, headers=headers)


async def previewed(client: PageClient, project: str, lines: Sequence[Sequence[Any]]) -> str:
    answer = await upload(client, project, survey_file(lines))
    assert answer.status_code == 200, answer.text
    return str(answer.headers["HX-Redirect"])


def homes(count: int = 3) -> list[list[Any]]:
    return [line(户号=number, 房号=300 + number) for number in range(1, count + 1)]


def digest_in(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found, "the page has no apply button"
    return found[1]


def words_of(answer: Response) -> tuple[int, str | None, str]:
    """Status, field and words of a refusal."""
    problem = answer.json()
    return answer.status_code, problem.get("field"), problem["title"]
