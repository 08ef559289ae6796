"""From the typed form of one part to the part as a case keeps it. `Invalid` names the field that cannot be read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from kernel.clock import SHANGHAI
from kernel.errors import Invalid
from kernel.money import parse_yuan
from yiti.cases.application import Application, Consent, Part
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Field
from yiti.portals.registration.window.people import sides_of
from yiti.portals.registration.window.rows import Typed, applicants_of, day_of, member, rows_in
from yiti.register.kinds import Sharing

TEXT_MAX = 200
LONG_MAX = 2000
_DIGITS_MAX = 12
YES_NO = {"yes": True, "no": False}


def application_in(fields: Typed, saved: Application) -> Application:
    """The whole application as typed; units, contact and answers, which other pages ask for, stay as they are."""
    parts = tuple(part_in(fields, place, part) for place, part in enumerate(saved.parts))
    phone = fields.get("contact_phone", saved.contact_phone).strip()
    return Application(parts=parts, contact_phone=phone, answers=saved.answers)


def part_in(fields: Typed, place: int, saved: Part) -> Part:
    """One part as typed."""
    prefix = f"parts.{place}"
    declared = CATALOGUE[saved.business]
    sharing = _sharing(fields, f"{prefix}.sharing") if declared.asks_sharing else None
    applicants = [
        one
        for side in sides_of(declared)
        for one in applicants_of(
            rows_in(fields, f"{prefix}.{side.side}"),
            side.side,
            f"{prefix}.{side.side}",
            shares=side.shares and sharing is Sharing.FRACTIONAL,
        )
    ]
    units = tuple(one for one in saved.unit_ids if f"{prefix}.units.{one}" in fields)
    return Part(
        business=saved.business,
        # With one unit there is nothing to choose, and the page does not ask.
        unit_ids=units or saved.unit_ids,
        applicants=tuple(applicants),
        cause=fields.get(f"{prefix}.cause", "").strip()[:TEXT_MAX],
        sharing=sharing,
        held_separately=sharing is Sharing.FRACTIONAL and f"{prefix}.held_separately" in fields,
        targets=_chosen(fields, f"{prefix}.targets."),
        price_fen=_money(fields, f"{prefix}.price") if declared.asks_price else None,
        valid_from=day_of(fields.get(f"{prefix}.valid_from", ""), f"{prefix}.valid_from"),
        valid_until=day_of(fields.get(f"{prefix}.valid_until", ""), f"{prefix}.valid_until"),
        bans_transfer=YES_NO.get(fields.get(f"{prefix}.bans_transfer", "")),
        consents=_consents(fields, prefix),
        fields=_own_fields(fields, prefix, declared.fields),
    )


def _chosen(fields: Typed, prefix: str) -> tuple[UUID, ...]:
    return tuple(_uuid(name.removeprefix(prefix)) for name in fields if name.startswith(prefix))


def _consents(fields: Typed, prefix: str) -> tuple[Consent, ...]:
    """`parts.0.consents.<entry>.<identity number>` = code of the material that proves it."""
    found = []
    for name, material in fields.items():
        if name.startswith(f"{prefix}.consents.") and material:
            entry, _, number = name.removeprefix(f"{prefix}.consents.").partition(".")
            found.append(Consent(id_number=number, entry_id=_uuid(entry), material_code=material))
    return tuple(found)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("页面数据不完整，请刷新后重新填写") from None


def _sharing(fields: Typed, name: str) -> Sharing | None:
    return member(Sharing, fields.get(name, ""))


def _money(fields: Typed, name: str) -> int | None:
    text = fields.get(name, "").strip()
    return parse_yuan(text, field=name) if text else None


def _own_fields(fields: Typed, prefix: str, declared: Sequence[Field]) -> dict[str, Any]:
    values = {one.name: value_in(one, fields, f"{prefix}.fields.{one.name}") for one in declared}
    return {name: value for name, value in values.items() if value is not None}


def value_in(declared: Field, fields: Typed, name: str) -> Any:
    """The value of one of the business's own fields; None where nothing was typed."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    if declared.kind == "choice":
        return _choice(declared, text, name)
    reading = _READERS.get(declared.kind)
    return reading(text, name) if reading else text[: LONG_MAX if declared.kind == "long_text" else TEXT_MAX]


def _date(text: str, name: str) -> str | None:
    day = day_of(text, name)
    return day.isoformat() if day else None


def _moment(text: str, name: str) -> str:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("请填写日期和时间", field=name) from None
    return (typed if typed.tzinfo else typed.replace(tzinfo=SHANGHAI)).isoformat()


def _area(text: str, name: str) -> str:
    try:
        area = Decimal(text)
    except InvalidOperation:
        raise Invalid("面积请填写数字，例如 98.76", field=name) from None
    if not area.is_finite() or not 0 < area < 10**9 or area != area.quantize(Decimal("0.01")):
        raise Invalid("面积应当大于0，最多两位小数", field=name)
    return f"{area:.2f}"


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise Invalid("请填写整数", field=name)
    return int(text)


def _choice(declared: Field, text: str, name: str) -> str:
    if text not in dict(declared.choices):
        raise Invalid("请从列表中选择", field=name)
    return text


_READERS: dict[str, Callable[[str, str], Any]] = {
    "date": _date,
    "moment": _moment,
    "area": _area,
    "money": lambda text, name: parse_yuan(text, field=name),
    "number": _number,
    "yes_no": lambda text, _name: YES_NO.get(text),
    "unit_code": lambda text, _name: "".join(text.upper().split())[:TEXT_MAX],
}
"""How the text of each kind of field is read; other kinds stay text."""
