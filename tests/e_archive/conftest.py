"""A blob store of the test's own."""

from pathlib import Path

import pytest

from kernel.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}/blobs")
