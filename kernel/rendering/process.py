"""The parent's handle on one rendering process."""

import os
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from kernel.processes import CONTEXT, prepare
from kernel.rendering.schemas import Answer, Ready, Request

_START_SECONDS = 60.0
prepare("kernel.rendering.worker")
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class ProcessLost(Exception):
    """The process died; the request may be given to another one."""


class ProcessTooSlow(Exception):
    """The process did not answer in time; it has to be killed."""


class RenderProcess:
    """A started and warmed process. Not safe for threads: one caller at a time."""

    def __init__(self, font_config: Path) -> None:
        self._connection, theirs = CONTEXT.Pipe()
        with theirs:
            self._process = CONTEXT.Process(target=_serve, args=(theirs, font_config), daemon=True)
            self._process.start()
        try:
            ready = self._receive(_START_SECONDS)
        except BaseException:
            self.kill()
            raise
        if not isinstance(ready, Ready):
            self.kill()
            raise ProcessLost

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def call(self, request: Request, seconds: float) -> Answer:
        """Send a request and wait for its answer; `ProcessLost` or `ProcessTooSlow` leave the process unusable."""
        try:
            self._connection.send_bytes(_encoder.encode(request))
        except OSError as error:
            raise ProcessLost from error
        return self._receive(seconds)

    def kill(self) -> None:
        """End the process at once and collect it."""
        self._connection.close()
        self._process.kill()
        self._process.join()

    def _receive(self, seconds: float) -> Answer:
        try:
            if not self._connection.poll(seconds):
                raise ProcessTooSlow
            return _decoder.decode(self._connection.recv_bytes())
        except (EOFError, ConnectionError) as error:
            raise ProcessLost from error


def _serve(connection: Connection, font_config: Path) -> None:
    os.setsid()  # Ctrl-C in a terminal is for the parent; this process ends with its connection
    os.environ["FONTCONFIG_FILE"] = str(font_config)
    from kernel.rendering import worker  # only here: the parent has no use for WeasyPrint

    worker.serve(connection)
