"""The whole platform on data that is thrown away: own servers, own ports, the demo county."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from yiti.local.environment import DATABASE, Places, listening_url, local_settings
from yiti.local.run import CannotRun, platform_children, set_up
from yiti.local.servers import OWNER_ROLE, throwaway_servers
from yiti.local.supervisor import Child, Supervisor, say

_READY_WITHIN = 90.0


@asynccontextmanager
async def throwaway_platform(folder: Path) -> AsyncIterator[tuple[dict[str, str], list[Child]]]:
    """The settings of a running platform and its processes (web, worker, sandbox); everything ends with the block."""
    places = Places(folder)
    places.prepare()
    with throwaway_servers(folder) as (postgres, valkey):
        await postgres.ensure_database(DATABASE)
        given = {
            "YITI_WEB_PORT": _free_port(),
            "YITI_SANDBOX_PORT": _free_port(),
            "YITI_DATABASE_URL": postgres.dsn(DATABASE),
            "YITI_OWNER_DATABASE_URL": postgres.dsn(DATABASE, OWNER_ROLE),
            "YITI_VALKEY_URL": valkey.url,
        }
        settings = local_settings(places, given)
        own = {name: value for name, value in os.environ.items() if not name.startswith("YITI_")} | settings
        await asyncio.to_thread(set_up, own, places.logs / "setup.log")
        supervisor = Supervisor(platform_children(places, settings, own), say)
        supervisor.start()
        try:
            await _ready(
                f"{listening_url(settings, 'WEB')}/health/ready", f"{listening_url(settings, 'SANDBOX')}/health"
            )
            yield settings, list(supervisor.children)
        finally:
            await supervisor.stop()


async def _ready(*addresses: str) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            async with asyncio.timeout(_READY_WITHIN):
                for address in addresses:
                    while not await _answers(client, address):  # noqa: ASYNC110 - another process, which sends no event
                        await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise CannotRun(f"the throwaway platform was not ready within {_READY_WITHIN:.0f} s") from error


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address)).is_success
    except httpx.TransportError:
        return False


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
