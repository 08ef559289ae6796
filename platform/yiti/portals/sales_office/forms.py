"""What is typed into the forms of a draft, and back again: rows of buyers, the payment plan, the blanks of clauses.

A field is named as the contract engine names it in its findings (`buyers.2.name`, `instalments.1.due`, `blanks.gas`),
so that every message finds its field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal, cast, get_args

from litestar import Request

from contracts.blanks import Blank, filled
from contracts.schemas import MAX_BUYERS, Buyer, BuyerKind, FrozenContract, Home, Instalment, InstalmentKind, Ownership
from kernel.errors import Invalid
from kernel.money import parse_yuan, yuan

BuyerForm = Literal["person", "minor", "agent", "company"]
BUYER_FORMS: dict[BuyerForm, str] = {
    "person": "个人",
    "minor": "个人（未成年，由监护人代签）",
    "agent": "个人（由委托代理人代签）",
    "company": "单位",
}
OWNERSHIPS: dict[Ownership, str] = {"sole": "单独所有", "joint": "共同共有", "fractional": "按份共有"}
INSTALMENT_KINDS: tuple[InstalmentKind, ...] = get_args(InstalmentKind)
MAX_LINES = 36
_SHARE = re.compile(r"(?P<above>\d{1,9}(\.\d{1,6})?)(/(?P<below>\d{1,9})|(?P<percent>%))?", re.ASCII)
Typed = Mapping[str, str]


async def typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form; what was left empty is not sent, so ask with `get(name, "")`."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def number_in(fields: Typed, name: str) -> int:
    """A whole number that the page itself put into the form."""
    value = fields.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Invalid("页面数据不完整，请刷新后重新填写", field=name)
    return int(value)


@dataclass(frozen=True, slots=True)
class BuyerRow:
    """One buyer as it stands in the form."""

    kind: BuyerForm = "person"
    name: str = ""
    id_no: str = ""
    phone: str = ""
    address: str = ""
    share: str = ""
    representative_name: str = ""
    representative_id_no: str = ""
    representative_phone: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the payment plan as it stands in the form."""

    kind: str = "instalment"
    due: str = ""
    amount: str = ""


def buyer_rows(fields: Typed) -> list[BuyerRow]:
    """The rows of the form, however incomplete."""
    return [_buyer_row(fields, place) for place in range(1, _rows(fields, "buyers", MAX_BUYERS) + 1)]


def _buyer_row(fields: Typed, place: int) -> BuyerRow:
    texts = {name: fields.get(f"buyers.{place}.{name}", "") for name in asdict(BuyerRow()) if name != "kind"}
    return BuyerRow(kind=_buyer_form(fields, place), **texts)


def _buyer_form(fields: Typed, place: int) -> BuyerForm:
    kind = fields.get(f"buyers.{place}.kind", "person")
    return kind if kind in BUYER_FORMS else "person"


def _rows(fields: Typed, what: str, most: int) -> int:
    return max(1, min(number_in(fields, f"{what}.count"), most))


def changed(rows: Sequence[Any], empty: Any, change: str, most: int) -> list[Any]:
    """The rows after a click on “add” or on a row's “remove”; at least one stays."""
    if change == "add":
        if len(rows) >= most:
            raise Invalid(f"最多{most}行")
        return [*rows, empty]
    if change.isascii() and change.isdigit() and 1 <= int(change) <= len(rows) > 1:
        return [row for place, row in enumerate(rows, start=1) if place != int(change)]
    return list(rows)


def ownership_of(fields: Typed) -> Ownership | None:
    """The chosen way of owning, if any."""
    chosen = fields.get("ownership", "")
    return cast("Ownership", chosen) if chosen in get_args(Ownership) else None


def buyers_of_rows(rows: Sequence[BuyerRow], ownership: Ownership | None) -> list[Buyer]:
    """The buyers as the engine takes them; `Invalid` names a share that is no fraction."""
    return [
        Buyer(
            kind=_kind(row),
            name=row.name,
            id_kind="credit_code" if row.kind == "company" else "resident_id",
            id_no=row.id_no,
            phone=row.phone,
            address=row.address,
            share=_share(row.share, f"buyers.{place}.share") if ownership == "fractional" else None,
            representative_name=None if row.kind == "person" else row.representative_name,
            representative_id_no=None if row.kind == "person" else row.representative_id_no,
            representative_phone=row.representative_phone if row.kind == "agent" else None,
            by_power=row.kind == "agent",
        )
        for place, row in enumerate(rows, start=1)
    ]


