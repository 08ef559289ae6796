"""The application form as the citizen sees it: what the platform knows is shown, the rest is asked for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kernel.pii import mask_id, mask_name
from yiti.cases.application import Application, Part
from yiti.cases.facts import EntryFact, HolderFact, UnitFact
from yiti.portals.citizen.applying.filling import follows, objectors
from yiti.portals.registration.window.form import Choice, FieldForm, PartForm, form_of
from yiti.portals.registration.window.rows import MAX_ROWS, Row
from yiti.register.kinds import KIND_WORDS


@dataclass(frozen=True)
class PersonForm:
    """One person. A known one is shown (`who`) and only completed; the row then holds neither name nor number."""

    key: str
    title: str
    known: bool
    who: str
    row: Row
    agent_known: str
    """The name of an agent that cannot be changed: the person who fills in the form."""


@dataclass(frozen=True)
class SideForm:
    """The people of one side."""

    key: str
    words: str
    people: tuple[PersonForm, ...]
    shares: bool
    full: bool


@dataclass(frozen=True)
class ConsentForm:
    """Somebody who may have to agree in writing."""

    name: str
    words: str
    given: str


@dataclass(frozen=True)
class PartView:
    """One business on the form."""

    key: str
    title: str
    place: str
    causes: tuple[tuple[str, str], ...]
    cause: str
    targets: tuple[Choice, ...]
    sides: tuple[SideForm, ...]
    follows: bool
    """The giving side is whoever gains by the part before."""
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


def parts(
    application: Application, units: Sequence[UnitFact], own: str, known: frozenset[str], add: str
) -> list[PartView]:
    """Every part. `add` names the side that gets one more empty row, such as `parts.0.holder`."""
    drawn = form_of(application, units, {})
    return [
        _part(place, form, part, units, own, known, add)
        for place, (form, part) in enumerate(zip(drawn, application.parts, strict=True))
    ]


def _part(
    place: int, form: PartForm, part: Part, units: Sequence[UnitFact], own: str, known: frozenset[str], add: str
) -> PartView:
    here = [one for one in units if one.id in part.unit_ids]
    return PartView(
        key=form.key,
        title=form.title,
        place="；".join(f"{one.location}（{one.code}）" for one in here),
        causes=form.causes,
        cause=form.cause,
        targets=_targets(form, part, here, own),
        sides=tuple(
            SideForm(
                key=side.key,
                words=side.words,
                people=tuple(_people(side.key, side.rows, own, known, add)),
                shares=bool(form.sharings) and side.key.endswith(".holder"),
                full=side.full,
            )
            for side in form.sides
            if not (follows(place, part) and side.key.endswith(".obligor"))
        ),
        follows=follows(place, part),
        sharings=form.sharings,
        sharing=form.sharing,
        held_separately=form.held_separately,
        price_words=form.price_words,
        price=form.price,
        term_words=form.term_words,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        asks_ban=form.asks_ban,
        bans_transfer=form.bans_transfer,
        fields=form.fields,
        consents=tuple(_consents(place, part, units, own)) if form.consent_materials else (),
    )


def _targets(form: PartForm, part: Part, units: Sequence[UnitFact], own: str) -> tuple[Choice, ...]:
    """To choose from while nothing is chosen; of other people's entries only kind and day are told."""
    entries = {f"{form.key}.targets.{entry.id}": entry for unit in units for entry in unit.entries}
    if part.targets:
        return ()
    return tuple(
        Choice(one.name, one.words if _names(entries[one.name], own) else _bare(entries[one.name]), checked=False)
        for one in form.targets
        if one.name in entries
    )


def _names(entry: EntryFact, own: str) -> bool:
    return own in {person.id_number for person in (*entry.holders, *entry.obligors)}


def _bare(entry: EntryFact) -> str:
    return f"{KIND_WORDS[entry.kind]}（{entry.booked_at:%Y-%m-%d} 登簿）"


def _people(prefix: str, rows: Sequence[Row], own: str, known: frozenset[str], add: str) -> list[PersonForm]:
    shown = [*rows, Row()] if add == prefix and len(rows) < MAX_ROWS and not rows[-1].empty else list(rows)
    return [_person(f"{prefix}.{place}", place, row, own, known) for place, row in enumerate(shown, start=1)]


def _person(key: str, place: int, row: Row, own: str, known: frozenset[str]) -> PersonForm:
    mine = row.id_number == own
    is_known = row.id_number in known
    name = row.name if mine or row.id_kind == "credit_code" else mask_name(row.name)
    return PersonForm(
        key=key,
        title="您本人" if mine else f"第{place}人",
        known=is_known,
        who=f"{name} · {mask_id(row.id_number)}" if is_known else "",
        row=replace(row, name="", id_number="") if is_known else row,
        agent_known=row.agent_name if row.agent_id_number in known and row.agent_basis else "",
    )


def _consents(place: int, part: Part, units: Sequence[UnitFact], own: str) -> list[ConsentForm]:
    given = {(one.entry_id, one.id_number): one.material_code for one in part.consents}
    mine = {unit.id for unit in units if any(_names(entry, own) for entry in unit.entries)}
    if not mine & set(part.unit_ids):
        return []
    return [
        ConsentForm(one.key, f"{_shown(one.holder)}（{KIND_WORDS[one.kind]}）",
                    given.get((one.entry_id, one.holder.id_number), ""))
        for one in objectors(place, part, units)
    ]  # fmt: skip


def _shown(holder: HolderFact) -> str:
    return holder.name if holder.id_kind == "credit_code" else mask_name(holder.name)
