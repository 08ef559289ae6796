"""Verification by anybody: the code of the QR, the file, and everything that is not what it seems."""

from io import BytesIO

import pikepdf
import pytest
from httpx import Response

from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import MakePhone, Phone, Sold
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
    assert ("文件已被改动" in rewritten.text, proof.number in rewritten.text) == (True, False)

    longer = await upload(here, original + _another_page(original))
    assert "<h2>文件已被改动</h2>" in longer.text, "never a green headline over what a forger has drawn"
    assert "登记机构签发的原件目前有效" in longer.text, "the sealed revision is still told"
    assert "签名后追加了其他内容" in longer.text

    assert "查无此证明" in (await upload(here, original, OTHER)).text


async def test_what_is_no_proof_is_refused_in_words(phone: MakePhone) -> None:
    here = phone()
    plain = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    foreign = await upload(here, plain.getvalue())
    assert (foreign.status_code, "没有可以核验的电子签章" in foreign.text) == (200, True)
    broken = await upload(here, b"%PDF-1.7\nnothing more")
    assert (broken.status_code, "查无此证明" in broken.text) == (200, True)
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
    monkeypatch.setattr("yiti.portals.public.controllers.UPLOADS", Quota("test2", 1, quota.window))
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
