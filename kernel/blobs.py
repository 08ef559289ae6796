"""Documents and evidence, stored once under the digest of their content.

A blob's name is the SHA-256 of its bytes, so a stored blob never changes and a changed one is found at reading.
"""

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from kernel.errors import DomainError, NotFound, Unavailable

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Corrupted(DomainError):
    """The stored bytes no longer match their digest; the blob must be restored from a backup."""

    status = 500
    code = "blobs.corrupted"


class BlobNotFound(NotFound):
    code = "blobs.not_found"


class BlobStore:
    """``BlobStore("file:///srv/yiti/blobs")`` or ``BlobStore("s3://bucket/prefix")``.

    S3 credentials and endpoint come from the usual ``AWS_…`` environment. Safe for concurrent use.
    """

    def __init__(self, url: str) -> None:
        self._root: Path | None = None
        """The folder of a local store; its files are synced to the disk by us."""
        if url.startswith("file:"):
            self._root = Path(unquote(urlsplit(url).path))
            self._store: ObjectStore = LocalStore(self._root, mkdir=True)
        else:
            self._store = from_url(url)

    async def put(self, data: bytes) -> str:
        """Store ``data`` durably and return its digest (64 hex digits); storing it again is harmless."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            if self._root is not None:
                await asyncio.to_thread(self._put_local, self._root, digest, data)
            elif not await self._has(digest):
                await obstore.put_async(self._store, _path(digest), data)
        except (BaseError, OSError) as error:
            raise Unavailable("文件存储暂时不可用，请稍后再试") from error
        return digest

    async def get(self, digest: str) -> bytes:
        """The bytes of a blob; ``BlobNotFound``, or ``Corrupted`` when they are not what was stored."""
        try:
            result = await obstore.get_async(self._store, _path(digest))
            data = bytes(await result.bytes_async())
        except FileNotFoundError:
            raise BlobNotFound("文件不存在") from None
        except (BaseError, OSError) as error:
            raise Unavailable("文件存储暂时不可用，请稍后再试") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise Corrupted(f"文件内容与摘要不符，可能已损坏：{digest}")
        return data

    async def exists(self, digest: str) -> bool:
        """Whether the blob is there (its content is not checked)."""
        return await self._has(digest)

    async def _has(self, digest: str) -> bool:
        try:
            await obstore.head_async(self._store, _path(digest))
        except FileNotFoundError:
            return False
        return True

    def _put_local(self, root: Path, digest: str, data: bytes) -> None:
        """Bytes reach the disk before the final name does, so a power cut never leaves a broken blob."""
        final = root / _path(digest)
        if final.exists() and hashlib.sha256(final.read_bytes()).hexdigest() == digest:
            _sync(final.parent)  # another writer may have renamed it a moment ago
            return
        if not final.parent.exists():
            final.parent.mkdir(parents=True, exist_ok=True)
            _sync(root)
        staged = f"{digest[:2]}/.{uuid4().hex}"
        obstore.put(self._store, staged, data, use_multipart=False)
        _sync(root / staged)
        (root / staged).replace(final)
        _sync(final.parent)


def _path(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise BlobNotFound("文件摘要格式不正确")
    return f"{digest[:2]}/{digest}"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
