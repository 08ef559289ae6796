"""Whether an application is filled in completely and consistently. Pure, but for the identifiers' own checks."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kernel.errors import Invalid
from kernel.identifiers import credit_code, mobile, resident_id, unit_code
from yiti.cases.application import Agent, Applicant, Application, Part, Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, Field
from yiti.cases.inquiry import questions_of
from yiti.register.kinds import SECURITIES, Sharing

_SIDES: dict[str, tuple[tuple[Side, str], ...]] = {
    "holder": ((Side.HOLDER, "holder_words"),),
    "both": ((Side.HOLDER, "holder_words"), (Side.OBLIGOR, "obligor_words")),
    "interested": ((Side.HOLDER, "holder_words"),),
    "authority": ((Side.AUTHORITY, ""),),
    "ex_officio": (),
}
_MOST_MONTHS = 36


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is missing or wrong, and where: `parts.0.applicants.1.id_number`, `answers.own_will`."""

    path: str
    words: str


def begun(businesses: Sequence[str]) -> Application:
    """The empty application of these businesses."""
    return Application(parts=tuple(_empty(Business(one)) for one in businesses))


def _empty(business: Business) -> Part:
    declared = CATALOGUE[business]
    return Part(business=business, unit_ids=(), applicants=(), cause=declared.causes[0] if declared.causes else "")


def problems(application: Application, businesses: Sequence[str], *, identifiers: bool = True) -> tuple[Problem, ...]:
    """Everything that stands in the way of submitting, in the order of the form; of a form never saved, all of it."""
    if not application.parts:
        application = begun(businesses)
    if [part.business for part in application.parts] != list(businesses):
        return (Problem(path="parts", words="请填写申请内容"),)
    found = [
        Problem(path=f"parts.{place}.{path}", words=words)
        for place, part in enumerate(application.parts)
        for path, words in part_problems(part, identifiers=identifiers)
    ]
    asked = questions_of(CATALOGUE[Business(one)] for one in businesses)
    found += [
        Problem(path=f"answers.{one.code}", words=f"请回答：{one.text}")
        for one in asked
        if one.code not in application.answers
    ]
    return tuple(found)


def part_problems(part: Part, *, identifiers: bool = True) -> Iterator[tuple[str, str]]:
    """Path inside the part, and words."""
    declared = CATALOGUE[part.business]
    if not part.unit_ids:
        yield "unit_ids", "请选择不动产单元"
    if declared.targets and not part.targets:
        yield "targets", "请选择本次申请所针对的登记事项"
    if declared.causes and not part.cause.strip():
        yield "cause", "请选择登记原因"
    yield from _applicants(part, declared, identifiers=identifiers)
    if declared.asks_sharing:
        yield from sharing_problems(part)
    if declared.asks_price and (part.price_fen is None or part.price_fen <= 0):
        yield "price_fen", f"请填写{declared.price_words}"
    yield from _term(part, declared)
    if declared.books in SECURITIES and part.bans_transfer is None:
        yield "bans_transfer", "请填写是否存在禁止或者限制转让抵押不动产的约定"
    for field in declared.fields:
        yield from _field(field, part.fields.get(field.name))


def _applicants(part: Part, declared: Declaration, *, identifiers: bool) -> Iterator[tuple[str, str]]:
    for side, words in _SIDES[declared.applicants]:
        if not any(one.side is side for one in part.applicants):
            yield "applicants", f"请填写{getattr(declared, words) if words else '嘱托机关'}"
    seen = set()
    for place, one in enumerate(part.applicants):
        path = f"applicants.{place}"
        if not one.name.strip():
            yield f"{path}.name", "请填写姓名或者名称"
        if (key := (one.side, one.id_number)) in seen:
            yield f"{path}.id_number", "同一申请人重复填写"
        seen.add(key)
        if identifiers:
            yield from _identifiers(path, one)
            if one.agent is not None:
                yield from _identifiers(f"{path}.agent", one.agent)


def _identifiers(path: str, one: Applicant | Agent) -> Iterator[tuple[str, str]]:
    if isinstance(one, Agent) and not one.name.strip():
        yield f"{path}.name", "请填写代理人姓名"
    try:
        if one.id_kind == "resident_id":
            resident_id(one.id_number)
        elif one.id_kind == "credit_code":
            credit_code(one.id_number)
        elif not one.id_number.strip():
            yield f"{path}.id_number", "请填写证件号码"
    except Invalid as error:
        yield f"{path}.id_number", error.message
    if one.phone:
        try:
            mobile(one.phone)
        except Invalid as error:
            yield f"{path}.phone", error.message


