"""The pages of files that are brought to be sealed, by a bank."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import select

from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.permissions import Permission
from kernel.rendering import Renderer
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from signing.pool import SigningPool
from signing.seal_policies import policy_of
from tests.journeys.stage import Stage
from tests.portals.pages import HOST, PageClient, make_staff
from tests.seal_desk.houses import House, make_house, run
from tests.signing.material import document
from tests.testbed import COUNTIES, HOME
from yiti.accounts.cookies import SESSION
from yiti.accounts.models import Organisation, User
from yiti.accounts.roles import permissions_of
from yiti.portals import seals as portal
from yiti.portals.seals.queries import own_seal
from yiti.portals.shell.plugin import Shell
from yiti.resources import Resources
from yiti.seal_desk import jobs
from yiti.seal_desk.service import kinds_for

__all__ = ["jobs"]  # registered by being imported
unused: Any = None


@pytest.fixture(scope="module")
async def parts(
    database: Database, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Resources]:
    blobs = BlobStore(f"file://{tmp_path_factory.mktemp('blobs')}")
    async with SigningPool(settings) as pool, Renderer(settings.assets_dir, 1) as renderer:
        yield Resources(settings, database, blobs, renderer, pool, unused)


@pytest.fixture
async def app(parts: Resources) -> Litestar:
    counties = {str(county["code"]): str(county["name"]) for county in COUNTIES}
    return Litestar(
        route_handlers=[*portal.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: parts, sync_to_thread=False)},
        plugins=[Shell(parts.settings, [portal.PORTAL])],
        state=State({"database": parts.database, "counties": counties}),
        openapi_config=None,
    )


@pytest.fixture
async def bank(database: Database, settings: Settings) -> House:
    async with database.transaction(HOME) as tx:
        organisation = (await make_staff(tx, "bank_sealer")).organisation_id
        return await make_house(tx, settings, organisation=organisation)


async def client(app: Litestar, database: Database, role: str, organisation: UUID | None = None) -> PageClient:
    async with database.transaction(HOME) as tx:
        who = await make_staff(tx, role, organisation_id=organisation)
    http = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{HOST}")  # type: ignore[arg-type]
    http.cookies.set(SESSION, who.cookie, domain=HOST)
    return PageClient(http, who)


def upload(data: bytes, name: str = "张三借款合同.pdf") -> dict[str, Any]:
    return {"file": (name, data, "application/pdf")}


async def test_a_bank_seals_a_file_of_its_own(
    app: Litestar, database: Database, bank: House, parts: Resources, tmp_path: Path
) -> None:
    owner = bank.clerk.organisation_id
    clerk, chief = [await client(app, database, "bank_sealer", owner) for _ in range(2)]
    async with database.transaction(HOME) as tx:
        await bank.set(tx, four_eyes=frozenset({"loan_contract"}))
    assert "借款（抵押）合同" in (await clerk.get("/seals/files")).text
    refused = await clerk.htmx("POST", "/seals/files", {"kind": "loan_contract"}, files=upload(b"%PDF-1.7 nothing"))
    assert (refused.status_code, refused.json()["field"]) == (422, "file")
    taken = await clerk.htmx("POST", "/seals/files", {"kind": "loan_contract"}, files=upload(document()))
    url = taken.headers["HX-Redirect"]
    shown = (await clerk.get(f"{url}?sheet=1&place=centre")).text
    assert f'src="{url}/page.png?sheet=1&amp;place=centre"' in shown
    centre = await clerk.http.get(f"{url}/page.png?sheet=1&place=centre")
    corner = await clerk.http.get(f"{url}/page.png?sheet=1&place=bottom_right")
    assert centre.content.startswith(b"\x89PNG")
    assert centre.content != corner.content
    (tmp_path / "preview.png").write_bytes(centre.content)
    for wrong, field in (({"sheet": "99", "place": "centre"}, "sheet"), ({"sheet": "1", "place": "x"}, "place")):
        assert (await clerk.htmx("POST", f"{url}/seal", wrong)).json()["field"] == field
    await clerk.htmx("POST", f"{url}/seal", {"sheet": "1", "place": "bottom_right"})
    assert "须由本单位另一名用印人批准" in (await clerk.get(url)).text
    waiting = (await chief.get(f"/seals/{bank.seal.id}")).text
    assert f'href="{url}"' in waiting, "who approves can open the file"
    request = waiting.split('action="/seals/requests/')[1].split("/")[0]
    await chief.htmx("POST", f"/seals/requests/{request}/approve")
    assert "已批准，待盖章" in (await clerk.get(url)).text
    await clerk.htmx("POST", f"{url}/seal", {})
    assert "正在加盖电子印章" in (await clerk.get(url)).text
    await run(database, parts, UUID(url.rpartition("/")[2]))  # type: ignore[arg-type]
    assert "下载已盖章文件" in (await clerk.get(url)).text
    assert (await clerk.http.get(f"{url}/page.png?sheet=1")).content != corner.content
    sealed = await clerk.http.get(f"{url}/sealed.pdf")
    assert (await parts.signing.validate_pdf(sealed.content)).valid
    assert "张三借款合同" in (await clerk.get("/seals/files")).text
    for one in (clerk, chief):
        await one.http.aclose()


async def test_nobody_else_sees_it(app: Litestar, database: Database, bank: House, parts: Resources) -> None:
    async with database.transaction(HOME) as tx:
        file = await bank.bring(tx, parts)  # type: ignore[arg-type]
    url = f"/seals/files/{file.id}"
    for role, organisation, status in (
        ("bank_sealer", None, 404),
        ("fund_sealer", None, 404),
        ("bank_seal_keeper", bank.clerk.organisation_id, 403),
        ("bank_clerk", bank.clerk.organisation_id, 403),
    ):
        other = await client(app, database, role, organisation)
        for path in ("", "/page.png", "/original.pdf", "/sealed.pdf"):
            assert (await other.http.get(url + path, headers={"Accept": "text/html"})).status_code == status, (
                role,
                path,
            )
        for path in ("/seal", "/discard"):
            assert (await other.htmx("POST", url + path, {})).status_code == status, (role, path)
        await other.http.aclose()


async def test_the_demo_county_has_who_seals(stage: Stage) -> None:
    async with stage.resources.database.read(HOME) as reader:
        offices = {
            one.kind: one
            for one in await reader.scalars(select(Organisation).where(Organisation.kind.in_(["bank", "fund_centre"])))
            if one.seal_key
        }
        for kind, letter, eyes in (("bank", "settlement_letter", True), ("fund_centre", "fund_loan_notice", False)):
            seal = await own_seal(reader, offices[kind].id)
            assert seal is not None
            policy = await policy_of(reader, seal)
            assert letter in kinds_for(policy)
            assert bool(policy.four_eyes) is eyes
            staff = list(await reader.scalars(select(User).where(User.organisation_id == offices[kind].id)))
            sealers = [one for one in staff if Permission.SEAL_USE in permissions_of(one.roles)]
            assert len(sealers) > eyes, "four eyes need two people"
            assert any(Permission.SEAL_MANAGE in permissions_of(one.roles) for one in staff)
