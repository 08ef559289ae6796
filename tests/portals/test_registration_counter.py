"""Work lists, the register's page, queries with their letters, and what a case's page gives to whom."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from litestar import Litestar

from kernel.clock import now, today
from kernel.settings import Settings
from tests.journeys.registration.county import Desk, centre
from tests.journeys.registration.people import applicant, citizen, home_of, mortgaged, objected, owns, part, seized
from tests.portals.pages import PageClient
from tests.portals.registrars import audited, desk, make_platform
from tests.portals.windows import photo, send_file
from tests.testbed import HOME, Testbed
from yiti.cases.application import Side
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.journeys.registration import lapses
from yiti.register import lapses as terms

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
async def office(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with centre(testbed, settings, tmp_path_factory.mktemp("counter")) as found:
        yield found


@pytest.fixture(scope="module")
def app(office: Desk) -> Litestar:
    return make_platform(office)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def registrar(app: Litestar, office: Desk) -> AsyncIterator[PageClient]:
    client = await desk(app, office, "registrar")  # type: ignore[arg-type]
    yield client
    await client.http.aclose()


@pytest.fixture(scope="module")
async def accepted(office: Desk) -> Case:
    """An inheritance (two levels of review) that waits for tax and fee."""
    unit, _ = await home_of(office, citizen("贾代善"))
    heir = applicant(citizen("贾政"), Side.HOLDER)
    return await office.accepted(part(Business.TRANSFER_INHERITANCE, unit, heir))


async def test_lists_are_by_what_is_to_be_done(registrar: PageClient, office: Desk, accepted: Case) -> None:
    async def listed(query: str) -> bool:
        answer = await registrar.get(f"/registration?{query}")
        assert answer.status_code == 200, query
        return accepted.number in answer.text

    assert await listed("show=waiting")
    assert await listed("show=waiting&flag=awaiting_tax&group=transfer")
    assert not await listed("show=waiting&flag=needs_correction")
    assert not await listed("show=waiting&group=mortgage")
    assert not await listed("show=to_review")
    assert not await listed("show=mine")
    for query in ("show=waiting&group=x", "show=to_review&level=9", "show=waiting&flag=x"):
        assert (await registrar.get(f"/registration?{query}")).status_code == 422, query
    await office.answered(accepted)
    assert await listed("show=to_review")
    assert await listed("show=to_review&level=1")
    assert not await listed("show=to_review&level=2")
    assert "贾*" in (await registrar.get("/registration")).text


async def test_levels_of_review_one_after_the_other(
    app: Litestar, registrar: PageClient, office: Desk, accepted: Case
) -> None:
    url = f"/registration/cases/{accepted.id}"
    reviewer = await desk(app, office, "reviewer")  # type: ignore[arg-type]
    page = (await reviewer.get(url)).text
    assert "初审通过" in page
    assert "核准并登簿" not in page
    assert "重新核验" in page
    assert "原权属证书已提交" in page, "who judges sees what the rules say now"
    version = str((await office.case(accepted.id)).version)
    empty = await reviewer.htmx("POST", f"{url}/review", {"version": version, "opinion": " "})
    assert (empty.status_code, empty.json()["field"]) == (422, "opinion")
    assert (await reviewer.post(f"{url}/review", {"version": version, "opinion": "同意"})).status_code == 303
    stale = await reviewer.htmx("POST", f"{url}/review", {"version": version, "opinion": "同意"})
    assert stale.status_code == 409
    assert (await reviewer.post(f"{url}/approve", {"note": "x", "version": version})).status_code == 403
    assert "核准并登簿" in (await registrar.get(url)).text
    version = str((await office.case(accepted.id)).version)
    done = await registrar.post(f"{url}/approve", {"note": "已核对原件", "version": version})
    assert done.status_code == 303, done.text
    assert (await office.case(accepted.id)).status == CaseStatus.BOOKED
    receipt = re.search(rf'hx-post="({url}/receipts/[^"]+/replay)"', (await registrar.get(url)).text)
    assert receipt
    assert "复核一致" in (await registrar.htmx("POST", receipt[1])).text
    await reviewer.http.aclose()


async def test_papers_are_handed_over_with_a_receipt(app: Litestar, office: Desk, accepted: Case) -> None:
    url = f"/registration/cases/{accepted.id}"
    clerk = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    assert "正在制作证书、证明" in (await clerk.get(url)).text
    await office.certified(accepted.id)
    page = (await clerk.get(url)).text
    assert "发证" in page
    version = str((await office.case(accepted.id)).version)
    form = {"version": version, "method": "window", "receiver": "贾政"}
    assert (await clerk.htmx("POST", f"{url}/hand-over", form | {"method": "x"})).json()["field"] == "method"
    assert (await clerk.post(f"{url}/hand-over", form)).status_code == 303
    closed = (await clerk.get(url)).text
    assert "已办结归档" in closed
    assert "领取人贾*" in closed
    assert "贾政" not in closed
    await clerk.http.aclose()


async def test_materials_are_seen_with_a_record(app: Litestar, office: Desk, accepted: Case) -> None:
    url = f"/registration/cases/{accepted.id}"
    clerk = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    found = re.search(rf'href="({url}/materials/[^"]+)"', (await clerk.get(url)).text)
    assert found
    assert f'src="{found[1]}/file"' in (await clerk.get(found[1])).text
    assert (await clerk.get(f"{found[1]}/file")).content.startswith(b"\x89PNG")
    assert len(await audited(office, f"case:{accepted.id}", "case.material_viewed")) == 1  # type: ignore[arg-type]
    assert (await clerk.get(f"{url}/forms/application_form")).content.startswith(b"%PDF-")
    manager = await desk(app, office, "case_manager")  # type: ignore[arg-type]
    assert (await manager.get(url)).status_code == 200
    assert [(await manager.get(one)).status_code for one in (found[1], f"{found[1]}/file")] == [403, 403]
    neighbour = await desk(app, office, "registrar", "411522")  # type: ignore[arg-type]
    assert [(await neighbour.get(one)).status_code for one in (url, found[1])] == [404, 404]
    for client in (clerk, manager, neighbour):
        await client.http.aclose()


async def test_the_register_shows_rank_queue_and_past_days(registrar: PageClient, office: Desk) -> None:
    owner = citizen("贾宝玉")
    unit = await office.unit()
    await office.booked(owns(unit, owner))
    await office.booked(mortgaged(unit, owner))
    await office.booked(seized(unit, owner))
    await office.booked(seized(unit, owner))
    url = f"/registration/units/{unit.id}"
    page = (await registrar.get(url)).text
    for words in ("第1顺位", "轮候第1位", "轮候 1 项", "查封机关", "贾**", "抵2025-1"):
        assert words in page, words
    assert owner[0] not in page
    before = (await registrar.get(f"{url}?at=2020-01-01")).text
    assert "2020-01-01 日终时有效的登记" in before
    assert "登记簿没有现势登记" in before
    for bad in ("9999-01-01", "昨天"):
        assert (await registrar.get(url, params={"at": bad})).status_code == 422


async def test_a_suit_in_time_keeps_an_objection(app: Litestar, registrar: PageClient, office: Desk) -> None:
    owner = citizen("贾宝玉")
    unit, _ = await home_of(office, owner)
    (objection,) = await office.booked(objected(unit, citizen("甄士隐"), owner))
    url = f"/registration/units/{unit.id}"
    form, later = f"{url}/entries/{objection.id}/suit", now() + timedelta(days=60)
    (lapse,) = [one for one in await due_on(office, later.date()) if one.entry_id == objection.id]
    assert form not in (await registrar.get(url)).text, "the window records it"
    clerk = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    assert form in (await clerk.get(url)).text
    assert (await clerk.get(form)).status_code == 200
    typed = {"filed_on": today().isoformat(), "court_case": "（2026）豫1528民初7号"}
    for bad, field in ((typed | {"filed_on": ""}, "filed_on"), (typed | {"court_case": " "}, "court_case")):
        assert (await send_file(clerk, form, bad, "受理通知书.png", photo())).json()["field"] == field
    refused = await send_file(clerk, form, typed, "受理通知书.pdf", photo())
    assert (refused.status_code, refused.json()["field"]) == (422, "file")
    assert (await send_file(registrar, form, typed, "受理通知书.png", photo())).status_code == 403
    proof = photo()
    done = await send_file(clerk, form, typed, "受理通知书.png", proof)
    assert done.headers["HX-Redirect"] == url, done.text
    assert (await send_file(clerk, form, typed, "受理通知书.png", proof)).status_code == 409
    page = (await registrar.get(url)).text
    assert "（2026）豫1528民初7号" in page
    paper = re.search(rf'href="({url}/suits/[^"]+)"', page)
    assert paper
    assert (await registrar.get(paper[1])).content == proof
    (seen,) = await audited(office, f"entry:{objection.id}", "register.suit_proof_viewed")  # type: ignore[arg-type]
    assert len(seen["digest"]) == 64
    assert len(await audited(office, f"entry:{objection.id}", "register.term_lifted")) == 1  # type: ignore[arg-type]
    assert objection.id not in {one.entry_id for one in await due_on(office, later.date())}
    async with office.resources.database.transaction(HOME) as tx:
        assert await lapses.book_lapse(tx, lapse) is None, "a round that looked before the suit was recorded"
    await clerk.http.aclose()


async def due_on(office: Desk, day: date) -> list[terms.Lapse]:
    async with office.resources.database.read(HOME) as reader:
        return await terms.due(reader, day, 10_000)


async def test_a_query_says_why_and_ends_in_a_sealed_letter(registrar: PageClient, office: Desk) -> None:
    owner = citizen("林黛玉")
    unit, _ = await home_of(office, owner)
    form = {"way": "person", "name": owner[0], "id_kind": owner[1], "id_number": owner[2], "purpose": "购房资格"}
    await registrar.get("/registration/searches")
    silent = await registrar.post("/registration/searches", form | {"purpose": ""})
    assert silent.status_code == 422
    assert "请填写查询用途" in silent.text
    assert owner[2] in silent.text, "what was typed stays"
    found = (await registrar.post("/registration/searches", form)).text
    for words in (unit.location, "林** 名下的不动产", "出具有房证明"):
        assert words in found, words
    nobody = await registrar.post("/registration/searches", form | {"id_number": citizen()[2]})
    assert "出具无房证明" in nobody.text
    facts = await registrar.post("/registration/searches", {"way": "code", "text": unit.code, "purpose": "核实交易"})
    assert "已登记" in facts.text
    assert "林" not in facts.text.split("查询结果")[-1]
    wrong = await registrar.post("/registration/searches", {"way": "address", "text": "息", "purpose": "核实交易"})
    assert wrong.status_code == 422
    letter = await registrar.post("/registration/searches/statement", form)
    assert letter.status_code == 303, letter.text
    url = letter.headers["Location"]
    assert "正在制作" in (await registrar.get(url)).text
    assert (await registrar.get(f"{url}/file.pdf")).status_code == 404
    await office.run_jobs("letter.", of=[url.rpartition("/")[2]])
    assert (await registrar.get(f"{url}/pages/1.png")).status_code == 403
    assert f"{url}/pages/1.png" in (await registrar.get(url)).text
    assert (await registrar.get(f"{url}/pages/1.png")).content.startswith(b"\x89PNG")
    assert (await registrar.get(f"{url}/file.pdf")).content.startswith(b"%PDF-")
    extract = await registrar.post("/registration/searches/extract", form | {"unit_id": str(unit.id)})
    assert extract.headers["Location"].startswith("/registration/letters/")
    assert "证明" in (await registrar.get("/registration/letters")).text


async def test_full_data_of_an_application_needs_a_purpose(registrar: PageClient, office: Desk, accepted: Case) -> None:
    url = f"/registration/cases/{accepted.id}/reveal"
    shown = await registrar.post(url, {"purpose": "review"})
    assert "贾政" in shown.text
    assert len(await audited(office, f"case:{accepted.id}", "pii.revealed")) == 1  # type: ignore[arg-type]