def holders_of(part: Part) -> tuple[Applicant, ...]:
    """The applicants who are to stand in the book as right holders."""
    return tuple(one for one in part.applicants if one.side is Side.HOLDER)


def sharing_problems(part: Part) -> Iterator[tuple[str, str]]:
    """共有方式 and 份额: sole one holder, joint at least two without shares, fractional shares that make a whole."""
    holders = holders_of(part)
    shares = [one.share for one in holders]
    match part.sharing:
        case None:
            yield "sharing", "请选择共有方式"
        case Sharing.SOLE if len(holders) != 1:
            yield "sharing", "单独所有只能有一名权利人"
        case Sharing.JOINT if len(holders) < 2:  # two make a community
            yield "sharing", "共同共有应当有两名以上权利人"
        case Sharing.FRACTIONAL:
            yield from _fractions(shares)
    if part.sharing in (Sharing.SOLE, Sharing.JOINT) and any(share is not None for share in shares):
        yield "sharing", "单独所有和共同共有不填写份额"
    if part.held_separately and part.sharing is not Sharing.FRACTIONAL:
        yield "held_separately", "只有按份共有可以分别持证"


def _fractions(shares: Sequence[Fraction | None]) -> Iterator[tuple[str, str]]:
    known = [share for share in shares if share is not None]
    if len(shares) < 2:  # two make a community
        yield "sharing", "按份共有应当有两名以上权利人"
    elif len(known) != len(shares) or any(not 0 < share <= 1 for share in known):
        yield "sharing", "请填写每名权利人的份额，份额应当大于零、不超过一"
    elif (total := sum(known, Fraction())) != 1:
        yield "sharing", f"各权利人份额之和为{total}，应当等于1"


def _term(part: Part, declared: Declaration) -> Iterator[tuple[str, str]]:
    lifelong = part.fields.get("lifelong") is True
    if declared.asks_term and not lifelong and (part.valid_from is None or part.valid_until is None):
        yield "valid_until", f"请填写{declared.term_words}的起止日期"
    if part.valid_from is not None and part.valid_until is not None and part.valid_until < part.valid_from:
        yield "valid_until", f"{declared.term_words}的结束日期早于开始日期"


_TYPES: dict[str, Any] = {
    "date": date,
    "moment": datetime,
    "area": Decimal,
    "money": int,
    "number": int,
    "yes_no": bool,
}
_KIND_WORDS = {
    "date": "日期",
    "moment": "日期和时间",
    "area": "面积（平方米）",
    "money": "金额",
    "number": "整数",
    "yes_no": "是或者否",
}


def _field(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    path = f"fields.{field.name}"
    if value is None or (isinstance(value, str) and not value.strip()):
        if field.required:
            yield path, f"请填写{field.label}"
        return
    if field.kind == "choice" and value not in dict(field.choices):
        yield path, f"{field.label}不在可选范围内"
    elif field.kind == "unit_code":
        try:
            unit_code(str(value))
        except Invalid as error:
            yield path, error.message
    elif field.kind in _TYPES:
        yield from _typed(field, path, value)


def _typed(field: Field, path: str, value: Any) -> Iterator[tuple[str, str]]:
    try:
        found = msgspec.convert(value, _TYPES[field.kind])
    except msgspec.ValidationError:
        yield path, f"{field.label}应当填写{_KIND_WORDS[field.kind]}"
        return
    if field.kind == "moment" and found.tzinfo is None:
        yield path, f"{field.label}应当带有时区"
    if field.kind in ("area", "money", "number") and found <= 0:
        yield path, f"{field.label}应当大于零"
    if field.name == "term_months" and found > _MOST_MONTHS:
        yield path, "查封期限不得超过三年（36个月）"


def value(part: Part, name: str, kind: type[Any] | Literal["text"] = "text") -> Any:
    """A field's value in its own type; none where it is empty or not of that type (which `part_problems` reports)."""
    found = part.fields.get(name)
    if found is None or found == "":
        return None
    if kind == "text":
        return str(found).strip() or None
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError:
        return None
