"""A person at the real web process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.faults.world import World
from tests.integrations.conftest import PLAIN
from tests.journeys.stage import HOME
from tests.portals.pages import PageClient
from yiti.local.demo_county import PASSWORD


@asynccontextmanager
async def signed_in(world: World, login: str) -> AsyncIterator[PageClient]:
    """A browser in which one of the demo county's staff has signed in."""
    async with httpx.AsyncClient(base_url=world.web.url, **(PLAIN | {"timeout": 100})) as http:
        client = PageClient(http)
        answer = await client.post("/login", {"login": login, "password": PASSWORD, "county": HOME})
        assert answer.status_code == 303, answer.text
        await client.get("/", follow_redirects=True)  # the tokens of the sign-in page ended with the visit
        yield client
