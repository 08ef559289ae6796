"""The whole way with the real signing engine: rendered, sealed B-LT, valid, still PDF/A-3u in form."""

import io

import pikepdf
import pytest

from kernel.rendering import Box, Renderer
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing.founding import open_pki
from signing.pool import SigningPool
from signing.schemas import SealRef
from signing.seal_image import seal_mask
from tests.certificates.samples import entry_facts, picture
from tests.certificates.test_freezing import frozen
from tests.certificates.world import COUNTY, content, party
from yiti.certificates.document import proof_attachment, proof_html
from yiti.certificates.pages import content_attachment, content_html
from yiti.register.kinds import Sharing

SEAL = f"county:{COUNTY}:registration"


def issue_seal(settings: Settings) -> None:
    drawn = seal_mask("息县自然资源局", font_files(settings.assets_dir)[1])
    open_pki(settings).issue_seal(SEAL, "息县自然资源局", "11411528MB1234568F", drawn)


@pytest.mark.slow
async def test_a_sealed_certificate_with_its_plan_is_valid(renderer: Renderer, settings: Settings) -> None:
    issue_seal(settings)
    paper = frozen(entry_facts(plan_digest="0" * 64))
    html = content_html(paper, picture("PNG"))
    rendered = await renderer.pdf(html, attachments=[content_attachment(paper)])
    async with SigningPool(settings) as pool:
        sealed = await pool.seal_pdf(rendered.pdf, SealRef(key=SEAL), "sign-agency", rendered.boxes["sign-agency"])
        report = await pool.validate_pdf(sealed)
    assert report.valid, report
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
        assert paper.number.encode() in pdf.attachments["certificate.xml"].get_file().read_bytes()


@pytest.mark.slow
async def test_a_sealed_proof_is_valid_and_keeps_its_form(renderer: Renderer, settings: Settings) -> None:
    issue_seal(settings)
    proof = content(holders=(party("李𬭊"), party("甲")), sharing=Sharing.JOINT)
    rendered = await renderer.pdf(proof_html(proof), attachments=[proof_attachment(proof)])
    box: Box = rendered.boxes["sign-agency"]
    async with SigningPool(settings) as pool:
        sealed = await pool.seal_pdf(rendered.pdf, SealRef(key=SEAL), "sign-agency", box)
        report = await pool.validate_pdf(sealed)
    assert sealed.startswith(rendered.pdf)
    assert report.valid, report
    assert [one.level for one in report.signatures if one.kind != "timestamp"] == ["B-LT"]
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
        assert "proof.xml" in pdf.attachments
        assert len(pdf.trailer.ID) == 2
