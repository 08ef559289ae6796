"""What stands in the book against it: seizures, notices, objections, bans, rights of others; and cases under way."""

from datetime import date

from yiti.cases.application import Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, EntryFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.objects import (
    all_consent,
    effective_seizure,
    local_day,
    numbers,
    ownership,
    purchase_notices,
    side,
    targets,
    units,
)
from yiti.cases.rules.answers import BOOK, answer
from yiti.register.kinds import KIND_WORDS, EntryKind

CIVIL_CODE = date(2021, 1, 1)
"""Before it a mortgaged property was transferred only with the mortgagee's consent (物权法 art. 191)."""


def _seizures(part: Part, facts: CaseFacts) -> list[str]:
    return [
        f"{unit.code}已被{_told(entry, 'authority')}查封（{_told(entry, 'order_number') or entry.case_number}）"
        for unit in units(part, facts)
        if (entry := effective_seizure(unit)) is not None
    ]


def _told(entry: EntryFact, name: str) -> str:
    return str(entry.details.get(name, ""))


def seizure(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """No disposal under seizure; it also stops what was accepted before it arrived and is not yet booked."""
    return answer(
        "book.seizure",
        "无查封等限制",
        "城市房地产管理法第三十八条；不动产登记暂行条例第二十二条；人民法院查封、扣押、冻结财产规定第二十三条",
        _seizures(part, facts),
    )


def seizure_noted(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """What does not dispose of the unit may be booked under a seizure, after a person has looked."""
    return answer(
        "book.seizure_noted",
        "查封情况",
        "人民法院查封、扣押、冻结财产规定第二十一条",
        [f"{words}，须核对本次登记不影响查封" for words in _seizures(part, facts)],
        level=Level.WARN,
    )


def notice(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 221: while a purchase notice lives, disposal needs its holder's consent; not for the holder's own."""
    blocked, relied = [], False
    acquiring = _acquiring(part)
    for unit in units(part, facts):
        for entry in purchase_notices(unit):
            if numbers(entry.holders) == acquiring:
                continue
            if all_consent(part, facts, entry):
                relied = True
                continue
            blocked.append(f"{unit.code}有他人的{KIND_WORDS[entry.kind]}（{entry.case_number}），未经其权利人书面同意")
    return answer(
        "book.notice",
        "无他人的有效预告登记",
        "民法典第二百二十一条；不动产登记暂行条例实施细则第八十五条",
        blocked,
        evidence=Evidence(source="登记簿、书面同意", verified=False) if relied else BOOK,
    )


def _acquiring(part: Part) -> frozenset[str]:
    """Who becomes owner, and may therefore be the notice's own holder."""
    if CATALOGUE[part.business].books is not EntryKind.OWNERSHIP:
        return frozenset()
    return numbers(side(part, Side.HOLDER))


def objection(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 84: the applicants are told, and state in writing that they bear the risk; a person weighs it."""
    stated = any(one.code == "objection_risk_statement" for one in facts.materials)
    objections = [entry.case_number for unit in units(part, facts) for entry in unit.of(EntryKind.OBJECTION)]
    words = ""
    if objections:
        words = f"存在异议登记（{'、'.join(objections)}）"
        words += "，申请人已书面承诺自担风险" if stated else "，申请人未提交知悉异议登记并自担风险的书面承诺"
    return answer(
        "book.objection",
        "无异议登记",
        "民法典第二百二十条；不动产登记暂行条例实施细则第八十四条",
        words,
        level=Level.WARN if stated else Level.BLOCK,
    )


def ban(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 406, 担保解释 art. 43: a registered ban, or a mortgage older than the code, needs the mortgagee."""
    blocked, told, relied = [], [], False
    kinds = (EntryKind.MORTGAGE, EntryKind.CONSTRUCTION_MORTGAGE, EntryKind.MORTGAGE_NOTICE)
    for unit in units(part, facts):
        for entry in unit.of(*kinds):
            old = local_day(entry.priority_at) < CIVIL_CODE
            if all_consent(part, facts, entry):
                relied = True
            elif entry.bans_transfer:
                blocked.append(f"抵押权（{entry.case_number}）登记有禁止或者限制转让的约定，未经抵押权人同意")
            elif old:
                blocked.append(f"抵押权（{entry.case_number}）设立于民法典施行前，转让须经抵押权人同意")
            else:
                told.append(f"不动产已抵押（{entry.case_number}），抵押权不受转让影响，须核对受让人知情并通知抵押权人")
    return answer(
        "book.ban",
        "抵押不动产的转让",
        "民法典第四百零六条；最高人民法院关于适用民法典有关担保制度的解释第四十三条",
        blocked or told,
        level=Level.BLOCK if blocked else Level.WARN,
        evidence=Evidence(source="登记簿、抵押权人书面同意", verified=False) if relied else BOOK,
    )


def pending(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 67: applications on one property are handled in the order of acceptance."""
    earlier = [f"先受理的{one.name}（{one.number}）尚未办结" for one in facts.pending if one.unit_id in part.unit_ids]
    return answer(
        "book.pending", "无先受理而未办结的业务", "不动产登记暂行条例实施细则第六十七条", earlier, level=Level.WARN
    )


_BURDENS = tuple(
    kind
    for kind in EntryKind
    if kind not in (EntryKind.OWNERSHIP, EntryKind.COMMON_PARTS, EntryKind.CANCELLATION, EntryKind.OBJECTION)
)


def encumbered(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """A unit that is split or merged ends; rights of others on it are settled before, or in the same case."""
    found = [
        f"{unit.code}上有{KIND_WORDS[entry.kind]}（{entry.case_number}），须先行注销或者一并办理"
        for unit in units(part, facts)
        if ownership(unit) is not None
        for entry in unit.of(*_BURDENS, EntryKind.OBJECTION)
    ]
    return answer(
        "book.encumbered",
        "分割、合并的不动产上无其他权利",
        "民法典第四百零九条；不动产登记暂行条例实施细则第二十七条",
        found,
    )


def other_holders(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 28: holders of mortgages, easements, notices on the property agree in writing."""
    blocked, relied = [], False
    for unit in units(part, facts):
        for entry in unit.of(*_BURDENS):
            if entry.kind is EntryKind.SEIZURE:
                continue
            relied = True
            if not all_consent(part, facts, entry):
                blocked.append(f"{KIND_WORDS[entry.kind]}（{entry.case_number}）的权利人未书面同意注销")
    return answer(
        "book.other_holders",
        "其他权利人同意注销",
        "不动产登记暂行条例实施细则第二十八条",
        blocked,
        evidence=Evidence(source="登记簿、书面同意", verified=False) if relied else BOOK,
    )


def target(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """What is changed, moved or cancelled stands in the book, on this unit, and is of the declared kind."""
    found = targets(part, facts)
    allowed = CATALOGUE[part.business].targets
    problems = ["所申请的登记事项不存在，或者已经不是现势状态"] if len(found) < len(part.targets) or not found else []
    problems += [f"{KIND_WORDS[entry.kind]}不适用本业务" for _, entry in found if entry.kind not in allowed]
    return answer("target.current", "登记事项现势有效", "不动产登记暂行条例第十六条、第十八条", problems)
