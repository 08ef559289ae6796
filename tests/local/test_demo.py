"""`make demo`: what its players may do at a page, and one sale played on the real thing."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bench.throwaway import throwaway_platform
from kernel.identifiers import credit_code, resident_id
from yiti.local.demo import application, checks, documents, drawing, lending
from yiti.local.demo.application import ApplicationInPlay
from yiti.local.demo.browser import Form, Page, StepFailed
from yiti.local.demo.drawing import DrawdownInPlay
from yiti.local.demo.lending import LoanInPlay
from yiti.local.demo.parties import company, handwriting, person
from yiti.local.demo.play import SaleInPlay, Stage, play
from yiti.local.demo.sales import single_buyer
from yiti.local.demo.timeline import Timeline, table, width
from yiti.local.demo_county import PASSWORD

PAGE = """<!doctype html><title>x</title><dl><dt>备案号</dt><dd> YS1 </dd><dt>业务号</dt><dd>—</dd></dl>
<form method="get" action="/search"><input name="q"></form>
<form method="post" action="/save"><input type="hidden" name="_csrf" value="t"><div id="rows">
<input name="name" value="甲">
<select name="kind"><option value="a">A</option><option value="b">B</option></select></div>
<input type="checkbox" name="agreed" value="1"><input type="checkbox" name="agreed" value="2"></form>
<div class="alert">还缺维修资金</div>"""


def shown(html: str) -> Page:
    return Page("http://yiti/here", 200, "text/html; charset=utf-8", html.encode())


def form() -> Form:
    return shown(PAGE).form("/save")


def test_only_what_the_page_offers_can_be_filled_in() -> None:
    with pytest.raises(StepFailed, match="price"):
        form().fill({"price": "1"})
    with pytest.raises(StepFailed, match="kind"):
        form().fill({"kind": "c"})
    with pytest.raises(StepFailed, match="还缺维修资金"):
        shown(PAGE).form("/search")


def test_a_form_is_sent_with_what_stands_in_it() -> None:
    assert form().fill({"kind": "b"}).tick_all().values() == {
        "_csrf": ["t"], "name": ["甲"], "kind": ["b"], "agreed": ["1", "2"],
    }  # fmt: skip


def test_a_part_drawn_anew_takes_the_place_of_the_old() -> None:
    changed = form()
    changed.swap("rows", '<div id="rows"><input name="name" value="乙"><input name="share"></div>')
    assert changed.fill({"share": "1/2"}).values() == {"_csrf": ["t"], "name": ["乙"], "share": ["1/2"]}


def test_a_dash_is_no_value() -> None:
    assert shown(PAGE).facts == {"备案号": "YS1"}


def test_buyers_have_numbers_that_check() -> None:
    for _ in range(50):
        firm, human = company("息县演示商贸有限公司", "周启明"), person("王𬭊")
        assert credit_code(firm.id_no) == firm.id_no
        assert resident_id(human.id_no) == human.id_no == resident_id(human.id_no)
        assert resident_id(firm.representative_id_no) == firm.representative_id_no
    assert handwriting("王𬭊") != handwriting("王敏")


def test_the_table_stands_in_line() -> None:
    first, second = (
        Timeline("单人购房", {"登录": 1234.4, "归档": 5.0}),
        Timeline("缺款", {"登录": 8.0}, {"登簿": "同时"}),
    )
    lines = table([first, second]).splitlines()
    assert len({width(line) for line in lines}) == 1
    assert lines[2].split() == ["登录", "1,234", "8"]
    assert lines[-1].split() == ["合计", "1,239", "8"]


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_sale_from_the_building_table_to_the_archive(tmp_path: Path) -> None:
    async with throwaway_platform(tmp_path / "var") as (settings, _):
        stage = Stage.of(settings, PASSWORD)
        timeline, online = await asyncio.to_thread(_sold, stage, Path(settings["YITI_PKI_DIR"]))
        drawn = await asyncio.to_thread(_drawn, stage)
    assert {"实名", "签署", "盖章→备案", "证明可下载", "归档"} <= timeline.spent.keys()
    assert {"录入", "签署", "受理", "登簿", "证明可下载"} <= online.spent.keys()
    assert {"录入", "受理", "审批", "银行付款", "对账"} <= drawn.spent.keys()


def _drawn(stage: Stage) -> Timeline:
    timeline = Timeline(drawing.TITLE)
    with DrawdownInPlay(stage, timeline) as drawdown:
        paid, agreed = drawing.play(drawdown)
    assert drawdown.number in paid
    assert agreed == "银行对账单与账上核对一致"
    return timeline


def _sold(stage: Stage, pki: Path) -> tuple[Timeline, Timeline]:
    timeline, online = Timeline("单人购房"), Timeline(application.TITLE)
    with SaleInPlay(stage, replace(single_buyer(), from_fund_yuan=150_000), timeline) as sale:
        assert play(sale) == []
        with LoanInPlay(stage, Timeline(lending.TITLE)) as loan:
            assert "银行已确认" in lending.play(loan, sale.filed.facts["合同备案号"])
        folder = documents.save(sale, 1)
        assert "不能再次销售" in checks.second_sale(sale)
        checks.verify(stage.web, stage.world.proof_link(sale.plan.buyers[0].phone), sale.proof)
        with ApplicationInPlay(stage, sale.phones[0], sale.plan.buyers[0], online) as applied:
            application.play(applied)
            renewed = sorted(applied.save(2).glob("*.pdf"))
    assert applied.proof != sale.proof
    assert len(renewed) == 3
    assert documents.faults(renewed, pki) == []
    files = sorted(folder.glob("*.pdf"))
    assert len(files) == 6
    assert {"不动产登记证明", "住宅专项维修资金缴款凭证"} <= {file.stem.partition("-")[2] for file in files}
    assert documents.faults(files, pki) == []
    broken = folder / "broken.pdf"
    broken.write_bytes(files[0].read_bytes()[:-2000])
    assert documents.faults([broken], pki) != []
    return timeline, online
