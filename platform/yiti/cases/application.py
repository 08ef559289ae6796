"""What the applicants ask for (登记申请): the content of a case, filled at the window or online, frozen when accepted.

A case has one part for each business that is booked; a combined case (合并办理) has several, in the order of booking.
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from msgspec import Struct

from yiti.cases.business import Business
from yiti.register.kinds import Sharing


class Side(StrEnum):
    """The side of an applicant: right holder (权利人), obligor (义务人), or the authority that orders (嘱托机关)."""

    HOLDER = "holder"
    OBLIGOR = "obligor"
    AUTHORITY = "authority"


class AgentBasis(StrEnum):
    """Why somebody acts for an applicant."""

    POWER_OF_ATTORNEY = "power_of_attorney"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"


class Agent(Struct, frozen=True, kw_only=True):
    """代理人, 监护人 or 法定代表人."""

    name: str
    id_kind: str
    id_number: str
    basis: AgentBasis
    phone: str = ""


class Applicant(Struct, frozen=True, kw_only=True):
    """A person or organisation named by the application. Only a right holder has a share."""

    side: Side
    name: str
    id_kind: str
    id_number: str
    id_valid_until: date | None = None
    """Of the identity document; none for one that does not expire."""
    phone: str = ""
    share: Fraction | None = None
    agent: Agent | None = None


class Consent(Struct, frozen=True, kw_only=True):
    """Somebody whose right stands in the way agrees in writing: co-owner, mortgagee, holder of a notice."""

    id_number: str
    entry_id: UUID
    """The entry that gives the right to agree."""
    material_code: str
    """The material of the case that proves it."""


class Part(Struct, frozen=True, kw_only=True):
    """One business of the case. `targets` are the current entries that it changes, moves or cancels."""

    business: Business
    unit_ids: tuple[UUID, ...]
    applicants: tuple[Applicant, ...]
    cause: str
    """登记原因, such as 买卖."""
    sharing: Sharing | None = None
    held_separately: bool = False
    targets: tuple[UUID, ...] = ()
    price_fen: int | None = None
    """取得价格, or the secured claim; 分."""
    valid_from: date | None = None
    valid_until: date | None = None
    bans_transfer: bool | None = None
    consents: tuple[Consent, ...] = ()
    fields: dict[str, Any] = {}
    """The business's own fields as its declaration names them; no personal data."""


class Application(Struct, frozen=True, kw_only=True):
    """The whole content of a case."""

    parts: tuple[Part, ...]
    contact_phone: str = ""
    answers: dict[str, bool] = {}
    """询问笔录: question code → answer."""

    @property
    def unit_ids(self) -> tuple[UUID, ...]:
        """Every unit concerned, once, in order of first mention."""
        return tuple(dict.fromkeys(unit for part in self.parts for unit in part.unit_ids))
