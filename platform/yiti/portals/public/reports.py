"""Validation of uploaded files, with a limit of time, and kept for a while by digest.

Only the verdict on the bytes is kept; what the register says of a paper is read anew every time.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict

from kernel.errors import Unavailable
from signing.schemas import ValidationReport
from yiti.certificates.ports import ValidatePdf

KEPT = 200
KEPT_SECONDS = 300.0
"""A certificate may be revoked meanwhile: no verdict is told longer than this."""
_PATIENCE = 30.0


class Reports:
    """The reports made last. A file that comes several times at once is validated once."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._kept: OrderedDict[str, tuple[float, ValidationReport]] = OrderedDict()
        self._running: dict[str, asyncio.Task[ValidationReport]] = {}

    async def validated(self, pdf: bytes, validate: ValidatePdf) -> ValidationReport:
        """The report on these bytes. Unavailable when the check takes too long."""
        digest = hashlib.sha256(pdf).hexdigest()
        made, report = self._kept.get(digest, (0.0, None))
        if report is not None and time.monotonic() - made <= KEPT_SECONDS:
            return report
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(self._task(digest, pdf, validate))
        except TimeoutError as error:
            raise Unavailable("文件核验用时过长，请稍后再试，或使用证明上的二维码核验") from error

    def _task(self, digest: str, pdf: bytes, validate: ValidatePdf) -> asyncio.Task[ValidationReport]:
        if digest not in self._running:
            task = asyncio.create_task(self._made(digest, pdf, validate))
            self._running[digest] = task
            task.add_done_callback(lambda done: self._ended(digest, done))
        return self._running[digest]

    def _ended(self, digest: str, task: asyncio.Task[ValidationReport]) -> None:
        del self._running[digest]
        if not task.cancelled():
            task.exception()  # who asked may have gone

    async def _made(self, digest: str, pdf: bytes, validate: ValidatePdf) -> ValidationReport:
        report = await validate(pdf)
        self._kept[digest] = (time.monotonic(), report)
        self._kept.move_to_end(digest)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return report


REPORTS = Reports()
