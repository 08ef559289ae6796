"""What the county sets, from a day on; running cases keep theirs."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from kernel.clock import today
from kernel.db import WriteSession
from kernel.errors import Forbidden, Invalid
from tests.cases.office import CLERK, REGISTRAR, accepted, staff, submitted
from tests.cases.world import B
from yiti.cases import configuration
from yiti.cases import service as cases
from yiti.cases.catalogue import CATALOGUE

MANAGER = staff("case_manager")
SALE = B.TRANSFER_RESALE


async def test_without_rows_the_catalogue_holds(tx: WriteSession) -> None:
    assert await configuration.current(tx, B.TRANSFER_GIFT, today()) == CATALOGUE[B.TRANSFER_GIFT].settings


async def test_a_change_begins_on_its_day_and_the_rest_stays(tx: WriteSession) -> None:
    later = today() + timedelta(days=10)
    await configuration.change(tx, MANAGER, SALE, today(), {"review_levels": 2})
    await configuration.change(tx, MANAGER, SALE, later, {"limit_half_days": 1})
    now = await configuration.current(tx, SALE, today())
    then = await configuration.current(tx, SALE, later)
    assert (now.review_levels, now.limit_half_days) == (2, CATALOGUE[SALE].limit_half_days)
    assert (then.review_levels, then.limit_half_days) == (2, 1)


async def test_the_newest_row_of_a_day_counts(tx: WriteSession) -> None:
    for levels in (2, 3):
        await configuration.change(tx, MANAGER, SALE, today(), {"review_levels": levels})
    assert (await configuration.current(tx, SALE, today())).review_levels == 3
    assert len(await configuration.versions(tx, SALE)) == 2


async def test_running_cases_keep_theirs(tx: WriteSession) -> None:
    running, waiting = await accepted(tx), await submitted(tx)
    await configuration.change(tx, MANAGER, SALE, today(), {"review_levels": 3, "limit_half_days": 10, "fee": "half"})
    assert running.review_levels == 1
    assert configuration.settings_of(running)[SALE].fee == "by_usage"
    await cases.accept(tx, CLERK, waiting)
    assert waiting.review_levels == 3
    assert configuration.limits_of(waiting).handling == 10
    assert configuration.settings_of(waiting)[SALE].fee == "half"


async def test_materials_of_the_county(tx: WriteSession) -> None:
    fewer = CATALOGUE[SALE].materials[:2]
    await configuration.change(tx, MANAGER, SALE, today(), {"materials": fewer})
    assert (await configuration.current(tx, SALE, today())).materials == fewer


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"limit_half_days": 0}, "limit_half_days"),
        ({"limit_half_days": 61}, "limit_half_days"),
        ({"acceptance_half_days": 0}, "acceptance_half_days"),
        ({"review_levels": 4}, "review_levels"),
        ({"review_levels": "many"}, "review_levels"),
        ({"fee": "double"}, "fee"),
        ({"automatic": True}, "automatic"),
        ({"colour": "green"}, "colour"),
        ({"materials": (CATALOGUE[SALE].materials[0],) * 2}, "materials"),
        ({"materials": (msgspec.structs.replace(CATALOGUE[SALE].materials[0], code=" "),)}, "materials"),
    ],
)
async def test_what_the_law_does_not_allow(tx: WriteSession, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await configuration.change(tx, MANAGER, SALE, today(), values)
    assert refused.value.field == field


async def test_not_backwards_and_not_by_everybody(tx: WriteSession) -> None:
    with pytest.raises(Invalid):
        await configuration.change(tx, MANAGER, SALE, today() - timedelta(days=1), {"review_levels": 2})
    for actor in (CLERK, REGISTRAR):
        with pytest.raises(Forbidden):
            await configuration.change(tx, actor, SALE, today(), {"review_levels": 2})


async def test_a_row_is_never_rewritten(tx: WriteSession) -> None:
    row = await configuration.change(tx, MANAGER, SALE, today(), {"review_levels": 2})
    row.effective_from = date(2020, 1, 1)
    with pytest.raises(DBAPIError):
        await tx.flush()
