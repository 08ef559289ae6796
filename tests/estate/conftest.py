"""A county with its parameters, a project and a building; undone after each test."""

import pytest

from kernel.db import WriteSession
from tests.estate.world import CLERK, new_building, new_project
from yiti.estate import parameters, service
from yiti.estate.models import Building, Project


@pytest.fixture
async def estate(tx: WriteSession) -> WriteSession:
    """A session in which the county has its parameters."""
    await parameters.install_parameters(tx, CLERK)
    return tx


@pytest.fixture
async def project(estate: WriteSession) -> Project:
    return await service.register_project(estate, CLERK, new_project())


@pytest.fixture
async def building(estate: WriteSession, project: Project) -> Building:
    return await service.register_building(estate, CLERK, new_building(project))
