"""A development PKI, a signing desk and a running pool for the signing room's tests."""

from collections.abc import AsyncIterator

import pytest

from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.settings import Settings
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.pool import SigningPool
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust
from tests.signing.ceremonies import developer, sale
from tests.signing.material import OCSP, Resources

__all__ = ["developer", "sale"]  # fixtures


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"), SoftwareKeys(b"a passphrase"), OCSP)


@pytest.fixture(scope="session")
def desk(pki: Pki) -> Desk:
    return Desk(pki, ResponderTimestamper(pki))


@pytest.fixture
def trust(pki: Pki) -> Trust:
    return Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now()))


@pytest.fixture(scope="session")
async def resources(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Resources]:
    folder = tmp_path_factory.mktemp("blobs")
    async with SigningPool(settings) as pool:
        yield Resources(BlobStore(f"file://{folder}"), pool)
