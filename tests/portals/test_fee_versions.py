"""收费标准、减免事由、收款单位: every version by date, looked at by the fee clerk, set by the manager."""

from datetime import date

from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kernel.clock import today
from kernel.db import Database
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.testbed import COUNTIES, HOME
from yiti.journeys.registration.fees import exemptions
from yiti.journeys.registration.fees import tariff as tariff_on
from yiti.portals import collection as pages
from yiti.portals.shell.plugin import Shell


async def desk(database: Database, settings: Settings, role: str) -> PageClient:
    """The fee clerk's portal alone; nothing of it needs the world outside."""
    app = Litestar(
        route_handlers=pages.ROUTES,
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: None, sync_to_thread=False)},
        plugins=[Shell(settings, [pages.PORTAL])],
        state=State({"database": database, "counties": {str(one["code"]): str(one["name"]) for one in COUNTIES}}),
        openapi_config=None,
    )
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return await sign_in_as(database, AsyncClient(transport=transport, base_url=f"http://{HOST}"), role, HOME)


async def test_what_is_charged_and_where_it_goes_by_date(database: Database, settings: Settings) -> None:
    """The fee clerk sees every version, the manager sets the next one, from tomorrow at the earliest."""
    fees, manager = await desk(database, settings, "fee_clerk"), await desk(database, settings, "case_manager")
    account = {
        "code": "tax", "name": "国家税务总局息县税务局", "account_no": "41050188880000008888", "account_name": "税款户",
        "bank_name": "建设银行", "valid_from": "2020-01-01", "source": "文件",
    }  # fmt: skip
    tariff = {"residential": "60", "other": "400.50", "book": "5", "effective_from": "2099-01-01", "source": "发改1号"}
    reasons = {
        "keep": ["seizure", "notice"], "title": "灾后重建", "basis": "政办1号", "effect": "half", "group": "transfer",
        "units": "any", "effective_from": "2099-02-01", "source": "政办1号",
    }  # fmt: skip
    forms = {"authorities": account, "fees": tariff, "fees/exemptions": reasons}
    for url, form in forms.items():
        assert (await fees.post(f"/collection/{url}", form)).status_code == 403, "to look at only"
    for url, wrong in (
        ("authorities", account), ("fees", tariff | {"effective_from": str(today())}),
        ("fees", tariff | {"residential": "-1"}), ("fees/exemptions", reasons | {"keep": "unknown"}),
        ("fees/exemptions", reasons | {"basis": ""}), ("fees/exemptions", reasons | {"source": " "}),
    ):  # fmt: skip
        assert (await manager.post(f"/collection/{url}", wrong)).status_code == 422, (url, wrong)
    forms["authorities"]["valid_from"] = "2099-03-01"
    for url, form in forms.items():
        assert (await manager.post(f"/collection/{url}", form)).status_code == 303, url
        assert (await manager.post(f"/collection/{url}", form)).status_code == 422, "a row is never changed"
    text = "".join([(await fees.get(f"/collection/{url}")).text for url in ("fees", "fees/exemptions")])
    assert all(words in text for words in ("400.50", "80.00", "现行", "未到执行日期", "灾后重建", "小微企业"))
    assert "登记新的" not in text
    assert "登记新的减免事由" in (await manager.get("/collection/fees/exemptions")).text
    assert "登记新的收费标准" in (await manager.get("/collection/fees")).text
    text = (await fees.get("/collection/authorities")).text
    assert all(words in text for words in ("41050188880000008888", "2099-03-01"))
    async with database.read(HOME) as reader:
        assert (await tariff_on(reader, date(2099, 1, 1))).other_fen == 40_050
        assert (await tariff_on(reader, date(2098, 12, 31))).other_fen == 55_000
        told = {one.code: one for one in await exemptions(reader, date(2099, 2, 1))}
    assert list(told) == ["seizure", "notice", "own_20990201"]
    assert (told["own_20990201"].effect, told["own_20990201"].groups) == ("half", ("transfer",))
    for one in (fees, manager):
        await one.http.aclose()
