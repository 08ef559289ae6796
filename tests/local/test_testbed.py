"""The fixtures themselves: what every other test relies on."""

import socket

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kernel.db import Database, WriteSession
from kernel.settings import Settings


async def test_both_counties_are_there(database: Database) -> None:
    async with database.read("411528") as reader:
        names = (await reader.scalars(text("SELECT name FROM counties ORDER BY code"))).all()
    assert names == ["光山县", "息县"]


async def test_tx_cannot_be_committed_from_inside(tx: WriteSession) -> None:
    with pytest.raises(RuntimeError):
        await tx.commit()


async def test_app_role_cannot_bypass_the_wall(tx: WriteSession) -> None:
    row = (
        await tx.execute(text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"))
    ).one()
    assert tuple(row) == ("yiti_app", False, False)


async def test_app_role_cannot_change_the_schema(tx: WriteSession) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await tx.execute(text("CREATE TABLE mine (id int)"))


async def test_fresh_database_is_another_one(database: Database, fresh_database: Database) -> None:
    assert database.engine.url.database != fresh_database.engine.url.database


async def test_valkey_is_real(valkey: Redis, settings: Settings) -> None:
    await valkey.set("k", "v")
    assert await valkey.get("k") == b"v"
    assert settings.valkey_url.startswith("unix://")


def test_the_network_is_off() -> None:
    with pytest.raises(PermissionError, match="loopback only"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(PermissionError, match="loopback only"):
        socket.getaddrinfo("example.org", 80)
