"""Projects, buildings, permits and the building table on a real database."""

import asyncio
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kernel.audit.models import AuditEntry
from kernel.blobs import BlobStore
from kernel.db import Database, WriteSession
from kernel.errors import Invalid, TooLarge
from tests.estate.world import CLERK, line, many, new_building, new_project, survey_file
from yiti.estate import errors, parameters, queries, service, survey_service
from yiti.estate.models import Building, Project, SurveyImport
from yiti.estate.schemas import Evidence, PermitApplication

EVIDENCE = Evidence(
    land_price_paid_on=date(2024, 5, 1),
    investment_percent=Decimal("31.5"),
    supervision_mode="full",
    floors_built={1: 9},
)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}")


def application(project: Project, *buildings: Building, **changes: Any) -> PermitApplication:
    facts: dict[str, Any] = {
        "project_id": project.id,
        "number": f"（息）房预售证第{project.id}号",
        "building_ids": tuple(building.id for building in buildings),
        "evidence": EVIDENCE,
    }
    return PermitApplication(**(facts | changes))


async def preview(tx: WriteSession, blobs: BlobStore, project: Project, lines: list[list[Any]]) -> SurveyImport:
    return await survey_service.preview_survey(tx, CLERK, blobs, project.id, "测绘.xlsx", survey_file(lines))


async def import_units(tx: WriteSession, blobs: BlobStore, project: Project, lines: list[list[Any]]) -> int:
    seen = await preview(tx, blobs, project, lines)
    assert seen.problems == []
    return await survey_service.apply_survey(tx, CLERK, blobs, seen.id, seen.digest)


