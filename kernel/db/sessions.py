"""The transaction boundary: one request or job is one transaction, and it is opened and committed only here."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, NoReturn, Self, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from kernel.db.base import TENANT_SETTING, TenantModel
from kernel.db.plain import DRIVER_ERRORS, Row, as_sqlalchemy, is_lost

log = structlog.get_logger()

_COUNTY = re.compile("[0-9]{6}|")
_BEGIN_WITH = "begin_with"


def _beginning(tenant: str, mode: str) -> str:
    """Start of a transaction and, for this transaction only, whose rows may be seen and written: one way to
    PostgreSQL and back, which takes text without parameters."""
    if not _COUNTY.fullmatch(tenant):
        raise ValueError("not the code of a county")
    return f"BEGIN {mode}; SELECT set_config('{TENANT_SETTING}', '{tenant}', true)"


class _TenantSession(Session):
    """The synchronous heart of our sessions; it knows the county."""


@event.listens_for(_TenantSession, "before_attach")
def _fill_tenant(session: Session, instance: Any) -> None:
    if isinstance(instance, TenantModel) and instance.tenant_id is None:
        instance.tenant_id = session.info["tenant"]


class _CountySession(AsyncSession):
    sync_session_class = _TenantSession
    mode: ClassVar[str]
    """How PostgreSQL is to begin its transaction."""

    @property
    def tenant(self) -> str:
        """The county whose rows this session sees."""
        return str(self.info["tenant"])

    async def rows(self, statement: str, *values: object) -> list[Row]:
        """Plain SQL (`$1`, `$2`, …) in this transaction; what the session has not flushed it does not see."""
        if self.in_nested_transaction():
            # A savepoint is made when the connection is asked for, not before.
            await self.connection()
        driver = self.info["driver"]
        try:
            found: list[Row] = await driver.fetch(statement, *values, record_class=Row)
        except DRIVER_ERRORS as error:
            lost = is_lost(driver, error)
            if lost:
                await (await self.connection()).invalidate(error)
            raise as_sqlalchemy(error, statement, lost=lost) from error
        return found

    async def commit(self) -> NoReturn:
        """Refused: the transaction belongs to `kernel.db`."""
        message = "the transaction is committed by kernel.db, never by application code"
        raise RuntimeError(message)

    async def rollback(self) -> NoReturn:
        """Refused: raise an error instead, and the whole transaction is undone."""
        message = "the transaction is rolled back by kernel.db; raise an error instead"
        raise RuntimeError(message)


_S = TypeVar("_S", bound=_CountySession)


class ReadSession(_CountySession):
    """A session in a READ ONLY transaction: PostgreSQL itself refuses writes."""

    # One snapshot for the whole page: what a job commits meanwhile appears everywhere on it or nowhere.
    mode = "ISOLATION LEVEL REPEATABLE READ READ ONLY"


class WriteSession(ReadSession):
    """A session whose transaction is committed when its owner's block ends."""

    mode = "ISOLATION LEVEL READ COMMITTED"

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Run the hook once the transaction is durable; never when it failed."""
        self.info.setdefault("after_commit", []).append(hook)


class Database:
    """One connection pool on the application role."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._most = 2 * pool_size
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            # `_transactions` says BEGIN, COMMIT and ROLLBACK: SQLAlchemy's own way takes twice the time.
            isolation_level="AUTOCOMMIT",
            # Values may be personal data, and messages end up in logs and on the outbox.
            hide_parameters=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=json.loads,
            connect_args={
                "timeout": 5,
                "server_settings": {"application_name": "yiti"},
            },
        )
        _transactions(self.engine)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self, tenant: str) -> AsyncIterator[WriteSession]:
        """Open a transaction for one county; commit at the end of the block, roll back on any error.

        An error at COMMIT (a deferred constraint, a lost server) leaves the block as an exception, so a caller
        that answers afterwards can never report a success that did not happen.
        """
        session = await self._entered(WriteSession, tenant)
        try:
            yield session
            await AsyncSession.commit(session)
        except BaseException:
            await AsyncSession.rollback(session)
            raise
        finally:
            await session.close()
        for hook in session.info.get("after_commit", ()):
            hook()

    @asynccontextmanager
    async def read(self, tenant: str) -> AsyncIterator[ReadSession]:
        """Open a read-only transaction for one county."""
        session = await self._entered(ReadSession, tenant)
        try:
            yield session
        finally:
            await session.close()

    async def _entered(self, kind: type[_S], tenant: str) -> _S:
        """A session in its transaction. Nothing has been asked of PostgreSQL before, so a connection that turns out
        to be dead, as all of the pool are after a restart of the server, is simply replaced; a ping before each would
        cost three answers.
        """
        for _ in range(self._most):
            try:
                return await self._enter(kind, tenant)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
        return await self._enter(kind, tenant)

    async def _enter(self, kind: type[_S], tenant: str) -> _S:
        session = kind(self.engine, expire_on_commit=False, info={"tenant": tenant})
        try:
            session.info["driver"] = await session.run_sync(_begin, _beginning(tenant, kind.mode))
        except BaseException:
            await session.close()
            raise
        return session


def _begin(session: Session, beginning: str) -> Any:
    """Start the transaction; the driver's connection. All of it at once, for each way into SQLAlchemy takes time."""
    return session.connection(execution_options={_BEGIN_WITH: beginning}).connection.driver_connection


def _transactions(engine: AsyncEngine) -> None:
    """What SQLAlchemy's transactions say to PostgreSQL."""

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        _say(connection, connection.get_execution_options().get(_BEGIN_WITH, "BEGIN"))

    @event.listens_for(engine.sync_engine, "commit")
    def commit(connection: Connection) -> None:
        if _say(connection, "COMMIT") != "COMMIT":
            # A statement had failed and somebody went on all the same: PostgreSQL rolls back and calls it no error.
            raise RuntimeError("the transaction had failed before its end; nothing of it was stored")

    @event.listens_for(engine.sync_engine, "rollback")
    def rollback(connection: Connection) -> None:
        if connection.invalidated:
            return
        try:
            if connection.connection.driver_connection.is_in_transaction():  # type: ignore[union-attr]
                _say(connection, "ROLLBACK")
        except Exception as error:  # noqa: BLE001
            # Whatever state a connection died in: thrown away, it takes its transaction with it.
            log.warning("database.connection_thrown_away", error=type(error).__name__)
            connection.invalidate(error)


def _say(connection: Connection, statement: str) -> str:
    """PostgreSQL's answer to a statement without parameters."""
    driver = connection.connection
    try:
        told: str = driver.run_async(lambda one: one.execute(statement))
    except DRIVER_ERRORS as error:
        lost = is_lost(driver.driver_connection, error)
        if lost:
            connection.invalidate(error)
        raise as_sqlalchemy(error, statement, lost=lost) from error
    return told