def _kind(row: BuyerRow) -> BuyerKind:
    return "company" if row.kind == "company" else "person"


def _share(text: str, field: str) -> Fraction | None:
    plain = text.strip().replace("／", "/").replace("％", "%")
    if not plain:
        return None
    found = _SHARE.fullmatch(plain)
    if found is None or Fraction(found["below"] or 1) == 0:
        raise Invalid("份额请填写分数或百分数，例如 1/3 或 50%", field=field)
    share = Fraction(found["above"]) / Fraction(found["below"] or 1)
    return share / 100 if found["percent"] else share


def rows_of_buyers(content: FrozenContract) -> list[BuyerRow]:
    """The rows of what is saved; one empty row where nothing is."""
    return [_row(buyer) for buyer in content.buyers] or [BuyerRow()]


def _row(buyer: Buyer) -> BuyerRow:
    return BuyerRow(
        kind=_form(buyer),
        name=buyer.name,
        id_no=buyer.id_no,
        phone=buyer.phone,
        address=buyer.address,
        share=f"{buyer.share.numerator}/{buyer.share.denominator}" if buyer.share else "",
        representative_name=buyer.representative_name or "",
        representative_id_no=buyer.representative_id_no or "",
        representative_phone=buyer.representative_phone or "",
    )


def _form(buyer: Buyer) -> BuyerForm:
    if buyer.kind == "company":
        return "company"
    if buyer.by_power:
        return "agent"
    return "minor" if buyer.representative_name else "person"


def plan_rows(fields: Typed) -> list[PlanRow]:
    """The lines of the payment plan, however incomplete."""
    return [
        PlanRow(**{name: fields.get(f"instalments.{place}.{name}", "") for name in asdict(PlanRow())})
        for place in range(1, _rows(fields, "instalments", MAX_LINES) + 1)
    ]


def instalments_of_rows(rows: Sequence[PlanRow]) -> list[Instalment]:
    """The payment plan as the engine takes it; lines left wholly empty do not count. `Invalid` names the field."""
    return [
        _instalment(row, f"instalments.{place}")
        for place, row in enumerate(rows, start=1)
        if row.due.strip() or row.amount.strip()
    ]


def _instalment(row: PlanRow, field: str) -> Instalment:
    if row.kind not in INSTALMENT_KINDS:
        raise Invalid("请选择款项", field=f"{field}.kind")
    try:
        due = date.fromisoformat(row.due)
    except ValueError:
        raise Invalid("请填写付款日期，例如2026-09-30", field=f"{field}.due") from None
    amount = parse_yuan(row.amount, field=f"{field}.amount")
    return Instalment(due=due, amount_fen=amount, kind=row.kind)


def price_of(fields: Typed) -> int | None:
    """The price in fen; None while it is open."""
    text = fields.get("price_fen", "").strip()
    return parse_yuan(text, field="price_fen") if text else None


def rows_of_plan(content: FrozenContract, today: date) -> list[PlanRow]:
    """The lines of what is saved; at the beginning one for the down payment, due today."""
    saved = [PlanRow(line.kind, line.due.isoformat(), yuan(line.amount_fen)) for line in content.instalments]
    return saved or [PlanRow("down_payment", today.isoformat(), "")]


@dataclass(frozen=True, slots=True)
class BlankField:
    """One blank of the template, ready to be drawn."""

    blank: Blank
    name: str
    value: str


def blank_fields(blanks: Sequence[Blank], home: Home, saved: Mapping[str, str]) -> list[BlankField]:
    """The blanks with what stands in them: what was typed, else the default."""
    values = filled(tuple(blanks), home, saved)
    return [BlankField(blank, f"blanks.{blank.key}", values[blank.key]) for blank in blanks]


def blanks_of(fields: Typed, blanks: Sequence[Blank]) -> dict[str, str]:
    """What was typed into these blanks; an emptied one is empty, and not its default again."""
    return {blank.key: fields.get(f"blanks.{blank.key}", "") for blank in blanks}
