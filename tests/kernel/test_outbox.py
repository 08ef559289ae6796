"""The outbox: at least once, its effects exactly once, parked when hopeless, and never dependent on Valkey."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from redis.exceptions import RedisError
from sqlalchemy import select

from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Unavailable
from kernel.outbox import Event, Park, emit, handles
from kernel.outbox.delivery import backoff, deliver, due_events, park_reason, retry_parked, waiting_reason
from kernel.outbox.models import OutboxEvent
from kernel.outbox.registry import registrations
from kernel.outbox.worker import OutboxWorker, QueueWaker
from kernel.settings import Settings

HOME = "411528"


@pytest.fixture(autouse=True)
def own_topics() -> Iterator[None]:
    before = dict(registrations)
    yield
    registrations.clear()
    registrations.update(before)


async def write(database: Database, topic: str, key: str = "k") -> UUID:
    async with database.transaction(HOME) as tx:
        event_id = await emit(tx, topic, {"n": 1}, key=key)
    assert event_id is not None
    return event_id


async def row(database: Database, event_id: UUID) -> OutboxEvent:
    async with database.read(HOME) as reader:
        return (await reader.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id))).one()


async def test_an_event_and_its_effects_are_one_transaction(
    fresh_database: Database,
) -> None:
    @handles("test.fan_out")
    async def fan_out(tx: WriteSession, event: Event) -> None:
        await emit(tx, "test.next", event.payload, key=f"next:{event.key}")

    first = await write(fresh_database, "test.fan_out")
    assert await deliver(fresh_database, None, HOME, first)
    assert not await deliver(fresh_database, None, HOME, first)
    assert (await row(fresh_database, first)).state == "done"
    async with fresh_database.read(HOME) as reader:
        assert len(list(await reader.scalars(select(OutboxEvent).where(OutboxEvent.topic == "test.next")))) == 1


async def test_a_second_emission_of_the_same_key_is_a_no_op(
    fresh_database: Database,
) -> None:
    await write(fresh_database, "test.once", "same")
    async with fresh_database.transaction(HOME) as tx:
        assert await emit(tx, "test.once", {"n": 2}, key="same") is None


async def test_a_failure_undoes_its_effects_and_waits_longer_each_time(
    fresh_database: Database,
) -> None:
    @handles("test.broken", tries=3)
    async def broken(tx: WriteSession, event: Event) -> None:
        await emit(tx, "test.never", {}, key=f"never:{event.attempt}")
        raise ConnectionError("counterparty away")

    event_id = await write(fresh_database, "test.broken")
    moment = now()
    for attempt in (1, 2, 3):
        with time_machine.travel(moment, tick=False):
            assert not await deliver(fresh_database, None, HOME, event_id)
        stored = await row(fresh_database, event_id)
        assert stored.attempts == attempt
        assert stored.available_at == moment + backoff(attempt)
        moment = stored.available_at
    assert stored.state == "parked"
    assert "counterparty away" in (stored.last_error or "")
    async with fresh_database.read(HOME) as reader:
        assert not list(await reader.scalars(select(OutboxEvent).where(OutboxEvent.topic == "test.never")))


async def test_a_hopeless_event_is_parked_at_once_and_can_be_retried(
    fresh_database: Database,
) -> None:
    @handles("test.hopeless")
    async def hopeless(_tx: WriteSession, _event: Event) -> None:
        raise Park("姓名含有字库没有的字")

    event_id = await write(fresh_database, "test.hopeless")
    await deliver(fresh_database, None, HOME, event_id)
    assert (await row(fresh_database, event_id)).state == "parked"
    async with fresh_database.transaction(HOME) as tx:
        assert await retry_parked(tx, event_id)
    assert await due_events(fresh_database, HOME, 10) == [event_id]


async def test_who_waits_learns_which_service_is_away(fresh_database: Database) -> None:
    class ClockShopClosed(Unavailable):
        default_message = "时间戳服务暂时不可用"

    @handles("test.waiting", tries=2)
    async def waiting(_tx: WriteSession, event: Event) -> None:
        raise ClockShopClosed if event.attempt == 1 else RuntimeError("secret detail")

    async def reasons() -> tuple[str | None, str | None]:
        async with fresh_database.read(HOME) as reader:
            return await waiting_reason(reader, "waits"), await park_reason(reader, "waits")

    event_id = await write(fresh_database, "test.waiting", "waits")
    assert await reasons() == (None, None)
    await deliver(fresh_database, None, HOME, event_id)
    assert await reasons() == ("时间戳服务暂时不可用", None)
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        await deliver(fresh_database, None, HOME, event_id)
    assert await reasons() == (None, None), "what is nobody's business is not told"


async def test_two_workers_never_run_the_same_event_together(
    fresh_database: Database,
) -> None:
    ran = 0

    @handles("test.slow")
    async def slow(_tx: WriteSession, _event: Event) -> None:
        nonlocal ran
        ran += 1
        await asyncio.sleep(0.2)

    event_id = await write(fresh_database, "test.slow")
    answers = await asyncio.gather(*(deliver(fresh_database, None, HOME, event_id) for _ in range(4)))
    assert sorted(answers) == [False, False, False, True]
    assert ran == 1


async def test_an_unknown_topic_is_parked_where_an_operator_sees_it(
    fresh_database: Database,
) -> None:
    event_id = await write(fresh_database, "test.nobody")
    await deliver(fresh_database, None, HOME, event_id)
    stored = await row(fresh_database, event_id)
    assert (stored.state, stored.last_error) == (
        "parked",
        "Park: 没有处理程序：test.nobody",
    )


async def test_delayed_events_are_not_due_before_their_time(
    fresh_database: Database,
) -> None:
    async with fresh_database.transaction(HOME) as tx:
        event_id = await emit(tx, "test.later", {}, key="later", delay=timedelta(days=90))
    assert await due_events(fresh_database, HOME, 10) == []
    with time_machine.travel(now() + timedelta(days=91), tick=False):
        assert await due_events(fresh_database, HOME, 10) == [event_id]


async def _until_done(database: Database, event_id: UUID, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while (await row(database, event_id)).state != "done":  # noqa: ASYNC110  it happens in the database
            await asyncio.sleep(0.02)


@pytest.fixture
def nothing_to_do() -> None:
    @handles("test.nothing")
    async def nothing(_tx: WriteSession, _event: Event) -> None:
        await asyncio.sleep(0)


# arq leaves a pipeline open where it is cancelled in the middle of a poll.
left_open_by_arq = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function Redis.__del__:pytest.PytestUnraisableExceptionWarning",
    "ignore:Unclosed client session:ResourceWarning",
)


@left_open_by_arq
@pytest.mark.usefixtures("nothing_to_do", "valkey")
async def test_the_queue_wakes_a_worker_at_once(fresh_database: Database, settings: Settings) -> None:
    worker = OutboxWorker(fresh_database, None, settings.valkey_url)
    running = asyncio.create_task(worker.run())
    waker = QueueWaker(settings.valkey_url)
    await asyncio.sleep(0.5)
    try:
        event_id = await write(fresh_database, "test.nothing")
        waker(HOME, event_id)
        await _until_done(fresh_database, event_id, 1.5)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await waker.close()


@left_open_by_arq
@pytest.mark.usefixtures("nothing_to_do")
async def test_the_sweeper_delivers_while_valkey_is_away(
    fresh_database: Database,
) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    worker = OutboxWorker(fresh_database, None, nowhere)
    running = asyncio.create_task(worker.run())
    waker = QueueWaker(nowhere)
    try:
        event_id = await write(fresh_database, "test.nothing")
        waker(HOME, event_id)
        await _until_done(fresh_database, event_id)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await waker.close()


class _Stubborn(OutboxWorker):
    """Its connection fails while it is being closed, as when the queue has gone."""

    async def _listen(self) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            raise RedisError("closing failed")


async def test_a_worker_ends_although_its_queue_fails_on_the_way_out(fresh_database: Database) -> None:
    worker = _Stubborn(fresh_database, None, "unix:///nowhere")
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(0.1)
    working.cancel()
    done, _ = await asyncio.wait([working], timeout=10)
    assert done, "it goes on"
    assert working.cancelled()
