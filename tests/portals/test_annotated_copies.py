"""Annotated copies (加注件) on the pages: a holder's phone, the clerk's window, and whoever is shown the copy."""

from datetime import timedelta
from uuid import UUID

import pytest

from kernel.clock import today
from tests.journeys.stage import HOME, buyer
from tests.portals.citizens import ME, MakePhone, Phone, Sold
from tests.portals.registrars import audited, desk
from tests.portals.registrars import make_platform as make_office
from yiti.certificates.checking import Difference, Known, PublicView, Validity, Verification, result
from yiti.certificates.copies import service as copies
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.portals.public import controllers

WISH = {"purpose": "子女入学", "recipient": "息县第一小学", "valid_until": (today() + timedelta(10)).isoformat()}


async def kept(phone: Phone, url: str) -> AnnotatedCopy:
    async with phone.stage.resources.database.read(HOME) as reader:
        return await copies.get(reader, UUID(url.rsplit("/", maxsplit=1)[1]))


async def test_a_holder_gets_a_copy_that_anybody_verifies(sold: Sold, phone: MakePhone) -> None:
    here = await phone().signed_in(sold.buyers[0])
    base = f"{sold.proof_url}/copies"
    assert base in (await here.get(sold.proof_url)).text
    assert "有效期至" in (await here.get(base)).text
    for changes, field in (({"recipient": " "}, "recipient"), ({"valid_until": "2199-01-01"}, "valid_until")):
        wrong = await here.page.htmx("POST", base, WISH | changes)
        assert (wrong.status_code, wrong.json()["field"]) == (422, field)
    url = (await here.page.htmx("POST", base, WISH)).headers["HX-Redirect"]
    await here.stage.until(lambda: here.get(url), lambda page: "下载（PDF）" in page.text)
    file = await here.get(f"{url}/pdf")
    assert file.content.startswith(b"%PDF-")
    assert url in (await here.get(base)).text
    assert (await (await phone().signed_in(sold.buyers[1])).get(url)).status_code == 200, "the other holder sees it too"
    stranger = await phone().signed_in(buyer("齐桓"))
    for hidden in (base, url, f"{url}/pdf"):
        assert (await stranger.get(hidden)).status_code == 404
    assert (await stranger.page.htmx("POST", base, WISH)).status_code == 404
    copy = await kept(here, url)
    by_code = (await phone().get(f"/verify/{HOME}/{copy.verify_code}")).text
    for words in ("本加注件由登记机构签发，在有效期内", copy.number, sold.proof.number, "息县第一小学", "周*、郑*"):
        assert words in by_code, words
    other = phone()
    await other.get("/verify")
    files = {"file": ("加注件.pdf", file.content, "application/pdf")}
    uploaded = (await other.page.post("/verify", {"county": HOME}, files=files)).text
    assert "文件与签发时完全一致" in uploaded
    assert "认证签名 · B-LT" in uploaded


async def test_a_clerk_makes_one_for_a_holder_at_the_window(sold: Sold, phone: MakePhone) -> None:
    stage = phone().stage
    office = make_office(stage)
    clerk = await desk(office, stage, "window_clerk")
    base = f"/registration/certificates/{sold.proof.id}/copies"
    assert base in (await clerk.get(base.removesuffix("/copies"))).text
    form = (await clerk.get(base)).text
    assert "周*" in form
    assert sold.buyers[0].name not in form
    for nobody in ("", "3", "x", "9" * 5000):
        wrong = await clerk.htmx("POST", base, WISH | {"applicant": nobody})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "applicant")
    url = (await clerk.htmx("POST", base, WISH | {"applicant": "1"})).headers["HX-Redirect"]
    await stage.until(lambda: clerk.get(url), lambda page: "打开并打印" in page.text)
    assert (await clerk.get(f"{url}/file.pdf")).content.startswith(b"%PDF-")
    copy = await kept(phone(), url)
    assert copy.applicant == sold.buyers[0].name
    (taken,) = await audited(stage, f"annotated_copy:{copy.id}", "annotated_copy.downloaded")
    assert taken["number"] == copy.number
    neighbour, reviewer = await desk(office, stage, "window_clerk", "411522"), await desk(office, stage, "registrar")
    for page in (base, url, f"{url}/file.pdf"):
        assert [(await one.get(page)).status_code for one in (neighbour, reviewer)] == [404, 403], page
    assert (await (await phone().signed_in(sold.buyers[0])).get(f"{ME}/proofs/{copy.id}/copies")).status_code == 404
    for one in (clerk, neighbour, reviewer):
        await one.http.aclose()


async def test_the_page_lists_where_a_replaced_paper_differs(phone: MakePhone, monkeypatch: pytest.MonkeyPatch) -> None:
    view = PublicView(
        number="豫（2026）息县不动产权第0000001号",
        item="国有建设用地使用权/房屋（构筑物）所有权",
        holders=("王**",),
        agency="息县自然资源局",
        booked_on="2026-11-21",
        differences=(Difference(field="面积", paper="房屋建筑面积118.36㎡", register="房屋建筑面积118.40㎡"),),
    )

    async def found(*_: object) -> Verification:
        return result(Known(validity=Validity.REPLACED, view=view))

    monkeypatch.setattr(controllers, "by_code", found)
    shown = (await phone().get(f"/verify/{HOME}/{'x' * 20}")).text
    for words in ("与登记机构现行记载不同的地方", "房屋建筑面积118.36㎡", "房屋建筑面积118.40㎡"):
        assert words in shown, words
