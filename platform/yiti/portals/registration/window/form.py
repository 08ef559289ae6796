"""The application form of a case as the page draws it: made from the declarations, filled with what is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.clock import SHANGHAI
from kernel.money import yuan
from yiti.cases.application import Application, Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, Field
from yiti.cases.facts import EntryFact, UnitFact
from yiti.portals.registration.glance import entry_words
from yiti.portals.registration.people import shown_name
from yiti.portals.registration.window.people import SideOf, sides_of
from yiti.portals.registration.window.rows import MAX_ROWS, Row, Typed, rows_in, rows_of
from yiti.register.kinds import PURCHASE_NOTICES, SECURITIES, SHARING_WORDS, EntryKind, Sharing

_CONSENT = "consent"
_MAY_OBJECT = SECURITIES | PURCHASE_NOTICES | {EntryKind.OWNERSHIP}


@dataclass(frozen=True, slots=True)
class SideForm:
    """The people of one side; `key` is where they stand in the form."""

    key: str
    words: str
    rows: tuple[Row, ...]
    shares: bool
    full: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to tick."""

    name: str
    words: str
    checked: bool


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """Somebody who may have to agree, and the material that would prove it."""

    name: str
    words: str
    material: str


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One of the business's own fields, ready to be drawn."""

    name: str
    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class PartForm:
    """One business of the case on the form."""

    key: str
    title: str
    basis: str
    causes: tuple[tuple[str, str], ...]
    """To choose from; what was typed before is one of them."""
    cause: str
    units: tuple[Choice, ...]
    """Empty where there is nothing to choose."""
    targets: tuple[Choice, ...]
    wants_targets: bool
    sides: tuple[SideForm, ...]
    sharings: tuple[tuple[str, str, str], ...]
    sharing: str
    held_separately: bool
    price_words: str
    price: str
    term_words: str
    valid_from: str
    valid_until: str
    asks_ban: bool
    bans_transfer: str
    fields: tuple[FieldForm, ...]
    consents: tuple[ConsentForm, ...]
    consent_materials: tuple[tuple[str, str], ...]


def form_of(application: Application, units: Sequence[UnitFact], fields: Typed) -> list[PartForm]:
    """Every part of the case. `fields`: what is typed and not saved; rows left empty so far are only there."""
    return [_part(place, part, units, fields) for place, part in enumerate(application.parts)]


def _part(place: int, part: Part, units: Sequence[UnitFact], fields: Typed) -> PartForm:
    declared, key = CATALOGUE[part.business], f"parts.{place}"
    entries = [entry for unit in units if unit.id in part.unit_ids for entry in unit.entries]
    targets = [entry for entry in entries if entry.kind in declared.targets]
    several = len(units) > 1
    materials = tuple((one.code, one.name) for one in declared.materials if _CONSENT in one.code)
    return PartForm(
        key=key,
        title=declared.name,
        basis=declared.basis,
        causes=tuple((one, one) for one in dict.fromkeys((*declared.causes, *([part.cause] if part.cause else [])))),
        cause=part.cause,
        units=tuple(Choice(f"{key}.units.{one.id}", one.location, one.id in part.unit_ids) for one in units if several),
        targets=tuple(Choice(f"{key}.targets.{one.id}", entry_words(one), one.id in part.targets) for one in targets),
        wants_targets=bool(declared.targets),
        sides=tuple(_side(key, side, part, fields) for side in sides_of(declared)),
        sharings=tuple((one.value, words, "") for one, words in SHARING_WORDS.items()) if declared.asks_sharing else (),
        sharing=part.sharing or "",
        held_separately=part.held_separately,
        price_words=declared.price_words if declared.asks_price else "",
        price=yuan(part.price_fen) if part.price_fen is not None else "",
        term_words=declared.term_words if declared.asks_term else "",
        valid_from=part.valid_from.isoformat() if part.valid_from else "",
        valid_until=part.valid_until.isoformat() if part.valid_until else "",
        asks_ban=_asks_ban(declared),
        bans_transfer={True: "yes", False: "no", None: ""}[part.bans_transfer],
        fields=tuple(
            FieldForm(f"{key}.fields.{one.name}", one, typed_value(one, part.fields.get(one.name)))
            for one in declared.fields
        ),
        consents=tuple(_consents(key, part, entries)) if materials else (),
        consent_materials=materials,
    )


def _asks_ban(declared: Declaration) -> bool:
    """是否存在禁止或限制转让抵押不动产的约定: asked with every security that is booked."""
    return declared.books in SECURITIES


def _side(key: str, side: SideOf, part: Part, fields: Typed) -> SideForm:
    own = f"{key}.{side.side}"
    rows = rows_in(fields, own) if f"{own}.count" in fields else rows_of(part.applicants, side.side) or [_first(side)]
    return SideForm(
        key=own,
        words=side.words,
        rows=tuple(rows),
        shares=side.shares and part.sharing is Sharing.FRACTIONAL,
        full=len(rows) >= MAX_ROWS,
    )


def _first(side: SideOf) -> Row:
    """The empty row: authorities are bodies, everybody else most often a person."""
    return Row(id_kind="credit_code") if side.side is Side.AUTHORITY else Row()


def _consents(key: str, part: Part, entries: Sequence[EntryFact]) -> list[ConsentForm]:
    """Everybody named by an entry that may stand in the way, and who does not apply."""
    applying = {one.id_number for one in part.applicants}
    given = {(one.entry_id, one.id_number): one.material_code for one in part.consents}
    return [
        ConsentForm(
            name=f"{key}.consents.{entry.id}.{holder.id_number}",
            words=f"{shown_name(holder.name, holder.id_kind)}（{entry_words(entry)}）",
            material=given.get((entry.id, holder.id_number), ""),
        )
        for entry in entries
        if entry.kind in _MAY_OBJECT
        for holder in entry.holders
        if holder.id_number not in applying
    ]


def typed_value(declared: Field, value: Any) -> str:
    """A saved value as it stands in its input."""
    if value is None:
        return ""
    match declared.kind:
        case "money":
            return yuan(int(value))
        case "yes_no":
            return "yes" if value else "no"
        case "moment":
            return datetime.fromisoformat(str(value)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
        case _:
            return str(value)