async def test_registering_is_audited_and_normalised(estate: WriteSession) -> None:
    project = await service.register_project(
        estate, CLERK, new_project(parcel_code=" 411528 001002 GB00001", name="甲")
    )
    assert project.parcel_code == "411528001002GB00001"
    subject = f"project:{project.id}"
    entry = (await estate.scalars(select(AuditEntry).where(AuditEntry.subject == subject))).one()
    assert (entry.action, entry.actor_id) == ("estate.project_registered", CLERK.id)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parcel_code": "411528001001GB0000"}, "parcel_code"),
        ({"parcel_code": "411522001001GB00001"}, "parcel_code"),
        ({"name": " "}, "name"),
        ({"planning_permit_no": ""}, "planning_permit_no"),
    ],
)
async def test_bad_projects_are_refused(estate: WriteSession, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await service.register_project(estate, CLERK, new_project(**change))
    assert refused.value.field == field


async def test_a_project_name_is_taken_once(estate: WriteSession, project: Project) -> None:
    with pytest.raises(errors.NameTaken):
        await service.register_project(estate, CLERK, new_project(name=project.name))


async def test_two_projects_on_a_parcel_cannot_use_a_building_number_twice(
    estate: WriteSession, project: Project, building: Building
) -> None:
    second = await service.register_project(estate, CLERK, new_project(parcel_code=project.parcel_code))
    with pytest.raises(errors.NumberTaken):
        await service.register_building(estate, CLERK, new_building(second, building.number))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"number": 9999}, "number"), ({"floors_total": 0}, "floors_total"), ({"structure": "纸"}, "structure")],
)
async def test_bad_buildings_are_refused(
    estate: WriteSession, project: Project, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await service.register_building(estate, CLERK, new_building(project, **change))
    assert refused.value.field == field


async def test_a_permit_waits_for_the_topping_out(estate: WriteSession, project: Project, building: Building) -> None:
    wanted = application(project, building)
    with pytest.raises(errors.PermitRefused, match="主体结构尚未封顶") as refused:
        await service.issue_permit(estate, CLERK, wanted, date(2026, 11, 21))
    assert [finding["code"] for finding in refused.value.extra["findings"]] == ["topped_out"]
    await service.record_topping_out(estate, CLERK, building.id, date(2026, 11, 1))
    permit = await service.issue_permit(estate, CLERK, wanted, date(2026, 11, 21))
    assert permit.rule_version == "presale_conditions/2026-08-28"
    assert permit.evidence["investment_percent"] == "31.5"


async def test_the_old_rules_before_the_reform_and_by_county_choice(estate: WriteSession) -> None:
    project = await service.register_project(estate, CLERK, new_project(planning_permit_on=date(2026, 8, 1)))
    building = await service.register_building(estate, CLERK, new_building(project))
    wanted = application(project, building)
    before = await service.assess_permit(estate, wanted, date(2026, 8, 27))
    after = await service.assess_permit(estate, wanted, date(2026, 8, 28))
    assert (before.blocking, [finding.code for finding in after.blocking]) == ((), ["topped_out"])
    conditions = [{"code": "topped_out", "legal_basis": "建房规〔2026〕3号"}]
    value = {"conditions": conditions, "old_projects_keep_earlier_rules": True}
    await parameters.set_parameter(estate, CLERK, parameters.PRESALE, date(2026, 9, 15), value, "县住建局通知")
    kept = await service.assess_permit(estate, wanted, date(2026, 9, 15))
    assert (kept.rule_version, kept.blocking) == ("presale_conditions/1995-01-01", ())


async def test_parameters_are_installed_once_and_checked(estate: WriteSession) -> None:
    assert await parameters.install_parameters(estate, CLERK) == 0
    for value in ({"conditions": [{"code": "moon", "legal_basis": ""}]}, {"conditions": 1}):
        with pytest.raises(Invalid):
            await parameters.set_parameter(estate, CLERK, parameters.PRESALE, date(2027, 1, 1), value, "x")


async def test_a_building_is_permitted_once(estate: WriteSession, project: Project, building: Building) -> None:
    await service.record_topping_out(estate, CLERK, building.id, date(2026, 11, 1))
    await service.issue_permit(estate, CLERK, application(project, building), date(2026, 11, 21))
    with pytest.raises(errors.AlreadyPermitted):
        await service.issue_permit(estate, CLERK, application(project, building, number="另一号"), date(2026, 11, 21))


async def test_a_permit_number_is_used_once(estate: WriteSession, project: Project, building: Building) -> None:
    second = await service.register_building(estate, CLERK, new_building(project, 2))
    for one in (building, second):
        await service.record_topping_out(estate, CLERK, one.id, date(2026, 11, 1))
    await service.issue_permit(estate, CLERK, application(project, building), date(2026, 11, 21))
    with pytest.raises(errors.NumberTaken):
        await service.issue_permit(estate, CLERK, application(project, second), date(2026, 11, 21))


async def test_a_permit_is_for_the_projects_buildings(
    estate: WriteSession, project: Project, building: Building
) -> None:
    other = await service.register_project(estate, CLERK, new_project())
    for wrong in (application(other, building), application(project), application(project, building, building)):
        with pytest.raises(errors.BuildingNotFound):
            await service.issue_permit(estate, CLERK, wrong, date(2026, 11, 21))


async def test_a_previewed_survey_becomes_units(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    assert await import_units(estate, blobs, project, [line(), line(户号=2, 房号=302, 层="5-6")]) == 2
    unit = await queries.unit_by_code(estate, f"{project.parcel_code}F00010001")
    assert (unit.room, unit.building_area, unit.state) == ("301", Decimal("101.83"), "planned")
    assert await queries.unit_counts(estate, project.id) == {building.id: 2}
    cells = await queries.units_of_building(estate, building.id)
    table = queries.building_table(cells)
    assert [(floor.label, [cell.room for cell in floor.units]) for floor in table] == [("5-6", ["302"]), ("3", ["301"])]


async def test_the_whole_file_or_nothing(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    seen = await preview(estate, blobs, project, [line(), line(户号=2, 房号=302, 用途="宫殿")])
    assert (seen.row_count, seen.problem_count, seen.problems[0]["cell"]) == (2, 1, "H3")
    with pytest.raises(errors.SurveyHasProblems) as refused:
        await survey_service.apply_survey(estate, CLERK, blobs, seen.id, seen.digest)
    assert refused.value.extra["problems"] == seen.problems
    assert await queries.units_of_building(estate, building.id) == []


async def test_what_is_applied_is_what_was_seen(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    seen = await preview(estate, blobs, project, [line()])
    other = await preview(estate, blobs, project, [line(房号=302)])
    with pytest.raises(errors.SurveyChanged):
        await survey_service.apply_survey(estate, CLERK, blobs, seen.id, other.digest)
    await survey_service.apply_survey(estate, CLERK, blobs, seen.id, seen.digest)
    with pytest.raises(errors.SurveyApplied):
        await survey_service.apply_survey(estate, CLERK, blobs, seen.id, seen.digest)
    # The table has changed since the other preview was clean.
    with pytest.raises(errors.SurveyHasProblems):
        await survey_service.apply_survey(estate, CLERK, blobs, other.id, other.digest)


async def test_a_big_or_broken_upload_leaves_nothing(estate: WriteSession, blobs: BlobStore, project: Project) -> None:
    for data, error in ((bytes(5 * 1024 * 1024 + 1), TooLarge), (b"MZ" + bytes(100), errors.SurveyUnreadable)):
        with pytest.raises(error):
            await survey_service.preview_survey(estate, CLERK, blobs, project.id, "x.xlsx", data)
    assert (await queries.surveys_of(estate, project.id)) == []


async def test_two_clerks_apply_the_same_survey_at_once(database: Database, blobs: BlobStore) -> None:
    async with database.transaction("411528") as tx:
        await parameters.install_parameters(tx, CLERK)
        project = await service.register_project(tx, CLERK, new_project())
        await service.register_building(tx, CLERK, new_building(project))
        seen = [await preview(tx, blobs, project, [line(), line(户号=2, 房号=302)]) for _ in range(3)]

    async def apply(which: SurveyImport) -> int:
        async with database.transaction("411528") as tx:
            return await survey_service.apply_survey(tx, CLERK, blobs, which.id, which.digest)

    results = await asyncio.gather(*(apply(which) for which in (*seen, seen[0])), return_exceptions=True)
    assert [result for result in results if isinstance(result, int)] == [2]
    refusals = {type(result) for result in results if not isinstance(result, int)}
    assert refusals <= {errors.SurveyApplied, errors.SurveyHasProblems}


async def test_a_code_is_never_changed_or_deleted(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    await import_units(estate, blobs, project, [line()])
    for statement in ("DELETE FROM units", "UPDATE units SET code = 'x'", "UPDATE units SET household = 2"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with estate.begin_nested():
                await estate.execute(text(statement))


async def test_the_code_of_a_historical_unit_is_not_used_again(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    await import_units(estate, blobs, project, [line()])
    unit = await queries.unit_by_code(estate, f"{project.parcel_code}F00010001")
    unit.state = "historical"
    await estate.flush()
    seen = await preview(estate, blobs, project, [line(), line(户号=2)])
    assert [problem["cell"] for problem in seen.problems] == ["E2", "F3"]  # the second repeats the first one's room
    assert await import_units(estate, blobs, project, [line(户号=2)]) == 1
    with pytest.raises(errors.UnitRetired):
        await queries.home_facts(estate, unit.id)


async def test_home_facts_need_a_permit(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    await import_units(estate, blobs, project, [line()])
    unit = await queries.unit_by_code(estate, f"{project.parcel_code}F00010001")
    assert await queries.permitted(estate, unit.id) is None
    with pytest.raises(errors.NotPermitted):
        await queries.home_facts(estate, unit.id)
    await service.record_topping_out(estate, CLERK, building.id, date(2026, 11, 1))
    permit = await service.issue_permit(estate, CLERK, application(project, building), date(2026, 11, 21))
    assert await queries.permitted(estate, unit.id) is permit
    home = await queries.home_facts(estate, unit.id)
    assert (home.presale_permit_no, home.presale_permit_date) == (permit.number, date(2026, 11, 21))
    assert (home.land_term, home.mortgaged, home.has_lift) == ("至2094年5月31日止", False, True)
    assert home.unit_code == unit.code
    await service.set_building_mortgage(estate, CLERK, building.id, "某银行")
    assert (await queries.home_facts(estate, unit.id)).mortgaged


async def test_another_county_sees_nothing(database: Database, blobs: BlobStore) -> None:
    async with database.transaction("411528") as tx:
        await parameters.install_parameters(tx, CLERK)
        project = await service.register_project(tx, CLERK, new_project())
    async with database.read("411522") as reader:
        assert await queries.projects(reader) == []
        with pytest.raises(errors.ProjectNotFound):
            await queries.get_project(reader, project.id)


@pytest.mark.soak
async def test_five_thousand_units_take_seconds(
    estate: WriteSession, blobs: BlobStore, project: Project, building: Building
) -> None:
    seen = await preview(estate, blobs, project, many(5000))
    started = time.process_time()
    assert await survey_service.apply_survey(estate, CLERK, blobs, seen.id, seen.digest) == 5000
    assert time.process_time() - started < 10  # measured: 3 s
    assert len(await queries.units_of_building(estate, building.id)) == 5000
