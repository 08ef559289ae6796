"""Numbers, and the lists in which cases are found."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from sqlalchemy import update

from kernel.db import WriteSession
from tests.cases.office import (
    CLERK,
    SYSTEM,
    accepted,
    drafted,
    resale,
    submitted,
)
from tests.cases.world import B
from tests.register.world import make_unit
from yiti.cases import service as cases
from yiti.cases.lifecycle import Channel
from yiti.cases.models import Case


async def test_numbers_count_within_the_day(tx: WriteSession) -> None:
    with time_machine.travel(datetime(2031, 5, 6, 2, tzinfo=UTC), tick=False):
        first = await cases.draft(tx, CLERK, (B.MORTGAGE,), Channel.WINDOW)
        second = await cases.draft(tx, CLERK, (B.MORTGAGE,), Channel.WINDOW)
    assert (first.number, second.number) == ("4115282031050600001", "4115282031050600002")
    assert (await cases.by_number(tx, second.number)).id == second.id


async def test_the_work_list_shows_what_is_due_first(tx: WriteSession) -> None:
    made = []
    for place in range(5):
        with time_machine.travel(datetime(2030, 5, 6, 2, tzinfo=UTC) + timedelta(days=place), tick=False):
            made.append((await submitted(tx)).id)
    for case_id, due in zip(made, (3, 1, None, 2, 1), strict=True):
        moment = datetime(2000, 1, due, tzinfo=UTC) if due else None
        await tx.execute(update(Case).where(Case.id == case_id).values(due_at=moment))
    tx.expire_all()
    expected = [made[1], made[4], made[3], made[0]]
    first, after = await cases.worklist(tx, "to_accept", limit=2)
    assert [one.id for one in first] == expected[:2]
    second, _ = await cases.worklist(tx, "to_accept", after, limit=2)
    assert [one.id for one in second] == expected[2:]
    everything, _ = await cases.worklist(tx, "to_accept", limit=10_000)
    assert everything[-1].due_at is None
    assert made[2] in {one.id for one in everything}


async def test_each_list_shows_its_own(tx: WriteSession) -> None:
    draft, waiting, review = await drafted(tx), await accepted(tx), await accepted(tx)
    await cases.ask(tx, SYSTEM, waiting, "housing")
    ended = await accepted(tx)
    await cases.withdraw(tx, CLERK, ended, "撤回")

    async def shown(name: Any) -> set[UUID]:
        return {one.id for one in (await cases.worklist(tx, name, limit=10_000))[0]}

    ids = {draft.id, waiting.id, review.id, ended.id}
    for name, expected in {
        "drafts": {draft.id},
        "waiting": {waiting.id},
        "to_review": {review.id},
        "ended": {ended.id},
        "to_accept": set(),
        "to_hand_over": set(),
    }.items():
        assert await shown(name) & ids == expected


async def test_cases_under_way_on_a_unit_in_order_of_acceptance(tx: WriteSession) -> None:
    unit = await make_unit(tx)
    order = []
    for _ in range(2):
        case = await cases.draft(tx, CLERK, (B.TRANSFER_RESALE,), Channel.WINDOW)
        await cases.save(tx, CLERK, case, resale(unit.id), case.version)
        await cases.submit(tx, CLERK, case)
        await cases.accept(tx, CLERK, case)
        order.append(case.id)
    assert [(one, case.id) for one, case in await cases.open_cases_on(tx, [unit.id])] == [
        (unit.id, one) for one in order
    ]
