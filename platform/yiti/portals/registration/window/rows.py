"""The rows of people on the application form: what was typed, and back again.

A field is named `parts.<part>.<side>.<row>.<name>`, rows from 1, so that every message finds its field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from kernel.errors import Invalid
from yiti.cases.application import Agent, AgentBasis, Applicant, Side

MAX_ROWS = 10
ID_KINDS = (
    ("resident_id", "居民身份证"),
    ("credit_code", "统一社会信用代码"),
    ("passport", "护照"),
    ("other", "其他证件"),
)
AGENT_BASES = (
    ("", "本人办理"),
    (AgentBasis.POWER_OF_ATTORNEY.value, "委托代理人"),
    (AgentBasis.GUARDIAN.value, "监护人"),
    (AgentBasis.LEGAL_REPRESENTATIVE.value, "法定代表人"),
)
_SHARE = re.compile(r"(?P<above>\d{1,9}(\.\d{1,6})?)(/(?P<below>\d{1,9})|(?P<percent>%))?", re.ASCII)
Typed = Mapping[str, str]
_E = TypeVar("_E", bound=StrEnum)


def member(kind: type[_E], text: str) -> _E | None:
    """The member with this value; none for anything else."""
    return next((one for one in kind if one.value == text), None)


def whole(text: str) -> int:
    """A whole number that the page itself put into the form."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid("页面数据不完整，请刷新后重新填写")
    return int(text)


@dataclass(frozen=True, slots=True)
class Row:
    """One applicant as it stands in the form."""

    name: str = ""
    id_number: str = ""
    id_kind: str = "resident_id"
    id_valid_until: str = ""
    phone: str = ""
    share: str = ""
    agent_basis: str = ""
    agent_name: str = ""
    agent_id_number: str = ""
    agent_phone: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed into it; such a row does not count."""
        return not any(value.strip() for name, value in asdict(self).items() if name not in ("id_kind", "agent_basis"))


def rows_in(fields: Typed, prefix: str) -> list[Row]:
    """The rows of one side as typed, however incomplete."""
    counted = min(whole(fields.get(f"{prefix}.count", "0")), MAX_ROWS)
    return [_row(fields, f"{prefix}.{place}") for place in range(1, counted + 1)]


def _row(fields: Typed, prefix: str) -> Row:
    known = asdict(Row())
    return Row(**{name: fields.get(f"{prefix}.{name}", default) for name, default in known.items()})


def changed(rows: Sequence[Row], change: str) -> list[Row]:
    """The rows after a click on “add” or on a row's “remove”."""
    if change == "add":
        if len(rows) >= MAX_ROWS:
            raise Invalid(f"每一方最多{MAX_ROWS}人，超过的请分开办理")
        return [*rows, Row()]
    if change.isascii() and change.isdigit() and 1 <= int(change) <= len(rows):
        return [row for place, row in enumerate(rows, start=1) if place != int(change)]
    return list(rows)


def with_rows(fields: Typed, prefix: str, change: str) -> dict[str, str]:
    """The fields of the form after a row of this side was added or removed."""
    if not change or f"{prefix}.count" not in fields:
        return dict(fields)
    rows = changed(rows_in(fields, prefix), change)
    kept = {name: value for name, value in fields.items() if not name.startswith(f"{prefix}.")}
    for place, row in enumerate(rows, start=1):
        kept |= {f"{prefix}.{place}.{name}": value for name, value in asdict(row).items()}
    return kept | {f"{prefix}.count": str(len(rows))}


def applicants_of(rows: Sequence[Row], side: Side, prefix: str, *, shares: bool) -> list[Applicant]:
    """The applicants; rows left wholly empty do not count. `Invalid` names the field that cannot be read at all."""
    return [
        _applicant(row, side, f"{prefix}.{place}", shares=shares)
        for place, row in enumerate(rows, start=1)
        if not row.empty
    ]


def _applicant(row: Row, side: Side, prefix: str, *, shares: bool) -> Applicant:
    return Applicant(
        side=side,
        name=row.name.strip(),
        id_kind=row.id_kind if row.id_kind in dict(ID_KINDS) else "other",
        id_number=_number(row.id_number),
        id_valid_until=day_of(row.id_valid_until, f"{prefix}.id_valid_until"),
        phone=row.phone.strip(),
        share=share_of(row.share, f"{prefix}.share") if shares else None,
        agent=_agent(row),
    )


def _agent(row: Row) -> Agent | None:
    basis = member(AgentBasis, row.agent_basis)
    if basis is None:
        return None
    return Agent(
        name=row.agent_name.strip(),
        id_kind="resident_id",
        id_number=_number(row.agent_id_number),
        basis=basis,
        phone=row.agent_phone.strip(),
    )


def _number(text: str) -> str:
    # Readers send small letters, people send blanks.
    return "".join(text.upper().split())


def share_of(text: str, field: str) -> Fraction | None:
    """`1/3` or `50%`; none where nothing was typed."""
    plain = text.strip().replace("／", "/").replace("％", "%")
    if not plain:
        return None
    found = _SHARE.fullmatch(plain)
    if found is None or Fraction(found["below"] or 1) == 0:
        raise Invalid("份额请填写分数或百分数，例如 1/3 或 50%", field=field)
    share = Fraction(found["above"]) / Fraction(found["below"] or 1)
    share = share / 100 if found["percent"] else share
    if not 0 < share <= 1:
        raise Invalid("份额应当大于0、不超过1", field=field)
    return share


def day_of(text: str, field: str) -> date | None:
    """A day as the browser's calendar sends it; none where nothing was typed."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("请填写日期，例如2026-09-30", field=field) from None


def rows_of(applicants: Sequence[Applicant], side: Side) -> list[Row]:
    """The rows of what is saved."""
    return [_saved(one) for one in applicants if one.side is side]


def _saved(one: Applicant) -> Row:
    agent = one.agent
    return Row(
        name=one.name,
        id_number=one.id_number,
        id_kind=one.id_kind,
        id_valid_until=one.id_valid_until.isoformat() if one.id_valid_until else "",
        phone=one.phone,
        share=f"{one.share.numerator}/{one.share.denominator}" if one.share else "",
        agent_basis=agent.basis if agent else "",
        agent_name=agent.name if agent else "",
        agent_id_number=agent.id_number if agent else "",
        agent_phone=agent.phone if agent else "",
    )
