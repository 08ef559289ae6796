"""Configuration of the businesses: who may, what is refused, what holds when, and what is written down."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.audit.models import AuditEntry
from kernel.clock import today
from kernel.db import Database
from tests.portals.conftest import ClientAs
from tests.portals.pages import PageClient, links
from tests.testbed import HOME, OTHER
from yiti.cases import configuration
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, Settings
from yiti.portals.admin import business_view
from yiti.portals.admin.businesses import _half_days

LIST = "/admin/businesses"
RESALE = CATALOGUE[Business.TRANSFER_RESALE]


def form(declared: Declaration, **changes: object) -> dict[str, object]:
    """The form as the page sends it when nothing is touched."""
    here = declared.settings
    days = here.limit_half_days / 2
    return {
        "effective_from": (today() + timedelta(days=1)).isoformat(),
        "limit_days": f"{days:g}",
        "review_levels": str(here.review_levels),
        "fee": here.fee,
        **({"automatic": "1"} if here.automatic else {}),
        "required": [one.code for one in here.materials if one.required],
    } | changes


async def test_the_whole_catalogue_is_listed_and_every_page_is_sound(client_as: ClientAs) -> None:
    client = await client_as("case_manager")
    listed = await client.get(LIST)
    pages = {url.partition("?")[0] for url in links(listed.text) if url.startswith(f"{LIST}/")}
    assert pages == {f"{LIST}/{one}" for one in CATALOGUE}
    for url in sorted(pages):
        shown = await client.get(url)
        assert shown.status_code == 200, url
        assert "登簿" in shown.text
    assert (await client.get(f"{LIST}/nonsense")).status_code == 404
    assert (await client.get(f"{LIST}?on=morgen")).status_code == 422


@pytest.mark.parametrize("role", ["window_clerk", "registrar", "administrator", "auditor"])
async def test_only_the_county_administrator_of_businesses_gets_in(client_as: ClientAs, role: str) -> None:
    client = await client_as(role)
    url = f"{LIST}/{RESALE.business}"
    assert (await client.get(LIST)).status_code == 403
    assert (await client.get(url)).status_code == 403
    assert (await client.htmx("POST", url, form(RESALE, limit_days="2"))).status_code == 403
    assert LIST not in (await client.get("/account/password")).text


async def test_a_change_holds_from_its_day_and_is_audited(client_as: ClientAs, database: Database) -> None:
    declared = CATALOGUE[Business.MORTGAGE]
    client = await client_as("case_manager")
    url, starts = f"{LIST}/{declared.business}", today() + timedelta(days=3)
    optional = next(one for one in declared.materials if one.required)
    required = [one.code for one in declared.materials if one.required and one.code != optional.code]
    changed = form(declared, effective_from=starts.isoformat(), limit_days="1.5", review_levels="3", fee="free",
                   required=required)  # fmt: skip
    saved = await client.htmx("POST", url, changed)
    assert saved.headers["HX-Redirect"] == url, saved.text
    now_page, later_page = (await client.get(url)).text, (await client.get(f"{url}?on={starts}")).text
    assert "尚未开始" in now_page
    assert f"{optional.name} 改为可不交" in now_page
    for words in ("1.5个工作日", "复审", "核定", "不收登记费"):
        assert words in later_page, words
    assert "本县设置" in (await client.get(LIST)).text
    async with database.read(HOME) as reader:
        assert (await configuration.current(reader, declared.business, today())) == declared.settings
        later = await configuration.current(reader, declared.business, starts)
        written = select(AuditEntry).where(AuditEntry.subject == f"business:{declared.business}")
        entry = (await reader.scalars(written)).one()
    assert (later.limit_half_days, later.review_levels, later.fee) == (3, 3, "free")
    assert entry.action == "case.configured"
    async with database.read(OTHER) as reader:
        assert (await configuration.current(reader, declared.business, starts)) == declared.settings, "not our county"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit_days": "30.5"}, "limit_days"),
        ({"limit_days": "0"}, "limit_days"),
        ({"limit_days": "-1"}, "limit_days"),
        ({"limit_days": "1.3"}, "limit_days"),
        ({"limit_days": "NaN"}, "limit_days"),
        ({"limit_days": "drei"}, "limit_days"),
        ({"effective_from": "2020-01-01"}, "effective_from"),
        ({"effective_from": ""}, "effective_from"),
        ({"effective_from": "2026-02-30"}, "effective_from"),
        ({"review_levels": "4"}, "review_levels"),
        ({"review_levels": "0"}, "review_levels"),
        ({"review_levels": "viele"}, "review_levels"),
        ({"fee": "double"}, "fee"),
        ({"automatic": "1"}, "automatic"),
        ({"required": ["identity", "dowry"]}, "required"),
        ({}, None),
    ],
)
async def test_nonsense_is_refused_at_its_field(
    client_as: ClientAs, changes: dict[str, object], field: str | None
) -> None:
    client = await client_as("case_manager")
    answer = await client.htmx("POST", f"{LIST}/{RESALE.business}", form(RESALE, **changes))
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


async def test_nobody_gets_in_without_a_session(client: PageClient) -> None:
    answer = await client.get(LIST)
    assert answer.headers["Location"].startswith("/login?next=")


def test_the_picture_follows_the_settings() -> None:
    here = RESALE.settings
    titles = [one.title for one in business_view.flow(RESALE, here)]
    assert titles == ["申请", "受理", "同步办理", "审核", "登簿", "发证、归档"]
    together = next(one for one in business_view.flow(RESALE, here) if one.also)
    assert [one.title for one in together.also] == ["税务核税", "住建核验", "缴登记费"]
    more = Settings(limit_half_days=1, review_levels=3, fee="free", automatic=True, materials=here.materials)
    stations = business_view.flow(CATALOGUE[Business.CERTIFICATE_LOSS], more)
    reviews = ["初审", "复审", "核定"]
    assert [one.title for one in stations] == ["申请", "受理", "公告", "自动审核", *reviews, "登簿", "发证、归档"]
    assert "半个工作日" in stations[-2].text


def test_half_days_are_read_exactly() -> None:
    assert [_half_days(text) for text in ("0.5", "1", "30", " 2.5 ")] == [1, 2, 60, 5]
