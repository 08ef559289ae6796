"""Processes that examine strangers' PDFs, apart from those that sign: no file can take a key, or the signing, with it.

A file that takes too long or too much memory costs its process, which is replaced; nobody else's work is in it.
"""

import asyncio
import signal
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock
from typing import Final, TypeVar

import msgspec
import structlog

from kernel.errors import Unavailable
from kernel.processes import CONTEXT, prepare
from signing import examining
from signing.contents import Contents
from signing.examining import Look, Order
from signing.schemas import ValidationReport
from signing.validation import MAX_BYTES, Trust, refused

_log = structlog.get_logger(__name__)
prepare("signing.examining")

T = TypeVar("T")
_REPORTS = msgspec.msgpack.Decoder(ValidationReport)
_CONTENTS = msgspec.msgpack.Decoder(Contents)
_BY_THE_FILE: Final = (-signal.SIGXCPU, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT)
_MB = 1024 * 1024
TOO_MUCH = "文件过于复杂，没有能够在限定的时间和内存里核验"


@dataclass(frozen=True)
class Limits:
    """What one file may cost: processor time, time by the clock, memory; and how many files may wait."""

    cpu_seconds: int = 10
    seconds: float = 20.0
    memory: int = 768 * _MB
    waiting: int = 50


@dataclass(frozen=True, eq=False)
class _Examiner:
    process: BaseProcess
    connection: Connection

    def end(self) -> bool:
        """Whether the process had ended by the file's doing."""
        self.connection.close()
        self.process.join(0.2)
        self.process.kill()
        self.process.join()
        guilty = self.process.exitcode in _BY_THE_FILE
        self.process.close()
        return guilty


class Examiners:
    """So many processes, started when they are first needed."""

    def __init__(self, processes: int, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(processes, "examiner")
        self._idle: deque[_Examiner] = deque()
        self._busy: set[_Examiner] = set()
        self._lock = Lock()
        self._closed = False
        self._waiting = 0

    async def examine(self, pdf: bytes, trust: Trust) -> ValidationReport:
        """Never raises on a bad PDF. Unavailable when too many others wait, or no process can be started."""
        if len(pdf) > MAX_BYTES:
            return refused("文件过大，无法核验")
        fresh = trust.fresh
        order = Order(pdf=pdf, roots=trust.roots, certificates=fresh.certificates, ocsps=fresh.ocsps, crls=fresh.crls)
        return await self._answer(order, _REPORTS) or refused(TOO_MUCH)

    async def look_into(self, pdf: bytes) -> Contents:
        """The same for what the file holds beside its signatures."""
        if len(pdf) > MAX_BYTES:
            return Contents(problem="文件过大，无法读取")
        return await self._answer(Look(pdf=pdf), _CONTENTS) or Contents(problem=TOO_MUCH)

    async def _answer(self, order: Order | Look, answers: msgspec.msgpack.Decoder[T]) -> T | None:
        """None where the file cost more than it may."""
        with self._lock:
            if self._closed or self._waiting >= self._limits.waiting:
                raise Unavailable("正在核验的文件太多，请稍后再试")
            self._waiting += 1
        work = self._threads.submit(self._examine, msgspec.msgpack.encode(order))
        work.add_done_callback(self._done)
        found = await asyncio.wrap_future(work)
        return None if found is None else answers.decode(found)

    async def close(self) -> None:
        """End all processes, also those at work."""
        with self._lock:
            self._closed = True
            for examiner in self._busy:
                examiner.process.kill()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

    def _done(self, _: object) -> None:
        with self._lock:
            self._waiting -= 1

    def _examine(self, order: bytes) -> bytes | None:
        """A process that is found dead may have been ended by anybody: once, the file is tried in another."""
        for _ in range(2):
            examiner = self._take()
            try:
                report = self._ask(examiner.connection, order)
            except (EOFError, OSError) as error:
                guilty = self._lose(examiner)
                _log.warning("signing.examiner_lost", error=type(error).__name__, guilty=guilty)
                if guilty:
                    break
                continue
            if report is None:
                self._lose(examiner)
                _log.warning("signing.examination_too_long")
                break
            self._give_back(examiner)
            return report
        return None

    def _ask(self, connection: Connection, order: bytes) -> bytes | None:
        until = time.monotonic() + self._limits.seconds
        connection.send_bytes(order)
        if not connection.poll(max(0.0, until - time.monotonic())):
            return None
        return connection.recv_bytes()

    def _take(self) -> _Examiner:
        with self._lock:
            if self._closed:
                raise Unavailable
            examiner = self._idle.pop() if self._idle else None
        examiner = examiner or self._new()
        with self._lock:
            self._busy.add(examiner)
        return examiner

    def _new(self) -> _Examiner:
        ours, theirs = CONTEXT.Pipe()
        arguments = (theirs, self._limits.memory, self._limits.cpu_seconds)
        process = CONTEXT.Process(target=examining.serve, args=arguments, name="examiner", daemon=True)
        try:
            process.start()
        except OSError as error:
            ours.close()
            raise Unavailable from error
        finally:
            theirs.close()
        return _Examiner(process, ours)

    def _lose(self, examiner: _Examiner) -> bool:
        with self._lock:
            self._busy.discard(examiner)
        return examiner.end()

    def _give_back(self, examiner: _Examiner) -> None:
        with self._lock:
            self._busy.discard(examiner)
            self._idle.append(examiner)
