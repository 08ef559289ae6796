"""The parts of an application's page: its clock, its people, the answers from outside, its papers. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.money import yuan
from yiti.cases.clocks import Clock
from yiti.cases.lifecycle import Action
from yiti.journeys.registration.view import CaseView, PartyView, RequestView
from yiti.portals.registration.people import ID_KINDS, Person
from yiti.portals.registration.rules import Tone, minutes_words

_COLOURS: dict[str, Tone] = {"green": "success", "amber": "warning", "red": "danger"}
_REQUEST_TONES: dict[str, Tone] = {
    "requested": "warning", "assessed": "info", "clear": "success", "exempt": "success", "refused": "danger",
    "dropped": "neutral", "late": "neutral",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockView:
    """The limit of the case, explained step by step."""

    words: str
    tone: Tone
    stage: str
    percent: int
    due_at: datetime | None
    stopped_since: datetime | None
    steps: tuple[tuple[datetime, str, str], ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """One question to tax, housing or treasury. `enter`: the clerk may type its answer; `again`: ask once more."""

    which: str
    title: str
    state: str
    tone: Tone
    amount: str
    note: str
    reference: str
    verified: bool
    asked_at: datetime
    answered: str
    waiting: bool
    enter: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter, certificate or proof."""

    url: str
    title: str
    number: str
    state: str
    tone: Tone


def clock_view(found: Clock) -> ClockView:
    """The limit in words, and how it came about."""
    left = minutes_words(found.left)
    words = f"超期{minutes_words(-found.left)}" if found.left < timedelta() else f"剩余{left}"
    if found.ended_at:
        words = f"{'超期' if found.left < timedelta() else '按时'}办结，用时{minutes_words(found.used)}"
    elif found.stopped_since:
        words = f"计时中止，{words}"
    return ClockView(
        words=words,
        tone=_COLOURS[found.colour],
        stage="受理时限" if found.stage == "acceptance" else "办理时限",
        percent=min(100, max(0, int(found.used / found.limit * 100))),
        due_at=None if found.ended_at else found.due_at,
        stopped_since=found.stopped_since,
        steps=tuple((one.at, one.words, minutes_words(one.used)) for one in found.steps),
    )


def parties_of(view: CaseView) -> list[tuple[str, tuple[Person, ...]]]:
    """Who takes part, by business; masked."""
    return [
        (part.name, tuple(_person(one) for one in view.parties if one.part == place))
        for place, part in enumerate(view.parts)
    ]


def _person(one: PartyView) -> Person:
    kind = ID_KINDS.get(one.id_kind, "其他证件")
    return Person(one.side_words, one.name, kind, one.id_number, one.share, one.phone)


def outside_of(view: CaseView) -> list[Outside]:
    """The newest question to each office."""
    newest: dict[str, RequestView] = {one.which: one for one in view.requests}
    return [_request(one, view.actions) for one in newest.values()]


def _request(one: RequestView, actions: frozenset[Action]) -> Outside:
    answered = f"{one.answered_by} {one.answered_at:%m-%d}" if one.answered_at and one.answered_by else ""
    return Outside(
        which=one.which,
        title=one.words,
        state=one.state_words,
        tone=_REQUEST_TONES[one.state],
        amount=f"{yuan(one.amount_fen)} 元" if one.amount_fen else "",
        note=one.note if one.note != one.state_words else "",
        reference=one.reference,
        verified=one.verified,
        asked_at=one.asked_at,
        answered=answered,
        waiting=one.state == "requested",
        enter=one.state in ("requested", "assessed") and Action(f"answer_{one.which}") in actions,
        again=one.state == "refused" and Action(f"ask_{one.which}") in actions,
    )


def papers_of(view: CaseView) -> list[Paper]:
    """Certificates, then letters."""
    tones: dict[str, Tone] = {"issued": "success", "numbered": "info", "cancelled": "neutral"}
    certificates = [("certificates", one) for one in view.certificates]
    letters = [("letters", one) for one in view.letters]
    return [
        Paper(f"/registration/{where}/{one.id}", one.words, one.number, one.state_words, tones[one.state])
        for where, one in certificates + letters
    ]
