"""Nobody signs what their browser has not shown them."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
import time_machine
from sqlalchemy import select

from kernel.clock import now
from signing import service, viewing
from signing.errors import AlreadySigned, CeremonyClosed, NotIdentified, PagesUnseen, TooManyVisits
from signing.models import Ceremony, DeskVisit
from signing.schemas import Viewing
from tests.signing.ceremonies import CLIENT, PAGES, SYSTEM, Sale
from tests.testbed import HOME


async def told(sale: Sale, token: str, visit: str, documents: dict[str, dict[int, int]]) -> None:
    async with sale.database.transaction(HOME) as tx:
        await service.record_viewing(tx, token, Viewing(visit=visit, documents=documents), CLIENT)


async def desk_of_an_identified_person(sale: Sale) -> str:
    token = await sale.link("buyer-1")
    await sale.identify(token, "buyer-1")
    return token


async def test_consent_waits_for_every_page_of_every_document(sale: Sale) -> None:
    token = await desk_of_an_identified_person(sale)
    with pytest.raises(PagesUnseen, match="《商品房买卖合同》第1、2页；《询问笔录》第1、2页"):
        await sale.consent(token)
    await sale.read(token, contract=1)
    with pytest.raises(PagesUnseen, match=r"^《商品房买卖合同》第2页还没有显示过"):
        await sale.consent(token)
    await sale.read(token, milliseconds=1)
    with pytest.raises(PagesUnseen):
        await sale.consent(token)
    await told(sale, token, uuid4().hex, {"contract": {PAGES: 300}})
    await sale.consent(token)
    with pytest.raises(AlreadySigned):
        await sale.read(token)


async def test_what_one_person_was_shown_counts_for_nobody_else(sale: Sale) -> None:
    token = await desk_of_an_identified_person(sale)
    await sale.read(token)
    other = await sale.link("buyer-2")
    await sale.identify(other, "buyer-2")
    with pytest.raises(PagesUnseen):
        await sale.consent(other)


async def test_only_who_is_identified_is_shown_anything(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    with pytest.raises(NotIdentified):
        await sale.read(token)
    await sale.identify(token, "buyer-1")
    async with sale.database.transaction(HOME) as tx:
        await service.cancel(tx, SYSTEM, sale.ceremony, "合同退回修改")
    with pytest.raises(CeremonyClosed):
        await sale.read(token)


async def test_two_reports_at_once_lose_nothing(sale: Sale) -> None:
    token = await desk_of_an_identified_person(sale)
    visit = uuid4().hex
    await asyncio.gather(*(told(sale, token, visit, {"contract": {page: 400}}) for page in (1, 2, 1, 2)))
    async with sale.database.read(HOME) as reader:
        assert (await service.pages_seen(reader, token))["contract"] == {1, 2}
        kept = list(await reader.scalars(select(DeskVisit.shown).where(DeskVisit.visit == visit)))
    assert [sorted(one["contract"]["pages"]) for one in kept] == [["1", "2"]]


async def test_a_report_does_not_wait_for_signatures_being_made(sale: Sale) -> None:
    """The ceremony's row stays locked for seconds while a job signs for somebody else."""
    token = await desk_of_an_identified_person(sale)
    async with sale.database.transaction(HOME) as tx:
        await tx.get_one(Ceremony, (HOME, sale.ceremony), with_for_update=True)
        await asyncio.wait_for(sale.read(token), 5)


async def test_reading_goes_on_after_a_new_identification(sale: Sale) -> None:
    token = await desk_of_an_identified_person(sale)
    await sale.read(token, contract=1)
    with time_machine.travel(now() + timedelta(hours=1)):
        await sale.identify(token, "buyer-1")
        await told(sale, token, uuid4().hex, {"contract": {2: 400}})
        await sale.consent(token)


async def test_the_desk_is_not_opened_without_end(sale: Sale, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "MOST_VISITS", 2)
    token = await desk_of_an_identified_person(sale)
    visit = uuid4().hex
    await told(sale, token, visit, {"contract": {1: 400}})
    await sale.read(token)
    with pytest.raises(TooManyVisits):
        await sale.read(token)
    await told(sale, token, visit, {"contract": {1: 800}})


@pytest.mark.parametrize(
    "words",
    ['{"visit": "short", "documents": {}}', '{"visit": "abcdefgh", "documents": {"contract": {"1": -1}}}', "[]", ""],
)
def test_a_report_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(words, type=Viewing)
