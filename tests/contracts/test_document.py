"""The contract's document: complete, exact, safe, and the same for the same data."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations, takewhile

import pytest
from lxml import html

from contracts.document import contract_html
from contracts.registry import TEMPLATES, Template
from contracts.schemas import FrozenContract, Instalment
from kernel.clock import today
from kernel.rendering import Renderer
from kernel.settings import Settings
from tests.contracts.samples import BLANKS, changed, company, draft, home, person, represented, shared

CONDITIONS = {"guarantor": {"guarantee": "guarantor"}, "arbitration_body": {"dispute": "arbitration"}}
NUMERALS = "一二三四五六七八九十"


def numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("十" if tens == 1 else f"{NUMERALS[tens - 1]}十" if tens else "") + (NUMERALS[ones - 1] if ones else "")


def texts(contract: FrozenContract) -> tuple[html.HtmlElement, str]:
    page = html.fromstring(contract_html(contract))
    return page, re.sub(r"\s+", "", "".join(str(part) for part in page.itertext()))


def headings(page: html.HtmlElement, tag: str) -> list[str]:
    return ["".join(element.itertext()).strip() for element in page.iter(tag)]


def test_it_has_ten_chapters_29_articles_and_11_annexes_in_order() -> None:
    page, _ = texts(draft())
    articles = headings(page, "h3")
    assert [heading.split("　")[0] for heading in articles] == [f"第{numeral(n)}条" for n in range(1, 30)]
    parts = [heading.split("　")[0] for heading in headings(page, "h2")]
    assert [part for part in parts if part.endswith("章")] == [f"第{numeral(n)}章" for n in range(1, 11)]
    assert [part for part in parts if part.startswith("附件")] == [f"附件{numeral(n)}" for n in range(1, 12)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"{template.key}/{template.version}")
def test_contents_and_headings_agree(template: Template) -> None:
    page, _ = texts(draft(template=template.key, template_version=template.version))
    articles = [article for _, chapter in template.contents for article in chapter]
    assert [heading.replace("　", " ") for heading in headings(page, "h3")] == articles
    h2 = [heading.replace("　", " ") for heading in headings(page, "h2")]
    assert [heading for heading in h2 if heading.startswith("附件")] == list(template.annexes)


def test_no_article_is_a_title_only() -> None:
    page, _ = texts(draft())
    for heading in page.iter("h3"):
        own = takewhile(lambda sibling: sibling.tag not in ("h2", "h3"), heading.itersiblings())
        words = sum(len("".join(part.itertext())) for part in own)
        assert words > 60, "".join(heading.itertext())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"{template.key}/{template.version}")
def test_every_blank_reaches_the_document(template: Template) -> None:
    for blank in template.blanks:
        plain = {"number": "17.25", "money": "17.25", "date": "2031-02-03", "text": "某某约定"}
        value = plain.get(blank.kind.value) or blank.choices[-1][0]
        mortgaged = home(mortgaged=True) if blank.article == 4 else home()
        extra = (
            {"guarantee": "guarantor", "dispute": "arbitration"}
            if blank.key in ("guarantor", "arbitration_body")
            else {}
        )
        usual = draft(home=mortgaged, template_version=template.version, blanks={**BLANKS, **extra})
        other = contract_html(changed(usual, blanks={**usual.blanks, blank.key: value}))
        before = contract_html(usual)
        assert other != before, blank.key


def test_price_is_in_digits_and_in_chinese_capitals_everywhere() -> None:
    _, text = texts(draft(price_fen=80_000_050, instalments=()))
    assert text.count("800,000.50") == 2
    assert text.count("捌拾万元伍角") == 2


def test_unit_price_follows_the_way_of_pricing() -> None:
    by_building = texts(draft())[1]
    by_inner = texts(draft(blanks={**BLANKS, "pricing": "inner_area"}))[1]
    whole = texts(draft(blanks={**BLANKS, "pricing": "whole"}))[1]
    assert "单价为每平方米人民币6,743.09元" in by_building
    assert "单价为每平方米人民币8,403.36元" in by_inner
    assert "单价" not in whole


def test_payment_plan_is_a_table_with_its_sum() -> None:
    page, text = texts(draft())
    rows = [["".join(cell.itertext()) for cell in row.iter("td")] for row in page.find_class("plan")[0].iter("tr")]
    assert [row[-2:] for row in rows if row] == [
        ["240,000.00", "贰拾肆万元整"],
        ["560,000.00", "伍拾陆万元整"],
        ["800,000.00", "捌拾万元整"],
    ]
    assert "■贷款方式付款" in text


COMBINED = (
    Instalment(due=today(), amount_fen=20_000_000, kind="down_payment"),
    Instalment(due=today(), amount_fen=35_000_000, kind="loan"),
    Instalment(due=today(), amount_fen=25_000_000, kind="fund_loan"),
)


def test_a_combined_loan_names_both_lenders_and_what_each_pays() -> None:
    page, text = texts(draft(instalments=COMBINED, blanks={**BLANKS, "fund_centre": "息县住房公积金管理部"}))
    kinds = [row.findall("td")[1].text for row in page.find_class("plan")[0].iter("tr") if len(row.findall("td")) == 5]
    assert kinds == ["首付款", "商业贷款", "公积金贷款"]
    assert "■组合贷款（商业贷款和公积金贷款）" in text
    assert "商业贷款的贷款机构为中国建设银行息县支行，贷款金额为人民币350,000.00元" in text
    assert "公积金贷款的贷款机构为息县住房公积金管理部，贷款金额为人民币250,000.00元" in text
    alone = texts(draft(instalments=(COMBINED[0], COMBINED[2])))[1]
    assert "■公积金贷款" in alone
    assert "商业贷款的贷款机构为中国建设银行息县支行，贷款金额为人民币／元" in alone


def test_an_older_contract_keeps_its_words() -> None:
    _, text = texts(draft(template_version="v1"))
    assert "（三）选择贷款方式付款的，贷款机构为中国建设银行息县支行。买受人应当" in text
    assert "公积金" not in text


def test_each_party_has_one_signature_place() -> None:
    page, text = texts(draft(buyers=shared(10), ownership="fractional"))
    places = [element.get("id") for element in page.iter() if (element.get("id") or "").startswith("sign-")]
    assert places == ["sign-seller", *(f"sign-buyer-{place}" for place in range(1, 11))]
    assert text.count("1/10") == 10


def test_a_company_is_shown_with_who_signs_for_it() -> None:
    _, text = texts(draft(buyers=(company(),)))
    assert "息县测试商贸有限公司（李代表代）" in text
    assert "统一社会信用代码" in text


def test_an_agent_is_named_and_signs_once_for_all_whom_they_represent() -> None:
    buyers = (represented(1, "张三测"), person(2, "王五测"), represented(3, "赵六测"))
    page, text = texts(draft(buyers=buyers, ownership="joint"))
    assert text.count("委托代理人李代理居民身份证号码") == 2
    assert "买受人1、买受人3（签名）：张三测（委托代理人：李代理）；赵六测（委托代理人：李代理）" in text
    places = [element.get("id") for element in page.iter() if (element.get("id") or "").startswith("sign-")]
    assert places == ["sign-seller", "sign-buyer-1", "sign-buyer-2"]


def test_only_a_draft_has_the_watermark() -> None:
    assert "草　稿" in contract_html(draft())
    assert "草　稿" not in contract_html(draft(frozen_on=today()))


def test_an_empty_draft_can_be_previewed() -> None:
    page, text = texts(draft(buyers=(), ownership=None, price_fen=None, instalments=(), blanks={}))
    assert "□单独所有" in text
    assert len(headings(page, "h3")) == 29


def test_the_mortgage_annex_follows_the_unit() -> None:
    blanks = {**BLANKS, "mortgagee": "某银行", "mortgagee_consent": "同意转让\n三日内解押"}
    mortgaged = texts(draft(home=home(mortgaged=True), blanks=blanks))[1]
    assert "■抵押" in mortgaged
    assert "三日内解押" in mortgaged
    assert "该商品房未设立抵押，本附件不适用" in texts(draft())[1]


def test_what_people_type_is_never_markup() -> None:
    page, text = texts(draft(buyers=(person(name="<b>甲</b>"),), blanks={**BLANKS, "supplement": "<script>x</script>"}))
    assert "<script>x</script>" in text
    assert not list(page.iter("script"))
    assert not [element for element in page.iter("b") if element.text == "甲"]


def test_the_same_data_gives_the_same_document() -> None:
    one = draft(frozen_on=today() - timedelta(days=400))
    assert contract_html(one) == contract_html(one)


@pytest.fixture(scope="module")
async def renderer(settings: Settings) -> AsyncIterator[Renderer]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield renderer


async def test_ten_buyers_have_ten_places_on_paper(renderer: Renderer) -> None:
    rendered = await renderer.pdf(contract_html(draft(buyers=shared(10), ownership="fractional", frozen_on=today())))
    assert 15 <= rendered.pages <= 20
    assert set(rendered.boxes) == {"sign-seller", *(f"sign-buyer-{place}" for place in range(1, 11))}
    for one, other in combinations(rendered.boxes.values(), 2):
        apart = one.x2 <= other.x1 or other.x2 <= one.x1 or one.y2 <= other.y1 or other.y2 <= one.y1
        assert one.page != other.page or apart, "two signatures in one place"
    assert all(box.x1 >= 0 and box.y1 >= 0 and box.x2 <= 596 and box.y2 <= 842 for box in rendered.boxes.values())
