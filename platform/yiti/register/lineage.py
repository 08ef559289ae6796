"""Where a unit came from and what became of it: splits (分割) and mergers (合并) over all generations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.orm import InstrumentedAttribute

from kernel.db import ReadSession
from yiti.estate.models import Unit
from yiti.register.models import UnitSuccession


@dataclass(frozen=True, slots=True)
class Relative:
    """A unit of the lineage. `generation` counts from 1 for the nearest."""

    unit_id: UUID
    code: str
    location: str
    kind: str
    case_number: str
    linked_at: datetime
    generation: int


async def predecessors(reader: ReadSession, unit_id: UUID) -> list[Relative]:
    """The units that this one came from, nearest first."""
    return await _relatives(reader, unit_id, UnitSuccession.successor_id, UnitSuccession.predecessor_id)


async def successors(reader: ReadSession, unit_id: UUID) -> list[Relative]:
    """The units that took this one's place, nearest first."""
    return await _relatives(reader, unit_id, UnitSuccession.predecessor_id, UnitSuccession.successor_id)


async def _relatives(
    reader: ReadSession, unit_id: UUID, start: InstrumentedAttribute[UUID], end: InstrumentedAttribute[UUID]
) -> list[Relative]:
    told = (UnitSuccession.kind, UnitSuccession.case_number, UnitSuccession.linked_at)
    near = select(end.label("relative"), *told, literal(1).label("generation")).where(start == unit_id)
    line = near.cte("line", recursive=True)
    further = select(end, *told, line.c.generation + 1).join(line, start == line.c.relative)
    line = line.union(further)
    wanted = (
        select(Unit.id, Unit.code, Unit.location, line.c.kind, line.c.case_number, line.c.linked_at, line.c.generation)
        .join(line, Unit.id == line.c.relative)
        .order_by(line.c.generation, Unit.code)
    )
    return [Relative(*row) for row in await reader.execute(wanted)]
