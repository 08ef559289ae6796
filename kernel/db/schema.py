"""The whole schema: every room's tables on one metadata, whether it is built, migrated or checked."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from kernel.db.base import Base

ROOMS = (
    "kernel",
    "contracts",
    "escrow",
    "signing",
    "e_archive",
    "integrations",
    "yiti",
)


def load_modules(name: str) -> list[ModuleType]:
    """Import the file of that name from every room (`models`, `jobs`): rooms need not be listed one by one."""
    return [import_module(module) for room in ROOMS for module in _named(room, name)]


def _named(room: str, name: str) -> Iterator[str]:
    package = import_module(room)
    for found in pkgutil.walk_packages(package.__path__, f"{room}."):
        if found.name.rsplit(".", 1)[-1] == name:
            yield found.name


def whole_metadata() -> MetaData:
    """The metadata with all rooms' tables on it."""
    load_modules("models")
    return Base.metadata


async def create_all(owner_url: str) -> None:
    """Build the schema from the metadata in an empty database, as the owner role."""
    metadata = whole_metadata()
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()
