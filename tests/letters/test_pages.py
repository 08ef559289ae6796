"""Every letter on paper: complete, sealed where the agency signs, the same bytes for the same content."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from kernel.rendering import Renderer
from tests.letters.samples import LETTERS, MATTER, frozen
from yiti.letters.document import letter_attachment, letter_html, letter_json
from yiti.letters.schemas import AcceptanceReceipt, FrozenLetter, LetterKind, OwnershipStatement, kind_of

PAGES = {"public_notice_first": 3, "ownership_statement": 2, "register_extract": 2, "rejection": 2}
WORDS: dict[str, tuple[str, ...]] = {
    "acceptance_receipt": ("现予受理", "王小明、李四：", "契税完税（减免税）凭证", "共享获取",
                           "自受理之日起至2026年11月24日止"),
    "correction_notice": ("一次性告知", "证件已于2026年10月31日到期", "2026年12月5日前", "第十七条"),
    "rejection": ("决定不予受理", "全体共有人同意处分的书面材料", "六十日内依法向息县人民政府",
                  "六个月内依法向息县人民法院"),
    "rejection_competence": ("请向光山县自然资源局（光山县不动产登记中心）申请办理",),
    "refusal": ("决定不予登记", "第二十二条", "第三十八条", "行政复议", "行政诉讼"),
    "public_notice": ("予以补发", "15个工作日内（2026年12月11日之前）", "0376-5950000", "第二十二条"),
    "public_notice_first": ("予以首次登记", "3号楼1单元4001室", "第十七条"),
    "ownership_statement": ("共2条", "990000199202020024", "96.02㎡（预测）", "子女入学"),
    "no_home": ("未查询到", "申请公积金贷款", "2026年11月21日09:30"),
    "register_extract": ("权利限制情况", "第1顺位", "现势", "历史", "500,000.00元"),
    "hand_over_receipt": ("由领取人当面核对领取", "9900**********0013", "不动产证明第0000001号"),
    "payment_receipt": ("玖仟贰佰捌拾元整", "26,796.12", "YM4115282026000001", "不替代税务机关的完税证明"),
    "maintenance_receipt": ("柒仟壹佰零壹元陆角", "7,101.60", "JK4115282026000001", "第二十八条",
                            "息县维缴〔2026〕第000001号"),
}  # fmt: skip


def read(pdf: bytes, folder: Path) -> str:
    path = folder / "letter.pdf"
    path.write_bytes(pdf)
    return "".join(subprocess.check_output(["pdftotext", "-raw", path, "-"], encoding="utf-8").split())


def test_every_kind_has_a_sample() -> None:
    assert {kind_of(content) for content in LETTERS.values()} == set(LetterKind)
    assert set(WORDS) == set(LETTERS)


@pytest.mark.parametrize("name", LETTERS)
async def test_a_letter_says_everything(renderer: Renderer, name: str, tmp_path: Path) -> None:
    letter = frozen(LETTERS[name])
    rendered = await renderer.pdf(letter_html(letter), attachments=[letter_attachment(letter)])
    assert rendered.pages == PAGES.get(name, 1)
    assert rendered.boxes["sign-agency"].page == rendered.pages - 1
    printed = read(rendered.pdf, tmp_path)
    for words in (*WORDS[name], letter.number, letter.title, letter.verify_code, "息县自然资源局", "2026年11月21日"):
        assert words in printed, words
    assert printed.count(letter.verify_code) == rendered.pages, "every page can be checked"


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_survives_storage(name: str) -> None:
    letter = frozen(LETTERS[name])
    again = msgspec.json.decode(msgspec.json.encode(letter), type=FrozenLetter)
    assert again == letter
    assert letter_json(again) == letter_json(letter)
    assert letter_html(again) == letter_html(letter)


async def test_the_same_letter_gives_the_same_bytes(renderer: Renderer) -> None:
    letter = frozen(LETTERS["refusal"])
    first, second = [await renderer.pdf(letter_html(letter), attachments=[letter_attachment(letter)]) for _ in range(2)]
    assert first.pdf == second.pdf


async def test_the_seal_never_stands_alone_on_a_page(renderer: Renderer, tmp_path: Path) -> None:
    """However much is listed, words stand above the signature."""
    receipt = LETTERS["acceptance_receipt"]
    assert isinstance(receipt, AcceptanceReceipt)
    for count in range(6, 14):
        many = msgspec.structs.replace(receipt, materials=receipt.materials[:1] * count)
        rendered = await renderer.pdf(letter_html(frozen(many)))
        box = rendered.boxes["sign-agency"]
        if box.page:
            assert box.y2 < 842 - 17 * 72 / 25.4 - 12, "a line of text above it"


def test_nobody_brings_markup_into_a_letter() -> None:
    evil = '<img src="file:///etc/passwd">'
    statement = LETTERS["no_home"]
    assert isinstance(statement, OwnershipStatement)
    receipt = LETTERS["acceptance_receipt"]
    assert isinstance(receipt, AcceptanceReceipt)
    for content in (
        msgspec.structs.replace(statement, purpose=evil),
        msgspec.structs.replace(receipt, matter=msgspec.structs.replace(MATTER, applicants=(evil,))),
    ):
        html = letter_html(frozen(content))
        assert '<img src="file' not in html
        assert "&lt;img" in html
