"""Applying online: from the choice to the last signature, and what others do not see."""

import re
from urllib.parse import urlsplit

import pytest

from contracts.schemas import Buyer
from kernel.permissions import Actor
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import (
    ANSWERS,
    asked_to_sign,
    begun,
    case_id,
    case_of,
    clerk,
    own_home,
    own_link,
    photo,
    ready,
    rounds_of,
    sale_form,
    sent,
    signs,
    sms_link,
    submitted,
)
from tests.portals.citizens import ME, MakePhone, Phone
from yiti.cases import service as cases
from yiti.cases.application import Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.journeys.registration import desk

RESALE = "transfer_resale"


async def test_what_can_be_done_is_offered_in_plain_words(stage: Stage, phone: MakePhone) -> None:
    person = buyer("蒋沈")
    home = await own_home(stage, person)
    here = await phone().signed_in(person)
    offers = (await here.get(f"{ME}/apply")).text
    online = [one for one in CATALOGUE.values() if one.online]
    assert online
    for one in online:
        assert one.name in offers
        guide = await here.get(f"{ME}/apply/{one.business}")
        assert guide.status_code == 200, one.business
    offline = next(one for one in CATALOGUE.values() if not one.online)
    assert offline.name not in offers
    assert (await here.get(f"{ME}/apply/{offline.business}")).status_code == 404
    assert (await here.page.post(f"{ME}/apply/{offline.business}", {"entry": str(home.entry.id)})).status_code == 404
    assert home.unit.location in (await here.get(f"{ME}/apply/{RESALE}")).text
    found = (await here.get(f"{ME}/apply?q=过户")).text
    assert "存量房转移登记" in found
    assert "换发不动产权证书" not in found


async def test_a_sale_is_applied_for_from_the_phone(stage: Stage, phone: MakePhone) -> None:
    seller, other, stranger = buyer("韩杨"), buyer("朱秦"), buyer("尤许")
    home = await own_home(stage, seller)
    here = await phone().signed_in(seller)
    url = await begun(here, RESALE, entry=str(home.entry.id), acting="self")
    form = (await here.get(f"{url}/form")).text
    assert home.unit.location in form
    assert "您本人" in form
    assert seller.id_no not in form
    saved = await here.page.htmx("POST", f"{url}/form", sale_form(seller, other))
    assert saved.headers["HX-Redirect"] == f"{url}/materials", saved.text
    async with stage.resources.database.read(HOME) as reader:
        part = cases.application_of(await cases.get(reader, case_id(url))).parts[0]
    assert {(one.side, one.name, one.id_number) for one in part.applicants} == {
        (Side.OBLIGOR, seller.name, seller.id_no), (Side.HOLDER, other.name, other.id_no)
    }  # fmt: skip
    assert part.price_fen == 60_000_000
    await ready(here, url)
    buyer_phone = await phone().signed_in(other)
    assert (await buyer_phone.get(url)).status_code == 404, "a draft is its author's alone"
    version = str((await case_of(stage, url)).version)
    await asked_to_sign(here, url)
    again = await here.page.post(f"{url}/submit", {f"answers.{code}": value for code, value in ANSWERS.items()}
                                 | {"version": version})  # fmt: skip
    assert again.headers["Location"] == url, "a second click asks nobody twice"
    assert await rounds_of(stage, url) == ["open"]
    await signs(here, await own_link(here, url))
    waiting = await stage.until(lambda: here.get(url), lambda page: page.text.count("已签署") == 1)
    assert "尚未签署" in waiting.text
    assert other.name not in waiting.text
    assert (await case_of(stage, url)).status == CaseStatus.DRAFT
    assert "待签署" in (await here.get(f"{ME}/cases")).text
    await signs(buyer_phone, await sms_link(stage, other))
    case = await stage.until(lambda: case_of(stage, url), lambda one: one.status == CaseStatus.SUBMITTED)
    own = (await here.get(url)).text
    assert "待受理" in own
    assert case.number in (await here.get(f"{ME}/cases")).text
    assert (await here.page.htmx("POST", f"{url}/take-back")).status_code == 409, "too late"
    await stage.until(lambda: here.get(url), lambda page: "签署证据报告" in page.text)
    for one in (here, buyer_phone):
        for key in ("application_form", "inquiry_record", "evidence"):
            assert (await one.get(f"{url}/papers/{key}")).content.startswith(b"%PDF-"), key
    await only_looked_at_by_the_other(buyer_phone, url)
    await nothing_for(await phone().signed_in(stranger), url)
    await proved_by_signatures(stage, case, seller, other)


async def proved_by_signatures(stage: Stage, case: Case, *people: Buyer) -> None:
    """The two papers lie with the case, validly signed by both; rules and identity checks rest on that."""
    async with stage.resources.database.read(HOME) as reader:
        signed = [one for one in await cases.materials(reader, case.id) if one.source == "signed"]
        findings = {one.code: one for one in await desk.findings(reader, clerk(), case.id)}
    assert [one.code for one in signed] == ["application_form", "inquiry_record"]
    for one in signed:
        report = await stage.resources.signing.validate_pdf(await stage.resources.blobs.get(one.digest))
        assert report.valid, report
        assert {person.name for person in people} <= {found.signer for found in report.signatures}
    assert findings["form.inquiry"].evidence.reference == signed[1].digest
    assert (findings["people.identity"].level, findings["people.identity"].evidence.source) == ("clear", "统一身份认证")


