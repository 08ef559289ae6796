"""A sale whose signing ends without all signatures, at the buyers' phones and at the sales office's desk."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from contracts.schemas import Buyer
from kernel.clock import now
from kernel.outbox.models import OutboxEvent
from signing.models import Ceremony, CeremonySignatory
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import sms_link
from tests.portals.citizens import MakePhone, invited
from tests.portals.pages import PageClient
from tests.portals.sales import make_platform, open_desk
from yiti.journeys import presale
from yiti.journeys.models import Sale
from yiti.journeys.sale.errors import SaleNotFound

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]


@pytest.fixture
async def clerk(stage: Stage) -> AsyncIterator[PageClient]:
    """The sales office's browser."""
    client = await open_desk(make_platform(stage), stage, "shoulou")
    yield client
    await client.http.aclose()


async def texts(stage: Stage, person: Buyer) -> list[str]:
    return [one["data"]["text"] for one in stage.sandbox.get(f"/sms/messages?phone={person.phone}")]


async def told(stage: Stage, person: Buyer, words: str, count: int = 1) -> None:
    await stage.until(lambda: texts(stage, person), lambda found: sum(words in one for one in found) == count)


async def reopened(stage: Stage, contract_id: UUID, rounds: int) -> Sale:
    return await stage.until(lambda: stage.sale(contract_id), lambda sale: sale.rounds == rounds)


async def ceremony_of(stage: Stage, contract_id: UUID) -> UUID:
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    assert sale.ceremony_id is not None
    return sale.ceremony_id


async def time_is_over(stage: Stage, ceremony_id: UUID) -> None:
    """As if its 15 days had passed; the worker finds the event by itself."""
    async with stage.resources.database.transaction(HOME) as tx:
        await tx.execute(update(Ceremony).where(Ceremony.id == ceremony_id).values(expires_at=now()))
        order = OutboxEvent.key == f"signing.expire:{ceremony_id}"
        await tx.execute(update(OutboxEvent).where(order).values(available_at=now()))


async def test_declined_and_expired_the_sale_is_signed_at_the_third_attempt(
    stage: Stage, phone: MakePhone, clerk: PageClient
) -> None:
    people = [buyer("不愿"), buyer("愿意")]
    contract_id = await stage.drafted(people, "joint")
    links, url = await invited(stage, contract_id), f"/sales/contracts/{contract_id}"
    first = await ceremony_of(stage, contract_id)
    await stage.sign(first, "buyer-2")
    here, there = phone(), phone()
    await here.identify(links["buyer-1"])
    desk = (await here.get(links["buyer-1"])).text
    assert "不同意，不签署" in desk
    assert (await here.page.post(f"{links['buyer-1']}/decline", {"reason": ""})).status_code == 422
    answer = await here.page.post(f"{links['buyer-1']}/decline", {"reason": "面积和原来说的不一样"})
    assert answer.headers["Location"] == links["buyer-1"]
    assert (await here.page.post(f"{links['buyer-1']}/decline", {"reason": "再说一次"})).status_code == 409
    assert "有签署人不同意签署" in (await here.get(links["buyer-1"])).text
    assert "有签署人不同意签署" in (await there.get(links["buyer-2"])).text, "who has signed is told too"

    sale = await reopened(stage, contract_id, 1)
    assert (sale.submitted_at, sale.ceremony_id, sale.documents) == (None, None, {})
    page = (await clerk.get(url)).text
    for words in ("买受人不*不同意签署：面积和原来说的不一样", "已签的名作废", "提交签署"):
        assert words in page, words
    assert "买受人不愿" not in page
    for person in people:
        await told(stage, person, "不同意签署停止签署")
    with pytest.raises(SaleNotFound):
        async with stage.resources.database.transaction(HOME) as tx:
            await presale.seal(tx, await stage.actor("jingli"), contract_id)

    await stage.submitted(contract_id)
    second = await ceremony_of(stage, contract_id)
    assert second != first
    await time_is_over(stage, second)
    await reopened(stage, contract_id, 2)
    page = (await clerk.get(url)).text
    assert "签署期限已过" in page
    assert page.count("签署未完成") == 2, "both are told in the history"
    assert "签署期限已过" in (await there.get(await sms_link(stage, people[1]))).text

    await stage.submitted(contract_id)
    third = await ceremony_of(stage, contract_id)
    assert third not in {first, second}
    await stage.signed_by_buyers(contract_id)
    await stage.sealed(contract_id)
    await stage.until(lambda: stage.proof(contract_id), lambda one: one is not None and one.state == "issued")
    assert not re.search("已签的名作废", (await clerk.get(url)).text), "what is over is history"


