"""我要办: one's own contracts and proofs, and nobody else's."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import time_machine

import contracts.service as contracts
from escrow.bills import bills_of
from kernel import clock
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.citizens import ME, MakePhone, Sold
from tests.portals.pages import links
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.certificates.schemas import Replacement
from yiti.journeys import presale
from yiti.portals.citizen.own import parties_of


async def test_one_signs_in_by_real_name_and_face(sold: Sold, phone: MakePhone) -> None:
    here, me = phone(), sold.buyers[0]
    turned_away = await here.get(sold.url)
    assert turned_away.headers["Location"].startswith("/me/login?next=")
    door = await here.get(turned_away.headers["Location"])
    form = await here.get(door.headers["Location"])
    assert "核验身份" in form.text
    for fields, words in {
        (me.name, me.id_no[:-1] + "A"): "末位",
        ("", me.id_no): "请填写身份证上的姓名",
        (me.name, "123"): "18位",
    }.items():
        wrong = await here.page.post(f"{ME}/login", {"name": fields[0], "id_no": fields[1]})
        assert wrong.status_code == 422
        assert words in wrong.text
    typed = {"name": me.name, "id_no": me.id_no, "next": sold.url}
    failed = await here.get(await here.face(await here.page.post(f"{ME}/login", typed), decision="fail"))
    assert failed.status_code == 422
    other = sold.buyers[1]
    stranger = await here.face(await here.page.post(f"{ME}/login", typed), name=other.name, id_no=other.id_no)
    assert (await here.get(stranger)).status_code == 403
    back = await here.face(await here.page.post(f"{ME}/login", typed))
    assert (await phone().get(back)).status_code == 403, "another browser brings the answer"
    assert (await here.get(back)).headers["Location"] == sold.url
    assert (await here.get(sold.url)).status_code == 200
    assert (await here.get("/me")).headers["Location"] == ME
    assert (await here.page.post(f"{ME}/logout")).headers["Location"] == f"{ME}/login"
    assert (await here.get(sold.url)).status_code == 303


async def test_a_buyer_sees_contract_papers_history_and_proof(sold: Sold, phone: MakePhone) -> None:
    here = await phone().signed_in(sold.buyers[0])
    home = await here.get(ME)
    assert sold.url in home.text
    assert sold.proof_url in home.text
    contract = await here.stage.until(lambda: here.get(sold.url), lambda page: "签署证据报告" in page.text)
    for words in ("已预告登记", "合同网签备案", "已到账：住宅专项维修资金", "加盖电子印章", "登簿", "证明签发", "郑*"):
        assert words in contract.text, words
    assert sold.buyers[1].id_no not in contract.text
    assert contract.text.count("预售资金监管账户") == 1
    assert contract.text.count("维修资金专户") == 1
    papers = [link for link in links(contract.text) if "/documents/" in link]
    assert len(papers) == 5, "four documents, and how they were signed"
    for paper in papers:
        file = await here.get(paper)
        assert file.content.startswith(b"%PDF-")
        assert file.headers["Content-Disposition"].startswith("attachment")
    proof = await here.get(sold.proof_url)
    assert "data:image/png;base64," in proof.text
    assert f"/verify/{HOME}/{sold.proof.verify_code}" in proof.text
    assert (await here.get(f"{sold.proof_url}/pages/1.png")).content.startswith(b"\x89PNG")
    assert (await here.get(f"{sold.proof_url}/pdf")).content.startswith(b"%PDF-")


async def test_what_is_not_ones_own_does_not_exist(sold: Sold, phone: MakePhone) -> None:
    here = await phone().signed_in(buyer("路人"))
    assert "没有您的合同" in (await here.get(ME)).text
    for url in (
        sold.url,
        f"{sold.url}/documents/contract",
        sold.proof_url,
        f"{sold.proof_url}/pdf",
        f"{sold.proof_url}/pages/1.png",
        f"{ME}/contracts/{sold.proof.id}",
        f"{ME}/contracts/nonsense",
    ):
        assert (await here.get(url)).status_code == 404, url
    for action in ("cancellation", "cancellation/agree", "cancellation/withdraw", "sign"):
        assert (await here.page.post(f"{sold.url}/{action}", {"reason": "不买了"})).status_code == 404, action
    owner = await phone().signed_in(sold.buyers[0])
    elsewhere = await owner.get(sold.url.replace(HOME, "411522"))
    assert elsewhere.headers["Location"].startswith("/me/login"), "a session holds in its own county only"


async def test_an_expired_session_says_so_and_leads_back(sold: Sold, phone: MakePhone) -> None:
    here = await phone().signed_in(sold.buyers[0])
    await here.get(sold.url)
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        ended = await here.get(sold.url)
        assert "expired=1" in ended.headers["Location"]
        door = await here.get(ended.headers["Location"])
        form = await here.get(door.headers["Location"])
    assert "登录已过期" in form.text
    assert f'value="{sold.url}"' in form.text


async def made_anew(stage: Stage, proof: Certificate) -> Certificate:
    """The proof's successor, as a reissuing case leaves it."""
    why = Replacement(cause="renewal", case_id=uuid4(), case_number="411528202611220009", booked_on=clock.today())
    async with stage.resources.database.transaction(HOME) as tx:
        return await certificates.replace(tx, await stage.actor("dengji"), proof.id, why)