async def only_looked_at_by_the_other(phone: Phone, url: str) -> None:
    assert url in (await phone.get(f"{ME}/cases")).text
    page = (await phone.get(url)).text
    assert "确认申请" not in page
    assert "撤回申请" not in page
    for inner in ("form", "materials", "submit"):
        assert (await phone.get(f"{url}/{inner}")).status_code == 404, inner
    assert (await phone.page.htmx("POST", f"{url}/withdraw", {"reason": "不卖了"})).status_code == 409
    assert (await phone.page.htmx("POST", f"{url}/confirm")).status_code == 409
    assert (await phone.page.htmx("POST", f"{url}/sign")).status_code == 409


async def nothing_for(phone: Phone, url: str) -> None:
    """Whoever is not named learns not even that it exists."""
    some = case_id(url)
    for inner in (
        "",
        "/form",
        "/materials",
        "/submit",
        "/papers/inquiry_record",
        f"/letters/{some}",
        f"/materials/files/{some}",
    ):
        assert (await phone.get(f"{url}{inner}")).status_code == 404, inner
    for inner in ("form", "materials/identity", "materials/fetch", "materials/identity/fetch", "submit", "confirm",
                  "sign", "take-back", "signers/signer-1/invite", "withdraw",
                  f"materials/files/{some}/remove"):  # fmt: skip
        answer = await phone.page.htmx("POST", f"{url}/{inner}", {"version": "1", "reason": "x"})
        assert answer.status_code == 404, inner
    assert case_id(url).hex not in (await phone.get(f"{ME}/cases")).text
    other_county = await phone.get(url.replace(HOME, "411522"))
    assert other_county.headers["Location"].startswith("/me/login")


@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("病毒.pdf", b"MZ\x90\x00 this is no paper", 422, "只接受"),
        ("照片.pdf", photo("red"), 422, "后缀"),
        ("坏的.jpg", b"\xff\xd8\xff broken", 422, "损坏"),
        ("空.pdf", b"", 422, "空"),
        ("大.jpg", b"\xff\xd8\xff" + b"0" * (20 * 1024 * 1024 + 1), 413, "20MB"),
    ],
)
async def test_uploads_that_are_not_what_they_say(
    stage: Stage, phone: MakePhone, name: str, data: bytes, status: int, words: str
) -> None:
    person = buyer("孔曹")
    home = await own_home(stage, person)
    here = await phone().signed_in(person)
    url = await begun(here, RESALE, entry=str(home.entry.id))
    await here.get(f"{url}/materials")
    answer = await sent(here, f"{url}/materials/consent", name, data)
    assert (answer.status_code, words in answer.json()["title"]) == (status, True), answer.text
    good = await sent(here, f"{url}/materials/consent", "同意书.jpg", photo("blue"))
    assert good.status_code == 200
    assert "同意书.jpg" in good.text
    twice = await sent(here, f"{url}/materials/contract", "再来.jpg", photo("blue"))
    assert twice.status_code == 409
    assert (await sent(here, f"{url}/materials/dowry", "嫁妆.jpg", photo("green"))).status_code == 422
    file = re.search(r"/materials/files/([0-9a-f-]{36})", good.text)
    assert file
    shown = await here.get(f"{url}/materials/files/{file[1]}")
    assert shown.headers["Content-Type"] == "image/jpeg"
    gone = await here.page.htmx("POST", f"{url}/materials/files/{file[1]}/remove")
    assert "同意书.jpg" not in gone.text


async def test_a_buyer_names_the_unit_and_learns_nobodys_name(stage: Stage, phone: MakePhone) -> None:
    owner, me = buyer("严华"), buyer("金魏")
    home = await own_home(stage, owner)
    here = await phone().signed_in(me)
    assert home.unit.location not in (await here.get(f"{ME}/apply/{RESALE}")).text
    stolen = await here.page.htmx("POST", f"{ME}/apply/{RESALE}", {"entry": str(home.entry.id)})
    assert (stolen.status_code, stolen.json()["field"]) == (422, "entry")
    for code in ("", "123", home.unit.code[:-4] + "9999"):
        wrong = await here.page.htmx("POST", f"{ME}/apply/{RESALE}", {"entry": "", "unit_code": code})
        assert wrong.status_code in {404, 422}, code
        assert wrong.json()["field"] == "unit_code"
    url = await begun(here, RESALE, unit_code=home.unit.code, side="holder")
    form = (await here.get(f"{url}/form")).text
    assert "您本人" in form
    assert owner.id_no not in form
    assert "严" not in form.split("<main")[1], "who owns it is not told"


