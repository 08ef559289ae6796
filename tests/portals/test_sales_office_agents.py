"""A couple far away buys through an agent: from the sales office's form to the registrar, the archive and the end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
import time_machine
from PIL import Image, ImageDraw
from sqlalchemy import select, update

import contracts.service as contracts
import e_archive.service as e_archive
import signing.service as signing
from contracts.errors import PowersFaulty
from contracts.schemas import Power
from kernel.clock import SHANGHAI, now, today
from kernel.errors import Conflict
from kernel.identifiers import test_resident_id
from signing import ending
from signing.models import AppliedSignature, Ceremony, CeremonySignatory
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals import registrars
from tests.portals.citizens import ME, MakePhone
from tests.portals.pages import PageClient
from tests.portals.sales import buyers_form, make_platform, open_desk, save
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.journeys import presale
from yiti.journeys.sale import powers

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

AGENT = buyer("孙代办")
REPRESENTED: dict[str, Any] = {
    "by_power": True,
    "representative_name": AGENT.name,
    "representative_id_no": AGENT.id_no,
    "representative_phone": AGENT.phone,
}
COUPLE = (buyer("远方甲", **REPRESENTED), buyer("远方乙", **REPRESENTED))


def scan() -> bytes:
    """A photographed power of attorney."""
    picture = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 560, 760), outline="black", width=4)
    out = BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def power_form(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "notarised",
        "certified_by": "河南省息县公证处",
        "number": "（2026）豫息证民字第101号",
        "signed_on": (today() - timedelta(days=2)).isoformat(),
        "valid_until": (today() + timedelta(days=5)).isoformat(),
        "acts": ["sign_contract", "apply_notice"],
    } | changes


@dataclass
class Desk:
    """The sales office's browser, on one sale."""

    page: PageClient
    contract_id: UUID

    @property
    def url(self) -> str:
        return f"/sales/contracts/{self.contract_id}"

    async def bring(self, place: int, name: str = "委托书.jpg", data: bytes | None = None, **changes: Any) -> Any:
        files = {"file": (name, scan() if data is None else data)}
        return await self.page.htmx("POST", f"{self.url}/powers/{place}", power_form(**changes), files=files)


@pytest.fixture
async def office(stage: Stage) -> AsyncIterator[Desk]:
    """A draft for the couple, with the buyers' page still to be filled in."""
    page = await open_desk(make_platform(stage), stage, "shoulou")
    yield Desk(page, await stage.drafted([buyer("本人签")]))
    await page.http.aclose()


async def submitted_with_powers(stage: Stage, desk: Desk, place: int = 2) -> None:
    """From the buyers' form to the submission; whoever is missing something is told."""
    wrong = buyers_form(list(COUPLE), "joint", **{"buyers.1.representative_id_no": COUPLE[0].id_no})
    answer = await save(desk.page, f"{desk.url}/buyers", wrong)
    assert answer.headers["HX-Redirect"].endswith("/buyers?checked=1")
    assert "委托代理人就是本人" in (await desk.page.get(f"{desk.url}/buyers?checked=1")).text
    saved = await save(desk.page, f"{desk.url}/buyers", buyers_form(list(COUPLE), "joint"))
    assert saved.headers["HX-Redirect"] == f"{desk.url}/price", saved.text
    form = (await desk.page.get(f"{desk.url}/buyers")).text
    assert form.count(f'value="{AGENT.phone}"') == 2
    preview = (await desk.page.get(f"{desk.url}/preview")).text
    assert preview.count("尚未上传") == 2
    assert "委托代理人孙**" in preview
    assert AGENT.name not in preview
    await powers_are_judged(desk)
    await stage.billed(desk.contract_id)
    await stage.paid(desk.contract_id)
    with pytest.raises(PowersFaulty, match="请上传第2名买受人的授权委托书"):
        await stage.submitted(desk.contract_id)
    brought = await desk.bring(place, kind="on_site", certified_by="息县不动产登记中心", number="")
    assert brought.headers["HX-Redirect"] == desk.url, brought.text
    page = (await desk.page.get(desk.url)).text
    assert page.count("有效</span>") == 2
    assert "在登记机构现场签订，息县不动产登记中心" in page
    await stage.submitted(desk.contract_id)
    assert (await desk.bring(1)).json()["code"] == "sale.already_submitted"


