"""One warm renderer for the room."""

from collections.abc import AsyncIterator

import pytest

from kernel.blobs import BlobStore
from kernel.rendering import Renderer
from kernel.settings import Settings
from tests.certificates.world import PaperResources


@pytest.fixture(scope="session")
async def renderer(settings: Settings) -> AsyncIterator[Renderer]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield renderer


@pytest.fixture
def resources(renderer: Renderer, settings: Settings) -> PaperResources:
    return PaperResources(renderer, BlobStore(settings.blob_url))
