"""Following a case to its certificate, and applications that hold more than one business."""

import re

from tests.journeys.registration.county import clear_answers
from tests.journeys.registration.people import applicant, part
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import begun, case_id, case_of, clerk, own_home, photo, ready, sale_form, submitted
from tests.portals.citizens import ME, MakePhone, Phone
from tests.portals.pages import links
from yiti.cases import service as cases
from yiti.cases.application import Application, Side
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.journeys.registration import desk


async def test_a_change_of_name_is_followed_to_the_certificate(stage: Stage, phone: MakePhone) -> None:
    born = buyer("花方")
    married = buyer("花俞方", id_no=born.id_no)
    home = await own_home(stage, born)
    here = await phone().signed_in(married)
    url = await begun(here, "change_holder", entry=str(home.entry.id))
    form = {
        "version": "2", "contact_phone": married.phone, "parts.0.cause": "姓名变更", "parts.0.holder.count": "1",
        "parts.0.holder.1.phone": married.phone,
    }  # fmt: skip
    saved = await here.page.htmx("POST", f"{url}/form", form)
    assert saved.headers["HX-Redirect"] == f"{url}/materials", saved.text
    await ready(here, url)
    await submitted(here, url)
    office, other = clerk(), await phone().signed_in(buyer("任袁"))
    async with stage.resources.database.transaction(HOME) as tx:
        await desk.compare_identity(tx, office, case_id(url), [married.id_no])
        await desk.accept(tx, office, case_id(url))
    assert "办理中" in (await here.get(url)).text
    letter = await stage.until(lambda: letter_of(here, url), lambda found: found is not None)
    file = await here.get(str(letter))
    assert file.content.startswith(b"%PDF-")
    assert (await other.get(str(letter))).status_code == 404
    async with stage.resources.database.transaction(HOME) as tx:
        await desk.review(tx, clerk(), case_id(url), "材料齐全，同意登记")
    booked = (await here.get(url)).text
    assert "已登簿" in booked
    proof = re.search(rf"{ME}/proofs/[0-9a-f-]{{36}}", booked)
    assert proof
    page = await here.get(proof[0])
    assert page.status_code == 200
    assert married.name in page.text
    assert (await other.get(proof[0])).status_code == 404


async def letter_of(phone: Phone, url: str) -> str | None:
    page = await phone.get(url)
    return next((one for one in links(page.text) if one.startswith(f"{url}/letters/")), None)


async def test_a_sale_and_the_buyers_mortgage_are_one_application(stage: Stage, phone: MakePhone) -> None:
    seller, other, banker = buyer("柳酆"), buyer("鲍史"), buyer("唐费")
    home = await own_home(stage, seller)
    here = await phone().signed_in(seller)
    url = await begun(here, "transfer_resale", entry=str(home.entry.id), following="mortgage")
    page = (await here.get(f"{url}/form")).text
    assert "不用再填" in page
    assert 'name="parts.1.obligor.1.phone"' not in page
    mortgage = {
        "parts.1.cause": "抵押合同", "parts.1.price": "300000", "parts.1.valid_from": "2026-12-01",
        "parts.1.valid_until": "2046-12-01", "parts.1.bans_transfer": "no", "parts.1.holder.count": "1",
        "parts.1.holder.1.name": "演示建设银行息县支行", "parts.1.holder.1.id_kind": "credit_code",
        "parts.1.holder.1.id_number": "91411528MA99999963", "parts.1.fields.contract_number": "借2026-1",
    }  # fmt: skip
    await here.page.htmx("POST", f"{url}/form", sale_form(seller, other, **mortgage))
    assert "是单位，请填写代为签署的法定代表人" in (await here.get(f"{url}/form")).text
    mortgage |= {
        "parts.1.holder.1.agent_basis": "legal_representative",
        "parts.1.holder.1.agent_name": banker.name,
        "parts.1.holder.1.agent_id_number": banker.id_no,
        "parts.1.holder.1.agent_phone": banker.phone,
        "version": "3",
    }
    saved = await here.page.htmx("POST", f"{url}/form", sale_form(seller, other, **mortgage))
    assert saved.headers["HX-Redirect"] == f"{url}/materials", saved.text
    async with stage.resources.database.read(HOME) as reader:
        sale, loan = cases.application_of(await cases.get(reader, case_id(url))).parts
        lacks = (await desk.checklist(reader, case_id(url))).lacks
    assert [one.id_number for one in loan.applicants if one.side is Side.OBLIGOR] == [other.id_no]
    assert [one.id_number for one in sale.applicants if one.side is Side.OBLIGOR] == [seller.id_no]
    assert not [one for one in lacks if not one.field.startswith("answers.")]
    await ready(here, url)
    await submitted(here, url, (phone(), other), (phone(), banker))
    assert (await case_of(stage, url)).status == CaseStatus.SUBMITTED


async def test_who_is_named_at_the_window_confirms_by_their_own_face(stage: Stage, phone: MakePhone) -> None:
    owner, office = buyer("岑薛"), clerk()
    home = await own_home(stage, owner)
    who = applicant((owner.name, owner.id_kind, owner.id_no), phone=owner.phone)
    wanted = part(Business.CHANGE_HOLDER, home.unit, who, targets=(home.entry.id,))
    async with stage.resources.database.transaction(HOME) as tx:
        case = await desk.start(tx, office, [wanted.business], Channel.WINDOW)
        application = Application(parts=(wanted,), contact_phone=owner.phone, answers=clear_answers(wanted))
        await desk.save(tx, office, case.id, application, case.version)
        for number, one in enumerate((await desk.checklist(tx, case.id)).missing):
            paper = photo(f"#00{number}0ff")
            await desk.attach(tx, stage.resources, office, case.id, one.code, f"{one.code}.jpg", paper)
        await desk.submit(tx, office, case.id)
    url, here = f"{ME}/cases/{case.id}", await phone().signed_in(owner)
    assert "待本人确认" in (await here.get(url)).text
    stranger = await here.face(await here.page.post(f"{url}/confirm"), name="卫蒋", id_no=buyer("卫蒋").id_no)
    assert (await here.get(stranger)).headers["Location"] == url
    assert "确认申请" in (await here.get(url)).text
    back = await here.get(await here.face(await here.page.post(f"{url}/confirm")))
    assert back.headers["Location"] == url
    page = (await here.get(url)).text
    assert "已确认" in page
    assert "确认申请" not in page
    assert (await here.page.post(f"{url}/confirm")).status_code == 409, "once"
