"""The application form, the inquiry, and the materials."""

from yiti.cases.application import Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Material
from yiti.cases.facts import CaseFacts, MaterialFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.form import part_problems
from yiti.cases.inquiry import questions_of
from yiti.cases.objects import units
from yiti.cases.rules.answers import FORM, answer


def complete(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 16: the application says everything that its business needs."""
    problems = [words for _, words in part_problems(part, identifiers=False)]
    problems += ["申请的不动产单元不存在"] if len(units(part, facts)) < len(part.unit_ids) else []
    return answer("form.complete", "申请书填写完整", "不动产登记暂行条例第十六条", problems, evidence=FORM)


def inquiry(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 212: every question is answered; an answer that raises doubt is weighed by a person."""
    asked = questions_of([CATALOGUE[part.business]])
    answers = facts.application.answers
    missing = [f"询问事项未回答：{one.text}" for one in asked if one.code not in answers]
    doubtful = [f"询问中有需要核对的回答：{one.text}" for one in asked if answers.get(one.code, one.clear) != one.clear]
    return answer(
        "form.inquiry",
        "询问结果无异常",
        "民法典第二百一十二条；不动产登记暂行条例第十八条",
        missing or doubtful,
        evidence=_record(facts),
        level=Level.BLOCK if missing else Level.WARN,
    )


def _record(facts: CaseFacts) -> Evidence:
    """The record that everybody has signed online, by its digest; at the window it is signed on paper."""
    signed = next((one for one in facts.materials if one.code == "inquiry_record" and one.source == "signed"), None)
    if signed is None:
        return Evidence(source="询问笔录", verified=True)
    return Evidence(source="询问笔录（申请人电子签名）", verified=True, reference=signed.digest)


def declared_materials(part: Part, facts: CaseFacts) -> tuple[Material, ...]:
    """The list of materials that holds for this case."""
    settings = facts.settings.get(part.business)
    return settings.materials if settings is not None else CATALOGUE[part.business].materials


def _held(facts: CaseFacts, code: str) -> list[MaterialFact]:
    return [one for one in facts.materials if one.code == code]


def present(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 16: every required material lies with the case."""
    wanted = [one for one in declared_materials(part, facts) if one.required]
    missing = [f"缺少{one.name}" for one in wanted if not _held(facts, one.code)]
    sources = sorted({one.source for need in wanted for one in _held(facts, need.code)})
    proved = all(any(one.verified for one in _held(facts, need.code)) for need in wanted)
    return answer(
        "materials.present",
        "申请材料齐全",
        "不动产登记暂行条例第十六条、第十七条",
        missing,
        evidence=Evidence(source="申请材料", verified=proved, reference="、".join(sources)),
    )


def for_this_unit(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 18: what a material says of the property agrees with the application."""
    declared = {one.code: one.name for one in declared_materials(part, facts)}
    codes = {unit.code for unit in units(part, facts)}
    wrong = [
        f"{declared[one.code]}记载的不动产单元（{'、'.join(one.unit_codes)}）与申请不一致"
        for one in facts.materials
        if one.code in declared and one.unit_codes and not codes & set(one.unit_codes)
    ]
    return answer(
        "materials.unit",
        "材料与申请的不动产一致",
        "不动产登记暂行条例第十八条",
        wrong,
        evidence=Evidence(source="申请材料", verified=True),
    )


def certificate(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 20: the old certificate is handed in, or is an electronic one in our own register."""
    held = _held(facts, "certificate")
    proved = any(one.verified for one in held)
    return answer(
        "materials.certificate",
        "原权属证书已提交",
        "不动产登记暂行条例第十六条",
        "" if held else "未提交原不动产权属证书",
        evidence=Evidence(source="证书", verified=proved),
    )


COURT_CODES = ("judgment", "ruling", "assistance_notice", "officer_cards")


def court(_part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """查封规定 art. 7, 实施细则 art. 90: documents of the authority; its own channel proves them, a scan does not."""
    held = [one for one in facts.materials if one.code in COURT_CODES]
    proved = bool(held) and all(one.verified for one in held)
    return answer(
        "materials.court",
        "法律文书齐全有效",
        "不动产登记暂行条例实施细则第十九条、第九十条",
        "" if held else "未提交生效法律文书或者协助执行文书",
        evidence=Evidence(source="法律文书", verified=proved),
    )


def agents(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """实施细则 art. 12: whoever acts for an applicant proves it; the power of attorney is read by a person."""
    acting = [one for one in part.applicants if one.agent is not None and one.side is not Side.AUTHORITY]
    held = _held(facts, "power_of_attorney")
    evidence = Evidence(source="授权委托书", verified=not acting or any(one.verified for one in held))
    return answer(
        "people.agent",
        "代理权限",
        "民法典第一百六十五条；不动产登记暂行条例实施细则第十二条",
        [f"{one.name}由他人代为申请，未提交授权委托书或者监护证明" for one in acting if not held],
        evidence=evidence,
    )
