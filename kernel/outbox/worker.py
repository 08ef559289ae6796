"""The worker: wakes by arq, sweeps by itself, and goes on delivering when Valkey is down."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, func
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, InterfaceError

from kernel.db.sessions import Database
from kernel.outbox.delivery import deliver, due_events
from kernel.outbox.service import wake_by
from kernel.tenancy.models import County

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

log = structlog.get_logger()

QUEUE = "yiti"
SWEEP_SECONDS = 2.0
CHORE_SECONDS = 10.0
POLL_SECONDS = 0.02
BATCH = 100
STOP_SECONDS = 20.0

Chore = Callable[[str], Awaitable[None]]


class OutboxWorker:
    """Delivers events of every county, a bounded number at a time.

    `chores` run for every county every ten seconds: work that time itself makes due (sealing the audit log).
    """

    def __init__(
        self,
        database: Database,
        resources: Any,
        valkey_url: str,
        *,
        concurrency: int = 8,
        chores: tuple[Chore, ...] = (),
    ) -> None:
        self.database = database
        self.resources = resources
        self.redis = RedisSettings.from_dsn(valkey_url)
        self.slots = asyncio.Semaphore(concurrency)
        self.chores = chores
        self.running: dict[UUID, asyncio.Task[None]] = {}

    def wake(self, tenant: str, event_id: UUID) -> None:
        """Deliver soon, in this process. An event that is already on its way is not started twice."""
        if event_id in self.running:
            return
        task = asyncio.create_task(self._deliver(tenant, event_id))
        self.running[event_id] = task
        task.add_done_callback(lambda _: self.running.pop(event_id, None))

    async def _deliver(self, tenant: str, event_id: UUID) -> None:
        async with self.slots:
            try:
                await deliver(self.database, self.resources, tenant, event_id)
            except (DBAPIError, InterfaceError, OSError) as error:
                # The database is away: the event stays pending, and the sweeper comes back to it.
                log.warning("outbox.database_away", error=type(error).__name__)

    async def run(self) -> None:
        """Work until cancelled; then finish what is on its way."""
        wake_by(self.wake)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep_forever())
                group.create_task(self._chores_forever())
                group.create_task(self._listen_forever())
        finally:
            if self.running:
                await asyncio.wait(self.running.values(), timeout=STOP_SECONDS)

    async def _sweep_forever(self) -> None:
        while not _leaving():
            try:
                await self.sweep()
            except (DBAPIError, InterfaceError, OSError) as error:
                log.warning("outbox.sweep_failed", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Start whatever is due."""
        for tenant in await counties(self.database):
            for event_id in await due_events(self.database, tenant, BATCH):
                self.wake(tenant, event_id)

    async def _chores_forever(self) -> None:
        while not _leaving():
            await asyncio.sleep(CHORE_SECONDS)
            try:
                for tenant in await counties(self.database):
                    for chore in self.chores:
                        await chore(tenant)
            except Exception:  # a chore that fails must not stop deliveries; it comes round again
                log.exception("outbox.chore_failed")

    async def _listen_forever(self) -> None:
        while not _leaving():
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("outbox.valkey_away", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _listen(self) -> None:
        async def woken(_ctx: dict[str, Any], tenant: str, event_id: str) -> None:
            self.wake(tenant, UUID(event_id))

        pool = await create_pool(self.redis, default_queue_name=QUEUE)
        worker = Worker(
            functions=[
                func(
                    cast("WorkerCoroutine", woken),
                    name="wake",
                    keep_result=0,
                    max_tries=1,
                )
            ],
            redis_pool=pool,
            queue_name=QUEUE,
            poll_delay=POLL_SECONDS,
            handle_signals=False,
            max_jobs=50,
        )
        try:
            await worker.main()
        finally:
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            await pool.aclose(close_connection_pool=True)


def _leaving() -> bool:
    """Whether this task was cancelled. Closing a connection on the way out may fail, and the failure takes the place of
    the cancellation: what is caught as "the server is away" must not keep the worker from ending."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def counties(database: Database) -> list[str]:
    """The codes of all counties of this installation."""
    async with database.read("") as reader:
        return list(await reader.scalars(select(County.code).order_by(County.code)))


class QueueWaker:
    """Wakes workers from a web process. Valkey being away costs only time: the sweeper delivers within seconds."""

    def __init__(self, valkey_url: str) -> None:
        self.redis = RedisSettings.from_dsn(valkey_url)
        self.redis.conn_retries = 0
        self.redis.conn_timeout = 1
        self.opening: asyncio.Task[ArqRedis] | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def __call__(self, tenant: str, event_id: UUID) -> None:
        """Send the wake-up without making the caller wait for it."""
        task = asyncio.get_running_loop().create_task(self._send(tenant, event_id))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, tenant: str, event_id: UUID) -> None:
        try:
            pool = await self._pool()
            await pool.enqueue_job("wake", tenant, str(event_id))
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("outbox.wake_failed", error=type(error).__name__)

    async def _pool(self) -> ArqRedis:
        # One attempt for all: the first commit of a process may have several events to wake for.
        if self.opening is None or (self.opening.done() and self.opening.exception() is not None):
            self.opening = asyncio.create_task(create_pool(self.redis, default_queue_name=QUEUE))
        return await asyncio.shield(self.opening)

    async def close(self) -> None:
        """Let wake-ups on their way finish, then close."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=2)
        if self.opening is None:
            return
        self.opening.cancel()
        with suppress(asyncio.CancelledError, RedisError, OSError):
            await (await self.opening).aclose()
