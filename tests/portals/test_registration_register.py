"""The register page of a unit, its proof and its archive, from the booking to the cancellation."""

import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from litestar import Litestar

import e_archive.service as e_archive
from contracts.schemas import Buyer
from e_archive import renewing, rules
from e_archive.rules import Policy
from kernel.outbox import Park
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.pages import PageClient
from tests.portals.registrars import audited, desk, make_platform
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.certificates.models import Certificate
from yiti.journeys import cancellation

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Sold:
    """A home sold, booked and archived."""

    contract_id: UUID
    buyer: Buyer
    proof: Certificate
    case: Case

    @property
    def unit_url(self) -> str:
        return f"/registration/units/{self.proof.unit_id}"

    @property
    def proof_url(self) -> str:
        return f"/registration/certificates/{self.proof.id}"

    @property
    def archive_url(self) -> str:
        return f"/registration/archives/{self.case.id}"


@pytest.fixture(scope="module")
def app(stage: Stage) -> Litestar:
    return make_platform(stage)


@pytest.fixture(scope="module")
async def sold(stage: Stage) -> Sold:
    person = buyer("司马相如")
    contract_id = await stage.drafted([person])
    proof = await stage.finished(contract_id)

    async def case() -> Case:
        async with stage.resources.database.read(HOME) as reader:
            return await cases.get(reader, proof.case_id)

    closed = await stage.until(case, lambda one: one.status == CaseStatus.CLOSED)
    return Sold(contract_id, person, proof, closed)


@pytest.fixture(scope="module")
async def registrar(app: Litestar, stage: Stage) -> AsyncIterator[PageClient]:
    client = await desk(app, stage)
    yield client
    await client.http.aclose()


async def test_a_unit_is_found_by_every_number_in_hand(registrar: PageClient, sold: Sold) -> None:
    code, number = sold.proof.unit_code, sold.proof.number
    grouped = f"{code[:6]} {code[6:12]} {code[12:19]} {code[19:].lower()}"
    half_width = number.replace("（", "(").replace("）", ")")
    for words in (code, grouped, number, half_width, sold.case.number):
        answer = await registrar.get("/registration/register", params={"code": words})
        assert (answer.status_code, answer.headers.get("Location")) == (303, sold.unit_url), words


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("张三", 422, "请填写28位不动产单元号"),
        ("4" * 81, 422, "查询内容过长"),
        ("411528001001GB99999F99999999", 404, "没有这个不动产单元"),
        ("4115282026010199999", 404, "没有这个业务号"),
        ("豫（2026）息县不动产证明第9999999号", 404, "没有签发这个证号"),
    ],
)
async def test_what_is_not_found_is_said_on_the_form(registrar: PageClient, words: str, status: int, said: str) -> None:
    answer = await registrar.get("/registration/register", params={"code": words})
    assert answer.status_code == status
    assert said in answer.text
    assert words in answer.text


async def test_the_register_page_tells_state_and_history_masked(registrar: PageClient, sold: Sold) -> None:
    html = (await registrar.get(sold.unit_url)).text
    for words in ("未登记", "预告登记（预售商品房买卖）", "现势", sold.proof.number, sold.case.number, "司**"):
        assert words in html, words
    assert sold.buyer.name not in html
    assert sold.buyer.id_no not in html


async def test_full_data_of_the_register_is_recorded(stage: Stage, registrar: PageClient, sold: Sold) -> None:
    shown = await registrar.post(f"{sold.unit_url}/reveal", {"purpose": "inquiry", "reference": "查询申请2026-001"})
    assert sold.buyer.name in shown.text
    assert sold.buyer.id_no in shown.text
    (detail,) = await audited(stage, f"unit:{sold.proof.unit_id}", "pii.revealed")
    assert detail["reference"] == "查询申请2026-001"
    assert detail["people"] == 2


async def test_the_proof_has_a_page_and_a_recorded_file(stage: Stage, registrar: PageClient, sold: Sold) -> None:
    html = (await registrar.get(sold.proof_url)).text
    assert f"/verify/{HOME}/{sold.proof.verify_code}" in html
    assert "司**" in html
    assert sold.buyer.name not in html
    pdf = await registrar.get(f"{sold.proof_url}/proof.pdf")
    assert pdf.content == await stage.resources.blobs.get(sold.proof.pdf_digest or "")
    (detail,) = await audited(stage, f"certificate:{sold.proof.id}", "certificate.downloaded")
    assert detail["number"] == sold.proof.number


