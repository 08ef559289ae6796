"""What certificates need from others; `yiti.resources` and the signing engine provide it."""

from typing import Protocol

from kernel.blobs import BlobStore
from kernel.rendering import Box, Renderer
from signing.schemas import ValidationReport


class SealPdf(Protocol):
    """Sign and stamp with an organisation's seal at level B-LT; `seal` such as `county:411528:registration`."""

    async def __call__(self, pdf: bytes, *, seal: str, field: str, box: Box) -> bytes: ...


class IssuingResources(Protocol):
    """The part of the process's resources that the issue of a certificate uses."""

    @property
    def renderer(self) -> Renderer: ...

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def seal_pdf(self) -> SealPdf: ...


class ValidatePdf(Protocol):
    """Check every signature of a PDF; a bad PDF is a report with a problem, never an error."""

    async def __call__(self, pdf: bytes) -> ValidationReport: ...
