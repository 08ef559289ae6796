"""A package over twenty years: its documents' newest timestamps end, and a renewal in time carries them on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
import time_machine
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from e_archive import metadata, renewing, rules, service
from e_archive.models import Archive, ArchiveRenewal
from e_archive.package import METADATA, from_zip, to_zip
from e_archive.rules import Policy
from e_archive.schemas import ArchiveManifest, Proof
from e_archive.verify import verify_package
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.outbox import Park
from kernel.outbox.models import OutboxEvent
from signing import pades
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.schemas import ValidationReport
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust, validate_pdf
from tests.e_archive.cases import make_case, make_pdf
from tests.signing.making import seal_of
from tests.signing.material import OCSP

HOME = "411528"
START = now()
SIGNED = ("contract", "proof")


@contextmanager
def after(years: float) -> Iterator[None]:
    with time_machine.travel(START + timedelta(days=365 * years), tick=False):
        yield


@dataclass
class Office:
    """The signing engine without its processes; it may break down before a given stamp."""

    pki: Pki
    stamped: int = 0
    breaks_at: int = 0
    spoils: bool = False

    @property
    def desk(self) -> Desk:
        return Desk(self.pki, ResponderTimestamper(self.pki))

    async def archive_timestamp(self, pdf: bytes) -> bytes:
        self.stamped += 1
        if self.stamped == self.breaks_at:
            raise ConnectionError("the timestamp service does not answer")
        stamped = await pades.archive_timestamp(pdf, self.desk)
        return stamped + b"garbage" if self.spoils else stamped

    async def validate_pdf(self, pdf: bytes) -> ValidationReport:
        return await validate_pdf(pdf, Trust((self.pki.root.der,), await self.desk.timestamper.standing(now())))

    async def sealed(self, name: str) -> bytes:
        pdf = await pades.seal_pdf(make_pdf(name), "seal", None, seal_of(self.pki), self.desk, ink=None)
        return await pades.archive_timestamp(pdf, self.desk)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(create_pki(tmp_path / "own", SoftwareKeys(b"x"), OCSP))


async def closed(office: Office, blobs: BlobStore) -> ArchiveManifest:
    """Two sealed documents and a scan that nobody signed."""
    pdfs = {name: await office.sealed(name) for name in SIGNED} | {"scan": make_pdf("scan")}
    manifest = await make_case(blobs, pdfs, required_documents=tuple(pdfs))
    *signed, scan = manifest.documents
    unsigned = msgspec.structs.replace(scan, signatures=())
    reports = manifest.signature_reports[: len(signed)]
    return msgspec.structs.replace(manifest, documents=(*signed, unsigned), signature_reports=reports)


async def documents(blobs: BlobStore, digest: str) -> dict[str, bytes]:
    payload = from_zip(await blobs.get(digest)).payload
    return {path: data for path, data in payload.items() if path.startswith("documents/")}


async def valid(office: Office, blobs: BlobStore, digest: str) -> list[bool]:
    found = await documents(blobs, digest)
    return [(await office.validate_pdf(pdf)).valid for path, pdf in found.items() if "scan" not in path]


async def test_a_renewed_package_is_provable_for_twenty_years(
    tx: WriteSession, blobs: BlobStore, office: Office
) -> None:
    row = await service.archive(tx, blobs, await closed(office, blobs))
    first, until = row.package_digest, row.provable_until
    assert until is not None
    assert until - START > timedelta(days=365 * 11)
    assert row.proof_algorithm == "sha256"
    with after(11):
        office.pki.rotate()
        assert await renewing.look_after(tx, blobs, office, row.id) is None, "not yet"
    with after(11.7):
        done = await renewing.look_after(tx, blobs, office, row.id)
        assert done is not None
        assert (done.reason, done.old_package_digest, done.new_package_digest) == ("expiry", first, row.package_digest)
        assert row.provable_until == done.provable_until
        assert done.provable_until > until + timedelta(days=365 * 7)
        assert await renewing.look_after(tx, blobs, office, row.id) is None, "once is enough"
        assert (await service.verify_fixity(tx, blobs, row.id)).passed
    with after(19.5):
        assert await valid(office, blobs, row.package_digest) == [True, True]
        assert await valid(office, blobs, first) == [False, False], "without the renewal nothing is proved"


async def test_the_new_package_stands_alone_and_tells_what_happened(
    tx: WriteSession, blobs: BlobStore, office: Office
) -> None:
    row = await service.archive(tx, blobs, await closed(office, blobs))
    before = row.package_digest
    with after(11.7):
        office.pki.rotate()
        assert await renewing.look_after(tx, blobs, office, row.id) is not None
    data = await blobs.get(row.package_digest)
    package, old = from_zip(data), from_zip(await blobs.get(before))
    assert to_zip(package) == data
    assert verify_package(data).ok
    root = metadata.parse(package.files[METADATA])
    (renewal,) = metadata.each(root, "renewals/renewal")
    assert metadata.text(renewal, "previous_package") == before
    told = {
        metadata.text(one, "key"): (metadata.text(one, "old_digest"), metadata.text(one, "new_digest"))
        for one in metadata.each(renewal, "document")
    }
    assert set(told) == set(SIGNED)
    kept = await service.renewals_of(tx, row.id)
    assert [{one["key"]: (one["old"], one["new"]) for one in done.documents} for done in kept] == [told]
    was, now_there = await documents(blobs, before), await documents(blobs, row.package_digest)
    assert [path for path in was if now_there[path] == was[path]] == ["documents/03-scan.pdf"]
    assert all(now_there[path].startswith(was[path]) for path in was), "nothing signed was touched"
    assert package.files["check-report.json"] == old.files["check-report.json"]
    assert msgspec.json.decode(package.files["renewal-report.json"]) == kept[0].report


async def test_a_package_that_no_longer_validates_is_not_papered_over(
    tx: WriteSession, blobs: BlobStore, office: Office
) -> None:
    row = await service.archive(tx, blobs, await closed(office, blobs))
    before = row.package_digest
    with after(12.5):
        office.pki.rotate()
        with pytest.raises(Park, match="不能通过验证"):
            await renewing.look_after(tx, blobs, office, row.id)
    assert (row.package_digest, office.stamped) == (before, 0)


async def test_a_bad_timestamp_never_takes_the_place_of_a_good_package(
    tx: WriteSession, blobs: BlobStore, office: Office
) -> None:
    row = await service.archive(tx, blobs, await closed(office, blobs))
    office.spoils = True
    with after(11.7):
        office.pki.rotate()
        with pytest.raises(Park, match="加盖新的存档时间戳后不能通过验证"):
            await renewing.look_after(tx, blobs, office, row.id)
    assert await service.renewals_of(tx, row.id) == []


async def test_a_damaged_package_is_for_a_person(
    tx: WriteSession, blobs: BlobStore, office: Office, tmp_path: Path
) -> None:
    row = await service.archive(tx, blobs, await closed(office, blobs))
    stored = next(path for path in (tmp_path / "blobs").rglob(row.package_digest))
    stored.write_bytes(stored.read_bytes()[:-7])
    with pytest.raises(Park, match="不能读取"):
        await renewing.look_after(tx, blobs, office, row.id)


async def test_stamps_as_short_lived_as_the_old_ones_are_refused(
    tx: WriteSession, blobs: BlobStore, office: Office
) -> None:
    """Without new keys the new timestamp would end on the same day, and the next run would renew again, for ever."""
    row = await service.archive(tx, blobs, await closed(office, blobs))
    with after(11.7), pytest.raises(Park, match="请先更换时间戳服务"):
        await renewing.look_after(tx, blobs, office, row.id)


@dataclass
class Store:
    """An archive that commits."""

    database: Database
    blobs: BlobStore
    office: Office

    async def archived(self) -> Archive:
        async with self.database.transaction(HOME) as tx:
            return await service.archive(tx, self.blobs, await closed(self.office, self.blobs))

    async def order(self) -> int:
        async with self.database.transaction(HOME) as tx:
            return await renewing.order_due(tx)

    async def look_after(self, archive_id: UUID) -> ArchiveRenewal | None:
        async with self.database.transaction(HOME) as tx:
            return await renewing.look_after(tx, self.blobs, self.office, archive_id)

    async def row(self, archive_id: UUID) -> Archive:
        async with self.database.read(HOME) as reader:
            return await service.get(reader, archive_id)

    async def renewals(self) -> int:
        async with self.database.read(HOME) as reader:
            return (await reader.scalars(select(func.count()).select_from(ArchiveRenewal))).one()


@pytest.fixture
def store(fresh_database: Database, blobs: BlobStore, office: Office) -> Store:
    return Store(fresh_database, blobs, office)


async def test_two_runs_at_once_renew_once_and_a_broken_one_is_repeated(store: Store) -> None:
    row = await store.archived()
    with after(11.7):
        store.office.pki.rotate()
        store.office.breaks_at = 2
        with pytest.raises(ConnectionError):
            await store.look_after(row.id)
        assert (await store.row(row.id)).package_digest == row.package_digest
        assert await store.renewals() == 0
        done = await asyncio.gather(*(store.look_after(row.id) for _ in range(3)))
        assert sum(one is not None for one in done) == 1
    assert await store.renewals() == 1
    assert store.office.stamped == 4, "two before the breakdown, two for the renewal"
    assert (await store.row(row.id)).package_digest != row.package_digest


async def test_what_is_due_is_ordered_once_and_in_rounds(store: Store) -> None:
    rows = [await store.archived() for _ in range(2)]
    assert await store.order() == 0
    with after(11.7):
        async with store.database.transaction(HOME) as tx:
            assert await renewing.order_due(tx, 1) == 1
            assert await store.order() == 1, "another run at the same moment takes the other one"
        assert await store.order() == 0
    async with store.database.read(HOME) as reader:
        wanted = select(OutboxEvent.payload).where(OutboxEvent.topic == "archive.look_after")
        ordered = [payload["archive_id"] for payload in await reader.scalars(wanted)]
    assert sorted(ordered) == sorted(str(row.id) for row in rows)


async def test_packages_from_before_are_looked_at_in_the_first_run(store: Store) -> None:
    row = await store.archived()
    async with store.database.transaction(HOME) as tx:
        await tx.execute(text("UPDATE archives SET proof_algorithm = NULL, provable_until = NULL"))
    assert await store.order() == 1
    assert await store.look_after(row.id) is None
    known = await store.row(row.id)
    assert (known.provable_until, known.proof_algorithm) == (row.provable_until, "sha256")
    assert known.renewal_ordered_at is None
    assert await store.order() == 0


async def test_a_weakening_algorithm_is_ordered_and_refused_while_no_better_one_is_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await store.archived()
    weak = Policy(effective_from=date(2026, 1, 1), lead=timedelta(days=180), weakening=frozenset({"sha1", "sha256"}))
    monkeypatch.setattr(rules, "POLICIES", (*rules.POLICIES, weak))
    assert await store.order() == 1
    with pytest.raises(Park, match="算法正在弱化"):
        await store.look_after(row.id)
    assert await store.order() == 0, "parked: it does not come back by itself"
    assert await store.renewals() == 0


async def test_the_database_lets_a_package_be_replaced_by_a_renewal_only(store: Store) -> None:
    row = await store.archived()
    with pytest.raises(DBAPIError, match="only by a renewal"):
        async with store.database.transaction(HOME) as tx:
            await tx.execute(text("UPDATE archives SET package_digest = repeat('0', 64)"))
    assert (await store.row(row.id)).package_digest == row.package_digest


def test_the_proof_of_a_package_is_its_weakest() -> None:
    strong, weak = Proof(until=START, algorithm="sha512"), Proof(until=START + timedelta(1), algorithm="sha1")
    assert rules.weakest([strong, weak]) == Proof(until=START, algorithm="sha1")
    assert rules.weakest([strong, _other(strong)]) == _other(strong)
    assert rules.weakest([]) is None
    policy = rules.policy_on(date(2026, 11, 22))
    assert rules.due(None, policy, START) is None
    assert rules.due(weak, policy, START) == "algorithm"
    assert rules.due(strong, policy, START - policy.lead) is None
    assert rules.due(strong, policy, START - policy.lead + timedelta(seconds=1)) == "expiry"


def _other(proof: Proof) -> Proof:
    return msgspec.structs.replace(proof, algorithm="whirlpool")
