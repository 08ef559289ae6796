"""What a person holds by the book: read by the number of the identity document, so that nobody is asked for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.pii import blind_index
from yiti.estate.models import Unit, UnitState
from yiti.register.kinds import KIND_WORDS, SHARING_WORDS, EntryKind, EntryStatus, HolderRole, Sharing
from yiti.register.models import RegisterEntry, RightHolder

_RIGHTS = tuple(
    kind for kind in EntryKind if kind not in {EntryKind.CANCELLATION, EntryKind.SEIZURE, EntryKind.COMMON_PARTS}
)


@dataclass(frozen=True)
class Holding:
    """A current entry that names the person, with its unit."""

    entry_id: UUID
    unit_id: UUID
    unit_code: str
    location: str
    kind: EntryKind
    role: HolderRole
    usage: str
    area: str
    sharing: str
    booked_at: datetime

    @property
    def words(self) -> str:
        """The right, in the words of the book."""
        return KIND_WORDS[self.kind]


async def of_person(reader: ReadSession, id_number: str) -> list[Holding]:
    """Every current right that this person holds or owes, oldest first; one query."""
    entry, holder = RegisterEntry, RightHolder
    wanted = (
        select(entry, Unit, holder.role)
        .join(holder, (holder.tenant_id == entry.tenant_id) & (holder.entry_id == entry.id))
        .join(Unit, (Unit.tenant_id == entry.tenant_id) & (Unit.id == entry.unit_id))
        .where(holder.id_index == blind_index(id_number), entry.status == EntryStatus.CURRENT, entry.kind.in_(_RIGHTS))
        .order_by(entry.booked_at, entry.id)
    )
    return [_holding(*row) for row in await reader.execute(wanted)]


def _holding(entry: RegisterEntry, unit: Unit, role: str) -> Holding:
    return Holding(
        entry_id=entry.id,
        unit_id=unit.id,
        unit_code=unit.code,
        location=unit.location,
        kind=EntryKind(entry.kind),
        role=HolderRole(role),
        usage=unit.usage,
        area=f"{unit.building_area} ㎡",
        sharing=SHARING_WORDS[Sharing(entry.sharing)] if entry.sharing else "",
        booked_at=entry.booked_at,
    )


async def unit_by_code(reader: ReadSession, code: str) -> Unit:
    """The living unit with this code, for those who do not hold it yet: the buyer, the heir."""
    unit = await reader.scalar(select(Unit).where(Unit.code == code, Unit.state != UnitState.HISTORICAL))
    if unit is None:
        raise NotFound("本县没有这个不动产单元号，请核对证书上的28位代码", field="unit_code")
    return unit