async def test_an_old_link_a_reminder_and_a_later_turn(stage: Stage, phone: MakePhone) -> None:
    people = [buyer("先签"), buyer("后签")]
    contract_id = await stage.drafted(people, "joint")
    links = await invited(stage, contract_id)
    ceremony_id, database = await ceremony_of(stage, contract_id), stage.resources.database
    for person in people:
        await told(stage, person, "已可签署")

    async with database.transaction(HOME) as tx:
        mine = (CeremonySignatory.ceremony_id == ceremony_id) & (CeremonySignatory.key == "buyer-2")
        await tx.execute(update(CeremonySignatory).where(mine).values(turn=1))
        seal = (CeremonySignatory.ceremony_id == ceremony_id) & (CeremonySignatory.key == "seller")
        await tx.execute(update(CeremonySignatory).where(seal).values(turn=2))
    here, there = phone(), phone()
    waits = (await there.get(links["buyer-2"])).text
    for words in ("还没有轮到您签署", "买受人先*", "every 4s"):
        assert words in waits, words
    early = await there.page.post(f"{links['buyer-2']}/identify")
    assert (early.status_code, "还没有轮到您" in early.text) == (409, True)

    async with database.transaction(HOME) as tx:
        yesterday = now() - timedelta(hours=25)
        of_first = (CeremonySignatory.ceremony_id == ceremony_id) & (CeremonySignatory.key == "buyer-1")
        await tx.execute(update(CeremonySignatory).where(of_first).values(token_expires_at=now(), invited_at=yesterday))
    old = links["buyer-1"]
    dead = await here.get(old)
    assert (dead.status_code, "重新获取链接" in dead.text) == (410, True)
    stranger = await here.page.post(f"/s/{HOME}/{'x' * 43}/renew")
    again = await here.page.post(f"{old}/renew")
    assert (again.status_code, _said(again.text)) == (200, _said(stranger.text))
    fresh = await sms_link(stage, people[0], but=old)
    assert (await here.page.post(f"{old}/renew")).status_code == 200
    assert (await here.get(old)).status_code == 410
    await told(stage, people[0], "已可签署", 2)

    async with database.transaction(HOME) as tx:
        await tx.execute(update(CeremonySignatory).where(of_first).values(invited_at=yesterday))
        orders = OutboxEvent.key.in_([f"signing.remind:{ceremony_id}:{key}:day" for key in ("buyer-1", "buyer-2")])
        await tx.execute(update(OutboxEvent).where(orders).values(available_at=now()))
    await told(stage, people[0], "还没有签署，签署期限至")
    await stage.until(lambda: undelivered(stage, ceremony_id), lambda rows: rows == [])
    await told(stage, people[1], "还没有签署", 0)

    assert (await here.identify(fresh)).status_code == 303
    assert (await here.sign(fresh)).status_code == 303
    await told(stage, people[1], "已可签署", 2)
    assert "开始人脸核验" in (await there.get(links["buyer-2"])).text
    await stage.sign(ceremony_id, "buyer-2")
    await stage.sealed(contract_id)
    await stage.until(lambda: stage.proof(contract_id), lambda one: one is not None)


def _said(page: str) -> str:
    found = re.search(r"如果这是您的签署链接[^<]+", page)
    return found[0] if found else page


async def undelivered(stage: Stage, ceremony_id: UUID) -> list[str]:
    async with stage.resources.database.read(HOME) as reader:
        mine = OutboxEvent.key.startswith(f"signing.remind:{ceremony_id}:") & OutboxEvent.key.endswith(":day")
        return list(await reader.scalars(select(OutboxEvent.key).where(mine, OutboxEvent.state != "done")))