async def test_buyers_and_seller_cancel_a_filed_contract(stage: Stage, phone: MakePhone) -> None:
    couple = (buyer("冯陈"), buyer("褚卫"))
    contract_id = await stage.drafted(couple, "joint")
    sold = Sold(contract_id, await stage.finished(contract_id), couple)
    first, second = await phone().signed_in(couple[0]), await phone().signed_in(couple[1])
    sold = replace(sold, proof=await made_anew(stage, sold.proof))
    shown = await stage.until(lambda: first.get(sold.url), lambda page: "已预告登记" in page.text)
    assert sold.proof_url in shown.text, "the newest proof of the notice, not the one it replaced"
    assert shown.text.count("不动产登记证明签发") == 2
    assert "申请注销合同备案" in shown.text
    none = await first.page.post(f"{sold.url}/cancellation", {"reason": " "})
    assert none.status_code == 422
    await first.get(sold.url)
    assert (await first.page.post(f"{sold.url}/cancellation", {"reason": "改变主意"})).status_code == 303
    again = await first.page.post(f"{sold.url}/cancellation", {"reason": "改变主意"})
    assert again.status_code == 409
    page = (await second.get(sold.url)).text
    assert "改变主意" in page
    assert "冯*" in page
    assert (await second.page.post(f"{sold.url}/cancellation/withdraw")).status_code == 303
    await first.get(sold.url)
    assert (await first.page.post(f"{sold.url}/cancellation", {"reason": "还是不买"})).status_code == 303
    async with stage.resources.database.transaction(HOME) as tx:
        await contracts.agree_cancellation(tx, await stage.actor("jingli"), contract_id, "seller")
    await second.get(sold.url)
    agreed = await second.page.htmx("POST", f"{sold.url}/cancellation/agree")
    assert agreed.headers["HX-Redirect"] == sold.url
    await stage.until(lambda: first.get(sold.proof_url), lambda page: "已注销" in page.text)
    for one in (first, second):
        assert "合同已注销" in (await one.get(sold.url)).text
        assert "已注销" in (await one.get(sold.proof_url)).text
    verified = await first.get(f"/verify/{HOME}/{sold.proof.verify_code}")
    assert "注销日期" in verified.text


async def test_a_lost_link_is_replaced_and_a_case_with_a_person_says_why(stage: Stage, phone: MakePhone) -> None:
    person = buyer("沈韩")
    contract_id = await stage.drafted([person], building=3)
    await stage.billed(contract_id)
    here, url = await phone().signed_in(person), f"{ME}/contracts/{contract_id}"
    page = (await here.get(url)).text
    assert "待缴款" in page
    async with stage.resources.database.read(HOME) as reader:
        bill = (await bills_of(reader, contract_id))[0]
    assert f"{bill.bank_name}，{bill.account_no}" in page, "whoever pays needs the whole number"
    assert (await here.page.post(f"{url}/sign")).status_code == 409
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    assert "去阅读和签署" in (await here.get(url)).text
    desk = await here.page.post(f"{url}/sign")
    link = desk.headers["Location"]
    await here.identify(link)
    assert "data-pad" in (await here.get(link)).text
    assert (await here.sign(link)).status_code == 303
    await stage.sealed(contract_id)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.case_id is not None)
    waiting = await here.get(url)
    assert "登记审核中" in waiting.text
    assert "在建建筑物抵押" in waiting.text
    sale = await stage.sale(contract_id)
    assert sale.case_id is not None
    registrar = await stage.actor("dengji")
    async with stage.resources.database.transaction(HOME) as tx:
        await presale.refuse(tx, registrar, sale.case_id, "抵押权人不同意销售")
    refused = await here.get(url)
    assert "不予登记的理由" in refused.text
    assert "抵押权人不同意销售" in refused.text
    assert registrar.name not in refused.text, "offices are named, not their staff"


def test_whoever_signs_for_a_buyer_acts_for_it() -> None:
    me, child_no = buyer("吴郑"), buyer("吴小").id_no
    child = buyer("吴小", id_no=child_no, representative_name=me.name, representative_id_no=me.id_no.lower())
    assert parties_of(me.id_no, [buyer(), me, child]) == ("buyer-2", "buyer-3")
    assert parties_of(child_no, [me, child]) == ()
