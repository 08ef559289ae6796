"""The three documents beside the contract: what they say, where they are signed, how they look to a printer."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.schemas import Buyer, FrozenContract, Home, Ownership, Power, Seller
from kernel.errors import Invalid
from kernel.identifiers import test_resident_id
from kernel.rendering import Box, MissingGlyph, Renderer
from kernel.settings import Settings
from yiti.journeys.documents import (
    QUESTIONS,
    PresaleFacts,
    check_answers,
    handover_agreement,
    inquiry_record,
    notice_application,
    unfavourable,
)
from yiti.journeys.documents.inquiry import AnswersIncomplete
from yiti.journeys.documents.presale import _ten_thousands

SOME = UUID(int=1)
ID_NO = "990000199001010013"
CLEAR = {question.key: question.clear for question in QUESTIONS}
HOME = Home(
    unit_id=SOME, unit_code="411528001001GB00001F00010001", project_id=SOME, project_name="淮河新城",
    building_name="3号楼", floor="11", room="1101",
    location="河南省信阳市息县龙湖街道淮河大道66号淮河新城3号楼2单元1101室", usage="成套住宅",
    structure="钢筋混凝土结构", floors_total=18, building_area=Decimal("118.36"), inner_area=Decimal("95.20"),
    shared_area=Decimal("23.16"), land_use_right_no="豫（2025）息县不动产权第0000123号", land_term="至2095年1月1日",
    planning_permit_no="建字第1号", construction_permit_no="施字第1号", presale_permit_no="息房预字（2026）第12号",
    presale_permit_date=date(2026, 9, 1), mortgaged=False, has_lift=True, planned_handover=date(2028, 6, 30),
)  # fmt: skip
SELLER = Seller(
    organisation_id=SOME, name="息县淮河置业有限公司", credit_code="91411528MA99999963", legal_representative="赵建国",
    address="息县淮河大道66号", phone="03765900000", supervision_bank="建设银行", supervision_account="41001",
)  # fmt: skip
DOCUMENTS: dict[str, tuple[Callable[[PresaleFacts], str], bool]] = {
    "notice_application": (notice_application, True),
    "inquiry_record": (inquiry_record, False),
    "handover_agreement": (handover_agreement, True),
}


def buyer(name: str = "王小明", **changes: Any) -> Buyer:
    usual: dict[str, Any] = {
        "kind": "person", "name": name, "id_kind": "resident_id", "id_no": ID_NO, "phone": "13800000000",
        "address": "河南省信阳市息县谯楼街道办事处文化路中段东侧棉纺厂家属院3号楼2单元501室",
    }  # fmt: skip
    return Buyer(**(usual | changes))


def number_of(serial: int) -> str:
    return test_resident_id(date(1990, 1, 1), serial)


COMPANY = buyer(
    "息县某某农业科技发展股份有限公司", kind="company", id_kind="credit_code", id_no="91411528MA99999963",
    representative_name="陈㛃䶮𠅤", representative_id_no=number_of(10), share=Fraction(1, 10),
)  # fmt: skip
TEN = (
    *(
        buyer(f"欧阳{n}·买买提·阿卜杜拉", id_no=number_of(place), share=Fraction(1, 10))
        for place, n in enumerate("一二三四五六七八九", start=1)
    ),
    COMPANY,
)
AGENT: dict[str, Any] = {
    "by_power": True, "representative_name": "李代", "representative_id_no": number_of(99),
    "representative_phone": "13700000011",
}  # fmt: skip
POWER = Power(
    kind="notarised", certified_by="息县公证处", number="（2026）豫息证民字第101号", signed_on=date(2026, 11, 1),
    valid_until=date(2027, 4, 30), acts=("sign_contract", "apply_notice"), file_name="委托书.pdf", digest="c" * 64,
    pdf_digest="c" * 64,
)  # fmt: skip


def facts(*buyers: Buyer, ownership: Ownership = "sole", **changes: Any) -> PresaleFacts:
    contract = FrozenContract(
        contract_id=SOME, template="gf_2014_0171", template_version="v1", home=HOME, seller=SELLER, ownership=ownership,
        buyers=buyers, price_fen=73383205, instalments=(), blanks={}, frozen_on=date(2026, 11, 21),
    )  # fmt: skip
    usual: dict[str, Any] = {
        "contract": contract, "county_name": "息县", "agency_name": "息县自然资源局", "answers": CLEAR,
        "inquirer": "刘芳", "place": "淮河新城售楼部", "dated": date(2026, 11, 21),
    }  # fmt: skip
    return PresaleFacts(**(usual | changes))


CASES = {
    "one": facts(buyer("李𬭊")),
    "couple": facts(buyer("甲"), buyer("乙", id_no=number_of(2)), ownership="joint"),
    "company": facts(COMPANY),
    "ten": facts(*TEN, ownership="fractional"),
}


@pytest.fixture(scope="module")
async def renderer(settings: Settings) -> AsyncIterator[Renderer]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield renderer


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("document", DOCUMENTS)
async def test_everybody_has_one_place_to_sign(renderer: Renderer, tmp_path: Path, document: str, case: str) -> None:
    build, seller_signs = DOCUMENTS[document]
    sale = CASES[case]
    rendered = await renderer.pdf(build(sale))
    count = len(sale.contract.buyers)
    expected = {f"sign-buyer-{number}" for number in range(1, count + 1)} | ({"sign-seller"} if seller_signs else set())
    assert set(rendered.boxes) == expected
    boxes = list(rendered.boxes.values())
    for box in boxes:
        assert 0 <= box.x1 < box.x2 <= 595
        assert 40 <= box.y1 < box.y2 <= 842  # above the page number
        assert box.x2 - box.x1 > 110
    assert all(apart(one, other) for one in boxes for other in boxes if one is not other)
    assert rendered.pages <= 4
    text = await text_of(rendered.pdf, tmp_path)
    for part in (HOME.location, HOME.unit_code, *(buyer.name for buyer in sale.contract.buyers)):
        assert part in text


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_a_common_agent_signs_once_and_is_named(renderer: Renderer, tmp_path: Path, document: str) -> None:
    build, seller_signs = DOCUMENTS[document]
    people = (buyer("甲一", **AGENT), buyer("乙二", id_no=number_of(2)), buyer("丙三", id_no=number_of(3), **AGENT))
    rendered = await renderer.pdf(build(facts(*people, ownership="joint", powers={1: POWER, 3: POWER})))
    buyers = {"sign-buyer-1", "sign-buyer-2"}
    assert set(rendered.boxes) == buyers | ({"sign-seller"} if seller_signs else set())
    text = await text_of(rendered.pdf, tmp_path)
    assert "1、3（签字）：甲一，委托代理人：李代；丙三，委托代理人：李代" in text
    listed = "授权委托书（经公证，息县公证处，公证书编号（2026）豫息证民字第101号，委托期限至2027年4月30日）"
    assert text.count(listed) == (2 if document == "notice_application" else 0)


def apart(one: Box, other: Box) -> bool:
    beside = one.x2 <= other.x1 or other.x2 <= one.x1 or one.y2 <= other.y1 or other.y2 <= one.y1
    return one.page != other.page or beside


async def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(path), "-"]
    return "".join((await asyncio.to_thread(subprocess.check_output, command, encoding="utf-8")).split())


def test_the_application_names_the_facts() -> None:
    html = notice_application(CASES["ten"])
    for part in (
        "73.383205",
        "☑预告登记",
        "☐转移登记",
        "息房预字（2026）第12号",
        "411528 001001 GB00001 F00010001",
        "陈㛃䶮𠅤",
    ):
        assert part in html
    assert "欧阳一·买买提·阿卜杜拉占1/10" in html


def test_the_agreement_says_when_and_how_much() -> None:
    html = handover_agreement(CASES["one"])
    for part in ("2028年6月30日", "733,832.05元", "柒拾叁万叁仟捌佰叁拾贰元", "预告登记转为本登记", "契税"):
        assert part in html


def test_the_record_holds_the_answers_that_were_given() -> None:
    answers = {**CLEAR, "accepts_handover": "no"}
    html = inquiry_record(facts(buyer(), answers=answers))
    assert html.count("否。") == 1 + sum(question.clear == "no" for question in QUESTIONS)
    assert [question.key for question in unfavourable(answers)] == ["accepts_handover"]
    assert unfavourable(CLEAR) == ()


@pytest.mark.parametrize("key", [question.key for question in QUESTIONS])
def test_no_question_may_be_left_open(key: str) -> None:
    answers = {name: answer for name, answer in CLEAR.items() if name != key}
    with pytest.raises(AnswersIncomplete) as refused:
        inquiry_record(facts(buyer(), answers=answers))
    assert refused.value.field == key


@pytest.mark.parametrize("wrong", [{"other_disputes": "也许"}, {"unheard_of": "yes"}])
def test_only_yes_and_no_to_known_questions(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        check_answers({**CLEAR, **wrong})


def test_an_unfinished_contract_makes_no_documents() -> None:
    with pytest.raises(Invalid):
        notice_application(facts())


def test_what_people_type_stays_text() -> None:
    html = notice_application(facts(buyer("<b>王</b>", address='"><img src=x>')))
    assert "<b>王" not in html
    assert "<img" not in html


async def test_a_name_outside_the_fonts_is_named(renderer: Renderer) -> None:
    with pytest.raises(MissingGlyph, match=r"U\+30EDD"):
        await renderer.pdf(notice_application(facts(buyer("王\U00030edd"))))


@pytest.mark.parametrize(
    ("fen", "text"), [(73383205, "73.383205"), (73383200, "73.3832"), (100_000_000, "100"), (1, "0.000001")]
)
def test_ten_thousands_of_yuan_are_exact(fen: int, text: str) -> None:
    assert _ten_thousands(fen) == text
