"""What is asked of the book, and what it tells."""

from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from yiti.register.kinds import EntryKind, RegistrationType, Sharing


class Person(Struct, frozen=True, kw_only=True):
    """A natural or legal person as the book names it."""

    name: str
    id_kind: str
    id_number: str
    share: Fraction | None = None


class Append(Struct, frozen=True, kw_only=True):
    """Book a new entry on a unit; where `closes_id` is given, the named entry becomes historical by it.

    Several entries are closed by several operations: a cancellation for each further one, before this one in the list.
    """

    unit_id: UUID
    kind: EntryKind
    registration_type: RegistrationType
    cause: str
    holders: tuple[Person, ...] = ()
    obligors: tuple[Person, ...] = ()
    sharing: Sharing | None = None
    amount_fen: int | None = None
    """取得价格, or the secured claim (maximum amount: 最高债权额); 分."""
    valid_from: date | None = None
    """债务履行期限, 居住期限, 查封期限 and the like: the first day."""
    valid_until: date | None = None
    """The last day. Only seizures end by themselves on it."""
    closes_id: UUID | None = None
    entry_id: UUID | None = None
    """The id that the new entry gets, where a later operation of the same booking closes it (first registration and
    transfer at once); else the book chooses."""
    bans_transfer: bool | None = None
    """Mortgages: 是否存在禁止或限制转让抵押不动产的约定 (SFCZJZHXZ)."""
    delivered_at: datetime | None = None
    """Seizures: when the order was delivered, which ranks them (送达时间)."""
    consents: tuple[UUID, ...] = ()
    """Current entries whose holders agreed in writing to this disposal: a live purchase notice (民法典 art. 221), or a
    mortgage that bans transfers (art. 406)."""
    details: dict[str, Any] = {}
    """The further fields of the kind, from `yiti.register.details`; never personal data."""


class Suit(Struct, frozen=True, kw_only=True):
    """That an objector went to court: when, under which number (案号), and the scanned proof by its blob."""

    filed_on: date
    court_case: str
    proof_digest: str
    proof_type: str


class UnitLink(Struct, frozen=True, kw_only=True):
    """One line of a split (分割) or merger (合并): the old unit becomes historical, the new one takes its place."""

    kind: Literal["split", "merger"]
    predecessor_id: UUID
    successor_id: UUID


class Booking(Struct, frozen=True, kw_only=True):
    """A list of operations that are booked together or not at all, under one case."""

    case_id: UUID
    case_number: str
    booked_by: str
    operations: tuple[Append, ...]
    links: tuple[UnitLink, ...] = ()
