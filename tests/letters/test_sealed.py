"""A letter with the real signing engine: sealed B-LT, valid, still PDF/A-3u in form."""

import io

import pikepdf
import pytest

from kernel.rendering import Renderer
from kernel.settings import Settings
from signing.pool import SigningPool
from signing.schemas import SealRef
from tests.certificates.test_sealed import SEAL, issue_seal
from tests.letters.samples import LETTERS, frozen
from yiti.letters.document import letter_attachment, letter_html, letter_json


@pytest.mark.slow
@pytest.mark.parametrize("name", ["refusal", "public_notice_first"])
async def test_a_sealed_letter_is_valid_and_keeps_its_form(renderer: Renderer, settings: Settings, name: str) -> None:
    issue_seal(settings)
    letter = frozen(LETTERS[name])
    rendered = await renderer.pdf(letter_html(letter), attachments=[letter_attachment(letter)])
    async with SigningPool(settings) as pool:
        sealed = await pool.seal_pdf(rendered.pdf, SealRef(key=SEAL), "sign-agency", rendered.boxes["sign-agency"])
        report = await pool.validate_pdf(sealed)
    assert sealed.startswith(rendered.pdf)
    assert report.valid, report
    assert [one.level for one in report.signatures if one.kind != "timestamp"] == ["B-LT"]
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
        assert pdf.attachments["letter.json"].get_file().read_bytes() == letter_json(letter)
