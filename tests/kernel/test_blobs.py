"""Blobs: stored once, durable, and never believed without their digest."""

import asyncio
import hashlib
import os
import stat
from pathlib import Path

import pytest

from kernel.blobs import BlobNotFound, BlobStore, Corrupted


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}/with%20blank")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_put_and_get(store: BlobStore, tmp_path: Path) -> None:
    digest = await store.put(b"paper")
    assert digest == hashlib.sha256(b"paper").hexdigest()
    assert await store.get(digest) == b"paper"
    assert [path.name for path in files(tmp_path / "with blank")] == [digest]


async def test_many_puts_of_the_same_leave_one_file(store: BlobStore, tmp_path: Path) -> None:
    digests = await asyncio.gather(*(store.put(b"same" * 100_000) for _ in range(20)))
    assert len(set(digests)) == 1
    assert len(files(tmp_path)) == 1
    assert await store.get(digests[0]) == b"same" * 100_000


async def test_a_changed_blob_is_found_and_mended_by_the_next_put(store: BlobStore, tmp_path: Path) -> None:
    digest = await store.put(b"paper")
    files(tmp_path)[0].write_bytes(b"piper")
    with pytest.raises(Corrupted):
        await store.get(digest)
    assert await store.put(b"paper") == digest
    assert await store.get(digest) == b"paper"


async def test_bytes_are_on_the_disk_before_the_name(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(old: Path, new: Path) -> Path:
        events.append("name")
        return replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    await store.put(b"paper")
    assert events[-3:] == ["file", "name", "folder"]


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "A" * 64])
async def test_unknown_and_malformed_digests(store: BlobStore, digest: str) -> None:
    with pytest.raises(BlobNotFound):
        await store.get(digest)


async def test_exists(store: BlobStore) -> None:
    assert not await store.exists("0" * 64)
    assert await store.exists(await store.put(b""))
