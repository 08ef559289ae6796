"""Who applies: known, alive, of age, with a document that is still valid."""

from datetime import date
from fractions import Fraction

from yiti.cases.application import AgentBasis, Applicant, Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, PersonFact
from yiti.cases.findings import Evidence, Finding, Level
from yiti.cases.objects import normalised, numbers, owned, side
from yiti.cases.rules.answers import answer

ADULT_YEARS = 18
"""民法典 arts. 17, 18: full legal capacity."""


def _people(part: Part, facts: CaseFacts) -> list[Applicant]:
    """Who applies. A co-owner who keeps their share while another sells does not, nor does a mere opponent."""
    sides = (Side.HOLDER, Side.OBLIGOR) if CATALOGUE[part.business].applicants == "both" else (Side.HOLDER,)
    staying = {
        (normalised(one.id_number), one.share and Fraction(one.share))
        for _, entry in owned(part, facts)
        for one in entry.holders
        if one.share
    }
    giving = numbers(side(part, Side.OBLIGOR))
    return [
        one
        for one in part.applicants
        if one.side in sides
        and not (
            giving
            and one.side is Side.HOLDER
            and (normalised(one.id_number), one.share) in staying
            and normalised(one.id_number) not in giving
        )
    ]


def _known(facts: CaseFacts, number: str) -> PersonFact | None:
    wanted = normalised(number)
    return next((one for one in facts.people if normalised(one.id_number) == wanted), None)


def identity(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """条例 art. 16: everybody is who they say; by the identity service, or compared with the original at the window."""
    problems, references, proved = [], [], True
    named = [(one.name, one.id_number) for one in _people(part, facts)]
    named += [(one.agent.name, one.agent.id_number) for one in _people(part, facts) if one.agent is not None]
    for name, number in named:
        person = _known(facts, number)
        if person is not None and person.matched:
            references.append(person.identity_reference)
        elif person is not None and person.matched is None and person.checked_by:
            proved = False
        else:
            problems.append(f"身份未核验或者核验不一致：{name}")
    return answer(
        "people.identity",
        "申请人身份核验",
        "不动产登记暂行条例第十六条、第十八条",
        problems,
        evidence=Evidence(
            source="统一身份认证" if proved else "窗口核对原件",
            verified=proved,
            reference="、".join(filter(None, references)),
        ),
    )


def document(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """居民身份证法 art. 4: an expired document proves nothing."""
    expired = [
        f"{one.name}的身份证件已于{one.id_valid_until:%Y年%m月%d日}到期"
        for one in _people(part, facts)
        if one.id_valid_until is not None and one.id_valid_until < facts.on
    ]
    return answer(
        "people.document",
        "身份证件在有效期内",
        "居民身份证法第四条、第十一条",
        expired,
        evidence=Evidence(source="身份证件", verified=True),
    )


def alive(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 art. 13: the dead neither dispose nor acquire; their property passes by succession."""
    dead, unknown = [], False
    for one in _people(part, facts):
        person = _known(facts, one.id_number)
        if person is not None and person.deceased:
            dead.append(f"{one.name}已死亡，不能作为申请人，应当办理继承或者受遗赠的转移登记")
        elif one.id_kind == "resident_id" and (person is None or person.deceased is None):
            unknown = True
    return answer(
        "people.alive",
        "申请人健在",
        "民法典第十三条、第二百三十条",
        dead,
        evidence=Evidence(source="公安、民政信息", verified=not unknown),
    )


def capacity(part: Part, facts: CaseFacts) -> tuple[Finding, ...]:
    """民法典 arts. 19–23, 35: a minor acts through a guardian, who disposes only in the minor's interest."""
    missing, weighed = [], []
    for one in _people(part, facts):
        person = _known(facts, one.id_number)
        if person is None or person.birth_date is None or _age(person.birth_date, facts.on) >= ADULT_YEARS:
            continue
        if one.agent is None or one.agent.basis is not AgentBasis.GUARDIAN:
            missing.append(f"{one.name}为未成年人，应当由监护人代为申请")
        elif one.side is Side.OBLIGOR:
            weighed.append(f"处分未成年人{one.name}的不动产，须核对监护关系以及为被监护人利益处分的书面保证")
        else:
            weighed.append(f"{one.name}为未成年人，须核对监护关系")
    return answer(
        "people.capacity",
        "申请人具有相应的民事行为能力",
        "民法典第十七条至第二十三条、第三十五条",
        missing or weighed,
        evidence=Evidence(source="身份证件号码", verified=True),
        level=Level.BLOCK if missing else Level.WARN,
    )


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