async def test_the_archive_is_shown_honestly_and_checked_again(stage: Stage, registrar: PageClient, sold: Sold) -> None:
    html = (await registrar.get(sold.archive_url)).text
    assert all(words in html for words in ("真实性", "完整性", "可用性", "安全性", "人工/未检"))
    virus = html.split("病毒感染")[1].split("</tr>")[0]
    assert "人工/未检" in virus
    assert "通过" not in virus
    package = await registrar.get(f"{sold.archive_url}/package.zip")
    with zipfile.ZipFile(BytesIO(package.content)) as archive:
        assert any(name.endswith("bagit.txt") for name in archive.namelist())
    assert len(await audited(stage, f"case:{sold.case.id}", "archive.downloaded")) == 1
    checked = await registrar.post(f"{sold.archive_url}/fixity")
    assert checked.headers["Location"] == sold.archive_url
    assert "完好" in (await registrar.get(sold.archive_url)).text
    assert await audited(stage, f"case:{sold.case.id}", "archive.fixity_requested") == [{"passed": True}]


async def test_the_archive_tells_how_long_it_is_provable(
    stage: Stage, registrar: PageClient, sold: Sold, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = (await registrar.get(sold.archive_url)).text
    for words in ("长期保存", "有效，到期前自动延续", "没有延续过"):
        assert words in html, words
    # With a lead of decades everything is due. The real signing processes stamp and validate the whole case; that
    # the new timestamps would end as early as the old ones is noticed at last.
    eager = Policy(effective_from=date(2026, 1, 1), lead=timedelta(days=365 * 30), weakening=frozenset())
    monkeypatch.setattr(rules, "POLICIES", (eager,))
    async with stage.resources.database.transaction(HOME) as tx:
        kept = await e_archive.by_subject(tx, f"case:{sold.case.id}")
        assert kept is not None
        with pytest.raises(Park, match="新的存档时间戳也即将到期"):
            await renewing.look_after(tx, stage.resources.blobs, stage.resources.signing, kept.id)


async def test_who_may_see_the_register(app: Litestar, stage: Stage, sold: Sold) -> None:
    pages = (sold.unit_url, sold.proof_url, sold.archive_url)
    files = (f"{sold.proof_url}/proof.pdf", f"{sold.archive_url}/package.zip", f"{sold.unit_url}/reveal")
    clerk, neighbour, seller = [
        await desk(app, stage, role, county)
        for role, county in (("window_clerk", HOME), ("registrar", "411522"), ("sales_clerk", HOME))
    ]
    assert [(await clerk.get(url)).status_code for url in (*pages, *files)] == [200, 200, 200, 403, 403, 403]
    assert (await clerk.post(f"{sold.archive_url}/fixity")).status_code == 403
    assert [(await neighbour.get(url)).status_code for url in (*pages, *files)] == [404] * 6
    missing = await neighbour.get("/registration/register", params={"code": sold.proof.unit_code})
    assert missing.status_code == 404
    assert [(await seller.get(url)).status_code for url in (*pages, *files)] == [403] * 6
    for client in (clerk, neighbour, seller):
        await client.http.aclose()


async def test_a_cancelled_notice_becomes_history(stage: Stage, registrar: PageClient, sold: Sold) -> None:
    async with stage.resources.database.transaction(HOME) as tx:
        await cancellation.close_notice(tx, sold.contract_id)
    html = (await registrar.get(sold.unit_url)).text
    case_url = html.split("/registration/cases/")[1].split('"')[0]
    assert (await registrar.get(f"/registration/cases/{case_url}")).status_code == 200
    assert "注销的登记（上手）" in html
    assert "买卖双方协商解除合同" in html
    assert "历史" in html
    proof = (await registrar.get(sold.proof_url)).text
    assert "已注销" in proof
    assert "买卖双方协商解除合同" in proof
