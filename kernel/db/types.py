"""Column types: moments in UTC, and personal data that only the platform can read."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from kernel.pii import decrypt, encrypt


class UtcDateTime(TypeDecorator[datetime]):
    """``timestamptz``: accepts aware datetimes only, and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a naive datetime reached the database: {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Encrypted(TypeDecorator[str]):
    """Text kept as AES-256-GCM ciphertext; ``context`` (``"party.name"``) binds it to its column.

    Every encryption differs, so it cannot be compared in SQL: search by a blind index beside it.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        return None if value is None else encrypt(value, self.context)

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else decrypt(bytes(value), self.context)
