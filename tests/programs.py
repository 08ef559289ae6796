"""Programs of the platform, started as `python -m` starts them, but forked from one process of this test run that has
imported the platform: every start saves seconds, and so does every start of the processes that fork their helpers.
"""

import os
import runpy
import socket
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from kernel.processes import CONTEXT, end_with_parent, prepare
from kernel.settings import ROOT


def get_ready() -> None:
    """Before anything is started in this test process: there is one process to fork from."""
    prepare("yiti.app", "yiti.worker", "integrations.sandbox.app", "kernel.rendering.worker", "signing.worker")


def start(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> ForkServerProcess:
    """Start `python -m module arguments`; what it prints is appended to `log`. It ends with this process."""
    process = CONTEXT.Process(target=_run, args=(module, list(arguments), dict(environment), log))
    process.start()
    return process


def _run(module: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    _have_a_forkserver()
    end_with_parent()
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _have_a_forkserver() -> None:
    """The program's own server of helper processes, forked here: multiprocessing would start a new interpreter, which
    imports everything once more. Before there are threads.
    """
    ours: Any = forkserver._forkserver  # type: ignore[attr-defined]
    address = connection.arbitrary_address("AF_UNIX")
    alive_r, alive_w = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        pid = os.fork()
        if pid == 0:
            os.close(alive_w)
            try:
                forkserver.main(listener.detach(), alive_r, [])
            finally:
                os._exit(0)
    os.close(alive_r)
    ours._forkserver_address, ours._forkserver_alive_fd, ours._forkserver_pid = address, alive_w, pid
