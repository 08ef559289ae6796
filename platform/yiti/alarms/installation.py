"""What all counties of an installation share: keys, time, disks, the authority's certificates."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx
import structlog
from asn1crypto import tsp
from cryptography import x509
from sqlalchemy import func, select

from kernel.clock import now
from kernel.db import Database
from kernel.errors import Unavailable
from kernel.settings import Settings
from signing.generations import folder_of, number_of_generations
from signing.roots import number_of_roots, root_file
from yiti.alarms import rules
from yiti.alarms.service import Finding
from yiti.alarms.words import AlarmKind

LOOKED_AT = frozenset(
    {AlarmKind.KEYS, AlarmKind.TIMESTAMP, AlarmKind.CLOCK, AlarmKind.DISK, AlarmKind.CERTIFICATE, AlarmKind.ROOT}
)
_TIMEOUT = 8.0
_SECOND = timedelta(seconds=1)
_AUTHORITY = {"issuer": "签发CA", "tsa": "时间戳", "responder": "OCSP"}
log = structlog.get_logger()


class TimestampDesk(Protocol):
    """The part of the signing pool that is tried: it signs with a key of the key store."""

    async def answer_timestamp(self, request: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the installation found, and how far our clock is off."""

    findings: tuple[Finding, ...] = ()
    skew: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Time:
    """The answer of a timestamp service; `ends`: of its certificate, where it came along."""

    skew: timedelta
    ends: datetime | None


async def look(settings: Settings, database: Database, signing: TimestampDesk) -> Round:
    """Check everything once; what does not answer within some seconds counts as away."""
    keys, outside, clock = await asyncio.gather(
        _keys(signing), _timestamp(settings.timestamp_url), _database_clock(database)
    )
    skew = max(clock, outside[1])
    found = [*keys, *outside[0], *_clock(clock, "数据库"), *_clock(outside[1], "时间戳服务")]
    found += await asyncio.to_thread(lambda: [*_disks(settings), *_authority(settings.pki_dir)])
    return Round(tuple(found), skew)


async def _keys(signing: TimestampDesk) -> list[Finding]:
    """A real signature by a key of the store."""

    async def sign() -> list[Finding]:
        _read(await signing.answer_timestamp(_request()), now())
        return []

    return await _tried(sign, AlarmKind.KEYS)


async def _tried(work: Callable[[], Awaitable[list[Finding]]], kind: AlarmKind) -> list[Finding]:
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await work()
    except TimeoutError:
        return [Finding(kind, detail="在规定时间内没有应答")]
    except Exception as error:  # noqa: BLE001  whatever it is, it does not work
        log.warning("alarms.check_failed", kind=kind.value, error=repr(error)[:200])
        return [Finding(kind, detail=_words(error))]


def _words(error: Exception) -> str:
    return error.message if isinstance(error, Unavailable) else f"检查失败（{type(error).__name__}）"


def _request() -> bytes:
    """An RFC 3161 request over something that nobody asked about before."""
    digest = hashlib.sha256(secrets.token_bytes(32)).digest()
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = {"version": 1, "message_imprint": imprint, "cert_req": True, "nonce": secrets.randbits(63)}
    request: bytes = tsp.TimeStampReq(asked).dump()
    return request


def _read(answer: bytes, before: datetime) -> _Time:
    """Raises ValueError where it is no granted timestamp."""
    reply = tsp.TimeStampResp.load(answer)
    if reply["status"]["status"].native not in {"granted", "granted_with_mods"}:
        raise ValueError("the timestamp was refused")
    signed = reply["time_stamp_token"]["content"]
    told: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    ends = [one.chosen["tbs_certificate"]["validity"]["not_after"].native for one in signed["certificates"] or ()]
    return _Time(rules.skew(told, before, now(), _SECOND), min(ends, default=None))


async def _timestamp(url: str) -> tuple[list[Finding], timedelta]:
    """The outside service, where there is one: does it answer, what time has it, when does its certificate end?"""
    seen: list[_Time] = []

    async def ask() -> list[Finding]:
        before = now()
        async with httpx.AsyncClient(timeout=5) as client:
            headers = {"Content-Type": "application/timestamp-query"}
            answer = await client.post(url, content=_request(), headers=headers)
        answer.raise_for_status()
        seen.append(_read(answer.content, before))
        return _ending("timestamp", "时间戳服务", seen[0].ends) if seen[0].ends else []

    if not url:
        return [], timedelta(0)
    found = await _tried(ask, AlarmKind.TIMESTAMP)
    return found, seen[0].skew if seen else timedelta(0)


async def _database_clock(database: Database) -> timedelta:
    async with database.read("") as reader:
        before = now()
        theirs = await reader.scalar(select(func.clock_timestamp()))
        return rules.skew(theirs, before, now()) if theirs else timedelta(0)


def _clock(found: timedelta, whose: str) -> list[Finding]:
    if found <= rules.CLOCK_WARN:
        return []
    stopped = "，已停止签名和盖章" if rules.clock_wrong(found) else ""
    return [Finding(AlarmKind.CLOCK, whose, f"本机时钟与{whose}相差约{found.total_seconds():.0f}秒{stopped}")]


def _disks(settings: Settings) -> Iterable[Finding]:
    folders = {"密钥和证书": settings.pki_dir}
    if settings.blob_url.startswith("file:"):
        folders["文件"] = Path(unquote(urlsplit(settings.blob_url).path))
    for title, folder in folders.items():
        try:
            disk = os.statvfs(folder)
        except OSError as error:
            yield Finding(AlarmKind.DISK, title, f"{title}文件夹不能访问（{error.strerror}）")
            continue
        free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        if rules.disk_short(free, total):
            yield Finding(AlarmKind.DISK, title, f"{title}文件夹所在磁盘可用{free / 1024**3:.1f} GB")


def _authority(folder: Path) -> Iterable[Finding]:
    """The certificates of the newest root and the newest generation; what is there but cannot be read is the key
    store's fault to tell."""
    newest = folder_of(folder, max(number_of_generations(folder), 1))
    for name, path in {
        "root": root_file(folder, number_of_roots(folder)),
        **{name: newest / f"{name}.crt" for name in _AUTHORITY},
    }.items():
        try:
            ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            yield Finding(AlarmKind.CERTIFICATE, name, f"{_AUTHORITY.get(name, '根CA')}证书文件不能读取")
            continue
        if name != "root":
            yield from _ending(name, _AUTHORITY[name], ends)
        elif rules.root_ends_soon(ends, now()):
            yield Finding(AlarmKind.ROOT, name, f"根CA证书{ends:%Y-%m-%d}到期")


def _ending(name: str, title: str, ends: datetime) -> list[Finding]:
    if not rules.ends_soon(ends, now()):
        return []
    return [Finding(AlarmKind.CERTIFICATE, name, f"{title}证书{ends:%Y-%m-%d}到期")]
