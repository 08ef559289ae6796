"""What belongs to one county: lost and altered files, jobs that stand still, seals."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select, update

from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Unavailable
from kernel.outbox import Event, emit
from kernel.outbox.delivery import deliver
from kernel.outbox.models import PARKED, PENDING, OutboxEvent
from kernel.outbox.registry import Registration, registrations
from signing.errors import KeysUnavailable
from signing.models import Ceremony, CeremonyDocument, OrganisationSeal, SealUse
from signing.pki import Pki
from signing.seal_errors import LimitReached, RefusedUse
from signing.seal_rules import Reason
from tests.alarms.conftest import Parts
from tests.escrow.books import deposit
from tests.signing.offices import SYSTEM, make_office
from tests.testbed import HOME, OTHER, Testbed
from yiti.alarms import county, watch
from yiti.alarms.installation import Round
from yiti.alarms.service import open_alarms
from yiti.alarms.watch import Watch, listening, look_at_county
from yiti.local.servers import SUPERUSER

TOPIC = "certificate.issue"


async def looked(parts: Parts, tenant: str = HOME, walk: county.Walk | None = None) -> list[tuple[str, str]]:
    await look_at_county(parts, tenant, Round(), walk or county.Walk())
    async with parts.database.read(tenant) as reader:
        return sorted((one.kind, one.subject) for one in await open_alarms(reader))


async def stored(parts: Parts, data: bytes) -> tuple[str, Path]:
    """A signed document, and the file in which it lies."""
    digest = await parts.blobs.put(data)
    async with parts.database.transaction(HOME) as tx:
        ceremony = Ceremony(subject=f"contract:{uuid4()}", last_key="", status="open", events=0)
        tx.add(ceremony)
        await tx.flush()
        tx.add(
            CeremonyDocument(
                ceremony_id=ceremony.id, key="contract", title="合同", position=0, pages=1, fields=[],
                original_digest=digest, current_digest=digest,
            )
        )  # fmt: skip
    return digest, Path(parts.settings.blob_url.removeprefix("file://")) / digest[:2] / digest


async def test_a_lost_and_an_altered_file_are_found_and_their_return_is_noticed(parts: Parts) -> None:
    lost, where = await stored(parts, b"one")
    for number in range(5):
        await stored(parts, b"%d" % number)
    changed, there = await stored(parts, b"two")
    walk = county.Walk()
    assert await looked(parts, walk=walk) == []
    where.unlink()
    there.write_bytes(b"too")
    for _ in range(4):  # two files a round: after four all seven have been read
        found = await looked(parts, walk=walk)
    assert set(found) == {("blob", lost), ("blob", changed)}
    assert await looked(parts, OTHER) == []
    where.write_bytes(b"one")
    assert await looked(parts) == [("blob", changed)]


async def test_accounts_that_do_not_agree_are_told_until_they_do(parts: Parts, testbed: Testbed) -> None:
    async with parts.database.transaction(HOME) as tx:
        await deposit(tx, "p", 100)
    name = str(parts.database.engine.url.database)
    superuser = await asyncpg.connect(
        host=testbed.owner_dsn(name).partition("?host=")[2], user=SUPERUSER, database=name
    )
    await superuser.execute("SET session_replication_role = replica")
    bend = "UPDATE ledger_slots SET balance_fen = balance_fen + $1 WHERE guarded AND seq > 0"
    assert await looked(parts) == []
    await superuser.execute(bend, 1)
    assert await looked(parts) == [("ledger", "")]
    await superuser.execute(bend, -1)
    assert await looked(parts) == []
    await superuser.close()


async def test_a_storage_that_is_away_is_no_lost_file(parts: Parts) -> None:
    await stored(parts, b"one")

    class Away:
        async def get(self, _digest: str) -> bytes:
            raise Unavailable

    parts.blobs = Away()  # type: ignore[assignment]
    assert await looked(parts) == [("storage", "")]


async def event(parts: Parts, **changes: Any) -> OutboxEvent:
    async with parts.database.transaction(HOME) as tx:
        event_id = await emit(tx, TOPIC, {}, key=f"test:{uuid4()}")
        if changes:
            await tx.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(**changes))
        return (await tx.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id))).one()


async def test_jobs_that_were_given_up_or_stand_still(parts: Parts) -> None:
    await event(parts, available_at=now() - timedelta(minutes=9))
    assert await looked(parts) == []
    await event(parts, state=PARKED, last_error="Park: 缺字")
    assert await looked(parts) == [("parked", "")]
    await event(parts, available_at=now() - timedelta(minutes=11), last_error="OutsideCaUnavailable: x")
    assert await looked(parts) == [("authority", ""), ("late", ""), ("parked", "")]


async def agency_seal(tx: WriteSession, **more: Any) -> OrganisationSeal:
    office = await make_office(tx)
    seal = (await tx.scalars(select(OrganisationSeal).where(OrganisationSeal.id == office.seal_id))).one()
    await office.set(tx, daily_limit=5)
    seal.key, seal.organisation_id = f"county:{HOME}:registration", None
    for name, value in more.items():
        setattr(seal, name, value)
    return seal


async def used(parts: Parts, seal: OrganisationSeal, times: int) -> None:
    async with parts.database.transaction(HOME) as tx:
        for _ in range(times):
            tx.add(
                SealUse(
                    seal_id=seal.id, use_id=uuid4(), document_kind="letter", document_digest="a" * 64, subject="x",
                    actor_kind="system", actor_id=None, outcome="used", reason="",
                )
            )  # fmt: skip


async def test_a_seal_near_its_limit_at_it_and_out_of_use(parts: Parts) -> None:
    async with parts.database.transaction(HOME) as tx:
        seal = await agency_seal(tx)
    await used(parts, seal, 3)
    assert await looked(parts) == []
    await used(parts, seal, 1)
    assert await looked(parts) == [("seal_limit", seal.key)]
    await used(parts, seal, 1)
    assert await looked(parts) == [("seal_full", seal.key), ("seal_limit", seal.key)]
    async with parts.database.transaction(HOME) as tx:
        await tx.execute(update(OrganisationSeal).values(status="suspended"))
    assert ("seal_stopped", seal.key) in await looked(parts)


async def test_the_certificate_of_a_seal_that_ends(parts: Parts, pki: Pki) -> None:
    for days in (95, 85):
        serial = uuid4().int >> 8
        pki.register.note(serial, 1, "seal", "x", now() + timedelta(days=days))
        async with parts.database.transaction(HOME) as tx:
            seal = await agency_seal(tx, serial=f"{serial:x}", key=f"county:{days}:registration")
    assert await looked(parts) == [("certificate", seal.key)]


async def state_of(parts: Parts, one: OutboxEvent) -> tuple[str, int]:
    async with parts.database.read(HOME) as reader:
        row = (await reader.scalars(select(OutboxEvent).where(OutboxEvent.id == one.id))).one()
        return row.state, row.attempts


async def test_what_only_waited_is_tried_again_once_the_fault_has_passed(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "AGAIN_AT_ONCE", 1)  # what a person must look at stands in nobody's way
    long_ago = {"state": PARKED, "attempts": 10, "available_at": now() - timedelta(minutes=11)}
    printing = await event(parts, last_error="Park: 缺字", **long_ago)
    keys = await event(parts, last_error="KeysUnavailable: 密码设备", **long_ago)
    full = await event(parts, last_error="LimitReached: 已达上限", **long_ago)
    fresh = await event(parts, last_error="KeysUnavailable: 密码设备", **long_ago | {"available_at": now()})
    async with parts.database.transaction(HOME) as tx:
        seal = await agency_seal(tx)
    await used(parts, seal, 5)
    await looked(parts)
    assert await state_of(parts, keys) == (PENDING, 0)
    assert {await state_of(parts, one) for one in (printing, full, fresh)} == {(PARKED, 10)}
    async with parts.database.transaction(HOME) as tx:
        await tx.execute(update(OrganisationSeal).values(key="another"))
    await looked(parts)
    assert await state_of(parts, full) == (PENDING, 0)


@pytest.fixture
def hears(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`hears(handler, watch)` puts it into the worker."""

    def put(handler: Any, ears: Watch | None = None) -> None:
        heard = listening({TOPIC: Registration(handler, 10)}, ears or Watch(parts))
        monkeypatch.setitem(registrations, TOPIC, heard[TOPIC])

    return put


