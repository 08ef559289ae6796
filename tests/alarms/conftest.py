"""An installation to look at: a real PKI, real files, and a disk with room."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.settings import Settings
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pki import Pki
from signing.timestamps import answer_request

GIGABYTE = 1024**3


@dataclass
class Desk:
    """The signing pool's part, in this process."""

    pki: Pki

    async def answer_timestamp(self, request: bytes) -> bytes:
        return answer_request(self.pki, request)


@dataclass
class Parts:
    """What the watch looks at."""

    settings: Settings
    database: Database
    blobs: BlobStore
    signing: Any


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"), SoftwareKeys(b"a passphrase"), "http://x/pki/ocsp")


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """`disk(free, total)` in bytes; at first there is room."""

    def holds(free: int, total: int) -> None:
        found = SimpleNamespace(f_bavail=free, f_blocks=total, f_frsize=1)
        monkeypatch.setattr(os, "statvfs", lambda _folder: found)

    holds(50 * GIGABYTE, 100 * GIGABYTE)
    return holds


@pytest.fixture
async def parts(fresh_database: Database, settings: Settings, pki: Pki, tmp_path: Path) -> Parts:
    blobs = f"file://{tmp_path}/blobs"
    own = settings.model_copy(update={"pki_dir": pki.directory, "blob_url": blobs, "timestamp_url": ""})
    return Parts(own, fresh_database, BlobStore(blobs), Desk(pki))
