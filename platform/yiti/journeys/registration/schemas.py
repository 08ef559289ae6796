"""What a page shows of a case: masked values, ready to be drawn."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from yiti.cases.application import Application
from yiti.cases.clocks import Clock
from yiti.cases.lifecycle import Action
from yiti.journeys.registration.checklist import Checklist


class PartView(Struct, frozen=True, kw_only=True):
    """One business of the case."""

    business: str
    name: str
    cause: str
    holder_words: str
    obligor_words: str
    basis: str


class PartyView(Struct, frozen=True, kw_only=True):
    """An applicant or agent, masked."""

    part: int
    side: str
    side_words: str
    name: str
    id_kind: str
    id_number: str
    phone: str
    share: str


class UnitView(Struct, frozen=True, kw_only=True):
    """A unit of the case."""

    id: UUID
    code: str
    location: str


class StepView(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    action: str
    words: str
    by: str
    at: datetime
    note: str
    detail: dict[str, Any]


class RequestView(Struct, frozen=True, kw_only=True):
    """A question to tax, housing or treasury."""

    which: str
    words: str
    request_no: str
    state: str
    state_words: str
    amount_fen: int
    reference: str
    note: str
    verified: bool
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str


class RefundView(Struct, frozen=True, kw_only=True):
    """A registration fee that goes back."""

    refund_no: str
    amount_fen: int
    state: str
    state_words: str
    reason: str
    reference: str
    note: str
    ordered_at: datetime
    answered_at: datetime | None


class PaperView(Struct, frozen=True, kw_only=True):
    """A certificate, proof or letter."""

    id: UUID
    kind: str
    words: str
    number: str
    state: str
    state_words: str
    digest: str | None


class EntryView(Struct, frozen=True, kw_only=True):
    """An entry that the case booked."""

    id: UUID
    unit_id: UUID
    kind: str
    words: str
    cause: str
    status: str
    booked_at: datetime


class NoticeView(Struct, frozen=True, kw_only=True):
    """A public notice."""

    starts_on: date
    ends_on: date
    ended: bool
    outcome: str


class CaseView(Struct, frozen=True, kw_only=True):
    """A case as a page shows it. Personal data is masked; `application` is for the form of those who may edit it."""

    id: UUID
    number: str
    version: int
    status: str
    status_words: str
    flags: tuple[str, ...]
    flag_words: tuple[str, ...]
    channel: str
    channel_words: str
    title: str
    """All businesses in words."""
    location: str
    parts: tuple[PartView, ...]
    units: tuple[UnitView, ...]
    parties: tuple[PartyView, ...]
    checklist: Checklist
    actions: frozenset[Action]
    """What this actor may do now: the page's buttons."""
    review_level: int
    review_levels: int
    opened_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    booked_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    decided_by: str
    clock: Clock | None
    history: tuple[StepView, ...]
    requests: tuple[RequestView, ...]
    refunds: tuple[RefundView, ...]
    notices: tuple[NoticeView, ...]
    certificates: tuple[PaperView, ...]
    letters: tuple[PaperView, ...]
    entries: tuple[EntryView, ...]
    application: Application | None
    """The form's content, for who may save it (drafts, corrections); None for all others."""
