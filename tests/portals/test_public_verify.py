"""Verification by anybody: the code of the QR, the file, and everything that is not what it seems."""

from io import BytesIO

import pikepdf
import pytest
from httpx import Response
from sqlalchemy import select

from signing.models import EvidenceFile
from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import MakePhone, Phone, Sold
from tests.signing import hostile
from tests.signing.foreign import foreign_signature
from yiti.certificates.models import Certificate
from yiti.portals.public import throttle
from yiti.portals.public.throttle import Quota, admit

OTHER = "411522"


@pytest.fixture(scope="module")
def proof(sold: Sold) -> Certificate:
    return sold.proof


@pytest.fixture
async def original(stage: Stage, proof: Certificate) -> bytes:
    assert proof.pdf_digest is not None
    return await stage.resources.blobs.get(proof.pdf_digest)


async def upload(here: Phone, data: bytes, county: str = HOME, name: str = "证明.pdf") -> Response:
    await here.get("/verify")
    return await here.page.post("/verify", {"county": county}, files={"file": (name, data, "application/pdf")})


async def test_the_qr_code_leads_to_the_result(proof: Certificate, phone: MakePhone) -> None:
    here = phone()
    found = await here.get(f"/verify/{HOME}/{proof.verify_code}")
    assert found.status_code == 200
    for words in ("有效", proof.number, "周*、郑*", "签章", "***"):
        assert words in found.text, words
    assert "周武" not in found.text
    assert proof.unit_code not in found.text
    typed = await here.get(f"/verify?county={HOME}&code={proof.verify_code}")
    assert typed.headers["Location"] == f"/verify/{HOME}/{proof.verify_code}"


async def test_unknown_codes_and_counties_are_told_plainly(proof: Certificate, phone: MakePhone) -> None:
    here = phone()
    for url in (f"/verify/{OTHER}/{proof.verify_code}", f"/verify/{HOME}/{'x' * 20}", f"/verify/{HOME}/'--"):
        unknown = await here.get(url)
        assert unknown.status_code == 404
        assert "查无此证明" in unknown.text
    assert (await here.get(f"/verify/999999/{proof.verify_code}")).status_code == 404
    no_county = await here.get("/verify?county=&code=abc")
    assert (no_county.status_code, 'value="abc"' in no_county.text) == (422, True)


async def test_the_original_file_is_valid_and_its_copies_are_judged_apart(
    proof: Certificate, original: bytes, phone: MakePhone
) -> None:
    here = phone()
    same = await upload(here, original)
    assert same.status_code == 200
    assert "文件与签发时完全一致" in same.text
    assert proof.number in same.text

    added = BytesIO()
    with pikepdf.open(BytesIO(original)) as pdf:
        pdf.docinfo["/Title"] = "改过"
        pdf.save(added)
    rewritten = await upload(here, added.getvalue())
    assert "<h2>已被篡改</h2>" in rewritten.text
    assert "文件所附的数据与登记机构的记载一致" in rewritten.text, "which paper it was made from is told by its data"

    longer = await upload(here, original + _another_page(original))
    assert "<h2>文件已被改动</h2>" in longer.text, "never a green headline over what a forger has drawn"
    assert "登记机构签发的原件目前有效" in longer.text, "the sealed revision is still told"
    assert "签名后追加了其他内容" in longer.text

    assert "第1页的内容被改" in longer.text, "what was added is named"

    elsewhere = await upload(here, original, OTHER)
    assert ("<h2>签名有效</h2>" in elsewhere.text, "不是登记机构签发的原件" in elsewhere.text) == (True, True)
    anywhere = await upload(here, original, "")
    assert ("文件与签发时完全一致" in anywhere.text, proof.number in anywhere.text) == (True, True)


async def test_who_signed_and_when_is_told(proof: Certificate, original: bytes, phone: MakePhone) -> None:
    told = (await upload(phone(), original)).text
    for words in (
        "认证签名 · B-LT",
        "签署的内容完整，签名者可信",
        "签名后没有追加内容",
        "时间戳服务证明",
        "证书签发：",
    ):
        assert words in told, words


