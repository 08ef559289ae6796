"""The maintenance fund where the county keeps it here: our book answers at once, and the fund passes on by booking."""

from contextlib import suppress
from datetime import date

import pytest

from escrow.maintenance import service as fund
from escrow.maintenance.schemas import EarlierPayment
from escrow.supervision import (
    NoAccount,
    RateTaken,
    demonstration_rates,
    maintenance_account,
    register_maintenance_account,
    set_rate,
)
from kernel.db import WriteSession
from kernel.permissions import system_actor
from tests.journeys.registration.county import Desk
from tests.journeys.registration.steps import a_sale
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.estate.queries import get_unit

ACTOR = system_actor(HOME)
pytestmark = pytest.mark.timeout(180)


async def fund_account(tx: WriteSession) -> None:
    try:
        await maintenance_account(tx)
    except NoAccount:
        await register_maintenance_account(tx, ACTOR, "41050000990099", "维修资金专户", "CCB", "演示建设银行")


async def test_without_one_code_what_is_owed_stands_in_the_way(office: Desk) -> None:
    """The county keeps its fund here, but pays each authority by itself: the case waits as before."""
    part = await a_sale(office)
    (unit_id,) = part.unit_ids
    async with office.resources.database.transaction(HOME) as tx:
        await fund_account(tx)
        for rate in demonstration_rates():
            with suppress(RateTaken):
                await set_rate(tx, ACTOR, rate)
        unit = await get_unit(tx, unit_id)
        paid = EarlierPayment(
            unit_id=unit_id, unit_code=unit.code, amount_fen=1_000_00, paid_on=date(2021, 6, 30), receipt_no="豫财009"
        )
        await fund.enter_earlier(tx, ACTOR, paid)
    case = await office.accepted(part)
    await office.run_jobs()
    housing = next(one for one in await office.requests(case) if one.which == "housing")
    assert (housing.state, housing.verified, "欠缴 5,000.00 元" in housing.words) == ("refused", True, True)


async def test_our_own_book_answers_and_the_fund_passes_on(office: Desk) -> None:
    part = await a_sale(office)
    (unit_id,) = part.unit_ids
    database = office.resources.database
    async with database.transaction(HOME) as tx:
        await fund_account(tx)
        unit = await get_unit(tx, unit_id)
        paid = EarlierPayment(
            unit_id=unit_id, unit_code=unit.code, amount_fen=7_101_60, paid_on=date(2015, 6, 30), receipt_no="豫财001"
        )
        await fund.enter_earlier(tx, ACTOR, paid)
    case = await office.accepted(part)
    await office.run_jobs()
    housing = next(one for one in await office.requests(case) if one.which == "housing")
    assert (housing.state, housing.verified, housing.sent_at, housing.reference) == ("clear", True, None, "豫财001")
    assert "7,101.60" in housing.words
    async with database.read(HOME) as reader:
        (proof,) = [one for one in await cases.materials(reader, case.id) if one.code == "fund_proof"]
    assert (proof.verified, proof.media_type) == (True, "application/jose")
    assert (await office.resources.blobs.get(proof.digest)).count(b".") == 2, "a signed message"
    await office.answered(case)
    assert (await office.decided(case)).status == CaseStatus.BOOKED
    await office.run_jobs()
    await office.run_jobs("maintenance.")
    async with database.read(HOME) as reader:
        (passing,) = await fund.passings_of(reader, unit_id)
        assert passing.balance_fen == 7_101_60
        assert passing.owners == part.applicants[0].name
        assert passing.case_number == case.number
