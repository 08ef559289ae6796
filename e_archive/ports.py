"""What the archive needs of a signing engine, to look after what it keeps."""

from typing import Protocol

from kernel.blobs import BlobStore


class Validated(Protocol):
    """The outcome of a validation; it must be encodable as JSON, for it is kept in the package."""

    @property
    def valid(self) -> bool: ...


class Stamps(Protocol):
    """Archive timestamps, and validation as of today."""

    async def archive_timestamp(self, pdf: bytes) -> bytes: ...

    async def validate_pdf(self, pdf: bytes) -> Validated: ...


class ArchiveResources(Protocol):
    """The part of a process's resources that the archive's jobs use."""

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def signing(self) -> Stamps: ...
