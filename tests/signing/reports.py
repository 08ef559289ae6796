"""A completed ceremony and its sealed evidence report."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from kernel.db import Database
from kernel.rendering import Renderer
from kernel.settings import Settings
from signing.models import EvidenceFile
from signing.reporting import ensure_report
from tests.signing.ceremonies import Sale, make_developer, opened
from tests.signing.material import Resources
from tests.testbed import HOME


@dataclass
class Reporting(Resources):
    """With what draws the report."""

    renderer: Renderer


@dataclass(frozen=True)
class Reported:
    """Everything that an outsider may hold in hand."""

    sale: Sale
    resources: Reporting
    file: EvidenceFile
    pdf: bytes
    content: bytes
    documents: dict[str, bytes]


@pytest.fixture(scope="module")
async def reporting(resources: Resources, settings: Settings) -> AsyncIterator[Reporting]:
    async with Renderer(settings.assets_dir, 1) as renderer:
        yield Reporting(resources.blobs, resources.signing, renderer)


async def completed(sale: Sale, *keys: str) -> None:
    for key in keys:
        await sale.sign(key)
    await sale.seal()
    await sale.apply("seller")


@pytest.fixture(scope="module")
async def reported(database: Database, reporting: Reporting, settings: Settings) -> Reported:
    async with opened(database, reporting, await make_developer(database, settings), 2) as sale:
        await completed(sale, "buyer-1", "buyer-2")
        async with database.transaction(HOME) as tx:
            made = await ensure_report(tx, reporting, sale.ceremony)
        documents = {key: await reporting.blobs.get(digest) for key, digest in (await sale.digests()).items()}
        pdf = await reporting.blobs.get(made.pdf_digest)
        return Reported(sale, reporting, made, pdf, await reporting.blobs.get(made.content_digest), documents)
