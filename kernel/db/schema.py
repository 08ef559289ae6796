"""The whole schema: every room's tables on one metadata, whether it is built, migrated or checked."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
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
    # By the files' names: to walk the packages would import all of them.
    for folder in map(Path, import_module(room).__path__):
        for path in sorted(folder.rglob(f"{name}.py")):
            yield ".".join((room, *path.relative_to(folder).with_suffix("").parts))


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
