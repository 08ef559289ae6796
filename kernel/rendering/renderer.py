"""The pool of rendering processes as the rest of the platform sees it."""

import asyncio
import queue
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from kernel.rendering.errors import MissingGlyph, RenderFailed, UnreadablePdf
from kernel.rendering.fonts import font_files, isolate_fonts
from kernel.rendering.process import ProcessLost, ProcessTooSlow, RenderProcess
from kernel.rendering.schemas import (
    Answer,
    Attachment,
    CountPages,
    DrawPage,
    Failed,
    NoGlyph,
    PageCount,
    Picture,
    Rendered,
    RenderPdf,
    Request,
    Unreadable,
)

_log = structlog.get_logger(__name__)
_ATTEMPTS = 2
_WIDEST_PICTURE = 3000


class Renderer:
    """Documents in, PDF/A-3u out. Safe to use from many tasks; further requests wait for a free process.

    A process that dies or takes longer than `timeout` seconds is replaced. `async with` or `start`/`close`.
    `FontsMissing` is raised at construction where the fonts are not installed.
    """

    def __init__(self, assets_dir: Path, processes: int, *, timeout: float = 60.0) -> None:
        font_files(assets_dir)
        self._assets_dir = assets_dir
        self._timeout = timeout
        self._folder = tempfile.TemporaryDirectory(prefix="yiti-rendering-")
        self._font_config: Path | None = None
        self._starting = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="rendering")
        # A slot holds a warm process, or nothing where one has to be started first.
        self._slots: queue.LifoQueue[RenderProcess | None] = queue.LifoQueue()
        for _ in range(processes):
            self._slots.put(None)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Warm every process; without it each is started at its first use, which takes some seconds."""
        loop = asyncio.get_running_loop()
        slots = []
        while not self._slots.empty():
            slots.append(self._slots.get_nowait())
        started = await asyncio.gather(
            *(loop.run_in_executor(self._threads, self._started, slot) for slot in slots),
            return_exceptions=True,
        )
        for result in started:
            self._slots.put(result if isinstance(result, RenderProcess) else None)
        for result in started:
            if isinstance(result, BaseException):
                raise RenderFailed from result

    async def close(self) -> None:
        """Wait for running work, end the processes and remove the temporary files."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        while not self._slots.empty():
            process = self._slots.get()
            if process is not None:
                process.kill()
        self._folder.cleanup()

    async def pdf(self, html: str, *, attachments: Sequence[Attachment] = ()) -> Rendered:
        """Render a document; the same input gives the same bytes.

        `MissingGlyph` names characters no font has; `RenderFailed` for everything else. Nothing but `data:`
        addresses is loaded: a document that names any other fails.
        """
        answer = await self._ask(RenderPdf(html=html, attachments=tuple(attachments)))
        if not isinstance(answer, Rendered):
            raise RenderFailed
        return answer

    async def page_image(self, pdf: bytes, page: int, width: int) -> bytes:
        """A PNG of one page (from 0), `width` pixels wide, signatures included. `UnreadablePdf` when there is none."""
        answer = await self._ask(DrawPage(pdf=pdf, page=page, width=max(1, min(width, _WIDEST_PICTURE))))
        if not isinstance(answer, Picture):
            raise RenderFailed
        return answer.png

    async def page_count(self, pdf: bytes) -> int:
        """The number of pages. `UnreadablePdf` when it is no PDF."""
        answer = await self._ask(CountPages(pdf=pdf))
        if not isinstance(answer, PageCount):
            raise RenderFailed
        return answer.pages

    async def _ask(self, request: Request) -> Answer:
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._call, request)
        match answer:
            case NoGlyph(codepoints=codepoints):
                raise MissingGlyph(codepoints)
            case Unreadable():
                raise UnreadablePdf
            case Failed(reason=reason):
                _log.error("rendering.failed", reason=reason)
                raise RenderFailed
        return answer

    def _call(self, request: Request) -> Answer:
        slot = self._slots.get()
        try:
            for _ in range(_ATTEMPTS):
                slot = self._started(slot)
                try:
                    return slot.call(request, self._timeout)
                except ProcessLost:
                    _log.warning("rendering.process_lost", pid=slot.pid)
                    slot.kill()
                    slot = None
                except ProcessTooSlow:  # the same document would be too slow again
                    _log.error("rendering.timeout", pid=slot.pid, seconds=self._timeout)
                    slot.kill()
                    slot = None
                    break
            raise RenderFailed
        finally:
            self._slots.put(slot)

    def _started(self, slot: RenderProcess | None) -> RenderProcess:
        if slot is not None:
            return slot
        with self._starting:
            if self._font_config is None:
                self._font_config = isolate_fonts(self._assets_dir, Path(self._folder.name))
        try:
            return RenderProcess(self._font_config)
        except (ProcessLost, ProcessTooSlow) as error:
            raise RenderFailed from error
