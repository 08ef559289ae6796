"""One world for all tests of a process; each test takes a home of its own and leaves the world whole."""

from collections.abc import AsyncIterator

import pytest

from kernel.settings import Settings
from tests.faults.world import World, built, waking_through_valkey

pytest.register_assert_rewrite("tests.faults.outcome")


@pytest.fixture(scope="session")
async def _world(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with built(tmp_path_factory.mktemp("faults"), settings) as world:
        yield world


@pytest.fixture
async def world(_world: World) -> AsyncIterator[World]:
    """The world, whole before and after."""
    async with waking_through_valkey(_world.settings):
        yield _world
        _world.mend()
