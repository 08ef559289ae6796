"""What runs inside an examining process: it has limits and no keys, for the files come from strangers."""

import asyncio
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from kernel.processes import end_with_parent
from signing.contents import contents_of
from signing.ports import Evidence
from signing.validation import Trust, validate_pdf

_PAGE = resource.getpagesize()


class Order(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One file whose signatures are judged, and whom to trust."""

    pdf: bytes
    roots: tuple[bytes, ...]
    certificates: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]

    @property
    def trust(self) -> Trust:
        return Trust(self.roots, Evidence(self.certificates, self.ocsps, self.crls))


class Look(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One file whose contents are wanted, see `signing.contents`."""

    pdf: bytes


def serve(connection: Connection, memory: int, seconds: int) -> None:
    """Examine one file after the other, until the other end is closed. `memory`: bytes beyond what an idle process has;
    `seconds` of processor time for one file, after which the process ends."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    idle = _size()
    resource.setrlimit(resource.RLIMIT_AS, (idle + memory, idle + memory))
    orders = msgspec.msgpack.Decoder(Order | Look)
    loop = asyncio.new_event_loop()
    while _size() < idle + memory // 2:  # what one file has filled must not be missing for the next
        try:
            order = orders.decode(connection.recv_bytes())
        except EOFError:
            return
        _allow(seconds)
        found = (
            loop.run_until_complete(validate_pdf(order.pdf, order.trust))
            if isinstance(order, Order)
            else contents_of(order.pdf)
        )
        del order
        connection.send_bytes(msgspec.msgpack.encode(found))


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE


def _allow(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
