"""One's own property and its proofs under seal: with a purpose, written down, and nobody else's."""

from sqlalchemy import select

from kernel.audit.models import AuditEntry
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import own_home
from tests.portals.citizens import ME, MakePhone, Phone
from yiti.journeys.registration.models import SearchRecord

PROPERTY = f"{ME}/property"


async def sealed(phone: Phone, url: str) -> None:
    async def shown() -> str:
        return (await phone.get(url)).text

    await phone.stage.until(shown, lambda text: "下载（PDF）" in text)


async def records(stage: Stage, kind: str) -> list[SearchRecord]:
    async with stage.resources.database.read(HOME) as reader:
        wanted = select(SearchRecord).where(SearchRecord.kind == kind).order_by(SearchRecord.id)
        return list(await reader.scalars(wanted))


async def test_ones_own_property_a_statement_and_an_extract(stage: Stage, phone: MakePhone) -> None:
    me, wife, stranger = buyer("范彭"), buyer("鲁韦"), buyer("昌马")
    home = await own_home(stage, me, wife)
    here = await phone().signed_in(me)
    page = (await here.get(PROPERTY)).text
    for words in (home.unit.location, home.unit.code, "共同共有"):
        assert words in page, words
    assert wife.id_no not in page
    looked = (await records(stage, "own_property"))[-1]
    assert looked.found == [home.unit.code]
    assert looked.purpose
    none = await here.page.htmx("POST", f"{PROPERTY}/statement", {"purpose": "  "})
    assert (none.status_code, none.json()["field"]) == (422, "purpose")
    made = await here.page.htmx("POST", f"{PROPERTY}/statement", {"purpose": "子女入学"})
    statement = made.headers["HX-Redirect"]
    of_unit = await here.page.htmx("POST", f"{PROPERTY}/extract", {"purpose": "办理贷款", "unit_id": str(home.unit.id)})
    extract = of_unit.headers["HX-Redirect"]
    for url in (statement, extract):
        await sealed(here, url)
        file = await here.get(f"{url}/pdf")
        assert file.content.startswith(b"%PDF-")
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert url in (await here.get(PROPERTY)).text
    assert [one.purpose for one in await records(stage, "ownership_statement")][-1] == "子女入学"
    async with stage.resources.database.read(HOME) as reader:
        row = (await records(stage, "register_extract"))[-1]
        audited = select(AuditEntry).where(AuditEntry.subject == f"search:{row.id}")
        assert (await reader.scalars(audited)).one().action == "register.searched"
    other = await phone().signed_in(stranger)
    for url in (statement, extract):
        assert (await other.get(url)).status_code == 404
        assert (await other.get(f"{url}/pdf")).status_code == 404
    foreign = await other.page.htmx("POST", f"{PROPERTY}/extract", {"purpose": "好奇", "unit_id": str(home.unit.id)})
    assert foreign.status_code == 403
    for wrong in ("", "abc", "00000000-0000-7000-8000-000000000000"):
        answer = await here.page.htmx("POST", f"{PROPERTY}/extract", {"purpose": "办理贷款", "unit_id": wrong})
        assert answer.status_code in {404, 422}, wrong


async def test_whoever_holds_nothing_gets_a_statement_of_that(stage: Stage, phone: MakePhone) -> None:
    here = await phone().signed_in(buyer("苗凤"))
    assert "没有您名下的不动产" in (await here.get(PROPERTY)).text
    made = await here.page.htmx("POST", f"{PROPERTY}/statement", {"purpose": "申请住房保障"})
    url = made.headers["HX-Redirect"]
    await sealed(here, url)
    assert "无房" in (await here.get(url)).text
