"""Mortgages, notices and seizures among themselves."""

from yiti.cases.application import Part, Side
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts, EntryFact, UnitFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.objects import (
    all_consent,
    effective_seizure,
    numbers,
    ownership,
    purchase_notices,
    side,
    targets,
    units,
)
from yiti.cases.rules.answers import BOOK, answer
from yiti.register.kinds import SECURITIES, EntryKind


def _unequal(entry: EntryFact, wanted: frozenset[str]) -> bool:
    return numbers(entry.holders) != wanted


def buyer(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """The buyer in the notice is the buyer who now acquires; a dead notice must not stand in the way either."""
    acquiring = numbers(side(part, Side.HOLDER))
    others, dependent = [], []
    for unit in units(part, facts):
        for entry in purchase_notices(unit):
            if _unequal(entry, acquiring):
                others.append(f"预告登记（{entry.case_number}）的权利人与受让人不一致")
            else:
                dependent += [one.case_number for one in unit.of(EntryKind.PRESALE_MORTGAGE_NOTICE)]
    follow = f"预购商品房抵押预告登记（{'、'.join(dependent)}）应当一并或者随后转为抵押权登记" if dependent else ""
    mortgage_follows = any(one.business is Business.MORTGAGE_FROM_NOTICE for one in facts.application.parts)
    words = "；".join(others) or ("" if mortgage_follows else follow)
    return answer(
        "notice.buyer",
        "受让人为预告登记权利人",
        "民法典第二百二十一条；不动产登记暂行条例实施细则第八十六条",
        words,
        level=Level.WARN,
    )


def free(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 221: one live purchase notice a unit. 防止一房二卖."""
    taken = [
        f"{unit.code}已有有效的预告登记（{entry.case_number}）"
        for unit in units(part, facts)
        for entry in purchase_notices(unit)
    ]
    return answer("notice.free", "无其他有效预告登记", "民法典第二百二十一条", taken)


def presale_live(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 85: who mortgages a home not yet finished holds its living presale notice."""
    giving = numbers(side(part, Side.OBLIGOR))
    problems = []
    for unit in units(part, facts):
        notices = unit.of(EntryKind.PRESALE_NOTICE)
        if not notices:
            problems.append(f"{unit.code}没有有效的预售商品房买卖预告登记")
        elif not giving or not giving <= numbers(notices[0].holders):
            problems.append("抵押人不是预告登记的权利人")
        elif giving != numbers(notices[0].holders):
            problems.append("预告登记的共同权利人未全体申请抵押")
    return answer("notice.presale_live", "预售商品房买卖预告登记有效", "不动产登记暂行条例实施细则第八十五条", problems)


def mortgagor(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 88: the owner, or the buyer whose notice lives, promises the mortgage."""
    giving = numbers(side(part, Side.OBLIGOR))
    problems = []
    for unit in units(part, facts):
        entry = ownership(unit)
        may = [numbers(one.holders) for one in (*((entry,) if entry else ()), *unit.of(EntryKind.SALE_NOTICE))]
        if giving not in may:
            problems.append("抵押人不是登记簿记载的所有权人或者预告登记权利人，或者未全体申请")
    return answer("notice.mortgagor", "抵押人为权利人", "不动产登记暂行条例实施细则第八十八条", problems)


def dependent(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """A presale notice that carries a mortgage notice is not cancelled from under it."""
    carried = []
    for unit, entry in targets(part, facts):
        if entry.kind is EntryKind.PRESALE_NOTICE:
            carried += [
                f"预购商品房抵押预告登记（{one.case_number}）须先行注销，或者经其权利人书面同意"
                for one in unit.of(EntryKind.PRESALE_MORTGAGE_NOTICE)
                if not all_consent(part, facts, one)
            ]
    return answer("notice.dependent", "无依附于该预告登记的抵押预告", "民法典第二百二十一条", carried)


def construction_released(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """A construction mortgage leaves the unit before it is sold, or its holder agrees to the sale."""
    held = [
        f"{unit.code}有在建建筑物抵押权（{entry.case_number}），须先行注销或者取得抵押权人同意销售的证明"
        for unit in units(part, facts)
        for entry in unit.of(EntryKind.CONSTRUCTION_MORTGAGE)
        if not all_consent(part, facts, entry)
    ]
    return answer(
        "mortgage.construction_released",
        "在建建筑物抵押",
        "民法典第四百零六条；不动产登记暂行条例实施细则第七十五条",
        held,
    )


def no_presale(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 75: homes that are sold do not secure the developer's loan."""
    sold = [f"{unit.code}已办理预告登记" for unit in units(part, facts) if purchase_notices(unit)]
    return answer("mortgage.no_presale", "未预售", "不动产登记暂行条例实施细则第七十五条", sold)


def ranks(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 414: older securities go before this one; whoever lends must know."""
    older = [
        f"{unit.code}已有抵押权（{entry.case_number}）在先"
        for unit in units(part, facts)
        for entry in unit.of(*SECURITIES)
    ]
    return answer("mortgage.ranks", "抵押顺位", "民法典第四百一十四条", older, level=Level.WARN)


def same_parties(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """担保解释 art. 52: the notice becomes the mortgage of the same lender, on what the same person now owns."""
    lending, giving = numbers(side(part, Side.HOLDER)), numbers(side(part, Side.OBLIGOR))
    problems = []
    for unit, entry in targets(part, facts):
        if _unequal(entry, lending):
            problems.append("抵押权人与预告登记的权利人不一致")
        owner = ownership(unit)
        if owner is None or not giving <= numbers(owner.holders) | numbers(entry.obligors):
            problems.append("抵押人与登记簿记载不一致")
        elif numbers(owner.holders) != numbers(entry.obligors) and entry.kind is not EntryKind.CONSTRUCTION_MORTGAGE:
            problems.append("房屋现在的所有权人不是预告登记的抵押人")
    return answer(
        "mortgage.same_parties",
        "抵押权人、抵押人与预告登记一致",
        "不动产登记暂行条例实施细则第七十八条；最高人民法院关于适用民法典有关担保制度的解释第五十二条",
        problems,
    )


def parties(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 409: mortgagee and mortgagor agree; the mortgagor is who owns the property now (带押过户)."""
    lending, giving = numbers(side(part, Side.HOLDER)), numbers(side(part, Side.OBLIGOR))
    problems = []
    for unit, entry in targets(part, facts):
        if _unequal(entry, lending):
            problems.append("抵押权人与登记簿记载不一致")
        owner = ownership(unit)
        if owner is not None and numbers(owner.holders) != giving:
            problems.append("抵押人不是现在的所有权人，或者共有人未全体申请")
    return answer("mortgage.parties", "抵押权人和抵押人与登记簿一致", "民法典第四百零六条、第四百零九条", problems)


def juniors_agree(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 409: a change must not harm other mortgagees who have not agreed in writing; nor a seizure."""
    blocked, relied = [], False
    for unit, entry in targets(part, facts):
        if part.price_fen is None or part.price_fen <= (entry.amount_fen or 0):
            continue
        if effective_seizure(unit) is not None:
            blocked.append(f"{unit.code}已被查封，不能增加被担保的债权数额")
        for junior in _juniors(unit, entry):
            relied = True
            if not all_consent(part, facts, junior):
                blocked.append(f"增加被担保的债权数额，未经后顺位抵押权人书面同意（{junior.case_number}）")
    return answer(
        "mortgage.juniors_agree",
        "不影响其他抵押权人",
        "民法典第四百零九条",
        blocked,
        evidence=Evidence(source="登记簿、书面同意", verified=False) if relied else BOOK,
    )


def _juniors(unit: UnitFact, entry: EntryFact) -> list[EntryFact]:
    return [one for one in unit.of(*SECURITIES) if one.id != entry.id and one.priority_at > entry.priority_at]


def maximum_open(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 421: before the claim is determined, part of it passes without the maximum mortgage."""
    still_open = [
        entry.case_number
        for _, entry in targets(part, facts)
        if entry.details.get("form") == "maximum" and not entry.details.get("maximum_basis")
    ]
    return answer(
        "mortgage.maximum_open",
        "最高额抵押的转移",
        "民法典第四百二十一条、第四百二十三条",
        f"最高额抵押（{'、'.join(still_open)}）的债权尚未确定，须核对当事人另有约定" if still_open else "",
        level=Level.WARN,
    )


def seizure_object(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """查封规定 art. 2: what stands in the debtor's name; a buyer with a notice only is pre-seized."""
    debtors = numbers(side(part, Side.OBLIGOR))
    blocked, weighed = [], []
    for unit in units(part, facts):
        entry = ownership(unit)
        holders = numbers(entry.holders) if entry else frozenset()
        buyers = numbers(one for each in purchase_notices(unit) for one in each.holders)
        if entry is None and not buyers:
            weighed.append(f"{unit.code}尚无权利登记，须核对是否为预查封")
        elif debtors and not debtors <= holders | buyers:
            blocked.append(f"被执行人不是{unit.code}登记簿记载的权利人")
        elif debtors and not debtors & holders:
            weighed.append(f"被执行人仅为{unit.code}的预告登记权利人，应当按预查封办理")
    return answer(
        "seizure.object",
        "查封标的属于被执行人",
        "人民法院查封、扣押、冻结财产规定第二条",
        blocked or weighed,
        level=Level.BLOCK if blocked else Level.WARN,
    )


def seizure_queue(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """查封规定 art. 26: what is seized already is seized in turn."""
    waits = [
        f"{unit.code}已有查封，本次为轮候查封" for unit in units(part, facts) if effective_seizure(unit) is not None
    ]
    return answer("seizure.queue", "查封顺位", "人民法院查封、扣押、冻结财产规定第二十六条", waits, level=Level.WARN)


def same_authority(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """查封规定 arts. 27, 28: whoever seized renews and lifts; another authority's order is weighed."""
    ordering = [one.name.strip() for one in side(part, Side.AUTHORITY)]
    other = [
        f"原查封机关为{entry.details.get('authority')}，与本次嘱托机关不一致"
        for _, entry in targets(part, facts)
        if entry.details.get("authority") not in ordering
    ]
    return answer(
        "seizure.same_authority",
        "嘱托机关与原查封机关一致",
        "人民法院查封、扣押、冻结财产规定第二十八条",
        other,
        level=Level.WARN,
    )


def not_expired(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民诉法解释 art. 485: renewed before it ends; what waits in the queue has no term yet."""
    problems = []
    for _, entry in targets(part, facts):
        if entry.rank:
            problems.append("轮候查封尚未生效，不能续行")
        elif entry.valid_until is not None and entry.valid_until < facts.on:
            problems.append(f"查封已于{entry.valid_until:%Y年%m月%d日}到期失效，不能续行")
    return answer("seizure.not_expired", "查封期限尚未届满", "民事诉讼法解释第四百八十五条", problems)
