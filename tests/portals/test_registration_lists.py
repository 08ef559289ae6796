"""The lists of the registration centre are read page by page: nothing twice, nothing left out, in order."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kernel.clock import now
from kernel.db import WriteSession
from kernel.permissions import system_actor
from tests.journeys.stage import Stage
from tests.portals.pages import PageClient
from tests.portals.registrars import desk, make_platform
from tests.register.world import make_unit
from yiti.cases import service as cases
from yiti.cases.catalogue import Business
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.estate.models import Unit
from yiti.portals.registration import queries

pytestmark = pytest.mark.timeout(180)
NEIGHBOUR = "411522"
"""The other demo county: nobody else in these tests works there."""
MANY = 45


@pytest.fixture(scope="module")
async def numbers(stage: Stage) -> list[str]:
    """Case numbers in the order of their limits: equal ones by age, those without a limit last."""
    actor, start = system_actor(NEIGHBOUR), now()
    async with stage.resources.database.transaction(NEIGHBOUR) as tx:
        unit = (await tx.scalars(select(Unit).limit(1))).one()
        made: list[Case] = []
        for place in range(MANY):
            case = await cases.open_case(
                tx, actor, Business.PRESALE_NOTICE, unit_id=unit.id, unit_code=unit.code, location=unit.location,
                contract_id=uuid4(), applicants=["甲"],
            )  # fmt: skip
            case.due_at = None if place % 9 == 0 else start + timedelta(hours=place % 4)
            made.append(case)
        await tx.flush()
        ended = made.pop()
        await cases.withdraw(tx, actor, ended, "测试撤回")
    far = start + timedelta(days=999)
    made.sort(key=lambda one: (one.due_at is None, one.due_at or far, one.id))
    return [one.number for one in made]


@pytest.fixture(scope="module")
async def registrar(stage: Stage) -> AsyncIterator[PageClient]:
    client = await desk(make_platform(stage), stage, county=NEIGHBOUR)
    yield client
    await client.http.aclose()


async def walk(client: PageClient, url: str) -> list[list[str]]:
    """The case numbers of every page, following 下一页."""
    pages = []
    while url:
        html = (await client.get(url)).text
        pages.append(re.findall(r"<strong>(\d{19})</strong>", html))
        following = re.search(r'href="(\?[^"]+)">\s*下一页', html)
        url = "/registration" + following[1].replace("&amp;", "&") if following else ""
    return pages


async def test_what_is_due_first_comes_first_page_by_page(registrar: PageClient, numbers: list[str]) -> None:
    pages = await walk(registrar, "/registration")
    assert [len(page) for page in pages] == [20, 20, 4]
    assert [number for page in pages for number in page] == numbers


async def test_all_cases_come_newest_first(registrar: PageClient, numbers: list[str]) -> None:
    pages = await walk(registrar, "/registration?show=all")
    found = [number for page in pages for number in page]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == MANY
    assert set(numbers) < set(found)


async def test_a_tile_counts_what_ended_today(registrar: PageClient, numbers: list[str]) -> None:
    (ended,) = await walk(registrar, "/registration?show=today")
    assert len(ended) == 1
    assert ended[0] not in numbers
    html = (await registrar.get("/registration")).text
    assert re.search(r"待审核</span>\s*<span class=\"tile-value\">44", html)
    assert re.search(r"今日办结</span>\s*<span class=\"tile-value\">1", html)


async def test_no_draft_and_no_certificate_is_too_old_for_its_list(tx: WriteSession) -> None:
    """Both lists have an index of their own, so that they need not forget what is half a year old."""
    clerk, unit, long_ago = system_actor(tx.tenant), await make_unit(tx), now() - timedelta(days=200)
    clerk = replace(clerk, id=uuid4())
    case_ids = {}
    for status in (CaseStatus.DRAFT, CaseStatus.BOOKED):
        one = Case(
            id=UUID(int=(int(long_ago.timestamp() * 1000) << 80) + uuid4().int % 2**64), number=f"旧{uuid4().hex}",
            business=Business.TRANSFER_RESALE, status=status, unit_id=unit.id, opened_by=clerk.id, opened_at=long_ago,
            accepted_at=long_ago, booked_at=long_ago,
        )  # fmt: skip
        tx.add(one)
        case_ids[status] = one.id
    await tx.flush()
    assert [one.id for one in await queries.own_drafts(tx, clerk)] == [case_ids[CaseStatus.DRAFT]]
    found, before = await queries.to_hand_over(tx, str(UUID(int=case_ids[CaseStatus.BOOKED].int + 1)))
    assert (found[0].id, before) == (case_ids[CaseStatus.BOOKED], "")
