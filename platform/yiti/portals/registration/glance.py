"""A unit's current state at a glance: who owns it, and what lies on it, in rank; personal data masked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.money import yuan
from yiti.cases.facts import EntryFact, UnitFact
from yiti.certificates.content import grouped_unit_code
from yiti.portals.registration.people import party_line
from yiti.portals.registration.rules import Tone
from yiti.register.kinds import KIND_WORDS, PURCHASE_NOTICES, SECURITIES, SHARING_WORDS, EntryKind

UNIT_STATES = {"planned": "期房（未竣工）", "built": "现房", "historical": "历史（已注销）"}
KIND_TONES: dict[EntryKind, Tone] = {
    EntryKind.OWNERSHIP: "success",
    EntryKind.COMMON_PARTS: "success",
    EntryKind.MORTGAGE: "warning",
    EntryKind.CONSTRUCTION_MORTGAGE: "warning",
    EntryKind.RESIDENCE: "info",
    EntryKind.EASEMENT: "info",
    EntryKind.PRESALE_NOTICE: "info",
    EntryKind.PRESALE_MORTGAGE_NOTICE: "info",
    EntryKind.SALE_NOTICE: "info",
    EntryKind.MORTGAGE_NOTICE: "info",
    EntryKind.SEIZURE: "danger",
    EntryKind.OBJECTION: "danger",
    EntryKind.CANCELLATION: "neutral",
}
NOTICES = PURCHASE_NOTICES | {EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE}
"""Every kind of 预告登记."""
_BADGES: tuple[tuple[str, frozenset[EntryKind], str, Tone], ...] = (
    ("查封", frozenset({EntryKind.SEIZURE}), "lock", "danger"),
    ("异议", frozenset({EntryKind.OBJECTION}), "message-exclamation", "danger"),
    ("抵押", frozenset({EntryKind.MORTGAGE, EntryKind.CONSTRUCTION_MORTGAGE}), "building-bank", "warning"),
    ("预告", NOTICES, "bookmark", "info"),
    ("居住权", frozenset({EntryKind.RESIDENCE}), "bed", "info"),
    ("地役权", frozenset({EntryKind.EASEMENT}), "road", "info"),
)
_ORDER = {kind: place for place, kind in enumerate((
    EntryKind.OWNERSHIP, EntryKind.COMMON_PARTS, EntryKind.SEIZURE, EntryKind.OBJECTION, EntryKind.PRESALE_NOTICE,
    EntryKind.SALE_NOTICE, EntryKind.CONSTRUCTION_MORTGAGE, EntryKind.MORTGAGE, EntryKind.PRESALE_MORTGAGE_NOTICE,
    EntryKind.MORTGAGE_NOTICE, EntryKind.RESIDENCE, EntryKind.EASEMENT,
))}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Right:
    """One current entry in a line. `place`: its rank in words, where it has one."""

    entry_id: UUID
    kind: str
    tone: Tone
    place: str
    who: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A unit and everything current on it."""

    unit_id: UUID
    url: str
    code: str
    location: str
    nature: str
    historical: bool
    badges: tuple[tuple[str, Tone, str], ...]
    rights: tuple[Right, ...]


def glance(unit: UnitFact) -> Glance:
    """The unit as clerks look at it first: owner, then restrictions, then burdens in their rank."""
    places = _places(unit.entries)
    ordered = sorted(unit.entries, key=lambda one: (_ORDER.get(one.kind, 99), one.rank, one.priority_at))
    return Glance(
        unit_id=unit.id,
        url=f"/registration/units/{unit.id}",
        code=grouped_unit_code(unit.code),
        location=unit.location,
        nature=f"{unit.usage} · {unit.building_area} ㎡ · {UNIT_STATES[unit.state]}",
        historical=unit.state == "historical",
        badges=_badges(unit),
        rights=tuple(right(one, places.get(one.id, "")) for one in ordered),
    )


def right(entry: EntryFact, place: str = "") -> Right:
    """One entry in a line."""
    return Right(
        entry_id=entry.id,
        kind=KIND_WORDS[entry.kind],
        tone=KIND_TONES[entry.kind],
        place=place,
        who=entry.details["authority"] if entry.kind is EntryKind.SEIZURE else party_line(entry.holders),
        words=tuple(_words(entry)),
    )


def entry_words(entry: EntryFact) -> str:
    """An entry to choose from: what it is, whose, and since when."""
    shown = right(entry)
    amount = f"，{yuan(entry.amount_fen)}元" if entry.amount_fen is not None else ""
    return f"{shown.kind}：{shown.who}{amount}（业务号{entry.case_number}）"


def _places(entries: Sequence[EntryFact]) -> dict[UUID, str]:
    """Rank in words: of mortgages and their notices by priority, of seizures by their queue."""
    secured = sorted(
        (one for one in entries if one.kind in SECURITIES), key=lambda one: (one.priority_at, one.booked_at)
    )
    found = {one.id: f"第{place}顺位" for place, one in enumerate(secured, start=1)}
    for one in entries:
        if one.kind is EntryKind.SEIZURE:
            found[one.id] = f"轮候第{one.rank}位" if one.rank else "生效"
    return found


def _badges(unit: UnitFact) -> tuple[tuple[str, Tone, str], ...]:
    owned = any(one.kind is EntryKind.OWNERSHIP for one in unit.entries)
    first: tuple[str, Tone, str] = (
        ("已登记所有权", "success", "key") if owned else ("未登记所有权", "neutral", "key-off")
    )
    counted = [
        (label, sum(one.kind in kinds for one in unit.entries), tone, icon) for label, kinds, icon, tone in _BADGES
    ]
    return (first, *((f"{label} {count}", tone, icon) for label, count, tone, icon in counted if count))


def _words(entry: EntryFact) -> list[str]:
    details: dict[str, Any] = entry.details
    found = [SHARING_WORDS[entry.sharing]] if entry.sharing else []
    if entry.amount_fen is not None:
        found.append(f"{amount_label(entry.kind, details)} {yuan(entry.amount_fen)} 元")
    if entry.bans_transfer:
        found.append("约定禁止或者限制转让")
    if entry.kind is EntryKind.SEIZURE:
        found.append(str(details.get("order_number", "")))
    if entry.valid_until:
        found.append(f"至 {entry.valid_until}")
    elif details.get("lifelong"):
        found.append("至居住权人去世")
    return [*(one for one in found if one), f"{entry.booked_at:%Y-%m-%d} 登簿"]


def amount_label(kind: str, details: dict[str, Any]) -> str:
    """What the amount of an entry is."""
    if kind not in SECURITIES:
        return "取得价格"
    return "最高债权额" if details.get("form") == "maximum" else "债权数额"