async def test_any_signed_pdf_is_judged_without_a_county(phone: MakePhone) -> None:
    here = phone()
    foreign = await foreign_signature()
    untrusted = (await upload(here, foreign, "")).text
    for words in (
        "<h2>签名人不受信任</h2>",
        "Somebody Foreign",
        "签名者自报，没有可信时间戳证明",
        "不是登记机构签发的原件",
    ):
        assert words in untrusted, words
    at = foreign.index(b"/Title")
    broken = await upload(here, foreign[: at + 9] + b"?" + foreign[at + 10 :], "")
    assert "<h2>已被篡改</h2>" in broken.text
    assert "签署的内容已被破坏：签署的内容已被改动" in broken.text
    place = (await upload(here, hostile.no_value(), "")).text
    assert "<h2>没有电子签名</h2>" in place


@pytest.mark.parametrize("name", ["encrypted", "truncated", "no catalog"])
async def test_what_nobody_can_read_is_a_page_too(name: str, phone: MakePhone) -> None:
    found = await upload(phone(), hostile.MEANINGLESS[name](), "")
    assert (found.status_code, "<h2>无法读取</h2>" in found.text) == (200, True)


async def test_a_name_made_to_run_in_the_browser_is_only_a_name(phone: MakePhone) -> None:
    pdf = hostile.signature_of(b"[0 1 2 3]", b"<3000>").replace(b"(s)", b"(<script>alert(1)</script>)")
    assert "<script>alert" not in (await upload(phone(), pdf, "")).text


async def test_what_is_no_proof_is_refused_in_words(phone: MakePhone) -> None:
    here = phone()
    plain = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    foreign = await upload(here, plain.getvalue())
    assert (foreign.status_code, "没有可以核验的电子签章" in foreign.text) == (200, True)
    broken = await upload(here, b"%PDF-1.7\nnothing more")
    assert (broken.status_code, "无法读取" in broken.text) == (200, True)
    disguised = await upload(here, b"MZ\x90\x00" + b"\x00" * 5000)
    assert (disguised.status_code, "不是PDF" in disguised.text) == (422, True)
    empty = await upload(here, b"")
    assert empty.status_code == 422
    large = await upload(here, b"%PDF-1.7" + b"0" * (5 * 1024 * 1024))
    assert (large.status_code, "超过 5 MB" in large.text) == (413, True)
    huge = await upload(here, b"%PDF-1.7" + b"0" * (7 * 1024 * 1024))
    assert huge.status_code == 413
    nowhere = await upload(here, plain.getvalue(), "999999")
    assert (nowhere.status_code, "请选择签发证明的县" in nowhere.text) == (422, True)
    await here.get("/verify")
    assert (await here.page.post("/verify", {"county": HOME})).status_code == 422


async def test_asking_too_often_has_to_wait(stage: Stage, phone: MakePhone, monkeypatch: pytest.MonkeyPatch) -> None:
    quota = Quota("test", 2, throttle.UPLOADS.window)
    for _ in range(2):
        await admit(stage.resources.database, HOME, quota, "203.0.113.7")
    monkeypatch.setattr("yiti.portals.public.verifying.UPLOADS", Quota("test2", 1, quota.window))
    here = phone()
    assert (await upload(here, b"%PDF-1.7")).status_code == 200
    refused = await upload(here, b"%PDF-1.7")
    assert (refused.status_code, "10 分钟后再试" in refused.text) == (429, True)


def _another_page(original: bytes) -> bytes:
    """An incremental update that swaps the first page's content, as a forger would append it."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(original))
    page = writer.root["/Pages"]["/Kids"][0]
    page[generic.pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()[len(original) :]


async def test_an_evidence_report_is_known_by_its_file(stage: Stage, sold: Sold, phone: MakePhone) -> None:
    async def first() -> EvidenceFile | None:
        async with stage.resources.database.read(HOME) as reader:
            return await reader.scalar(select(EvidenceFile).limit(1))

    found = await stage.until(first, lambda one: one is not None)
    assert found is not None
    report = await stage.resources.blobs.get(found.pdf_digest)
    told = (await upload(phone(), report)).text
    for words in ("文件与签发时完全一致", "签署证据报告", found.content_digest, "本报告由本平台出具"):
        assert words in told, words
