"""Signing by turns: side by side within one, nobody before the earlier ones have signed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from kernel.clock import now
from kernel.db import Database
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor
from signing import inviting, rules, service
from signing.errors import NotYourTurn
from signing.models import CeremonySignatory
from signing.schemas import DocumentToSign, Field, IdentityStarted, Signatory
from tests.signing.ceremonies import SYSTEM, Sale, assertion_for, opened
from tests.signing.material import BOX, Resources
from tests.testbed import HOME


@pytest.fixture
async def by_turns(database: Database, resources: Resources, developer: Actor) -> AsyncIterator[Sale]:
    """Two buyers side by side, then a third one, then the developer."""
    async with opened(database, resources, developer, 3, turns=(0, 0, 1), seller_turn=2) as sale:
        yield sale


async def beginners(sale: Sale) -> list[str]:
    async with sale.database.transaction(HOME) as tx:
        return await service.beginners(tx, sale.ceremony)


async def test_a_later_turn_waits_for_all_of_the_earlier(by_turns: Sale) -> None:
    sale = by_turns
    assert await beginners(sale) == ["buyer-1", "buyer-2"]
    early = await sale.link("buyer-3")
    assert await sale.step(early) == "wait"
    async with sale.database.read(HOME) as reader:
        assert (await service.by_token(reader, early)).waits_for == ("buyer-1", "buyer-2")
    await sale.sign("buyer-1")
    assert await sale.events("signing.turn_begun") == []
    await sale.agree("buyer-2")
    assert await sale.step(early) == "wait", "agreed is not yet signed"
    for act in (sale.identify(early, "buyer-3"), sale.consent(early)):
        with pytest.raises(NotYourTurn):
            await act
    await sale.apply("buyer-2")
    begun = {"ceremony_id": str(sale.ceremony), "subject": sale.subject}
    assert await sale.events("signing.turn_begun") == [begun | {"turn": 1}]
    assert await beginners(sale) == ["buyer-3"]
    assert await sale.step(early) == "identify"
    with pytest.raises(NotYourTurn):
        await sale.seal()
    await sale.sign("buyer-3")
    assert await sale.events("signing.turn_begun") == [begun | {"turn": 1}, begun | {"turn": 2}]
    assert await beginners(sale) == [], "an organisation is not invited"
    await sale.seal()
    await sale.apply("seller")
    assert len(await sale.events("signing.completed")) == 1
    assert len(await sale.events("signing.turn_begun")) == 2, "after the last turn none begins"


async def test_an_identification_begun_by_force_is_not_taken(by_turns: Sale) -> None:
    token = await by_turns.link("buyer-3")
    async with by_turns.database.transaction(HOME) as tx:
        await tx.execute(
            text("UPDATE signatories SET identity_reference = 'x', status = 'identifying' WHERE ceremony_id = :id "
                 "AND key = 'buyer-3'"), {"id": by_turns.ceremony},
        )  # fmt: skip
    with pytest.raises(NotYourTurn):
        async with by_turns.database.transaction(HOME) as tx:
            await service.complete_identification(tx, token, assertion_for("buyer-3", "x"))
    with pytest.raises(NotYourTurn):
        async with by_turns.database.transaction(HOME) as tx:
            await service.begin_identification(tx, token, IdentityStarted(reference="y", url=""))
    with pytest.raises(NotYourTurn):
        async with by_turns.database.transaction(HOME) as tx:
            await service.decline(tx, token, "不同意")


async def test_two_of_one_turn_at_once_begin_the_next_once(by_turns: Sale) -> None:
    await asyncio.gather(by_turns.agree("buyer-1"), by_turns.agree("buyer-2"))
    await asyncio.gather(*(by_turns.apply(key) for key in ("buyer-2", "buyer-1", "buyer-2", "buyer-1")))
    assert [one["turn"] for one in await by_turns.events("signing.turn_begun")] == [1]


async def test_the_seal_at_the_moment_of_the_last_signature_comes_before_or_after_it(sale: Sale) -> None:
    for key in ("buyer-1", "buyer-2"):
        await sale.sign(key)
    await sale.agree("buyer-3")

    async def hasty() -> None:
        while True:
            try:
                await sale.seal()
            except NotYourTurn:
                await asyncio.sleep(0.005)
            else:
                return

    await asyncio.gather(sale.apply("buyer-3"), asyncio.wait_for(hasty(), 20))
    signed = [row.signed_at for row in await sale.rows(CeremonySignatory) if row.kind == "person"]
    assert all(signed)
    assert len([row for row in await sale.rows(OutboxEvent) if row.key.endswith(":seller")]) == 1


async def test_a_link_that_went_out_early_gets_its_full_time(by_turns: Sale) -> None:
    with time_machine.travel(now() - timedelta(hours=60), tick=False):
        token = await by_turns.link("buyer-3")
    await by_turns.sign("buyer-1")
    await by_turns.sign("buyer-2")
    people = {row.key: row for row in await by_turns.rows(CeremonySignatory)}
    left = people["buyer-3"].token_expires_at - now()
    assert timedelta(hours=71) < left <= rules.LINK_LIFETIME
    assert await by_turns.link("buyer-3") == token


async def test_a_ceremony_from_before_turns_still_ends_with_the_seal(sale: Sale) -> None:
    people = await sale.rows(CeremonySignatory)
    assert {row.turn for row in people} == {0}
    for key in ("buyer-1", "buyer-2", "buyer-3"):
        with pytest.raises(NotYourTurn):
            await sale.seal()
        await sale.sign(key)
    assert len(await sale.events("signing.turn_begun")) == 1
    assert await sale.events("signing.expire") == []
    await sale.seal()
    await sale.apply("seller")
    assert len(await sale.events("signing.completed")) == 1


def _who(key: str, turn: int) -> Signatory:
    return Signatory(key=key, kind="person", name="张三", id_kind="resident_id", id_no="1", turn=turn)


def _plan(*keys: str) -> list[DocumentToSign]:
    fields = tuple(Field(name=f"sign-{key}", signatory=key, box=BOX) for key in keys)
    return [DocumentToSign(key="contract", title="合同", digest="0" * 64, pages=1, fields=fields)]


@pytest.mark.parametrize(
    ("turns", "last", "good"),
    [
        ({"a": 0, "b": 0, "z": 0}, "z", True),
        ({"a": 0, "b": 1, "z": 2}, "z", True),
        ({"a": 0, "b": 0, "z": 1}, "z", True),
        ({"a": 0, "b": 1, "z": 1}, "z", False),
        ({"a": 0, "b": 2, "z": 1}, "z", False),
        ({"a": 0, "b": 1, "z": 1}, "", True),
    ],
)
def test_the_last_one_stands_alone_in_the_last_turn(turns: dict[str, int], last: str, good: bool) -> None:
    problems = rules.plan_problems(_plan(*turns), [_who(key, turn) for key, turn in turns.items()], last)
    assert (not problems) is good


async def test_an_invitation_before_its_turn_takes_no_reminder_away(by_turns: Sale) -> None:
    async def invited() -> int:
        async with by_turns.database.transaction(HOME) as tx:
            await inviting.invite(tx, SYSTEM, by_turns.ceremony, "buyer-3")
        return len(await by_turns.events("signing.remind"))

    assert await invited() == 0
    for key in ("buyer-1", "buyer-2"):
        await by_turns.sign(key)
    assert await invited() == 1


async def test_only_those_who_may_begin_are_reminded(by_turns: Sale) -> None:
    async with by_turns.database.transaction(HOME) as tx:
        await inviting.invite(tx, SYSTEM, by_turns.ceremony, "buyer-3")
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        async with by_turns.database.transaction(HOME) as tx:
            assert not await service.reminder_due(tx, by_turns.ceremony, "buyer-3")
            assert await service.reminder_due(tx, by_turns.ceremony, "buyer-1")
            assert not await service.reminder_due(tx, by_turns.ceremony, "seller")