async def test_an_agent_applies_with_a_power_of_attorney(stage: Stage, phone: MakePhone) -> None:
    owner, agent = buyer("陶姜"), buyer("戚谢")
    home = await own_home(stage, owner)
    here = await phone().signed_in(agent)
    missing = await here.page.htmx("POST", f"{ME}/apply/certificate_replacement", {"acting": "agent"})
    assert missing.status_code == 422
    url = await begun(here, RESALE, acting="agent", unit_code=home.unit.code, side="obligor",
                      principal_name=owner.name, principal_id=owner.id_no)  # fmt: skip
    async with stage.resources.database.read(HOME) as reader:
        (one,) = cases.application_of(await cases.get(reader, case_id(url))).parts[0].applicants
    assert (one.side, one.id_number) == (Side.OBLIGOR, owner.id_no)
    assert one.agent is not None
    assert one.agent.id_number == agent.id_no
    form = (await here.get(f"{url}/form")).text
    assert "授权委托书" in form
    assert agent.id_no not in form


async def test_correcting_withdrawing_and_stale_pages(stage: Stage, phone: MakePhone) -> None:
    seller, other = buyer("邹喻"), buyer("柏水")
    home = await own_home(stage, seller)
    here = await phone().signed_in(seller)
    url = await begun(here, RESALE, entry=str(home.entry.id))
    await here.page.htmx("POST", f"{url}/form", sale_form(seller, other))
    stale = await here.page.htmx("POST", f"{url}/form", sale_form(seller, other, **{"parts.0.price": "1"}))
    assert (stale.status_code, stale.json()["code"]) == (409, "case.stale_page")
    await ready(here, url)
    await submitted(here, url, (phone(), other))
    late = await here.get(f"{url}/form")
    assert late.status_code == 409, "handed in is handed in"
    await asked_to_correct(stage, clerk(), url, ["买卖合同缺第三页", "卖方身份证反面"])
    page = (await here.get(url)).text
    for words in ("待补正", "买卖合同缺第三页", "卖方身份证反面", "补交材料"):
        assert words in page, words
    await here.get(f"{url}/materials")
    assert (await sent(here, f"{url}/materials/contract", "第三页.jpg", photo("pink"))).status_code == 200
    form = {f"answers.{code}": value for code, value in ANSWERS.items()}
    done = await here.page.htmx("POST", f"{url}/submit", form | {"version": str((await case_of(stage, url)).version)})
    assert done.headers["HX-Redirect"] == url, done.text
    assert (await case_of(stage, url)).flags == []
    await here.get(url)
    assert (await here.page.htmx("POST", f"{url}/withdraw", {"reason": "不卖了"})).headers[
        "HX-Redirect"
    ] == f"{ME}/cases"
    assert "已撤回" in (await here.get(url)).text
    assert "撤回申请" not in (await here.get(url)).text


async def asked_to_correct(stage: Stage, actor: Actor, url: str, items: list[str]) -> None:
    async with stage.resources.database.transaction(HOME) as tx:
        await desk.request_correction(tx, actor, case_id(url), items)


async def test_people_are_added_and_removed_without_losing_what_is_typed(stage: Stage, phone: MakePhone) -> None:
    seller, other, third = buyer("窦章"), buyer("云苏"), buyer("潘葛")
    home = await own_home(stage, seller)
    here = await phone().signed_in(seller)
    url = await begun(here, RESALE, entry=str(home.entry.id))
    more = await here.page.htmx("POST", f"{url}/form", sale_form(seller, other, add="parts.0.holder"))
    where = urlsplit(more.headers["HX-Redirect"])
    page = (await here.get(f"{where.path}?{where.query}")).text
    assert 'name="parts.0.holder.2.name"' in page
    assert other.name in page
    couple = {
        "parts.0.holder.count": "2",
        "parts.0.holder.2.name": third.name,
        "parts.0.holder.2.id_number": third.id_no,
        "parts.0.sharing": "fractional",
        "parts.0.holder.1.share": "1/3",
        "parts.0.holder.2.share": "2/3",
    }
    saved = await here.page.htmx("POST", f"{url}/form", sale_form(seller, other, version=3, **couple))
    assert saved.headers["HX-Redirect"] == f"{url}/materials", saved.text
    bad = await here.page.htmx(
        "POST", f"{url}/form", sale_form(seller, other, version=4, **(couple | {"parts.0.holder.1.share": "5/3"}))
    )
    assert (bad.status_code, bad.json()["field"]) == (422, "parts.0.holder.1.share")
    await here.page.htmx(
        "POST", f"{url}/form", sale_form(seller, other, version=4, **couple, remove="parts.0.holder.1")
    )
    async with stage.resources.database.read(HOME) as reader:
        part = cases.application_of(await cases.get(reader, case_id(url))).parts[0]
    assert [one.name for one in part.applicants if one.side is Side.HOLDER] == [third.name]
    forged = sale_form(
        seller, other, version=5, **{"parts.0.obligor.1.name": "假名", "parts.0.obligor.1.id_number": third.id_no}
    )
    await here.page.htmx("POST", f"{url}/form", forged)
    async with stage.resources.database.read(HOME) as reader:
        part = cases.application_of(await cases.get(reader, case_id(url))).parts[0]
    assert [one.id_number for one in part.applicants if one.side is Side.OBLIGOR] == [seller.id_no]
