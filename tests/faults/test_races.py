"""People who do the same thing at the same moment, twice, or too late: one of them wins, the others are told."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select, update

import contracts.service as contracts
import signing.service as signing
from contracts.errors import UnitTaken
from contracts.models import Contract
from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Conflict, DomainError
from kernel.outbox.models import PENDING, OutboxEvent
from signing.errors import AlreadySigned, CeremonyClosed, LinkExpired
from tests.faults.outcome import assert_no_gaps, assert_sold_once, unfinished
from tests.faults.pages import signed_in
from tests.faults.play import BANK_CODE, Play
from tests.faults.world import PATIENCE, World
from tests.journeys.stage import ANSWERS, HOME, MORTGAGED_BUILDING
from yiti.accounts.models import Session
from yiti.cases.models import Case
from yiti.cases.service import ActionRefused
from yiti.certificates.models import Certificate
from yiti.journeys import presale
from yiti.journeys.sale.errors import AlreadySubmitted
from yiti.journeys.sale.papers import order_key
from yiti.register.book import current_entries

pytestmark = [pytest.mark.timeout(400), pytest.mark.soak]
Step = Callable[[WriteSession], Awaitable[Any]]


async def at_once(world: World, *steps: Step) -> list[DomainError | None]:
    """Each in a transaction of its own; what each was refused with."""

    async def one(step: Step) -> DomainError | None:
        try:
            async with world.database.transaction(HOME) as tx:
                await step(tx)
        except DomainError as refused:
            return refused
        return None

    return list(await asyncio.gather(*(one(step) for step in steps)))


def one_winner(outcomes: list[DomainError | None], refusal: type[DomainError]) -> bool:
    """Exactly one was not refused, and the others were told why."""
    lost = [outcome for outcome in outcomes if outcome is not None]
    return len(lost) == len(outcomes) - 1 and all(isinstance(one, refusal) and one.message for one in lost)


async def test_five_clerks_on_one_unit(world: World) -> None:
    clerk, unit = await world.stage.actor("shoulou"), await world.stage.free_unit()
    outcomes = await at_once(world, *[lambda tx: presale.start_sale(tx, clerk, unit)] * 5)
    assert one_winner(outcomes, UnitTaken)
    assert {one.status for one in outcomes if one} == {409}
    assert await contracts_of(world, unit) == 1


async def contracts_of(world: World, unit: UUID) -> int:
    async with world.database.read(HOME) as reader:
        return await reader.scalar(select(func.count()).where(Contract.unit_id == unit)) or 0


async def test_two_browsers_on_one_unit(world: World) -> None:
    await world.serving()
    unit = await world.stage.free_unit()
    async with AsyncExitStack() as stack:
        clerks = [await stack.enter_async_context(signed_in(world, login)) for login in ("shoulou", "jingli")]
        answers = await asyncio.gather(*(clerk.post(f"/sales/units/{unit}/sale") for clerk in clerks))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert "该房屋已由" in loser.text
    assert await contracts_of(world, unit) == 1


async def test_an_ended_session_does_nothing_and_leads_to_the_sign_in_page(world: World) -> None:
    await world.serving()
    unit = await world.stage.free_unit()
    async with signed_in(world, "shoulou") as clerk:
        async with world.database.transaction(HOME) as tx:
            await tx.execute(update(Session).values(expires_at=now() - timedelta(seconds=1)))
        answer = await clerk.post(f"/sales/units/{unit}/sale")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?expired=1")
    assert await contracts_of(world, unit) == 0


async def test_two_submissions_at_once(world: World) -> None:
    """The loser's answers to the inquiry must not get into a sale whose documents show the winner's."""
    sale = await Play.drafted(world)
    await sale.pay()
    clerk = await world.stage.actor("shoulou")
    given: list[dict[str, str]] = [{**ANSWERS, "other_disputes": answer} for answer in ("no", "yes")]

    def submit(answers: dict[str, str]) -> Step:
        return lambda tx: presale.submit(tx, clerk, sale.contract_id, answers, BANK_CODE)

    outcomes = await at_once(world, *map(submit, given))
    assert one_winner(outcomes, AlreadySubmitted)
    assert (await world.stage.sale(sale.contract_id)).answers == given[outcomes.index(None)]


async def test_submission_and_abandonment_at_once(world: World) -> None:
    """Whatever comes first, an abandoned sale is never signed, and none of its events is given up."""
    await world.working()
    sales = [await Play.drafted(world) for _ in range(3)]
    clerk = await world.stage.actor("shoulou")

    async def submit(tx: WriteSession, sale: Play) -> None:
        await presale.submit(tx, clerk, sale.contract_id, ANSWERS, BANK_CODE)

    async def give_up(tx: WriteSession, sale: Play) -> None:
        await presale.abandon(tx, clerk, sale.contract_id, "买受人改变主意")

    for sale in sales:
        await sale.pay()
        await at_once(world, partial(submit, sale=sale), partial(give_up, sale=sale))
    for sale in sales:
        await world.stage.until(partial(unfinished, world, sale.contract_id), lambda rows: not rows, PATIENCE)
        async with world.database.read(HOME) as reader:
            assert (await contracts.get(reader, sale.contract_id)).status == "abandoned"
        assert await sale.texts(sale.phones[0], "sale.invite") == []


async def test_a_sale_abandoned_while_its_documents_are_made(world: World) -> None:
    """The ceremony that was just opened ends with the sale."""
    await world.working()
    sale = await Play.drafted(world)
    await sale.pay()
    clerk = await world.stage.actor("shoulou")
    world.worker.doom(order_key(sale.contract_id), "uncommitted", "hold")
    await sale.submit()
    await asyncio.to_thread(world.worker.held)
    giving_up = asyncio.create_task(
        at_once(world, lambda tx: presale.abandon(tx, clerk, sale.contract_id, "买受人改变主意"))
    )
    await asyncio.sleep(0.3)
    world.worker.release()
    assert await giving_up == [None]
    made = await world.stage.sale(sale.contract_id)
    assert made.ceremony_id is not None
    async with world.database.read(HOME) as reader:
        token = (await signing.signatories_of(reader, made.ceremony_id))[0].token
    assert token is not None
    with pytest.raises(CeremonyClosed):
        await world.stage.sign_by_link(token)
    await world.stage.until(lambda: unfinished(world, sale.contract_id), lambda rows: not rows, PATIENCE)


async def test_a_signature_given_twice(world: World) -> None:
    """Two taps on the button at once; then, on the finished sale, the link and the seal are used again."""
    await world.working()
    sale = await Play.drafted(world)
    await sale.pay()
    await sale.submit()
    token = await sale.link(sale.phones[0])
    taps = await asyncio.gather(*(world.stage.sign_by_link(token) for _ in range(3)), return_exceptions=True)
    assert sorted(type(tap).__name__ for tap in taps) == ["AlreadySigned", "AlreadySigned", "NoneType"]
    await sale.seal()
    manager = await world.stage.actor("jingli")
    assert one_winner([None, *await at_once(world, lambda tx: presale.seal(tx, manager, sale.contract_id))], Conflict)
    await assert_sold_once(world, sale.contract_id)
    with pytest.raises(AlreadySigned):
        await world.stage.sign_by_link(token)


async def test_a_link_that_has_grown_old(world: World) -> None:
    await world.working()
    sale = await Play.drafted(world)
    await sale.pay()
    await sale.submit()
    token = await sale.link(sale.phones[0])
    with time_machine.travel(now() + timedelta(hours=73)):
        async with world.database.read(HOME) as reader:
            with pytest.raises(LinkExpired):
                await signing.by_token(reader, token)
        with pytest.raises(LinkExpired):
            await world.stage.sign_by_link(token)


async def test_the_last_signature_told_five_times(world: World) -> None:
    """`signing.completed` delivered again after it is done, and its work done by several at once."""
    await world.working()
    sale = await Play.drafted(world)
    await sale.pay()
    await sale.submit()
    await sale.sign()
    world.worker.doom("signing.completed:*", "before")
    await sale.seal()
    await asyncio.to_thread(world.worker.dies, "before the completion")
    ceremony_id = (await world.stage.sale(sale.contract_id)).ceremony_id
    assert ceremony_id is not None
    assert await at_once(world, *[lambda tx: presale.complete(tx, ceremony_id)] * 4) == [None] * 4
    await world.working()
    await assert_sold_once(world, sale.contract_id)
    again = update(OutboxEvent).where(OutboxEvent.key == f"signing.completed:{ceremony_id}")
    async with world.database.transaction(HOME) as tx:
        attempts = await tx.scalar(again.values(state=PENDING).returning(OutboxEvent.attempts))
    await assert_sold_once(world, sale.contract_id)
    async with world.database.read(HOME) as reader:
        told = select(OutboxEvent.attempts).where(OutboxEvent.key == f"signing.completed:{ceremony_id}")
        assert await reader.scalar(told) == (attempts or 0) + 1


async def test_two_registrars_decide_one_case(world: World) -> None:
    await world.working()
    sale = await Play.drafted(world, building=MORTGAGED_BUILDING)
    await sale.all()
    stands = await world.stage.until(
        lambda: world.stage.sale(sale.contract_id), lambda one: one.case_id is not None, PATIENCE
    )
    case_id, registrar = stands.case_id, await world.stage.actor("dengji")
    assert case_id is not None
    outcomes = await at_once(
        world,
        lambda tx: presale.approve(tx, registrar, case_id, "已核对抵押权人同意销售函原件"),
        lambda tx: presale.refuse(tx, registrar, case_id, "抵押权人未同意"),
        lambda tx: presale.approve(tx, registrar, case_id, "已核对"),
        lambda tx: presale.refuse(tx, registrar, case_id, "材料不齐"),
    )
    assert one_winner(outcomes, ActionRefused)
    approved = outcomes.index(None) in (0, 2)
    async with world.database.read(HOME) as reader:
        case = (await reader.scalars(select(Case).where(Case.id == case_id))).one()
        proofs = list(await reader.scalars(select(Certificate).where(Certificate.case_id == case_id)))
        assert len(await current_entries(reader, case.unit_id)) == len(proofs) == (1 if approved else 0)
        assert (case.status == "refused") is not approved
        await assert_no_gaps(reader)
