"""A running signing pool and two houses that seal."""

from collections.abc import AsyncIterator

import pytest

from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.settings import Settings
from signing.pool import SigningPool
from tests.seal_desk.houses import House, make_house
from tests.signing.material import Resources
from tests.testbed import HOME
from yiti.seal_desk import jobs

__all__ = ["jobs"]  # registered by being imported


@pytest.fixture(scope="session")
async def resources(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Resources]:
    async with SigningPool(settings) as pool:
        yield Resources(BlobStore(f"file://{tmp_path_factory.mktemp('blobs')}"), pool)


@pytest.fixture
async def house(database: Database, settings: Settings) -> House:
    async with database.transaction(HOME) as tx:
        return await make_house(tx, settings)


@pytest.fixture
async def developer(database: Database, settings: Settings) -> House:
    async with database.transaction(HOME) as tx:
        return await make_house(tx, settings, "河南某某置业有限公司")
