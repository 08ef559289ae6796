"""From facts to frozen content, page and data."""

import io
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree
from PIL import Image

from kernel.rendering import Renderer
from tests.certificates.world import LONG_LOCATION, content, party
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.document import content_digest, proof_attachment, proof_html, proof_xml
from yiti.certificates.elicence import is_licence_identifier
from yiti.certificates.schemas import ProofContent
from yiti.register.kinds import Sharing

TEN = tuple(party(f"欧阳测试{digit}·买买提·阿卜杜拉", Fraction(1, 10)) for digit in "一二三四五六七八九十")
COMPANIES = tuple(
    party(f"息县测试{digit}号某某某某某某某某某某某某某某农业科技发展股份有限公司某某分公司", Fraction(1, 10))
    for digit in "一二三四五六七八九十"
)
NAMES = tuple(party("某" * 14 + digit, Fraction(1, 10)) for digit in "一二三四五六七八九十")
CASES: dict[str, dict[str, Any]] = {
    "one": {},
    "couple": {"holders": (party("李𬭊"), party("陈㛃䶮𠅤")), "sharing": Sharing.JOINT},
    "three": {
        "holders": (party("甲", Fraction(1, 2)), party("乙", Fraction(1, 3)), party("丙", Fraction(1, 6))),
        "sharing": Sharing.FRACTIONAL,
    },
    "long address": {"location": LONG_LOCATION},
    "just roomy": {"location": "息县某路" + "某" * 62},
    "just dense": {"location": "息县某路" + "某" * 63},
    "still dense": {"holders": NAMES, "sharing": Sharing.FRACTIONAL, "location": "息县某路" + "某" * 80},
    "ten": {"holders": TEN, "sharing": Sharing.FRACTIONAL, "location": LONG_LOCATION},
    "ten companies": {"holders": COMPANIES, "sharing": Sharing.FRACTIONAL, "location": LONG_LOCATION},
}


def test_the_words_of_a_proof() -> None:
    proof = content(**CASES["three"])
    assert proof.number == "豫（2026）息县不动产证明第0000001号"
    assert proof.item == "预告登记（预售商品房买卖）"
    assert proof.sharing == "按份共有：甲 1/2、乙 1/3、丙 1/6"
    assert "取得价格：733,832.05元" in proof.others
    assert proof.verify_url == "http://127.0.0.1:8080/verify/411528/abcdefghijklmnopqrst"
    assert is_licence_identifier(proof.licence_id)
    assert content(**CASES["couple"]).sharing == "共同共有"


def test_the_unit_code_as_certificates_group_it() -> None:
    assert grouped_unit_code("411528001001GB00001F00010001") == "411528 001001 GB00001 F00010001"


@pytest.mark.parametrize("case", CASES)
def test_frozen_content_survives_storage(case: str) -> None:
    proof = content(**CASES[case])
    stored = msgspec.json.encode(proof)
    assert msgspec.json.decode(stored, type=ProofContent) == proof
    assert content_digest(msgspec.json.decode(stored, type=ProofContent)) == content_digest(proof)


def test_the_data_inside_the_pdf() -> None:
    root = etree.fromstring(proof_xml(content(**CASES["three"])))
    assert root.findtext("BDCDYH") == "411528001001GB00001F00010001"
    assert root.findtext("QDJG") == "733832.05"
    assert [holder.findtext("MC") for holder in root.findall("QLR")] == ["甲", "乙", "丙"]
    assert [holder.findtext("QLBL") for holder in root.findall("QLR")] == ["1/2", "1/3", "1/6"]
    assert root.findtext("YWR/MC") == "息县息州置业有限公司"


@pytest.mark.parametrize("case", CASES)
async def test_every_proof_is_one_page_within_its_frame(renderer: Renderer, case: str, tmp_path: Path) -> None:
    proof = content(**CASES[case])
    # A place below the table tells where the table ends.
    html = proof_html(proof).replace("</table>", '</table><div id="sign-end" style="height: 1px"></div>')
    rendered = await renderer.pdf(html, attachments=[proof_attachment(proof)])
    millimetre = 72 / 25.4
    assert rendered.pages == 1
    assert rendered.boxes["sign-end"].y1 > 21 * millimetre
    seal = rendered.boxes["sign-agency"]
    assert (seal.x2 - seal.x1, seal.y2 - seal.y1) == pytest.approx((42 * millimetre, 42 * millimetre), abs=0.1)
    path = tmp_path / "proof.pdf"
    path.write_bytes(rendered.pdf)
    text = subprocess.check_output(["pdftotext", "-raw", path, "-"], encoding="utf-8")  # noqa: ASYNC221
    flat = "".join(text.split())
    for part in (proof.number, "411528001001GB00001F00010001", *(holder.name for holder in proof.holders)):
        assert part in flat
    assert proof.location in flat
    assert proof.licence_id in flat


async def test_the_frame_is_drawn_below_the_words(renderer: Renderer) -> None:
    rendered = await renderer.pdf(proof_html(content()))
    with Image.open(io.BytesIO(await renderer.page_image(rendered.pdf, 0, 2970))) as picture:  # ten pixels a mm
        assert picture.getpixel((40, 40)) == (251, 253, 248)  # the ground
        border = [picture.getpixel(place) for place in ((85, 1050), (2885, 1050), (1480, 85), (1480, 2015))]
        assert border == [(61, 122, 88)] * 4
        waves = picture.crop((300, 120, 2600, 160)).convert("L")
        corner = picture.crop((89, 89, 193, 193)).convert("L")
    assert 0.1 < sum(value < 200 for value in waves.tobytes()) / (waves.width * waves.height) < 0.4
    assert 0.05 < sum(value < 200 for value in corner.tobytes()) / (corner.width * corner.height) < 0.3


@pytest.mark.parametrize(
    ("case", "size"), [("just roomy", "roomy"), ("just dense", "dense"), ("ten companies", "tight")]
)
def test_the_size_of_the_words_follows_their_number(case: str, size: str) -> None:
    assert f'<table class="{size}">' in proof_html(content(**CASES[case]))


def test_an_address_cannot_bring_markup_into_the_page() -> None:
    html = proof_html(content(location='<img src="file:///etc/passwd">3号楼'))
    assert "<img src=&#34;" not in html
    assert "&lt;img" in html