async def test_a_job_tells_of_the_fault_it_meets_and_stays_to_be_done(parts: Parts, hears: Any) -> None:
    async def fails(_tx: WriteSession, _event: Event) -> None:
        raise KeysUnavailable

    hears(fails)
    one = await event(parts)
    assert not await deliver(parts.database, parts, HOME, one.id)
    assert await state_of(parts, one) == (PENDING, 1)
    async with parts.database.read(HOME) as reader:
        assert [(alarm.kind, alarm.detail) for alarm in await open_alarms(reader)] == [
            ("keys", KeysUnavailable.default_message)
        ]
    assert await looked(parts) == []


async def test_a_job_whose_file_is_lost_is_an_alarm_until_it_is_done(parts: Parts, hears: Any) -> None:
    lost, where = await stored(parts, b"needed")
    where.unlink()

    async def reads(_tx: WriteSession, _event: Event) -> None:
        await parts.blobs.get(lost)

    hears(reads)
    one = await event(parts)
    await deliver(parts.database, parts, HOME, one.id)
    assert ("blob", f"{county.JOB}{one.id}") in await looked(parts)
    where.write_bytes(b"needed")
    async with parts.database.transaction(HOME) as tx:
        await tx.execute(update(OutboxEvent).values(available_at=now()))
    assert await deliver(parts.database, parts, HOME, one.id)
    assert await looked(parts) == []


