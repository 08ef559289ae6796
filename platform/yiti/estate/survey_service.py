"""Importing the building table from a survey: preview first, then the same file, all or nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from kernel.audit import audit
from kernel.blobs import BlobStore
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import TooLarge
from kernel.permissions import Actor
from yiti.estate.errors import (
    ProjectNotFound,
    SurveyApplied,
    SurveyChanged,
    SurveyHasProblems,
    SurveyNotFound,
)
from yiti.estate.models import Building, Project, SurveyImport, Unit, UnitState
from yiti.estate.parameters import STRUCTURES, USAGES, dictionary
from yiti.estate.survey import MAX_BYTES, Known, KnownBuilding, Problem, SurveyRow, check_survey, read_survey

_SHOWN: Final = 500
"""Problems kept with a preview; nobody mends more at a time."""


async def preview_survey(
    tx: WriteSession, actor: Actor, blobs: BlobStore, project_id: UUID, file_name: str, data: bytes
) -> SurveyImport:
    """Read the file and say what is wrong with it; no unit is made.

    Raises `TooLarge` (413) or `SurveyUnreadable` (422) when there is nothing to preview.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"文件超过{MAX_BYTES // 1024 // 1024} MB，请按楼幢拆分后分别上传")
    await _project(tx, project_id)
    survey = await asyncio.to_thread(read_survey, data)
    problems = await asyncio.to_thread(check_survey, survey, await _known(tx, project_id))
    preview = SurveyImport(
        project_id=project_id,
        file_name=file_name[-200:],
        digest=await blobs.put(data),
        row_count=survey.line_count,
        problem_count=len(problems),
        problems=_plain(problems),
        previewed_by=actor.id,
    )
    tx.add(preview)
    detail = {"digest": preview.digest, "rows": preview.row_count, "problems": preview.problem_count}
    audit(tx, actor, "estate.survey_previewed", f"survey:{preview.id}", detail)
    await tx.flush()
    return preview


async def apply_survey(tx: WriteSession, actor: Actor, blobs: BlobStore, survey_id: UUID, digest: str) -> int:
    """Make the units of a previewed survey; returns how many.

    `digest` is the one the previewing person saw: another file is `SurveyChanged`. The stored file is read and
    checked again, because the building table may have changed since; any problem (`SurveyHasProblems`) means that
    nothing is made. A second apply is `SurveyApplied`.
    """
    survey_import = await tx.scalar(select(SurveyImport).where(SurveyImport.id == survey_id).with_for_update())
    if survey_import is None:
        raise SurveyNotFound
    if survey_import.applied_at is not None:
        raise SurveyApplied
    if survey_import.digest != digest:
        raise SurveyChanged
    survey = await asyncio.to_thread(read_survey, await blobs.get(digest))
    project = await _project(tx, survey_import.project_id, lock=True)
    problems = await asyncio.to_thread(check_survey, survey, await _known(tx, project.id))
    if problems:
        raise SurveyHasProblems(
            f"文件有{len(problems)}处问题，未导入任何房屋", extra={"problems": _plain(problems), "count": len(problems)}
        )
    await _insert(tx, project, survey_import.id, survey.rows)
    survey_import.applied_at, survey_import.applied_by = now(), actor.id
    detail = {"digest": digest, "units": len(survey.rows)}
    audit(tx, actor, "estate.survey_applied", f"survey:{survey_id}", detail)
    await tx.flush()
    return len(survey.rows)


async def get_survey(reader: ReadSession, survey_id: UUID) -> SurveyImport:
    """A previewed survey with its problems, or `SurveyNotFound`."""
    survey_import = await reader.scalar(select(SurveyImport).where(SurveyImport.id == survey_id))
    if survey_import is None:
        raise SurveyNotFound
    return survey_import


def unit_code_of(parcel: str, building: int, household: int) -> str:
    """The 28 characters: parcel code, F, 幢号, 户号 (GB/T 37346-2019)."""
    return f"{parcel}F{building:04d}{household:04d}"


async def _project(tx: WriteSession, project_id: UUID, *, lock: bool = False) -> Project:
    wanted = select(Project).where(Project.id == project_id)
    project = await tx.scalar(wanted.with_for_update() if lock else wanted)
    if project is None:
        raise ProjectNotFound
    return project


async def _known(reader: ReadSession, project_id: UUID) -> Known:
    buildings = (await reader.scalars(select(Building).where(Building.project_id == project_id))).all()
    units = await reader.execute(
        select(Unit.building_id, Unit.household, Unit.section, Unit.room, Unit.state).where(
            Unit.building_id.in_([building.id for building in buildings])
        )
    )
    households: dict[UUID, set[int]] = defaultdict(set)
    rooms: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for building_id, household, section, room, state in units:
        households[building_id].add(household)
        if state != UnitState.HISTORICAL:
            rooms[building_id].add((section, room))
    return Known(
        buildings={
            b.number: KnownBuilding(b.name, b.floors_total, frozenset(households[b.id]), frozenset(rooms[b.id]))
            for b in buildings
        },
        usages=frozenset(await dictionary(reader, USAGES, today())),
        structures=frozenset(await dictionary(reader, STRUCTURES, today())),
    )


async def _insert(tx: WriteSession, project: Project, survey_id: UUID, rows: Sequence[SurveyRow]) -> None:
    wanted = select(Building.number, Building.id).where(Building.project_id == project.id)
    buildings = {row.number: row.id for row in await tx.execute(wanted)}
    made = now()
    await tx.execute(
        insert(Unit),
        [
            {
                "tenant_id": tx.tenant,
                "building_id": buildings[row.building_number],
                "code": unit_code_of(project.parcel_code, row.building_number, row.household),
                "household": row.household,
                "section": row.section,
                "floor": row.floor,
                "floor_no": row.floor_no,
                "room": row.room,
                "location": row.location,
                "usage": row.usage,
                "structure": row.structure,
                "building_area": row.building_area,
                "inner_area": row.inner_area,
                "shared_area": row.shared_area,
                "state": UnitState.PLANNED,
                "survey_import_id": survey_id,
                "created_at": made,
            }
            for row in rows
        ],
    )


def _plain(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [msgspec.to_builtins(problem) for problem in problems[:_SHOWN]]
