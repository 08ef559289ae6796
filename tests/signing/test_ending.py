"""How ceremonies end without all signatures, and that nothing is signed, sent or ended twice after it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from kernel.clock import now
from kernel.db import Database
from kernel.errors import Invalid
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor
from signing import ending, service
from signing.errors import AlreadySigned, CeremonyClosed, CeremonyExpired, LinkExpired, NotIdentified, UnknownLink
from signing.models import AppliedSignature, Ceremony, CeremonySignatory, EvidenceEvent
from tests.signing.ceremonies import SYSTEM, Sale, opened
from tests.signing.material import Resources
from tests.testbed import HOME, OTHER

TERM = timedelta(days=15)


@pytest.fixture
async def timed(database: Database, resources: Resources, developer: Actor) -> AsyncIterator[Sale]:
    """Two buyers and the developer, to be done within 15 days."""
    async with opened(database, resources, developer, 2, seller_turn=1, term=TERM) as sale:
        yield sale


async def expire(sale: Sale) -> None:
    async with sale.database.transaction(HOME) as tx:
        await ending.expire(tx, sale.ceremony)


async def decline(sale: Sale, token: str, reason: str = "价格不对") -> None:
    async with sale.database.transaction(HOME) as tx:
        await service.decline(tx, token, reason)


async def invited(sale: Sale, key: str, **named: Any) -> str:
    async with sale.database.transaction(HOME) as tx:
        return await service.invite(tx, SYSTEM, sale.ceremony, key, **named)


async def due(sale: Sale, key: str) -> bool:
    async with sale.database.transaction(HOME) as tx:
        return await service.reminder_due(tx, sale.ceremony, key)


async def ceremony_of(sale: Sale) -> Ceremony:
    async with sale.database.read(HOME) as reader:
        found = await reader.get(Ceremony, (HOME, sale.ceremony))
    assert found is not None
    return found


async def kinds(sale: Sale) -> list[str]:
    return [json.loads(row.body)["kind"] for row in await sale.rows(EvidenceEvent)]


async def test_the_end_is_ordered_for_its_time_and_comes_once(timed: Sale) -> None:
    (order,) = [row for row in await timed.rows(OutboxEvent) if row.topic == "signing.expire"]
    ceremony = await ceremony_of(timed)
    assert ceremony.expires_at is not None
    assert timedelta() <= order.available_at - ceremony.expires_at < timedelta(seconds=5)
    await expire(timed)
    assert (await ceremony_of(timed)).status == "open", "too early"
    token = await timed.agree("buyer-1")
    with time_machine.travel(now() + TERM, tick=False):
        for _ in range(2):
            await expire(timed)
    assert await timed.events("signing.ended") == [
        {"ceremony_id": str(timed.ceremony), "subject": timed.subject, "how": "expired", "signatory": ""}
    ]
    assert (await kinds(timed)).count("expired") == 1
    await timed.apply("buyer-1")
    assert not await timed.rows(AppliedSignature), "a consent that was not yet applied dies with it"
    assert {row.handwriting for row in await timed.rows(CeremonySignatory)} == {None}
    async with timed.database.read(HOME) as reader:
        desk = await service.by_token(reader, token)
        assert (desk.step, desk.ended) == ("closed", "expired")
        (told,) = await service.ended_of(reader, timed.subject)
    assert (told.how, told.signatory, told.reason) == ("expired", "", "")


async def test_a_consent_in_time_counts_though_its_signature_is_made_late(timed: Sale) -> None:
    await timed.sign("buyer-1")
    await timed.agree("buyer-2")
    with time_machine.travel(now() + TERM, tick=False):
        await timed.apply("buyer-2")
        assert len(await timed.rows(AppliedSignature)) == 4
        assert not await timed.events("signing.turn_begun"), "but nobody's turn begins any more"
        with pytest.raises(CeremonyExpired):
            await timed.seal()
        await expire(timed)
    assert (await ceremony_of(timed)).status == "expired", "the seal is missing"


async def test_once_everybody_has_agreed_in_time_only_the_worker_is_late(timed: Sale) -> None:
    for key in ("buyer-1", "buyer-2"):
        await timed.sign(key)
    await timed.seal()
    with time_machine.travel(now() + TERM, tick=False):
        await expire(timed)
        assert (await ceremony_of(timed)).status == "open"
        await timed.apply("seller")
        await expire(timed)
    assert (await ceremony_of(timed)).status == "completed"
    assert await timed.events("signing.ended") == []


@pytest.mark.parametrize("how", ["declined", "cancelled"])
async def test_a_consent_does_not_outlive_a_ceremony_that_was_stopped(timed: Sale, how: str) -> None:
    await timed.agree("buyer-2")
    if how == "declined":
        token = await timed.link("buyer-1")
        await timed.identify(token, "buyer-1")
        await decline(timed, token)
    else:
        async with timed.database.transaction(HOME) as tx:
            await service.cancel(tx, SYSTEM, timed.ceremony, "合同作废")
    await timed.apply("buyer-2")
    assert not await timed.rows(AppliedSignature)


async def test_the_desk_is_shut_at_the_very_moment(timed: Sale) -> None:
    moment = (await ceremony_of(timed)).expires_at
    assert moment is not None
    with time_machine.travel(moment - timedelta(minutes=5), tick=False):
        token = await timed.link("buyer-1")
        await timed.identify(token, "buyer-1")
        await timed.read(token)
    with time_machine.travel(moment - timedelta(microseconds=1), tick=False):
        assert await timed.step(token) == "sign"
    with time_machine.travel(moment, tick=False):
        assert await timed.step(token) == "closed"
        for act in (timed.consent(token), timed.read(token), timed.identify(token, "buyer-1")):
            with pytest.raises(CeremonyExpired):
                await act


async def test_the_last_signature_and_the_end_at_once_give_the_signature(timed: Sale) -> None:
    for key in ("buyer-1", "buyer-2"):
        await timed.sign(key)
    await timed.seal()
    with time_machine.travel(now() + TERM - timedelta(milliseconds=300)):
        await asyncio.gather(timed.apply("seller"), *(expire(timed) for _ in range(3)))
        await asyncio.sleep(0.4)
        await expire(timed)
    assert len(await timed.events("signing.completed")) == 1, "the seal was ordered in time"
    assert await timed.events("signing.ended") == []
    assert (await ceremony_of(timed)).status == "completed"


async def test_declined_is_told_once_with_name_and_reason(timed: Sale) -> None:
    other, token = await timed.link("buyer-2"), await timed.link("buyer-1")
    with pytest.raises(NotIdentified):
        await decline(timed, token)
    await timed.identify(token, "buyer-1")
    for bad in (" ", "长" * 201):
        with pytest.raises(Invalid):
            await decline(timed, token, bad)
    results = await asyncio.gather(*(decline(timed, token) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["CeremonyClosed", "CeremonyClosed", "NoneType"]
    with time_machine.travel(now() + TERM, tick=False):
        await expire(timed)
    async with timed.database.transaction(HOME) as tx:
        await service.cancel(tx, SYSTEM, timed.ceremony, "too late")
    (told,) = await timed.events("signing.ended")
    assert (told["how"], told["signatory"]) == ("declined", "buyer-1")
    async with timed.database.read(HOME) as reader:
        found = await service.ended(reader, timed.ceremony)
        assert (await service.by_token(reader, other)).ended == "declined"
    assert found is not None
    assert (found.how, found.name, found.reason) == ("declined", "买受人1", "价格不对")
    chain = [json.loads(row.body) for row in await timed.rows(EvidenceEvent)]
    assert [(one["kind"], one["signatory"]) for one in chain][-1] == ("declined", "buyer-1")
    assert chain[-1]["detail"] == {"reason": "价格不对"}


async def test_who_has_agreed_cannot_decline_any_more(timed: Sale) -> None:
    token = await timed.agree("buyer-1")
    with pytest.raises(AlreadySigned):
        await decline(timed, token)
    await timed.apply("buyer-1")
    with pytest.raises(AlreadySigned):
        await decline(timed, token)


async def test_a_completed_ceremony_does_not_end_otherwise(timed: Sale) -> None:
    for key in ("buyer-1", "buyer-2"):
        await timed.sign(key)
    await timed.seal()
    await timed.apply("seller")
    with time_machine.travel(now() + TERM, tick=False):
        await expire(timed)
    with pytest.raises(CeremonyClosed):
        async with timed.database.transaction(HOME) as tx:
            await service.cancel(tx, SYSTEM, timed.ceremony, "x")
    assert await timed.events("signing.ended") == []


async def test_reminders_come_after_a_day_and_a_day_before_the_end(timed: Sale) -> None:
    start = now()
    await invited(timed, "buyer-1")
    orders = {row.key.rsplit(":", 1)[1]: row for row in await timed.rows(OutboxEvent) if row.topic == "signing.remind"}
    second = timedelta(seconds=5)
    assert timedelta() <= orders["day"].available_at - start - timedelta(hours=24) < second
    until = (await ceremony_of(timed)).expires_at
    assert until is not None
    assert timedelta() <= orders["end"].available_at - until + timedelta(hours=24) < second
    await invited(timed, "buyer-1")
    assert len([row for row in await timed.rows(OutboxEvent) if row.topic == "signing.remind"]) == 2, "once each"

    assert not await due(timed, "buyer-1"), "just invited"
    with time_machine.travel(start + timedelta(hours=24, seconds=5), tick=False):
        assert await due(timed, "buyer-1")
        await invited(timed, "buyer-1")
        assert not await due(timed, "buyer-1"), "the job repeated"
    with time_machine.travel(start + timedelta(hours=47), tick=False):
        assert not await due(timed, "buyer-1"), "one a day"
    dead = await timed.link("buyer-1")
    with time_machine.travel(orders["end"].available_at, tick=False):
        assert await due(timed, "buyer-1")
        assert await invited(timed, "buyer-1") != dead, "a dead link is renewed in it"
    with time_machine.travel(now() + TERM, tick=False):
        assert not await due(timed, "buyer-1"), "the end has come"


async def test_nobody_is_reminded_who_has_agreed_or_has_no_telephone(timed: Sale) -> None:
    await timed.agree("buyer-1")
    async with timed.database.transaction(HOME) as tx:
        for one in await service.signatories_of(tx, timed.ceremony):
            if one.key == "buyer-2":
                one.phone = None
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert not await due(timed, "buyer-1")
        assert not await due(timed, "buyer-2")


async def asked(sale: Sale, token: str, tenant: str = HOME) -> str | None:
    """Ask for a new link as the page does; whom it would be sent to."""
    async with sale.database.transaction(tenant) as tx:
        found = await service.asks_again(tx, token)
        if found is not None:
            await service.invite(tx, SYSTEM, found.ceremony_id, found.signatory)
    return found.signatory if found else None


async def test_an_old_link_gets_a_new_one_once_a_minute_and_tells_strangers_nothing(timed: Sale) -> None:
    token = await invited(timed, "buyer-1")
    assert await asked(timed, "nobody's") is None
    assert await asked(timed, token, OTHER) is None
    start = now()
    with time_machine.travel(start + timedelta(hours=71), tick=False):
        assert await asked(timed, token) is None, "it works still"
    with time_machine.travel(start + timedelta(hours=73), tick=False):
        results = await asyncio.gather(*(asked(timed, token) for _ in range(4)))
        assert sorted(map(str, results)) == ["None", "None", "None", "buyer-1"]
        fresh = await timed.link("buyer-1")
        assert fresh != token
        assert await timed.step(fresh) == "identify"
        with pytest.raises(LinkExpired):
            await timed.step(token)
    with time_machine.travel(start + timedelta(hours=73, minutes=2), tick=False):
        assert await asked(timed, token) == "buyer-1", "the message was lost: the same link once more"
        assert await timed.link("buyer-1") == fresh
        renewed = await invited(timed, "buyer-1", renew=True)
        for dead in (fresh, token):
            with pytest.raises(UnknownLink):
                await timed.step(dead)
        assert await timed.step(renewed) == "identify"
    with time_machine.travel(start + TERM, tick=False):
        assert await asked(timed, renewed) is None, "nothing to sign any more"


async def test_who_has_signed_gets_no_new_link(timed: Sale) -> None:
    token = await timed.agree("buyer-1")
    with time_machine.travel(now() + timedelta(hours=73), tick=False):
        assert await asked(timed, token) is None
