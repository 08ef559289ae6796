"""For `make demo` and `make bench`: the platform that runs here, or one started for as long as it is needed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kernel.settings import ROOT
from yiti.local.environment import Places
from yiti.local.run import READY_WITHIN, CannotRun, is_running, running_settings
from yiti.local.supervisor import say

_SET_UP_WITHIN = 120.0


@contextmanager
def running_platform(places: Places | None = None) -> Iterator[dict[str, str]]:
    """Yield the settings (`YITI_PUBLIC_URL`, …) of the running platform; start it first where none runs.

    One that was started here is stopped at the end. Raises CannotRun when it does not come up.
    """
    places = places or Places()
    if is_running(places):
        yield running_settings(places)
        return
    say("平台没有运行，先启动它……")
    places.prepare()
    log = places.logs / "run.log"
    with log.open("ab") as output:
        # The group of our own terminal: Ctrl-C reaches it too, and it knows how to stop.
        process = subprocess.Popen([sys.executable, "-m", "yiti.local", "run"], cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(process, places)
        yield running_settings(places)
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", places: Places) -> None:
    deadline = time.monotonic() + READY_WITHIN + _SET_UP_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if is_running(places):
            return
        time.sleep(0.2)
    message = f"平台没有启动起来，请看 {places.logs / 'run.log'}"
    raise CannotRun(message)
