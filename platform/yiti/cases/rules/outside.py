"""What others must have said: tax, housing, treasury; and the public notice."""

from yiti.cases.application import Part
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, OutsideFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.rules.answers import answer

_WORDS = {"missing": "尚未办理", "requested": "尚待反馈", "refused": "未通过"}


def _said(code: str, title: str, basis: str, source: str, fact: OutsideFact) -> tuple[Finding, ...]:
    problem = "" if fact.state in ("clear", "exempt", "not_needed") else f"{source}{_WORDS[fact.state]}"
    if problem and fact.words:
        problem += f"：{fact.words}"
    return answer(
        code, title, basis, problem, evidence=Evidence(source=source, verified=fact.verified, reference=fact.reference)
    )


def tax(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """契税法 art. 11: without proof that the tax is paid or exempt, the registry does not register."""
    return _said(
        "outside.tax", "税款已缴纳或者免征", "契税法第十一条；土地增值税暂行条例第十二条", "税务机关", facts.tax
    )


def housing(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """河南省物业管理条例 art. 65: the registry verifies the maintenance fund."""
    return _said("outside.housing", "住宅专项维修资金已缴存", "河南省物业管理条例第六十五条", "住建部门", facts.housing)


def fee(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 223: per item; paid, or free."""
    settings = facts.settings.get(part.business)
    rule = settings.fee if settings is not None else CATALOGUE[part.business].fee
    if rule == "free":
        return answer("outside.fee", "登记费", "民法典第二百二十三条；发改价格规〔2016〕2559号", "")
    return _said("outside.fee", "登记费已缴纳", "民法典第二百二十三条；发改价格规〔2016〕2559号", "登记费", facts.fee)


def public_notice(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 arts. 17, 22: at least 15 working days, and nobody has objected."""
    return answer(
        "outside.public_notice",
        "公告期满无异议",
        "不动产登记暂行条例实施细则第十七条、第二十二条",
        "" if facts.public_notice_over else "公告期尚未届满",
        evidence=Evidence(source="公告", verified=True),
        level=Level.BLOCK,
    )
