"""The token with all keys is taken away while files are being sealed, and given back: jobs wait in words and go on."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.outbox.models import DONE, OutboxEvent
from kernel.settings import Settings
from signing.contents import contents_of
from signing.founding import open_pki
from signing.models import SealUse
from signing.validation import Trust, validate_pdf
from tests.faults.processes import Worker
from tests.seal_desk.houses import House, make_house, ordered
from tests.signing.material import Resources, document
from tests.signing.test_tokens import MODULE, PIN
from tests.testbed import HOME, Testbed
from tests.tools import needs
from yiti.alarms.models import Alarm
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.service import delayed_by

pytestmark = [pytest.mark.timeout(600), pytest.mark.soak, needs(str(MODULE), "softhsm2")]
BEFORE, MEANWHILE = 30, 6
PATIENCE = 240.0


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A token of its own; this process and the worker read the same configuration."""
    folder = tmp_path / "softhsm"
    (folder / "tokens").mkdir(parents=True)
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
    make = ["softhsm2-util", "--init-token", "--free", "--label", "yiti", "--pin", PIN, "--so-pin", "8765"]
    subprocess.run(make, check=True, capture_output=True)
    return folder


@dataclass
class Desk:
    """A bank whose files a real worker seals with a real token."""

    database: Database
    resources: Resources
    house: House
    settings: Settings
    worker: Worker

    async def order(self, count: int) -> list[UUID]:
        return [await ordered(self.database, self.resources, self.house, document()) for _ in range(count)]

    async def states(self) -> dict[str, int]:
        async with self.database.read(HOME) as reader:
            found = await reader.execute(select(SealedFile.state, func.count()).group_by(SealedFile.state))
            return {row[0]: int(row[1]) for row in found}

    async def alarms(self, *, open_ones: bool) -> set[str]:
        async with self.database.read(HOME) as reader:
            wanted = Alarm.resolved_at.is_(None) if open_ones else Alarm.resolved_at.is_not(None)
            return set(await reader.scalars(select(Alarm.kind).where(wanted)))

    async def words(self) -> set[str]:
        """What the pages of the files tell who waits."""
        async with self.database.read(HOME) as reader:
            files = await reader.scalars(select(SealedFile).where(SealedFile.state == "ordered"))
            return {await delayed_by(reader, file) for file in files}

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await holds():
                assert self.worker.alive, self.worker.said()
                await asyncio.sleep(0.2)


class _Looking:
    """Files are looked at in this process: what is tested is how they are sealed."""

    async def look_into(self, pdf: bytes) -> Any:
        return contents_of(pdf)

    async def validate_pdf(self, pdf: bytes) -> Any:
        return await validate_pdf(pdf, Trust(()))


@pytest.fixture
async def desk(
    fresh_database: Database, testbed: Testbed, settings: Settings, softhsm: Path, tmp_path: Path
) -> AsyncIterator[Desk]:
    name = str(fresh_database.engine.url.database)
    here = settings.model_copy(
        update={
            "database_url": testbed.dsn(name), "owner_database_url": testbed.owner_dsn(name),
            "blob_url": f"file://{tmp_path}/blobs", "pki_dir": tmp_path / "pki", "pkcs11_module": MODULE,
            "pkcs11_label": "yiti", "pkcs11_pin": SecretStr(PIN), "render_processes": 1, "signing_processes": 2,
        }
    )  # fmt: skip
    async with fresh_database.transaction(HOME) as tx:
        house = await make_house(tx, here)
    resources = Resources(BlobStore(here.blob_url), _Looking())  # type: ignore[arg-type]
    worker = Worker.of(here, tmp_path)
    yield Desk(fresh_database, resources, house, here, worker)
    worker.kill()


@pytest.mark.usefixtures("valkey")
async def test_files_wait_for_the_token_and_are_sealed_once_when_it_is_back(desk: Desk, softhsm: Path) -> None:
    assert os.environ["SOFTHSM2_CONF"] == desk.worker.environment["SOFTHSM2_CONF"]
    files = await desk.order(BEFORE)
    desk.worker.start()

    async def begun() -> bool:
        return (await desk.states()).get("sealed", 0) >= 3

    await desk.until(begun)
    (softhsm / "tokens").rename(softhsm / "away")
    try:
        files += await desk.order(MEANWHILE)

        async def told() -> bool:
            return any("密码设备" in words for words in await desk.words())

        await desk.until(told)
        assert "keys" in await desk.alarms(open_ones=True)
        await asyncio.sleep(3)  # what had its signature before is stored by then
        sealed = (await desk.states())["sealed"]
        await asyncio.sleep(3)
        assert await desk.states() == {"sealed": sealed, "ordered": len(files) - sealed}, "nothing is sealed meanwhile"
        assert sealed < BEFORE, "the keys were taken away in the middle"
    finally:
        (softhsm / "away").rename(softhsm / "tokens")

    async def finished() -> bool:
        return await desk.states() == {"sealed": len(files)}

    await desk.until(finished)

    async def clear() -> bool:
        return "keys" in await desk.alarms(open_ones=False) and "keys" not in await desk.alarms(open_ones=True)

    await desk.until(clear)
    await sealed_once(desk, files)


async def sealed_once(desk: Desk, files: list[UUID]) -> None:
    pki = open_pki(desk.settings)
    trust = Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now()))
    async with desk.database.read(HOME) as reader:
        rows = list(await reader.scalars(select(SealedFile)))
        uses = list(await reader.scalars(select(SealUse.subject).where(SealUse.outcome == "used")))
        states = set(await reader.scalars(select(OutboxEvent.state).where(OutboxEvent.topic == "sealed_file.issue")))
    assert sorted(uses) == sorted(f"sealed_file:{file}" for file in files)
    assert states == {DONE}
    for row in rows:
        assert row.sealed_digest is not None
        report = await validate_pdf(await desk.resources.blobs.get(row.sealed_digest), trust)
        assert (report.valid, len(report.signatures)) == (True, 1)
