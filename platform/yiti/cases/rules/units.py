"""The state of the unit itself, and terms of rights."""

from datetime import date

import msgspec

from yiti.cases.application import Part
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts, UnitFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.form import value
from yiti.cases.objects import local_day, owned, ownership, targets, units
from yiti.cases.rules.answers import BOOK, FORM, answer
from yiti.register.kinds import KIND_WORDS, EntryKind

_ESTATE = Evidence(source="楼盘表", verified=True)
_BASIS = "不动产登记暂行条例第八条、第十八条"
_HOME = ("住宅", "成套住宅", "公寓")


def exists(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """A historical unit carries no new entry."""
    gone = [f"{unit.code}已经分割、合并或者灭失" for unit in units(part, facts) if unit.state == "historical"]
    return answer("unit.exists", "不动产单元现势有效", _BASIS, gone, evidence=_ESTATE)


def built(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """Rights in a house need the house."""
    wrong = [
        f"{unit.code}{'已经分割、合并或者灭失' if unit.state == 'historical' else '尚未竣工'}"
        for unit in units(part, facts)
        if unit.state != "built"
    ]
    return answer("unit.built", "房屋已经竣工", _BASIS, wrong, evidence=_ESTATE)


def planned(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """What belongs to the time before completion; a historical unit is out of the question."""
    wrong = [
        f"{unit.code}{'已经分割、合并或者灭失' if unit.state == 'historical' else '已经竣工，应当办理现房的登记'}"
        for unit in units(part, facts)
        if unit.state == "historical" or (unit.state == "built" and ownership(unit) is not None)
    ]
    return answer("unit.planned", "房屋尚在建造或者尚未首次登记", _BASIS, wrong, evidence=_ESTATE)


def is_owned(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """城市房地产管理法 art. 38 (6), 民法典 art. 232: what is not registered is not disposed of."""
    missing = [f"{unit.code}尚未办理所有权登记" for unit in _old_units(part, facts) if ownership(unit) is None]
    return answer("unit.owned", "房屋所有权已经登记", "城市房地产管理法第三十八条；民法典第二百三十二条", missing)


def _old_units(part: Part, facts: CaseFacts) -> tuple[UnitFact, ...]:
    found = units(part, facts)
    if part.business in (Business.SPLIT, Business.MERGER):
        had = tuple(unit for unit in found if ownership(unit) is not None)
        return had or found
    return found


def unowned(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 214: one ownership a unit."""
    taken = [
        f"{unit.code}已经办理所有权登记（{entry.case_number}）"
        for unit in units(part, facts)
        if (entry := ownership(unit)) is not None
    ]
    return answer("unit.unowned", "房屋尚未办理所有权登记", "民法典第二百一十四条；不动产登记暂行条例第十八条", taken)


def split(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """GB/T 37346 8.5: one unit becomes at least two new ones."""
    return _regrouped(part, facts, "unit.split", one_old=True)


def merger(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """GB/T 37346 8.5: at least two units become a new one."""
    return _regrouped(part, facts, "unit.merger", one_old=False)


def _regrouped(part: Part, facts: CaseFacts, code: str, *, one_old: bool) -> tuple[Finding, ...]:
    found = units(part, facts)
    old = [unit for unit in found if ownership(unit) is not None]
    new = [unit for unit in found if ownership(unit) is None]
    single, several = (old, new) if one_old else (new, old)
    problems = []
    if len(single) != 1 or len(several) < 2:  # two or more
        problems.append("分割应当由一个单元变为两个以上新单元" if one_old else "合并应当由两个以上单元变为一个新单元")
    problems += [f"新单元{unit.code}上已有登记" for unit in new if unit.entries]
    holders = {(entry.holders, entry.sharing) for unit in old if (entry := ownership(unit)) is not None}
    if len(holders) > 1:
        problems.append("合并的各单元权利人或者共有情况不一致，须先办理转移登记")
    before, after = sum(one.building_area for one in old), sum(one.building_area for one in new)
    if not problems and before != after:
        problems.append(f"分割、合并前后建筑面积不一致（{before}㎡、{after}㎡），须先办理面积变更登记")
    return answer(
        code, "分割、合并的单元", "不动产登记暂行条例实施细则第二十六条；GB/T 37346-2019", problems, evidence=_ESTATE
    )


def land_term(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 22 (3): no registration beyond the term; that of housing land renews itself (民法典 art. 359)."""
    blocked: list[str] = []
    weighed: list[str] = []
    for unit in units(part, facts):
        entry = ownership(unit)
        until = value(part, "land_until", date) if entry is None else _day(entry.details.get("land_until"))
        if until is None or until >= facts.on:
            continue
        words = f"{unit.code}的土地使用权期限已于{until:%Y年%m月%d日}届满"
        (weighed if any(word in unit.usage for word in _HOME) else blocked).append(words)
    return answer(
        "term.land",
        "土地使用权在期限内",
        "不动产登记暂行条例第二十二条；民法典第三百五十九条",
        blocked or weighed,
        level=Level.BLOCK if blocked else Level.WARN,
    )


def _day(text: str | None) -> date | None:
    return msgspec.convert(text, date) if text else None


def right_term(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 22 (3): a right whose agreed term is over is not registered; none may outlast the land's."""
    problems = []
    if part.valid_until is not None and part.valid_until < facts.on:
        problems.append(f"约定的期限已于{part.valid_until:%Y年%m月%d日}届满")
    if part.business is Business.EASEMENT and part.valid_until is not None:
        ends = [_day(entry.details.get("land_until")) for _, entry in owned(part, facts)]
        problems += [
            "地役权期限超过供役地的剩余期限（民法典第三百七十七条）" for end in ends if end and part.valid_until > end
        ]
    return answer("term.right", "权利在期限内", "不动产登记暂行条例第二十二条", problems, evidence=FORM)


def residence_home(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 366: on the dwelling of another; one such right at a time asks for a person's look."""
    blocked = [
        f"{unit.code}的用途为{unit.usage}，不是住宅"
        for unit in units(part, facts)
        if not any(word in unit.usage for word in _HOME)
    ]
    held = [f"{unit.code}已有居住权登记" for unit in units(part, facts) if unit.of(EntryKind.RESIDENCE)]
    return answer(
        "residence.home",
        "居住权设立于住宅",
        "民法典第三百六十六条",
        blocked or held,
        evidence=_ESTATE,
        level=Level.BLOCK if blocked else Level.WARN,
    )


def residence_person(part: Part, _facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 arts. 366, 369: for a natural person's own living."""
    wrong = [one.name for one in part.applicants if one.side == "holder" and one.id_kind == "credit_code"]
    return answer(
        "residence.person",
        "居住权人为自然人",
        "民法典第三百六十六条",
        f"居住权人应当为自然人：{'、'.join(wrong)}" if wrong else "",
        evidence=FORM,
    )


def residence_mortgaged(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """An older mortgage goes before the right of residence: the holder must know."""
    found = [entry.case_number for unit in units(part, facts) for entry in unit.of(EntryKind.MORTGAGE)]
    return answer(
        "residence.mortgaged",
        "住宅的抵押情况",
        "民法典第四百一十四条、第四百零六条",
        f"住宅已设立抵押权（{'、'.join(found)}），须核对居住权人知情" if found else "",
        level=Level.WARN,
    )


def easement_units(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 372: the dominant property is another one."""
    dominant = value(part, "dominant_unit_code")
    same = any(unit.code == dominant for unit in units(part, facts))
    return answer(
        "easement.units",
        "供役地与需役地",
        "民法典第三百七十二条",
        "需役地与供役地不能是同一不动产单元" if same else "",
        evidence=FORM,
    )


_LAPSES = {
    "presale_notice_90_days": (
        90,
        (EntryKind.PRESALE_NOTICE, EntryKind.SALE_NOTICE, EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE),
    ),
    "objection_15_days": (15, (EntryKind.OBJECTION,)),
    "seizure_term": (0, (EntryKind.SEIZURE,)),
}


def lapse(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 arts. 220, 221, 民诉法解释 art. 485: the days are over; calendar days, without the first (art. 201).

    `since` is the day from which the term counts; a last day on a holiday is put off by `register.lapses`.
    """
    rule, since = value(part, "rule"), value(part, "since", date)
    days, kinds = _LAPSES.get(rule or "", (0, ()))
    problems = []
    for _, entry in targets(part, facts):
        if entry.kind not in kinds:
            problems.append(f"{KIND_WORDS[entry.kind]}不适用该失效规则")
        elif rule == "seizure_term":
            if entry.rank or entry.valid_until is None or entry.valid_until >= facts.on:
                problems.append("查封期限尚未届满，或者尚在轮候")
        elif since is None or (facts.on - since).days <= days:
            problems.append(f"自起算日起未满{days}日")
        elif since < local_day(entry.booked_at):
            problems.append("起算日早于登簿日")
    return answer(
        "lapse.due",
        "法定期间已经届满",
        "民法典第二百二十条、第二百二十一条；民事诉讼法解释第四百八十五条",
        problems,
        evidence=BOOK,
    )
