"""Plain SQL straight to the driver, for the few statements that every booking makes.

SQLAlchemy's way from a statement to its rows costs more processor time than PostgreSQL needs for the answer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


class Row(asyncpg.Record):  # type: ignore[misc]  # asyncpg has no types
    """A row whose columns are attributes too. Personal data is ciphertext still."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def among(statement: str, ids: Sequence[UUID]) -> tuple[str, UUID | Sequence[UUID]]:
    """The statement with its `{}` comparing a column with these ids, and what to pass as `$1`.

    Mostly it is a single one, and for that PostgreSQL keeps the plan; for an array it plans anew every time.
    """
    return (statement.format("= $1"), ids[0]) if len(ids) == 1 else (statement.format("= ANY($1::uuid[])"), ids)


def is_lost(driver: Any, error: Exception) -> bool:
    """Whether the connection is no more; an error inside the driver is its word for one that ended between messages."""
    return isinstance(error, asyncpg.InternalClientError) or bool(driver.is_closed())


def as_sqlalchemy(error: Exception, statement: str, *, lost: bool) -> DBAPIError:
    """The driver's error as the one that everybody else's statements raise; values stay out of it."""
    kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
    return kind(statement, None, error, hide_parameters=True, connection_invalidated=lost)
