"""Who decides: the platform where all is proved, people otherwise; seizures that arrive; who sees what."""

from datetime import date, timedelta

import pytest
import time_machine

from kernel.clock import now
from tests.journeys.registration.county import CLERK, FIRST_REVIEWER, Desk
from tests.journeys.registration.people import (
    BANK,
    applicant,
    citizen,
    court_orders,
    home_of,
    mortgaged,
    obligor,
    part,
    seized,
)
from tests.journeys.registration.signing_together import handed_in, me
from tests.journeys.registration.steps import actions_of, texts_to
from tests.testbed import HOME
from yiti.cases.business import Business
from yiti.cases.lifecycle import Action, CaseStatus, Channel, Flag
from yiti.cases.service import ActionRefused, Blocked
from yiti.journeys.registration import desk, lapses
from yiti.journeys.registration.errors import (
    NotYours,
)
from yiti.register.book import current_entries

B = Business
pytestmark = pytest.mark.timeout(180)


async def test_a_release_with_everything_proved_is_booked_at_once(office: Desk) -> None:
    """智能秒批: materials fetched, people checked by machine, nobody touches it after acceptance."""
    unit, _ = await home_of(office, owner := citizen())
    (old,) = await office.booked(mortgaged(unit, owner))
    case = await office.drafted(part(B.MORTGAGE_CANCELLATION, unit, applicant(BANK), targets=(old.id,)))
    async with office.resources.database.read(HOME) as reader:
        wanted = (await desk.checklist(reader, case.id)).missing
    assert all(item.obtainable for item in wanted)
    for item in wanted:
        async with office.resources.database.transaction(HOME) as tx:
            await desk.fetch_shared(tx, office.resources, CLERK, case.id, item.code)
    async with office.resources.database.transaction(HOME) as tx:
        await desk.submit(tx, CLERK, case.id)
    await office.run_jobs()
    async with office.resources.database.transaction(HOME) as tx:
        await desk.accept(tx, CLERK, case.id)
    await office.run_jobs()
    case = await office.case(case.id)
    async with office.resources.database.read(HOME) as reader:
        findings = await desk.findings(reader, CLERK, case.id) if case.status == CaseStatus.ACCEPTED else ()
    assert case.status == CaseStatus.CLOSED, [
        one for one in findings if one.level != "clear" or not one.evidence.verified
    ]
    assert case.decided_by == "系统"
    assert (await actions_of(office, case))[-4:] == ["decide", "approve", "book", "close"]


async def test_a_scan_goes_to_a_person(office: Desk) -> None:
    unit, _ = await home_of(office, owner := citizen())
    (old,) = await office.booked(mortgaged(unit, owner))
    case = await office.accepted(part(B.MORTGAGE_CANCELLATION, unit, applicant(BANK), targets=(old.id,)))
    await office.run_jobs()
    assert (await office.case(case.id)).status == CaseStatus.ACCEPTED
    assert (await office.decided(case)).status == CaseStatus.BOOKED


async def test_the_dead_sell_nothing(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    office.sandbox.http.put(f"/sharing/people/{seller[2]}", json={"deceased": True}).raise_for_status()
    unit, _ = await home_of(office, seller)
    case = await office.accepted(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    await office.answered(case)
    with pytest.raises(Blocked) as refused:
        await office.decided(case)
    assert "people.alive" in refused.value.extra["findings"]


async def test_a_seizure_in_between_stops_the_transfer_until_it_is_lifted(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    sale = await office.accepted(part(B.TRANSFER_RESALE, unit, applicant(buyer, phone="13812349999"), obligor(seller)))
    await office.answered(sale)
    order = await office.accepted(court_orders(B.SEIZURE, unit, seller))
    assert (await office.case(sale.id)).flags == [Flag.FROZEN_BY_SEIZURE]
    with pytest.raises(ActionRefused):
        await office.decided(sale)
    await office.decided(order)
    await office.run_jobs()
    assert (await office.case(sale.id)).flags == [Flag.FROZEN_BY_SEIZURE], "booked, it holds all the more"
    assert "被查封" in await texts_to(office, "13812349999")
    async with office.resources.database.read(HOME) as reader:
        (entry,) = (await desk.view(reader, CLERK, order.id)).entries
    await office.registered(court_orders(B.SEIZURE_LIFTING, unit, seller, entry.id))
    await office.run_jobs()
    assert (await office.case(sale.id)).flags == []
    assert (await office.decided(sale)).status == CaseStatus.BOOKED


async def test_a_seizure_taken_back_before_booking_lets_the_transfer_go_on(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    sale = await office.accepted(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    await office.answered(sale)
    order = await office.accepted(court_orders(B.SEIZURE, unit, seller))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.withdraw(tx, CLERK, order.id, "法院撤回协助执行通知")
    await office.run_jobs()
    assert (await office.case(sale.id)).flags == []


async def test_what_is_booked_cannot_be_frozen(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    sale = await office.registered(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    order = await office.accepted(court_orders(B.SEIZURE, unit, seller))
    assert (await office.case(sale.id)).status == CaseStatus.BOOKED
    with pytest.raises(Blocked, match="被执行人不是"):
        await office.decided(order)


async def test_an_expired_seizure_is_lifted_by_law_and_the_next_moves_up(office: Desk) -> None:
    owner = citizen()
    unit, _ = await home_of(office, owner)
    with time_machine.travel(now() - timedelta(days=4), tick=False):
        first, second = await office.booked(
            seized(unit, owner, valid_from=date(2023, 11, 1), valid_until=date(2026, 10, 31)), seized(unit, owner)
        )
    assert (first.rank, second.rank) == (0, 1)
    await lapses.book_due(office.resources.database, HOME)
    async with office.resources.database.read(HOME) as reader:
        (now_,) = [one for one in await current_entries(reader, unit.id) if one.kind == "seizure"]
    assert (now_.rank, now_.closes_id) == (0, second.id)
    await office.run_jobs()


async def test_a_citizen_s_case_is_nobody_else_s(office: Desk) -> None:
    owner, bank_clerk, stranger = citizen(), citizen(), citizen()
    unit, _ = await home_of(office, owner)
    wanted = part(B.CHANGE_HOLDER, unit, applicant(owner))
    case = await office.drafted(wanted, channel=Channel.ONLINE, actor=me(owner))
    database = office.resources.database
    for other in (bank_clerk, stranger):
        with pytest.raises(NotYours):
            async with database.read(HOME) as reader:
                await desk.view(reader, me(other), case.id)
    async with database.read(HOME) as reader:
        mine = await desk.view(reader, me(owner), case.id)
    assert {Action.SAVE, Action.SUBMIT, Action.WITHDRAW} <= mine.actions
    assert mine.application is not None
    assert owner[2] not in repr(mine.parties)
    await office.supplied(case, me(owner))
    await handed_in(office, case, me(owner))
    async with database.read(HOME) as reader:
        seen = await desk.view(reader, CLERK, case.id)
    assert Action.ACCEPT in seen.actions
    assert seen.application is None
    with pytest.raises(ActionRefused):
        async with database.transaction(HOME) as tx:
            await desk.accept(tx, FIRST_REVIEWER, case.id)
    async with database.transaction(HOME) as tx:
        await desk.accept(tx, CLERK, case.id)
    await office.run_jobs()
