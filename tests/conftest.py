"""Fixtures of every room's tests: real PostgreSQL, real Valkey, no network beyond this machine."""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests import programs
from tests.testbed import HOME, Testbed, apply_environment, build, loopback_only

if TYPE_CHECKING:
    from playwright.async_api import Browser
    from redis.asyncio import Redis

    from kernel.db import Database, WriteSession
    from kernel.settings import Settings
    from tests.journeys.stage import Stage

_TESTBED = pytest.StashKey[Testbed]()


def pytest_configure(config: pytest.Config) -> None:
    """Settings must be in the environment before any module of the platform reads them."""
    testbed = config.stash[_TESTBED] = build(config)
    apply_environment(testbed)
    loopback_only()
    programs.get_ready()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """What is imported and collected stays: looking for garbage in it costs a tenth of the time, now and later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that at the end no processor waits for one of them."""
    items.sort(key=lambda item: not (any(item.get_closest_marker(one) for one in ("slow", "browser", "soak"))))


def pytest_unconfigure(config: pytest.Config) -> None:
    if testbed := config.stash.get(_TESTBED, None):
        testbed.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    config.stash[_TESTBED].start()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["testbed"] = str(node.config.stash[_TESTBED].root)


@pytest.fixture(scope="session")
def testbed(pytestconfig: pytest.Config) -> Testbed:
    """The running servers and their addresses."""
    testbed = pytestconfig.stash[_TESTBED]
    testbed.start()
    return testbed


@pytest.fixture(scope="session")
def settings() -> "Settings":
    """Settings of the test run; they point at the run's servers and at directories of this test process."""
    from kernel.settings import get_settings

    get_settings.cache_clear()
    return get_settings()


@pytest.fixture(scope="session")
async def database(testbed: Testbed) -> "AsyncIterator[Database]":
    """This process's database on the application role, with the whole schema and both counties.

    What a test commits here stays for the tests after it; a test that minds takes `fresh_database`.
    """
    from kernel.db import Database

    await testbed.make_database(testbed.database)
    async with Database(testbed.dsn()) as database:
        yield database


@pytest.fixture
async def fresh_database(testbed: Testbed) -> "AsyncIterator[Database]":
    """A database with nothing in it but the schema and both counties; nobody else writes to it meanwhile."""
    from kernel.db import Database

    async with testbed.lend_database() as name, Database(testbed.dsn(name)) as database:
        yield database


class _Undo(Exception):
    """Not an error: ends a block without its commit."""


@pytest.fixture
async def tx(database: "Database") -> "AsyncIterator[WriteSession]":
    """A write session in 息县, always undone: `WriteSession` itself refuses to be committed from inside."""
    with suppress(_Undo):
        async with database.transaction(HOME) as session:
            yield session
            raise _Undo


@pytest.fixture
async def valkey(testbed: Testbed) -> "AsyncIterator[Redis]":
    """This process's Valkey, empty."""
    from redis.asyncio import Redis

    async with Redis.from_url(testbed.valkey_url()) as client:
        await client.flushdb()
        yield client


@pytest.fixture(scope="session")
async def stage(
    testbed: Testbed, settings: "Settings", tmp_path_factory: pytest.TempPathFactory
) -> "AsyncIterator[Stage]":
    """A county at work, shared by all tests of this process that play journeys: each takes a home of its own."""
    from tests.journeys.county import at_work

    async with at_work(testbed, settings, tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="module")
async def browser() -> "AsyncIterator[Browser]":
    """Chromium for the tests of a file: who looks at pages opens a context of their own, and closes it."""
    from tests.journeys.browser import launched

    async with launched() as browser:
        yield browser


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> "Iterator[pytest.MonkeyPatch]":
    """Change settings by `environment.setenv("YITI_…", …)` before the first `get_settings()` of the test."""
    from kernel.settings import get_settings

    get_settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    get_settings.cache_clear()
