"""That an objector has sued, as the register page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.db import ReadSession
from yiti.register import lapses
from yiti.register.kinds import EntryKind
from yiti.register.page import PageEntry


@dataclass(frozen=True, slots=True)
class Suit:
    """What keeps an objection alive."""

    filed_on: date
    court_case: str
    url: str
    """The scanned proof."""


async def suits_of(reader: ReadSession, entries: Sequence[PageEntry]) -> dict[UUID, Suit]:
    """Suits by objection."""
    objections = {one.entry.id: one.entry.unit_id for one in entries if one.entry.kind == EntryKind.OBJECTION}
    if not objections:
        return {}
    found = await lapses.terms_of_entries(reader, list(objections))
    return {
        entry_id: Suit(one.starts_on, one.court_case, f"/registration/units/{objections[entry_id]}/suits/{one.id}")
        for entry_id, terms in found.items()
        for one in terms
        if one.kind == "lifted"
    }
