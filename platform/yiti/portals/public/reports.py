"""Validation of uploaded files: in the signing processes, with a limit of time, and kept for a while by digest."""

import asyncio
import hashlib
import time
from collections import OrderedDict

from kernel.errors import Unavailable
from signing.schemas import ValidationReport
from yiti.certificates.ports import ValidatePdf

_KEPT = 200
_SECONDS = 600.0
"""A certificate may be revoked meanwhile: no report is told longer than this."""
_PATIENCE = 20.0


class Reports:
    """The reports made last."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._kept: OrderedDict[str, tuple[float, ValidationReport]] = OrderedDict()

    async def validated(self, pdf: bytes, validate: ValidatePdf) -> ValidationReport:
        """The report on these bytes. Unavailable when the check takes too long."""
        digest = hashlib.sha256(pdf).hexdigest()
        made, report = self._kept.get(digest, (0.0, None))
        if report is None or time.monotonic() - made > _SECONDS:
            try:
                async with asyncio.timeout(self._patience):
                    report = await validate(pdf)
            except TimeoutError as error:
                raise Unavailable("文件核验用时过长，请稍后再试，或使用证明上的二维码核验") from error
            self._kept[digest] = (time.monotonic(), report)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return report


REPORTS = Reports()
