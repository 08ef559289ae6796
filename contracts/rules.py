"""The life of a contract and everything that must be right before it is frozen. Pure decisions over frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from contracts.blanks import Blank, as_date, filled, problem
from contracts.parameters import Limits
from contracts.party_rules import party_findings
from contracts.price_rules import price_findings
from contracts.schemas import Finding, FrozenContract, Home, Status

OPEN: frozenset[Status] = frozenset({"draft", "frozen", "signing", "filed"})
"""Statuses that hold the unit: no second contract while one of these stands."""

ALLOWED_TRANSITIONS: dict[Status, frozenset[Status]] = {
    "draft": frozenset({"frozen", "abandoned"}),
    "frozen": frozenset({"draft", "signing", "abandoned"}),
    "signing": frozenset({"filed", "frozen", "abandoned"}),
    "filed": frozenset({"cancelled"}),
    "cancelled": frozenset(),
    "abandoned": frozenset(),
}

STATUS_WORDS: dict[Status, str] = {
    "draft": "草稿",
    "frozen": "已定稿",
    "signing": "签署中",
    "filed": "已备案",
    "cancelled": "已注销",
    "abandoned": "已作废",
}


def findings(contract: FrozenContract, blanks: tuple[Blank, ...], limits: Limits, on: date) -> tuple[Finding, ...]:
    """All findings on a draft, on the day it would be frozen; it may be frozen when none of them is ``block``."""
    values = filled(blanks, contract.home, contract.blanks)
    return (
        *_home_findings(contract.home, values, on),
        *party_findings(contract, limits, on),
        *price_findings(contract, values, limits, on),
        *_blank_findings(blanks, values, limits),
        *_condition_findings(values, on),
    )


def blocking(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that stop the freeze."""
    return tuple(finding for finding in found if finding.level == "block")


def _home_findings(home: Home, values: dict[str, str], on: date) -> Iterator[Finding]:
    if not home.presale_permit_no or home.presale_permit_date > on:
        words = "该房屋没有有效的商品房预售许可证"
        yield Finding("contracts.presale_permit", words, "home.presale_permit_no", "《城市房地产管理法》第四十五条")
    if home.building_area <= 0 or home.inner_area + home.shared_area != home.building_area:
        words = "建筑面积应等于套内建筑面积与分摊共有建筑面积之和"
        yield Finding("contracts.area", words, "home.building_area", "《房产测量规范》（GB/T 17986）")
    if home.mortgaged and not (values.get("mortgagee") and values.get("mortgagee_consent")):
        words = "该房屋已设立抵押，请填写抵押权人及其同意转让的证明"
        yield Finding("contracts.mortgagee", words, "blanks.mortgagee_consent", "《中华人民共和国民法典》第四百零六条")


def _blank_findings(blanks: tuple[Blank, ...], values: dict[str, str], limits: Limits) -> Iterator[Finding]:
    for blank in blanks:
        words = problem(blank, values[blank.key], limits)
        if words:
            basis = blank.legal_basis or f"合同第{blank.article}条"
            yield Finding("contracts.blank", words, f"blanks.{blank.key}", basis)


def _condition_findings(values: dict[str, str], on: date) -> Iterator[Finding]:
    handover = as_date(values.get("handover_date", ""))
    if handover is not None and handover <= on:
        words = "交付日期应晚于合同签订日期"
        yield Finding("contracts.handover_date", words, "blanks.handover_date", "《商品房销售管理办法》第三十条")
    if values.get("dispute") == "arbitration" and not values.get("arbitration_body"):
        words = "选择仲裁的，请填写仲裁委员会名称"
        yield Finding("contracts.arbitration_body", words, "blanks.arbitration_body", "《中华人民共和国仲裁法》")
    if values.get("guarantee") in ("guarantor", "insurance") and not values.get("guarantor"):
        words = "选择第三方担保或保险的，请填写保证人或保险人"
        yield Finding("contracts.guarantor", words, "blanks.guarantor", "合同第十八条")
