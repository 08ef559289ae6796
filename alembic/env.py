"""Migrations run as the schema owner; the address comes from the settings like every other."""

import asyncio

from alembic.command import upgrade
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from kernel.db.schema import whole_metadata
from kernel.settings import get_settings


def models() -> MetaData | None:
    """Importing every room takes seconds, and an upgrade compares nothing with the models."""
    command = getattr(context.config.cmd_opts, "cmd", None)
    return None if command and command[0] is upgrade else whole_metadata()


def run(connection: Connection) -> None:
    """Migrate on an open connection, all revisions in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=models(),
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    """Connect as the owner and migrate."""
    engine = create_async_engine(get_settings().owner_database_url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=get_settings().owner_database_url,
        target_metadata=models(),
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(run_online())
