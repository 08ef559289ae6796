"""From a closed case to a package that stands on its own."""

import asyncio
import hashlib
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import bagit
import msgspec
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from e_archive import service
from e_archive.errors import ArchiveRefused, UnknownArchive
from e_archive.models import Archive
from e_archive.package import from_zip, to_zip
from e_archive.schemas import ArchiveManifest, CheckReport
from e_archive.verify import verify_package
from kernel.blobs import BlobNotFound, BlobStore
from kernel.db import Database, WriteSession
from tests.e_archive.cases import KEYS, make_case

HOME = "411528"


@dataclass
class _Store:
    database: Database
    blobs: BlobStore

    async def archive(self, manifest: ArchiveManifest) -> Archive:
        async with self.database.transaction(HOME) as tx:
            return await service.archive(tx, self.blobs, manifest)


@pytest.fixture
def store(fresh_database: Database, blobs: BlobStore) -> _Store:
    return _Store(fresh_database, blobs)


async def test_a_closed_case_becomes_a_package_that_bagit_accepts(
    tx: WriteSession, blobs: BlobStore, tmp_path: Path
) -> None:
    row = await service.archive(tx, blobs, await make_case(blobs))
    data = await blobs.get(row.package_digest)
    assert row.package_bytes == len(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "out")
    root = row.archive_no.replace("·", ".")
    assert {f"{root}/data/documents/{n:02d}-{key}.pdf" for n, key in enumerate(KEYS, 1)} <= set(names)
    assert bagit.Bag(str(tmp_path / "out" / root)).is_valid()
    summed = subprocess.run(  # noqa: ASYNC221
        ["sha256sum", "-c", "--strict", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
        cwd=tmp_path / "out" / root, capture_output=True, check=False,
    )  # fmt: skip
    assert summed.returncode == 0
    report = msgspec.json.decode((tmp_path / "out" / root / "check-report.json").read_bytes(), type=CheckReport)
    assert msgspec.to_builtins(report) == row.report


async def test_the_report_never_calls_passed_what_was_not_checked(tx: WriteSession, blobs: BlobStore) -> None:
    row = await service.archive(tx, blobs, await make_case(blobs))
    results = {item["id"]: item["result"] for item in row.report["items"]}
    unchecked = {item for item, result in results.items() if result == "not_checked"}
    assert unchecked == {"GD-3-2", "GD-3-6", *(f"GD-4-{n}" for n in range(1, 8))}
    assert all(item["reason"] for item in row.report["items"] if item["result"] == "not_checked")
    assert len(results) == 37
    assert "failed" not in results.values()


async def test_archiving_again_or_at_once_gives_the_same_archive(store: _Store) -> None:
    manifest = await make_case(store.blobs)
    rows = await asyncio.gather(*(store.archive(manifest) for _ in range(3)))
    assert len({row.id for row in rows}) == 1
    async with store.database.read(HOME) as reader:
        assert await reader.scalar(select(func.count()).select_from(Archive)) == 1


async def test_numbers_are_gap_free_also_after_a_refusal(store: _Store) -> None:
    good = [await make_case(store.blobs) for _ in range(3)]
    bad = await make_case(store.blobs, title="")
    await store.archive(good[0])
    with pytest.raises(ArchiveRefused):
        await store.archive(bad)
    rows = await asyncio.gather(*(store.archive(manifest) for manifest in good[1:]))
    assert sorted(row.archive_no for row in rows) == ["411528BDC-YG·2026-Y-000002", "411528BDC-YG·2026-Y-000003"]


async def test_a_package_read_back_gives_the_same_bytes(tx: WriteSession, blobs: BlobStore) -> None:
    row = await service.archive(tx, blobs, await make_case(blobs))
    first = await blobs.get(row.package_digest)
    found = verify_package(first)
    assert found.package_digest == row.package_digest == hashlib.sha256(first).hexdigest()
    assert to_zip(from_zip(first)) == first


async def test_personal_data_stays_inside_the_package(store: _Store) -> None:
    row = await store.archive(await make_case(store.blobs))
    async with store.database.read(HOME) as reader:
        stored = await reader.execute(
            text("SELECT row_to_json(a)::text FROM archives a WHERE id = :id"), {"id": row.id}
        )
        words = stored.scalar_one()
    assert "张三" not in words
    assert "990000" not in words
    async with store.database.read(HOME) as reader:
        assert (await service.get(reader, row.id)).title.startswith("𬭊某某、张三")


async def test_a_missing_blob_is_an_error_not_an_archive(tx: WriteSession, blobs: BlobStore) -> None:
    manifest = await make_case(blobs)
    broken = msgspec.structs.replace(manifest.documents[0], digest="0" * 64)
    with pytest.raises(BlobNotFound):
        await service.archive(tx, blobs, msgspec.structs.replace(manifest, documents=(broken,)))


async def test_archives_are_append_only(store: _Store) -> None:
    row = await store.archive(await make_case(store.blobs))
    for statement in ("UPDATE archives SET case_no = '1' WHERE id = :id", "DELETE FROM archives WHERE id = :id"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.database.transaction(HOME) as tx:
                await tx.execute(text(statement), {"id": row.id})
    async with store.database.transaction("411522") as tx:
        with pytest.raises(UnknownArchive):
            await service.get(tx, row.id)


async def test_fixity_passes_then_finds_a_changed_and_a_lost_package(
    tx: WriteSession, blobs: BlobStore, tmp_path: Path
) -> None:
    row = await service.archive(tx, blobs, await make_case(blobs))
    good = await service.verify_fixity(tx, blobs, row.id)
    assert good.passed
    assert good.report is not None
    results = {item["id"]: item["result"] for item in good.report["items"]}
    assert results["BC-3-2"] == "passed"
    assert results["BC-1-13"] == "passed"
    stored = next(path for path in (tmp_path / "blobs").rglob(row.package_digest))
    changed = bytearray(stored.read_bytes())
    changed[len(changed) // 2] ^= 1
    stored.write_bytes(changed)
    bad = await service.verify_fixity(tx, blobs, row.id)
    assert not bad.passed
    assert bad.problem
    stored.unlink()
    assert not (await service.verify_fixity(tx, blobs, row.id)).passed
    with pytest.raises(UnknownArchive):
        await service.verify_fixity(tx, blobs, uuid4())


async def test_anyone_can_verify_a_package_from_the_command_line(
    tx: WriteSession, blobs: BlobStore, tmp_path: Path
) -> None:
    row = await service.archive(tx, blobs, await make_case(blobs))
    data = await blobs.get(row.package_digest)
    for name, content, code, words in (
        ("good.zip", data, 0, "已检项目全部通过"),
        ("bad.zip", _rezip(data), 1, "项不通过"),
        ("none.zip", b"PK", 2, "无法验证"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        command = [sys.executable, "-m", "e_archive.verify", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: ASYNC221
        assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr


def _rezip(data: bytes) -> bytes:
    """The same package with one page of one document altered, as a clever forger without the manifests would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content + b"%" if name.endswith("01-contract.pdf") else content)
    return out.getvalue()
