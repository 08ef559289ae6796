"""The long-lived parts of one process, built once and handed to handlers and jobs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast

from litestar.di import NamedDependency

from integrations.connectors import Connectors, connect
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.outbox import Event
from kernel.rendering import Box, Renderer
from kernel.settings import Settings
from signing.pool import SigningPool
from signing.schemas import SealRef


@dataclass(frozen=True)
class Resources:
    """Everything with a lifetime. The engines see only the part that they name in their own protocols."""

    settings: Settings
    database: Database
    blobs: BlobStore
    renderer: Renderer
    signing: SigningPool
    connectors: Connectors

    async def seal_pdf(self, pdf: bytes, *, seal: str, field: str, box: Box) -> bytes:
        """Seal with an organisation's e-seal, B-LT (see `yiti.certificates.ports.SealPdf`)."""
        return await self.signing.seal_pdf(pdf, SealRef(key=seal), field, box)


def resources_of(event: Event) -> Resources:
    """The process's resources, inside an outbox handler."""
    return cast("Resources", event.resources)


@asynccontextmanager
async def open_resources(settings: Settings, *, warm: bool) -> AsyncIterator[Resources]:
    """Build everything; with `warm`, the process pools are started before the first request needs them."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.database_url, pool_size=settings.database_pool))
        # The exchange log writes beside the caller's transaction: from a pool of its own, so that it never waits for
        # a connection that the caller holds.
        log_database = await stack.enter_async_context(Database(settings.database_url, pool_size=2))
        blobs = BlobStore(settings.blob_url)
        renderer = Renderer(settings.assets_dir, settings.render_processes)
        stack.push_async_callback(renderer.close)
        signing = SigningPool(settings)
        stack.push_async_callback(signing.close)
        connectors = connect(settings, log_database, blobs)
        stack.push_async_callback(connectors.aclose)
        if warm:
            await renderer.start()
            await signing.start()
        yield Resources(settings, database, blobs, renderer, signing, connectors)


Parts = NamedDependency[Resources]
"""Annotation of the handlers' `resources` parameter."""
