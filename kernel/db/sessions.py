"""The transaction boundary: one request or job is one transaction, and it is opened and committed only here."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn, Self, TypeVar

import msgspec
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from kernel.db.base import TENANT_SETTING, TenantModel
from kernel.db.plain import DRIVER_ERRORS, Row, as_sqlalchemy

log = structlog.get_logger()

_ENTER = f"SELECT set_config('{TENANT_SETTING}', $1::text, true)"


class _TenantSession(Session):
    """The synchronous heart of our sessions; it knows the county."""


@event.listens_for(_TenantSession, "before_attach")
def _fill_tenant(session: Session, instance: Any) -> None:
    if isinstance(instance, TenantModel) and instance.tenant_id is None:
        instance.tenant_id = session.info["tenant"]


class _CountySession(AsyncSession):
    sync_session_class = _TenantSession

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
            if driver.is_closed():
                await (await self.connection()).invalidate(error)
            raise as_sqlalchemy(error, statement, lost=driver.is_closed()) from error
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


class WriteSession(ReadSession):
    """A session whose transaction is committed when its owner's block ends."""

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Run the hook once the transaction is durable; never when it failed."""
        self.info.setdefault("after_commit", []).append(hook)


class Database:
    """One connection pool on the application role."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            # Values may be personal data, and messages end up in logs and on the outbox.
            hide_parameters=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=json.loads,
            connect_args={
                "timeout": 5,
                "server_settings": {"application_name": "yiti"},
            },
        )

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
        # One snapshot for the whole page: what a job commits meanwhile appears everywhere on it or nowhere.
        session = await self._entered(ReadSession, tenant, isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            yield session
        finally:
            await session.close()

    async def _entered(self, kind: type[_S], tenant: str, **options: Any) -> _S:
        """A session in its transaction. Nothing has been asked of PostgreSQL before, so a connection that turns out
        to be dead, as after a restart of the server, is simply replaced; a ping before each would cost three answers.
        """
        try:
            return await self._enter(kind, tenant, options)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return await self._enter(kind, tenant, options)

    async def _enter(self, kind: type[_S], tenant: str, options: dict[str, Any]) -> _S:
        session = kind(self.engine, expire_on_commit=False, info={"tenant": tenant})
        try:
            session.info["driver"] = await session.run_sync(_begin, tenant, options)
        except BaseException:
            await session.close()
            raise
        return session


def _begin(session: Session, tenant: str, options: dict[str, Any]) -> Any:
    """Start the transaction; the driver's connection. All of it at once, for each way into SQLAlchemy takes time."""
    connection = session.connection(execution_options=options or None)
    # For this transaction only: whose rows may be seen and written.
    connection.exec_driver_sql(_ENTER, (tenant,))
    return connection.connection.driver_connection
