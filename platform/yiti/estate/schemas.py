"""What goes into the estate and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

Severity = Literal["block", "warn", "info"]


class NewProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project as the housing department registers it; `mortgagee` when there is a 在建建筑物抵押."""

    organisation_id: UUID
    name: str
    parcel_code: str
    location: str
    land_use_right_no: str
    land_term_end: date
    planning_permit_no: str
    planning_permit_on: date
    construction_permit_no: str
    mortgagee: str | None = None


class NewBuilding(msgspec.Struct, frozen=True, kw_only=True):
    """A building of a project; `number` is the 幢号 (1…9998) of its units' codes."""

    project_id: UUID
    number: int
    name: str
    floors_total: int
    structure: str
    has_lift: bool
    planned_handover: date
    topped_out_on: date | None = None
    mortgagee: str | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the developer proved in an application for a presale permit, beyond what is registered."""

    land_price_paid_on: date | None = None
    investment_percent: Decimal | None = None
    """Share of the project's total investment that has been made."""
    supervision_mode: Literal["full", "quota"] | None = None
    supervision_agreement_no: str = ""
    floors_built: Mapping[int, int] = {}
    """Floors built by 幢号, for buildings that are not topped out."""
    mortgagee_consent_no: str = ""


class PermitApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An application for a presale permit for some buildings of one project."""

    project_id: UUID
    number: str
    building_ids: tuple[UUID, ...]
    evidence: Evidence


class Finding(msgspec.Struct, frozen=True):
    """What a rule found: a stable code, words for people, and the law."""

    code: str
    severity: Severity
    words: str
    legal_basis: str


class Assessment(msgspec.Struct, frozen=True):
    """The findings on an application, and the version of the rules that made them."""

    rule_version: str
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that forbid the permit."""
        return tuple(finding for finding in self.findings if finding.severity == "block")


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """All that a contract must say about a unit; the field names are those of a contract's home."""

    unit_id: UUID
    unit_code: str
    project_id: UUID
    organisation_id: UUID
    project_name: str
    building_name: str
    floor: str
    room: str
    location: str
    usage: str
    structure: str
    floors_total: int
    building_area: Decimal
    inner_area: Decimal
    shared_area: Decimal
    land_use_right_no: str
    land_term: str
    planning_permit_no: str
    construction_permit_no: str
    presale_permit_no: str
    presale_permit_date: date
    mortgaged: bool
    has_lift: bool
    planned_handover: date


@dataclass(frozen=True, slots=True)
class GridUnit:
    """A unit as a cell of the building table."""

    id: UUID
    code: str
    section: str
    floor: str
    floor_no: int
    room: str
    usage: str
    building_area: Decimal
    state: str


@dataclass(frozen=True, slots=True)
class GridFloor:
    """One line of the building table, from the lowest room to the highest."""

    label: str
    units: tuple[GridUnit, ...]
