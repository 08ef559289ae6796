"""The cells of a proof (不动产登记证明) of each kind of entry, by its filling-in rules (填写说明). Pure."""

from collections.abc import Iterable
from typing import Final

from yiti.certificates.content import grouped_unit_code
from yiti.certificates.schemas import EntryCertificate
from yiti.certificates.wording import EQUAL_EFFECT_PROOF, area, money, term
from yiti.register.details import (
    EasementDetails,
    MortgageDetails,
    NoticeDetails,
    ObjectionDetails,
    ResidenceDetails,
)
from yiti.register.kinds import KIND_WORDS, SECURITIES, EntryKind

_NOTICE_KINDS: Final = {
    EntryKind.PRESALE_NOTICE: "预售商品房买卖预告登记",
    EntryKind.SALE_NOTICE: "其他不动产买卖预告登记",
    EntryKind.PRESALE_MORTGAGE_NOTICE: "预购商品房抵押权预告登记",
    EntryKind.MORTGAGE_NOTICE: "其他不动产抵押权预告登记",
}
_LAPSE_OF_NOTICE: Final = "债权消灭或者自能够进行不动产登记之日起九十日内未申请登记的，预告登记失效。"
_EFFECTS: Final = {
    EntryKind.PRESALE_NOTICE: ("未经预告登记的权利人同意，处分该不动产的，不发生物权效力。", _LAPSE_OF_NOTICE),
    EntryKind.SALE_NOTICE: ("未经预告登记的权利人同意，处分该不动产的，不发生物权效力。", _LAPSE_OF_NOTICE),
    EntryKind.PRESALE_MORTGAGE_NOTICE: (_LAPSE_OF_NOTICE,),
    EntryKind.MORTGAGE_NOTICE: (_LAPSE_OF_NOTICE,),
    EntryKind.OBJECTION: ("申请人自异议登记之日起十五日内不提起诉讼的，异议登记失效。",),
    EntryKind.RESIDENCE: ("居住权不得转让、继承；设立居住权的住宅不得出租，但当事人另有约定的除外。",),
}
"""民法典 arts. 220, 221, 369: what the paper reminds its holder of."""


def item(facts: EntryCertificate) -> str:
    """证明权利或事项."""
    return KIND_WORDS[facts.kind]


def others(facts: EntryCertificate) -> tuple[str, ...]:
    """其他: by the kind of right; only lines of which something is known."""
    match facts.details:
        case MortgageDetails() as details:
            lines = _mortgage(facts, details)
        case NoticeDetails() as details:
            lines = _notice(facts, details)
        case ResidenceDetails() as details:
            lines = _residence(facts, details)
        case EasementDetails() as details:
            lines = _easement(facts, details)
        case ObjectionDetails() as details:
            lines = (_told("不动产权证书号", facts.related_number), f"异议事项：{details.matter}")
        case _:
            raise AssertionError(facts.kind)  # held by `service.check`
    return tuple(line for line in lines if line)


def remarks(facts: EntryCertificate) -> tuple[str, ...]:
    """附记: case, notes, and what the law lets the right depend on."""
    notes = getattr(facts.details, "notes", "")
    cause = _told("登记原因", facts.cause)
    lines = (f"业务号：{facts.case_number}", cause, notes, *facts.remarks, *_EFFECTS.get(facts.kind, ()))
    return (*(line for line in lines if line), EQUAL_EFFECT_PROOF)


def _mortgage(facts: EntryCertificate, details: MortgageDetails) -> Iterable[str]:
    maximum = details.form == "maximum"
    claim = "最高债权额" if maximum else "被担保的主债权数额"
    return (
        _told("不动产权证书号", facts.related_number),
        f"抵押方式：{'最高额抵押' if maximum else '一般抵押'}",
        _told(claim, money(facts.amount_fen) if facts.amount_fen is not None else ""),
        _told("债权确定期间" if maximum else "债务履行期限", term(facts.valid_from, facts.valid_until)),
        _told("担保范围", details.guarantee_scope),
        _told("最高债权确定事实", details.maximum_basis),
        _told("共同抵押", details.joint_object),
        _told("抵押顺位", f"第{facts.order}顺位" if facts.order else ""),
        _ban(facts),
        _told("抵押合同编号", details.contract_number),
    )


def _notice(facts: EntryCertificate, details: NoticeDetails) -> Iterable[str]:
    security = facts.kind in SECURITIES
    related = "预告登记证明号" if facts.kind is EntryKind.PRESALE_MORTGAGE_NOTICE else "不动产权证书号"
    surveyed = "" if facts.unit.surveyed else "（预测）"
    amount = money(facts.amount_fen) if facts.amount_fen is not None else ""
    return (
        f"预告登记种类：{_NOTICE_KINDS[facts.kind]}",
        _told(related, facts.related_number),
        f"规划用途：{facts.unit.usage}，建筑面积：{area(facts.unit.building_area)}{surveyed}",
        _told("被担保的主债权数额" if security else "取得价格", amount),
        _told("债务履行期限" if security else "约定期限", term(facts.valid_from, facts.valid_until)),
        _told("担保范围", details.guarantee_scope),
        _ban(facts),
        _told("抵押合同编号" if security else "买卖合同编号", details.contract_number),
    )


def _residence(facts: EntryCertificate, details: ResidenceDetails) -> Iterable[str]:
    years = "至居住权人死亡时止" if details.lifelong else term(facts.valid_from, facts.valid_until)
    return (
        _told("不动产权证书号", facts.related_number),
        _told("居住权范围", details.scope),
        _told("居住权期限", years),
        _told("居住条件和要求", details.conditions),
        f"房屋用途：{facts.unit.usage}，建筑面积：{area(facts.unit.building_area)}",
        _told("居住权合同编号", details.contract_number),
    )


def _easement(facts: EntryCertificate, details: EasementDetails) -> Iterable[str]:
    return (
        _told("供役地不动产权证书号", facts.related_number),
        _told("需役地不动产单元号", grouped_unit_code(details.dominant_unit_code)),
        _told("利用目的和方法", details.purpose),
        _told("地役权期限", term(facts.valid_from, facts.valid_until)),
        _told("费用", money(facts.amount_fen) if facts.amount_fen is not None else ""),
    )


def _ban(facts: EntryCertificate) -> str:
    answer = {True: "是", False: "否", None: ""}[facts.bans_transfer]
    return _told("是否存在禁止或限制转让抵押不动产的约定", answer)


def _told(label: str, words: str) -> str:
    return f"{label}：{words}" if words else ""
