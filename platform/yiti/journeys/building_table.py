"""The building table (楼盘表) with the live state of every unit: three statements for a building, whatever its size."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from contracts.models import Contract
from contracts.rules import OPEN
from kernel.db import ReadSession
from yiti.estate.models import PresalePermitBuilding, Unit, UnitState
from yiti.estate.queries import building_table, units_of_building
from yiti.estate.schemas import GridUnit
from yiti.register.kinds import EntryKind, EntryStatus
from yiti.register.models import RegisterEntry


class LiveState(StrEnum):
    """What a sales office needs to know of a unit at a glance; the strongest state wins."""

    NOT_PERMITTED = "not_permitted"
    AVAILABLE = "available"
    DRAFTING = "drafting"
    PAYING = "paying"
    SIGNING = "signing"
    FILED = "filed"
    NOTICED = "noticed"
    RESTRICTED = "restricted"


LIVE_WORDS = {
    LiveState.NOT_PERMITTED: "未许可",
    LiveState.AVAILABLE: "可售",
    LiveState.DRAFTING: "拟定中",
    LiveState.PAYING: "待缴款",
    LiveState.SIGNING: "签署中",
    LiveState.FILED: "已备案",
    LiveState.NOTICED: "已预告登记",
    LiveState.RESTRICTED: "限制",
}
_BY_CONTRACT = {
    "draft": LiveState.DRAFTING,
    "frozen": LiveState.PAYING,
    "signing": LiveState.SIGNING,
    "filed": LiveState.FILED,
}


class Cell(Struct, frozen=True, kw_only=True):
    """One unit of the picture."""

    unit: GridUnit
    state: LiveState
    contract_id: UUID | None


class Line(Struct, frozen=True, kw_only=True):
    """One floor of the picture, top floor first."""

    floor: str
    cells: tuple[Cell, ...]


async def live_table(reader: ReadSession, building_id: UUID) -> list[Line]:
    """The building as a grid, coloured by what contracts and register say now."""
    units = await units_of_building(reader, building_id)
    permitted = await _permitted(reader, building_id)
    contracts = await _open_contracts(reader, building_id)
    entries = await _entries(reader, building_id)

    def cell(unit: GridUnit) -> Cell:
        contract_id, status = contracts.get(unit.id, (None, None))
        state = _state(entries.get(unit.id, frozenset()), status, permitted=permitted)
        return Cell(unit=unit, state=state, contract_id=contract_id)

    return [Line(floor=floor.label, cells=tuple(cell(unit) for unit in floor.units)) for floor in building_table(units)]


def _state(kinds: frozenset[str], contract_status: str | None, *, permitted: bool) -> LiveState:
    if kinds & {EntryKind.SEIZURE, EntryKind.OBJECTION, EntryKind.OWNERSHIP, EntryKind.MORTGAGE}:
        return LiveState.RESTRICTED
    if EntryKind.PRESALE_NOTICE in kinds:
        return LiveState.NOTICED
    if contract_status is not None:
        return _BY_CONTRACT[contract_status]
    return LiveState.AVAILABLE if permitted else LiveState.NOT_PERMITTED


async def _permitted(reader: ReadSession, building_id: UUID) -> bool:
    found = select(PresalePermitBuilding.id).where(PresalePermitBuilding.building_id == building_id)
    return await reader.scalar(found) is not None


async def _open_contracts(reader: ReadSession, building_id: UUID) -> dict[UUID, tuple[UUID, str]]:
    wanted = (
        select(Contract.unit_id, Contract.id, Contract.status)
        .join(Unit, (Unit.tenant_id == Contract.tenant_id) & (Unit.id == Contract.unit_id))
        .where(Unit.building_id == building_id, Unit.state != UnitState.HISTORICAL, Contract.status.in_(OPEN))
    )
    return {unit_id: (contract_id, status) for unit_id, contract_id, status in await reader.execute(wanted)}


async def _entries(reader: ReadSession, building_id: UUID) -> dict[UUID, frozenset[str]]:
    wanted = (
        select(RegisterEntry.unit_id, RegisterEntry.kind)
        .join(Unit, (Unit.tenant_id == RegisterEntry.tenant_id) & (Unit.id == RegisterEntry.unit_id))
        .where(
            Unit.building_id == building_id,
            RegisterEntry.status == EntryStatus.CURRENT,
            RegisterEntry.kind != EntryKind.CANCELLATION,
        )
    )
    found: dict[UUID, set[str]] = {}
    for unit_id, kind in await reader.execute(wanted):
        found.setdefault(unit_id, set()).add(kind)
    return {unit_id: frozenset(kinds) for unit_id, kinds in found.items()}
