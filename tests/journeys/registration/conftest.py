from collections.abc import AsyncIterator

import pytest

from kernel.settings import Settings
from tests.journeys.registration.county import Desk, centre
from tests.testbed import Testbed


@pytest.fixture(scope="session")
async def office(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One registration centre for all tests of this process; each takes units of its own."""
    async with centre(testbed, settings, tmp_path_factory.mktemp("centre")) as desk:
        yield desk