async def powers_are_judged(desk: Desk) -> None:
    assert "代为解除合同" in (await desk.page.get(f"{desk.url}/powers/1")).text
    gone = today() - timedelta(days=1)
    for changes, field in (
        ({"data": b"%PDF-1.7 rubbish", "name": "a.pdf"}, "file"),
        ({"data": b"MZ", "name": "a.pdf"}, "file"),
        ({"name": "委托书.pdf"}, "file"),
        ({"kind": "spoken"}, "kind"),
        ({"valid_until": "明年"}, "valid_until"),
        ({"valid_until": gone.isoformat()}, "valid_until"),
        ({"acts": ["sign_contract"]}, "acts"),
        ({"acts": ["sell_everything"]}, "acts"),
        ({"number": ""}, "number"),
    ):
        refused = await desk.bring(1, **changes)
        assert (refused.status_code, refused.json().get("field")) == (422, field), (changes, refused.text)
    empty = await desk.page.htmx("POST", f"{desk.url}/powers/1", power_form())
    assert empty.json()["field"] == "file"
    assert (await desk.bring(3)).json()["code"] == "contracts.no_agent"
    assert (await desk.bring(1)).headers["HX-Redirect"] == desk.url
    copy = await desk.page.get(f"{desk.url}/powers/1/file.pdf")
    assert copy.content.startswith(b"%PDF")
    assert (await desk.page.get(f"{desk.url}/powers/2/file.pdf")).status_code == 404


async def one_agent_signs_for_both(stage: Stage, desk: Desk, phone: MakePhone) -> None:
    sale = await stage.until(lambda: stage.sale(desk.contract_id), lambda one: one.ceremony_id is not None)
    assert sale.ceremony_id is not None
    async with stage.resources.database.read(HOME) as reader:
        people = await signing.signatories_of(reader, sale.ceremony_id)
        end = await signing.term_of(reader, sale.ceremony_id)
    assert [(one.key, one.name, one.phone) for one in people][:-1] == [("buyer-1", AGENT.name, AGENT.phone)]
    assert end is not None
    assert end.astimezone(SHANGHAI).isoformat() == f"{today() + timedelta(days=6)}T00:00:00+08:00", "with the power"
    page = (await desk.page.get(desk.url)).text
    assert "买受人1、买受人2的委托代理人" in page
    assert "0 / 1" in page
    principal, agent = await phone().signed_in(buyer("x", id_no=COUPLE[1].id_no)), await phone().signed_in(AGENT)
    url = f"{ME}/contracts/{desk.contract_id}"
    assert (await principal.get(url)).status_code == 200
    assert (await principal.page.post(f"{url}/sign")).status_code == 409
    link = (await agent.page.post(f"{url}/sign")).headers["Location"]
    assert "签署人：孙**，买受人远**的委托代理人" in (await agent.get(link)).text
    await agent.identify(link)
    assert (await agent.sign(link)).status_code == 303
    await stage.sealed(desk.contract_id)


async def the_registrar_decides(stage: Stage, desk: Desk) -> UUID:
    sale = await stage.until(lambda: stage.sale(desk.contract_id), lambda one: one.case_id is not None)
    assert sale.case_id is not None
    async with stage.resources.database.read(HOME) as reader:
        case = await cases.get(reader, sale.case_id)
        receipt = await cases.latest_receipt(reader, case.id)
        signed = select(AppliedSignature.subject).join(
            CeremonySignatory, CeremonySignatory.id == AppliedSignature.signatory_id
        )
        subjects = list(
            await reader.scalars(
                signed.where(CeremonySignatory.ceremony_id == sale.ceremony_id, CeremonySignatory.kind == "person")
            )
        )
    assert case.status == CaseStatus.ACCEPTED, "never by machine"
    assert receipt is not None
    assert [(one["code"], one["level"]) for one in receipt.findings if one["level"] != "clear"] == [
        ("presale_notice.agents", "warn")
    ]
    assert len(subjects) == 4, "each document once"
    assert all(AGENT.name in one and COUPLE[0].name not in one for one in subjects), "the certificate is the agent's"
    page = await registrars.desk(registrars.make_platform(stage), stage)
    url = f"/registration/cases/{case.id}"
    shown = (await page.get(url)).text
    for words in (
        "委托代理人有有效的授权",
        "公证书编号（2026）豫息证民字第101号",
        "授权委托书（买受人2）",
        "委托代理人孙**",
    ):
        assert words in shown, words
    assert AGENT.name not in shown
    assert (await page.get(f"{url}/papers/power-2")).status_code == 200
    assert (await page.get(f"{url}/papers/power-2/file.pdf")).content.startswith(b"%PDF")
    assert [one["paper"] for one in await registrars.audited(stage, f"case:{case.id}", "case.paper_viewed")] == [
        "power-2"
    ]
    approved = await page.htmx("POST", f"{url}/approve", {"note": "已核对公证书和现场委托书原件"})
    assert approved.headers["HX-Redirect"] == url, approved.text
    await page.http.aclose()
    return case.id


