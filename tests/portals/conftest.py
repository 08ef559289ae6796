"""Fixtures for pages: the whole application on the test database, and clients that are signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from kernel.db import Database
from kernel.settings import Settings
from tests.journeys.stage import Stage, buyer
from tests.portals.citizens import MakePhone, Phone, Sold, make_phone, make_platform
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.portals.small_app import make_app

ClientAs = Callable[..., Awaitable[PageClient]]


@pytest.fixture(scope="session")
async def app(database: Database, settings: Settings) -> Litestar:
    """The pages on the test database."""
    return make_app(database, settings)


@pytest.fixture
async def new_client(app: Litestar) -> AsyncIterator[Callable[[], AsyncClient]]:
    """Makes clients without cookies; closes them afterwards."""
    opened: list[AsyncClient] = []

    def make(**options: Any) -> AsyncClient:
        transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        client = AsyncClient(transport=transport, base_url=f"http://{HOST}", **options)
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def client(new_client: Callable[[], AsyncClient]) -> PageClient:
    """Nobody is signed in."""
    return PageClient(new_client())


@pytest.fixture
def client_as(database: Database, new_client: Callable[[], AsyncClient]) -> ClientAs:
    """`await client_as("registrar")`, or `await client_as("registrar", county="411522")`."""

    async def make(role: str, **options: Any) -> PageClient:
        return await sign_in_as(database, new_client(), role, **options)

    return make


@pytest.fixture(scope="session")
def citizens_platform(stage: Stage) -> Litestar:
    """The pages of citizens and of the public on the county at work."""
    return make_platform(stage)


@pytest.fixture
async def phone(citizens_platform: Litestar, stage: Stage) -> AsyncIterator[MakePhone]:
    """`phone()` is a new browser of a buyer."""
    made: list[Phone] = []

    def make() -> Phone:
        made.append(make_phone(citizens_platform, stage))
        return made[-1]

    yield make
    for one in made:
        await one.page.http.aclose()


@pytest.fixture(scope="session")
async def sold(stage: Stage) -> Sold:
    """A couple's home, sold to the end; only to look at."""
    couple = (buyer("周武"), buyer("郑王"))
    contract_id = await stage.drafted(couple, "joint")
    return Sold(contract_id, await stage.finished(contract_id), couple)
