"""The watch of a worker process: looks around by itself, and hears of faults that jobs meet."""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Protocol

from sqlalchemy import func, select

from kernel.blobs import BlobNotFound, Corrupted
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.outbox import Event
from kernel.outbox.delivery import retry_parked
from kernel.outbox.models import PARKED, OutboxEvent
from kernel.outbox.registry import Handler, Registration
from kernel.permissions import system_actor
from kernel.settings import Settings
from signing.errors import AuthorityEnded, KeysUnavailable, OutsideCaUnavailable, TimestampUnavailable
from signing.seal_errors import LimitReached, SealRefused, SealSuspended
from signing.seal_log import write_refusal
from yiti.alarms import county, installation, rules
from yiti.alarms.errors import ClockWrong
from yiti.alarms.installation import Round, TimestampDesk
from yiti.alarms.service import Finding, open_alarms, report, settle
from yiti.alarms.words import AlarmKind

EVERY_SECONDS = 60.0
AGAIN_AFTER = timedelta(minutes=10)
AGAIN_AT_ONCE = 200
SEALING = ("signing.prepare", "signing.apply", "signing.report", "archive.look_after")
"""Jobs that sign, beside those that issue papers (`….issue`)."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
WAITING: Mapping[type[Exception], AlarmKind] = {
    KeysUnavailable: AlarmKind.KEYS,
    TimestampUnavailable: AlarmKind.TIMESTAMP,
    OutsideCaUnavailable: AlarmKind.AUTHORITY,
    AuthorityEnded: AlarmKind.CERTIFICATE,
    ClockWrong: AlarmKind.CLOCK,
    LimitReached: AlarmKind.SEAL_FULL,
    SealSuspended: AlarmKind.SEAL_STOPPED,
}
"""Faults that pass, and the alarm that stands while they last."""
_MET = (KeysUnavailable, TimestampUnavailable, OutsideCaUnavailable, Corrupted, BlobNotFound)


class Watched(Protocol):
    """The parts of the process that are looked at."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def blobs(self) -> county.Blobs: ...

    @property
    def signing(self) -> TimestampDesk: ...


class Watch:
    """One a process. `chore` is given to the worker; it looks once a minute, however often it is called."""

    def __init__(self, parts: Watched) -> None:
        self.parts = parts
        self.found = Round()
        self._looked = float("-inf")
        self._counties: dict[str, float] = {}
        self._walk = county.Walk()

    async def chore(self, tenant: str) -> None:
        """Look, raise and clear the alarms of this county, and try again what only waited."""
        if time.monotonic() - self._counties.get(tenant, float("-inf")) < EVERY_SECONDS:
            return
        self._counties[tenant] = time.monotonic()
        if time.monotonic() - self._looked >= EVERY_SECONDS:
            self._looked = time.monotonic()
            self.found = await installation.look(self.parts.settings, self.parts.database, self.parts.signing)
        await look_at_county(self.parts, tenant, self.found, self._walk)

    def expect_true_time(self) -> None:
        """Raises ClockWrong while the last look found our clock far off."""
        if rules.clock_wrong(self.found.skew):
            raise ClockWrong


async def look_at_county(parts: Watched, tenant: str, shared: Round, walk: county.Walk) -> None:
    """One round for one county."""
    async with parts.database.read(tenant) as reader:
        files, waiting = await county.doubted(reader)
        files += await walk.next(reader)
        found = [*shared.findings, *waiting, *await county.jobs(reader)]
        found += await county.seals(reader, parts.settings.pki_dir)
        found += await county.accounts(reader)
        found += await county.statements(reader)
    # Files are read while no transaction is open.
    found += await county.read_files(parts.blobs, files)
    async with parts.database.transaction(tenant) as tx:
        await settle(tx, installation.LOOKED_AT | county.LOOKED_AT, found)
        await try_again(tx)


async def try_again(tx: WriteSession) -> None:
    """Events that ran out of tries on a fault that has passed get new ones: nobody has to find them one by one."""
    standing = {alarm.kind for alarm in await open_alarms(tx)} - {AlarmKind.AUTHORITY.value}
    passed = [fault.__name__ for fault, kind in WAITING.items() if kind.value not in standing]
    parked = select(OutboxEvent.id).where(
        OutboxEvent.state == PARKED,
        OutboxEvent.available_at <= now() - AGAIN_AFTER,
        func.split_part(OutboxEvent.last_error, ":", 1).in_(passed),
    )
    for event_id in (await tx.scalars(parked.order_by(OutboxEvent.id).limit(AGAIN_AT_ONCE))).all():
        await retry_parked(tx, event_id)


def listening(registrations: dict[str, Registration], watch: Watch) -> dict[str, Registration]:
    """The same handlers; those that seal wait for a true clock, and faults that they meet are told at once."""
    return {
        topic: replace(known, handler=_listening(known.handler, watch, seals(topic)))
        for topic, known in registrations.items()
    }


def seals(topic: str) -> bool:
    """Whether the job of this topic signs or seals."""
    return topic in SEALING or topic.endswith(".issue")


def _listening(handler: Handler, watch: Watch, sealing: bool) -> Handler:
    @wraps(handler)
    async def handle(tx: WriteSession, event: Event) -> None:
        if sealing:
            watch.expect_true_time()
        try:
            await handler(tx, event)
        except (*_MET, SealRefused) as fault:
            await tell(event, fault)
            raise

    return handle


async def tell(event: Event, fault: Exception) -> None:
    """Write a job's fault down in a transaction of its own: the job's will be undone."""
    async with event.database.transaction(event.tenant) as tx:
        if isinstance(fault, SealRefused):
            # Once a job, not at each of its tries.
            if event.attempt == 1:
                write_refusal(tx, system_actor(event.tenant), fault)
            return
        await report(tx, _finding(event, fault))


def _finding(event: Event, fault: Exception) -> Finding:
    if isinstance(fault, Corrupted) and (named := _DIGEST.search(fault.message)):
        return Finding(AlarmKind.BLOB, named[0], "文件内容已改变")
    if isinstance(fault, Corrupted | BlobNotFound):
        return Finding(AlarmKind.BLOB, f"{county.JOB}{event.id}", f"任务 {event.topic} 需要的文件丢失")
    kind = next(kind for met, kind in WAITING.items() if isinstance(fault, met))
    return Finding(kind, detail=getattr(fault, "message", ""))
