"""Programs of the platform, started as `python -m` starts them, but forked from one process of this test run that has
imported the platform: every start saves seconds.
"""

import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

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
    end_with_parent()
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
