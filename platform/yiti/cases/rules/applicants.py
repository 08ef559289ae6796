"""Whether those who apply are those whose rights stand in the book, and enough of them (实施细则 art. 10)."""

from fractions import Fraction

from yiti.cases.application import Applicant, Part, Side
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts, EntryFact, HolderFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.form import sharing_problems
from yiti.cases.objects import consented, matching, normalised, numbers, owned, share_of, side, targets
from yiti.cases.rules.answers import BOOK, FORM, WEIGHED, answer
from yiti.register.kinds import EntryKind, Sharing

MOST = Fraction(2, 3)
"""民法典 art. 301: of the shares, to dispose of what is held in fractional shares."""


def disposers(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """All joint holders, or fractional holders of two thirds, apply or agree; one may sell their own share alone."""
    blocked, weighed, relied = [], [], False
    for _, entry in owned(part, facts):
        applying = side(part, Side.OBLIGOR)
        agreed = consented(part, facts, entry)
        relied = relied or bool(agreed)
        if strangers := numbers(applying) - numbers(entry.holders):
            names = "、".join(one.name for one in applying if normalised(one.id_number) in strangers)
            blocked.append(f"{names}不是登记簿记载的权利人")
        silent = [one for one in entry.holders if normalised(one.id_number) not in numbers(applying) | agreed]
        if silent:
            missing, doubt = _silent(part, entry, silent)
            blocked += missing
            weighed += doubt
        weighed += _other_name(part, entry)
    evidence = Evidence(source="登记簿、共有人书面同意", verified=False) if relied else BOOK
    return answer(
        "applicants.disposers",
        "处分人与登记簿一致、共有人同意",
        "民法典第三百零一条；城市房地产管理法第三十八条；不动产登记暂行条例实施细则第十条",
        blocked or weighed,
        evidence=evidence,
        level=Level.BLOCK if blocked else Level.WARN,
    )


def _silent(part: Part, entry: EntryFact, silent: list[HolderFact]) -> tuple[list[str], list[str]]:
    names = "、".join(one.name for one in silent)
    if entry.sharing is not Sharing.FRACTIONAL:
        return [f"{names}未共同申请，也没有书面同意（共同共有应当全体同意）"], []
    if _keep_their_shares(part, silent):
        return [], [f"按份共有人转让自己的份额，须核对其他共有人（{names}）的优先购买权"]
    total = sum((share_of(one, entry.sharing) or Fraction() for one in entry.holders if one not in silent), Fraction())
    if total < MOST:
        return [f"共同申请和书面同意的份额为{total}，不足三分之二（未同意：{names}）"], []
    return [], [f"{names}未共同申请；同意的份额为{total}，已达三分之二，须核对通知其他共有人的情况"]


def _keep_their_shares(part: Part, silent: list[HolderFact]) -> bool:
    """民法典 art. 305: whoever is silent still holds at least the same share afterwards."""
    after = {normalised(one.id_number): one.share for one in side(part, Side.HOLDER)}
    return all((after.get(normalised(one.id_number)) or Fraction()) >= Fraction(one.share or "1") for one in silent)


def _other_name(part: Part, entry: EntryFact) -> list[str]:
    known = {normalised(one.id_number): one.name for one in entry.holders}
    return [
        f"{one.name}的姓名或者名称与登记簿记载不一致，须先办理或者一并办理变更登记"
        for one in side(part, Side.OBLIGOR)
        if known.get(normalised(one.id_number), one.name) != one.name
    ]


def _concerned(part: Part, facts: CaseFacts) -> list[EntryFact]:
    named = [entry for _, entry in targets(part, facts)]
    return named or [entry for _, entry in owned(part, facts)]


def holders(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 14: the holder of the entry applies, all holders of a right held together."""
    blocked, weighed = [], []
    applying = side(part, Side.HOLDER)
    for entry in _concerned(part, facts):
        found = matching(applying, entry)
        agreed = consented(part, facts, entry)
        if len(found) < len(applying):
            names = "、".join(one.name for one in applying if one not in found.values())
            blocked.append(f"{names}不是登记簿记载的权利人")
        silent = [
            one
            for place, one in enumerate(entry.holders)
            if place not in found and normalised(one.id_number) not in agreed
        ]
        words = f"{'、'.join(one.name for one in silent)}未共同申请"
        if silent and part.business is Business.CHANGE_HOLDER:
            weighed.append(f"{words}（其他共有人的登记内容不变）")
        elif silent:
            blocked.append(words)
        if part.business is not Business.CHANGE_HOLDER:
            weighed += [
                f"{one.name}与登记簿记载的姓名或者证件号码不完全一致"
                for place, one in found.items()
                if (one.name, normalised(one.id_number))
                != (entry.holders[place].name, normalised(entry.holders[place].id_number))
            ]
    return answer(
        "applicants.holders",
        "申请人与登记簿记载的权利人一致",
        "不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第十条",
        blocked or weighed,
        level=Level.BLOCK if blocked else Level.WARN,
    )


def holders_or_owner(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """The holder gives the right up; or the owner applies because it has ended (term, death), which a person checks."""
    problems, by_owner = [], False
    applying = numbers(side(part, Side.HOLDER))
    owners = numbers(one for _, entry in owned(part, facts) for one in entry.holders)
    for _, entry in targets(part, facts):
        if applying == numbers(entry.holders):
            continue
        by_owner = True
        if not applying <= owners | numbers(entry.holders):
            problems.append("申请人既不是该权利的权利人，也不是不动产的所有权人")
    return answer(
        "applicants.holders_or_owner",
        "申请人为权利人或者所有权人",
        "民法典第三百七十条；不动产登记暂行条例第十四条",
        problems,
        evidence=WEIGHED if by_owner else BOOK,
    )


def assignors(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 407: the old mortgagee passes the mortgage on with the claim."""
    giving = numbers(side(part, Side.OBLIGOR))
    wrong = [entry.case_number for _, entry in targets(part, facts) if numbers(entry.holders) != giving]
    return answer(
        "applicants.assignors",
        "转让人为登记簿记载的抵押权人",
        "民法典第四百零七条",
        "原抵押权人与登记簿记载不一致" if wrong else "",
    )


def heirs(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 230: whoever leaves the book has died; the others keep at least what they had. Kinship is weighed."""
    problems, dead_known = [], True
    after = {normalised(one.id_number): one for one in side(part, Side.HOLDER)}
    death_proved = any(one.code == "death_proof" for one in facts.materials)
    for _, entry in owned(part, facts):
        leaving = [one for one in entry.holders if normalised(one.id_number) not in after]
        if not leaving:
            problems.append("登记簿记载的权利人均在继承后的权利人之中，没有被继承人")
        for one in leaving:
            person = facts.person(one.id_number)
            dead_known = dead_known and bool(person and person.deceased)
            if not (person and person.deceased) and not death_proved:
                problems.append(f"没有{one.name}的死亡证明")
            if person is not None and person.deceased is False:
                problems.append(f"公安、民政信息显示{one.name}健在，不能办理继承登记")
        problems += _smaller(entry, after)
    return answer(
        "applicants.heirs",
        "被继承人、继承人和份额",
        "民法典第二百三十条、第一千一百二十二条；登记暂行条例实施细则第十四条",
        problems,
        evidence=Evidence(source="死亡证明、亲属关系证明", verified=False),
    )


def _smaller(entry: EntryFact, after: dict[str, Applicant]) -> list[str]:
    return [
        f"{one.name}的份额少于登记簿记载"
        for one in entry.holders
        if one.share
        and (heir := after.get(normalised(one.id_number))) is not None
        and (heir.share or Fraction(1)) < Fraction(one.share)
    ]


def authority(part: Part, _facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 arts. 19, 90: the authority that orders is named, and the person whose property it is."""
    named = [one.name for one in side(part, Side.AUTHORITY)]
    return answer(
        "applicants.authority",
        "嘱托机关",
        "不动产登记暂行条例实施细则第十九条、第九十条、第九十三条",
        "" if named else "没有写明嘱托登记的机关",
        evidence=FORM,
    )


def whole_shares(part: Part, _facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 arts. 297–299: sole, joint, or shares that add up to exactly one."""
    return answer(
        "shares.whole",
        "共有方式和份额",
        "民法典第二百九十七条至第二百九十九条",
        [words for _, words in sharing_problems(part)],
        evidence=FORM,
    )


def interested(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 220: whoever is not in the book proves an interest; a person weighs it."""
    held = {one.code for one in facts.materials}
    return answer(
        "objection.interest",
        "利害关系",
        "民法典第二百二十条；不动产登记暂行条例实施细则第八十二条",
        "" if "interest" in held else "没有提交利害关系的证明材料",
        evidence=WEIGHED,
    )


def objected_before(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 83: the same person does not object twice on the same ground."""
    who = numbers(side(part, Side.HOLDER))
    again = [
        entry.case_number
        for unit in facts.units
        if unit.id in part.unit_ids
        for entry in unit.of(EntryKind.OBJECTION)
        if numbers(entry.holders) & who
    ]
    return answer(
        "objection.once",
        "未重复申请异议登记",
        "不动产登记暂行条例实施细则第八十三条",
        f"申请人已有有效的异议登记（{'、'.join(again)}）" if again else "",
    )


def correction_ground(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 220: the holder agrees in writing, or the error is proved; either is weighed by a person."""
    held = {one.code for one in facts.materials}
    return answer(
        "correction.ground",
        "更正的依据",
        "民法典第二百二十条；不动产登记暂行条例实施细则第七十九条",
        "" if held & {"error_proof", "consent"} else "没有权利人的书面同意，也没有证实登记错误的材料",
        evidence=WEIGHED,
    )


def correction_undisputed(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 81: not ex officio once a notice or a seizure has been booked since."""
    blocked = []
    for unit, entry in targets(part, facts):
        since = [
            one
            for one in unit.entries
            if one.booked_at > entry.booked_at
            and one.kind in (EntryKind.SEIZURE, EntryKind.PRESALE_NOTICE, EntryKind.SALE_NOTICE)
        ]
        blocked += [f"该登记之后已办理其他登记（{one.case_number}），不能依职权更正" for one in since]
    return answer(
        "correction.no_dispute",
        "可以依职权更正",
        "不动产登记暂行条例实施细则第八十一条",
        blocked,
        evidence=WEIGHED,
    )
