"""A county is a tenant. The row-level security of the database holds the wall; this is only its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_tenant: ContextVar[str | None] = ContextVar("tenant", default=None)


def current_tenant() -> str | None:
    """The county this task works for (for logs; sessions carry their own tenant)."""
    return _tenant.get()


@contextmanager
def as_tenant(code: str) -> Iterator[None]:
    """Mark all work inside the block as done for one county."""
    token = _tenant.set(code)
    try:
        yield
    finally:
        _tenant.reset(token)


__all__ = ["as_tenant", "current_tenant"]