async def test_nothing_is_sealed_while_the_clock_is_wrong(parts: Parts, hears: Any) -> None:
    ran = []

    async def seals(_tx: WriteSession, event: Event) -> None:
        ran.append(event.id)

    ears = Watch(parts)
    hears(seals, ears)
    ears.found = Round(skew=timedelta(seconds=31))
    one = await event(parts)
    assert not await deliver(parts.database, parts, HOME, one.id)
    assert (ran, await state_of(parts, one)) == ([], (PENDING, 1))
    ears.found = Round(skew=timedelta(seconds=29))
    async with parts.database.transaction(HOME) as tx:
        await tx.execute(update(OutboxEvent).values(available_at=now()))
    assert await deliver(parts.database, parts, HOME, one.id)
    assert ran == [one.id]


async def test_a_refused_seal_of_a_job_is_in_the_log_once(parts: Parts, hears: Any) -> None:
    async with parts.database.transaction(HOME) as tx:
        seal = await agency_seal(tx)
    use = RefusedUse(seal.id, {"letter": "a" * 64}, "letter:1", Reason.LIMIT)

    async def refused(_tx: WriteSession, _event: Event) -> None:
        raise LimitReached(use)

    hears(refused)
    one = await event(parts)
    for _ in range(3):
        await deliver(parts.database, parts, HOME, one.id)
        async with parts.database.transaction(HOME) as tx:
            await tx.execute(update(OutboxEvent).values(available_at=now()))
    async with parts.database.read(HOME) as reader:
        rows = list(await reader.scalars(select(SealUse)))
    assert [(row.outcome, row.reason, row.actor_kind) for row in rows] == [("refused", "limit", SYSTEM.kind.value)]


async def test_the_watch_looks_once_a_minute(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    async def look(_parts: object, tenant: str, _shared: Round, _walk: object) -> None:
        looks.append(tenant)

    monkeypatch.setattr(watch, "look_at_county", look)
    eyes = Watch(parts)
    for _ in range(3):
        await eyes.chore(HOME)
        await eyes.chore(OTHER)
    assert looks == [HOME, OTHER]


def test_what_seals_is_known_by_its_topic() -> None:
    from kernel.db.schema import load_modules

    load_modules("jobs")
    assert {topic for topic in registrations if watch.seals(topic)} >= {
        "signing.prepare", "signing.apply", "signing.report", "certificate.issue", "letter.issue",
    }  # fmt: skip
    assert set(watch.SEALING) <= set(registrations)
