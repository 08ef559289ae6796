"""What the applicants read and sign: the application (登记申请书) and the inquiry record (询问笔录), from the case."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession
from kernel.money import yuan, yuan_in_words
from kernel.rendering import Rendered, render_template
from kernel.tenancy.models import County
from yiti.cases import service as cases
from yiti.cases.application import Applicant, Application, Part
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, Field
from yiti.cases.inquiry import questions_of
from yiti.cases.models import Case
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.wording import term
from yiti.journeys.envelopes import Page
from yiti.journeys.registration.envelope import PAPERS, SIGNED
from yiti.journeys.registration.filling import declared_material
from yiti.journeys.registration.signers import BASIS_WORDS, Signer
from yiti.journeys.registration.units import units_of
from yiti.register.kinds import REGISTRATION_TYPE_WORDS, SHARING_WORDS, RegistrationType
from yiti.resources import Resources

ID_KIND_WORDS = {
    "resident_id": "居民身份证",
    "credit_code": "统一社会信用代码",
    "passport": "护照",
    "other": "其他证件",
}


async def application_form(reader: ReadSession, resources: Resources, case: Case) -> Rendered:
    """不动产登记申请书 as PDF/A, to be printed and signed. `MissingGlyph` names a character that cannot be printed."""
    return await resources.renderer.pdf(await _html(reader, case, "application_form"))


async def inquiry_record(reader: ReadSession, resources: Resources, case: Case) -> Rendered:
    """询问笔录 as PDF/A, with the answers given."""
    return await resources.renderer.pdf(await _html(reader, case, "inquiry_record"))


async def to_sign(reader: ReadSession, case: Case, signers: Sequence[Signer]) -> list[Page]:
    """The papers of an online application, each with a place for everybody who signs it."""
    return [(key, PAPERS[key], await _html(reader, case, key, signers)) for key in papers_of(case)]


def papers_of(case: Case) -> tuple[str, ...]:
    """Which of the two papers the businesses of the case want."""
    declared = [CATALOGUE[Business(one)] for one in case.businesses]
    return tuple(key for key in PAPERS if any(key in one.documents for one in declared))


async def _html(reader: ReadSession, case: Case, paper: str, signers: Sequence[Signer] = ()) -> str:
    application = cases.application_of(case)
    asked = questions_of(CATALOGUE[Business(one)] for one in case.businesses)
    agency = (await reader.scalars(select(County.agency_name).where(County.code == reader.tenant))).one()
    context = {
        "agency": agency,
        "number": case.number,
        "date": _day(case.submitted_at or now()),
        "types": [(words, _chosen(case, kind)) for kind, words in REGISTRATION_TYPE_WORDS.items()],
        "parts": [_part(part) for part in application.parts],
        "units": [
            (grouped_unit_code(unit.code), unit.location, unit.usage, f"{unit.building_area:.2f}㎡")
            for unit in await units_of(reader, application.unit_ids)
        ],
        "dialogue": [
            (one.text, {True: "是。", False: "否。", None: "（未回答）"}[application.answers.get(one.code)])
            for one in asked
        ],
        "applicants": _asked(application),
        "materials": await _materials(reader, case),
        "signers": [(one.key, one.caption) for one in signers],
    }
    return render_template(__package__ or "", f"{paper}.html", context)


async def _materials(reader: ReadSession, case: Case) -> list[tuple[str, int]]:
    """What lies with the case: names, and how many files of each."""
    counted = Counter(one.code for one in await cases.materials(reader, case.id) if one.source != SIGNED)
    return [((await declared_material(reader, case, code)).name, count) for code, count in counted.items()]


def _asked(application: Application) -> list[dict[str, str]]:
    """Everybody once, with every side on which they stand."""
    people: dict[str, dict[str, str]] = {}
    for one in (one for part in application.parts for one in part.applicants):
        line = _applicant(one)
        known = people.setdefault(one.id_number, line)
        if line["side"] not in known["side"]:
            known["side"] = f"{known['side']}、{line['side']}"
    return list(people.values())


def _chosen(case: Case, kind: RegistrationType) -> bool:
    return any(CATALOGUE[Business(one)].registration_type is kind for one in case.businesses)


def _part(part: Part) -> dict[str, object]:
    declared = CATALOGUE[part.business]
    facts = [("登记原因", part.cause), *_terms(part, declared)]
    facts += [(one.label, _field(one, part.fields[one.name])) for one in declared.fields if part.fields.get(one.name)]
    return {
        "name": declared.name,
        "facts": facts,
        "people": [_applicant(one, declared) for one in part.applicants],
    }


def _terms(part: Part, declared: Declaration) -> list[tuple[str, str]]:
    facts = []
    if part.price_fen is not None:
        label = declared.price_words.removesuffix("（元）")
        facts.append((label, f"{yuan(part.price_fen)}元（{yuan_in_words(part.price_fen)}）"))
    if part.sharing is not None:
        facts.append(("共有方式", SHARING_WORDS[part.sharing] + ("，分别持证" if part.held_separately else "")))
    if part.valid_from or part.valid_until:
        facts.append((declared.term_words, term(part.valid_from, part.valid_until)))
    if part.bans_transfer is not None:
        facts.append(("是否存在禁止或者限制转让抵押不动产的约定", "是" if part.bans_transfer else "否"))
    return facts


def _field(field: Field, value: object) -> str:
    if field.kind == "yes_no":
        return "是" if value else "否"
    if field.kind == "money" and isinstance(value, int):
        return f"{yuan(value)}元"
    if field.kind == "choice":
        return dict(field.choices).get(str(value), str(value))
    return f"{value}㎡" if field.kind == "area" else str(value)


def _applicant(one: Applicant, declared: Declaration | None = None) -> dict[str, str]:
    sides = {"holder": "权利人", "obligor": "义务人", "authority": "嘱托机关"}
    if declared is not None:
        sides |= {"holder": declared.holder_words, "obligor": declared.obligor_words}
    agent = one.agent
    return {
        "side": sides[one.side],
        "name": one.name,
        "id_kind": ID_KIND_WORDS.get(one.id_kind, "证件"),
        "id_number": one.id_number,
        "phone": one.phone,
        "share": f"{one.share.numerator}/{one.share.denominator}" if one.share else "",
        "agent": f"{BASIS_WORDS[agent.basis]}：{agent.name}（{agent.id_number}）" if agent else "",
    }


def _day(moment: datetime) -> str:
    day = moment.astimezone(SHANGHAI)
    return f"{day.year}年{day.month}月{day.day}日"
