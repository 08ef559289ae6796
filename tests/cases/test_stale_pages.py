"""A page that shows an older version of a case decides nothing; one's own uploads make none of one's pages old."""

import pytest

from kernel.db import Database, WriteSession
from tests.cases.office import CLERK, COUNTY, SYSTEM, attach, drafted, staff
from yiti.cases import service as cases


async def test_a_page_that_is_out_of_date(tx: WriteSession) -> None:
    case = await drafted(tx)
    application, shown = cases.application_of(case), case.version
    await cases.save(tx, CLERK, case, application, shown)
    with pytest.raises(cases.StalePage) as refused:
        await cases.save(tx, CLERK, case, application, shown)
    assert (refused.value.status, refused.value.code) == (409, "case.stale_page")
    with pytest.raises(cases.StalePage):
        cases.expect_version(case, shown, CLERK)
    cases.expect_version(case, case.version, CLERK)


async def test_only_the_uploads_of_others_make_a_page_out_of_date(tx: WriteSession) -> None:
    case = await drafted(tx)
    other = staff("window_clerk")
    before, shown = case.version - 1, case.version
    await attach(tx, case)
    kept = await attach(tx, case)
    assert cases.is_current(case, shown, CLERK)
    assert cases.is_current(case, shown + 1, CLERK)
    assert not cases.is_current(case, shown, other)
    assert not cases.is_current(case, before, CLERK), "somebody saved since"
    assert not cases.is_current(case, case.version + 1, CLERK)
    await cases.remove_material(tx, CLERK, case, kept.id)
    assert cases.is_current(case, shown, CLERK)
    await attach(tx, case, other)
    assert not cases.is_current(case, shown, CLERK)
    assert cases.is_current(case, case.version - 1, other)
    later = case.version
    await attach(tx, case, SYSTEM)
    assert not cases.is_current(case, later, SYSTEM), "the platform has no pages"
    shown = case.version
    await cases.save(tx, CLERK, case, cases.application_of(case), shown)
    await attach(tx, case)
    assert not cases.is_current(case, shown, CLERK), "a save in between is no upload"


async def test_two_clerks_save_the_same_page(database: Database) -> None:
    async with database.transaction(COUNTY) as tx:
        case = await drafted(tx)
        case_id, shown, application = case.id, case.version, cases.application_of(case)

    async def save() -> None:
        async with database.transaction(COUNTY) as tx:
            await cases.save(tx, CLERK, await cases.locked(tx, case_id), application, shown)

    await save()
    with pytest.raises(cases.StalePage):
        await save()