async def test_a_common_agent_from_the_form_to_the_archive(stage: Stage, office: Desk, phone: MakePhone) -> None:
    await submitted_with_powers(stage, office)
    await one_agent_signs_for_both(stage, office, phone)
    case_id = await the_registrar_decides(stage, office)
    proof = await stage.until(
        lambda: stage.proof(office.contract_id), lambda one: one is not None and one.state == "issued"
    )

    async def archived() -> Any:
        async with stage.resources.database.read(HOME) as reader:
            return await e_archive.by_subject(reader, f"case:{case_id}")

    kept = await stage.until(archived, lambda one: one is not None)
    with ZipFile(BytesIO(await stage.resources.blobs.get(kept.package_digest))) as package:
        names = " ".join(package.namelist())
    assert "power-1" in names
    assert "power-2" in names
    told = stage.sandbox.get(f"/sms/messages?phone={AGENT.phone}")
    assert any("您受托代签的购房合同已可签署" in one["data"]["text"] for one in told)
    assert any("预告登记已办结" in one["data"]["text"] for one in told), "the agent is told too"
    assert proof is not None
    await who_may_end_it(office, phone, proof.id)


async def who_may_end_it(desk: Desk, phone: MakePhone, proof_id: UUID) -> None:
    """The principals see everything; signing for them does not mean ending the contract for them."""
    principal, agent = await phone().signed_in(buyer("x", id_no=COUPLE[0].id_no)), await phone().signed_in(AGENT)
    url = f"{ME}/contracts/{desk.contract_id}"
    for one in (principal, agent):
        assert (await one.get(f"{ME}/proofs/{proof_id}")).status_code == 200
        assert "/documents/contract" in (await one.get(url)).text
    refused = await agent.page.post(f"{url}/cancellation", {"reason": "不买了"})
    assert (refused.status_code, "须由买受人本人办理" in refused.text) == (403, True)
    asked = await principal.page.post(f"{url}/cancellation", {"reason": "不买了"})
    assert asked.status_code == 303
    assert (await principal.page.post(f"{url}/cancellation/withdraw")).status_code == 303


async def test_a_power_that_ends_before_everybody_has_signed_is_renewed(stage: Stage) -> None:
    people = (buyer("远方丙", **REPRESENTED), buyer("在场丁"))
    contract_id = await stage.drafted(people, "joint")
    clerk = await stage.actor("shoulou")
    name, digest, copy = await powers.kept(stage.resources, "委托书.jpg", scan())

    async def record(days: int) -> None:
        power = Power(
            kind="on_site", certified_by="息县不动产登记中心", number="", signed_on=today(),
            valid_until=today() + timedelta(days=days), acts=("sign_contract", "apply_notice"), file_name=name,
            digest=digest, pdf_digest=copy,
        )  # fmt: skip
        async with stage.resources.database.transaction(HOME) as tx:
            await presale.record_power(tx, clerk, contract_id, 1, power)

    await record(1)
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    with pytest.raises(Conflict):
        await record(30)
    async with stage.resources.database.transaction(HOME) as tx:
        await tx.execute(update(Ceremony).where(Ceremony.id == sale.ceremony_id).values(expires_at=now()))
    assert sale.ceremony_id is not None
    async with stage.resources.database.transaction(HOME) as tx:
        await ending.expire(tx, sale.ceremony_id)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.rounds == 1)
    async with stage.resources.database.read(HOME) as reader:
        (late,) = await contracts.power_findings_of(reader, contract_id, today() + timedelta(days=2))
    assert late.code == "contracts.power_expired"
    with time_machine.travel(now() + timedelta(days=2), tick=False), pytest.raises(PowersFaulty, match="到期"):
        await stage.submitted(contract_id)
    await record(30)
    await stage.submitted(contract_id)
    await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)


async def test_a_parent_signs_once_for_oneself_and_the_child(stage: Stage) -> None:
    parent = buyer("周家长")
    child = buyer(
        "周小宝",
        id_no=test_resident_id(date(today().year - 8, 5, 5), 7),
        representative_name=parent.name,
        representative_id_no=parent.id_no,
    )
    contract_id = await stage.drafted([child, parent], "joint")
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    assert sale.ceremony_id is not None
    async with stage.resources.database.read(HOME) as reader:
        people = await signing.signatories_of(reader, sale.ceremony_id)
    assert [(one.key, one.name) for one in people if one.kind == "person"] == [("buyer-1", parent.name)]
    await stage.signed_by_buyers(contract_id)
    await stage.sealed(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.case_id is not None)
    assert sale.case_id is not None
    async with stage.resources.database.read(HOME) as reader:
        receipt = await cases.latest_receipt(reader, sale.case_id)
    assert receipt is not None
    assert [one["code"] for one in receipt.findings if one["level"] != "clear"] == ["presale_notice.capacity"]
