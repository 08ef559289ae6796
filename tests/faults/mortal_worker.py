"""The worker, as `python -m yiti.worker`, with one difference: what the file `YITI_TEST_DOOM` says happens to it.

The file holds a pattern of an event's key, a moment and a fate (`certificate.issue:* uncommitted die`). Reaching that
moment, the process takes the file away, so that it counts once, and
* `die`: ends by SIGKILL, as by a power failure;
* `hold`: stands still in the middle of its transaction until the test has taken the file `<doom>.held` away.
"""

import asyncio
import os
import signal
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernel.outbox import Event
    from tests.faults.moments import Moment

DOOM = "YITI_TEST_DOOM"


def strike(event: "Event", moment: "Moment") -> None:
    """Meet the fate that the test has chosen, if this is where."""
    file = Path(os.environ[DOOM])
    if not file.exists():
        return
    pattern, wanted, fate = file.read_text().split()
    if moment != wanted or not fnmatchcase(event.key, pattern):
        return
    if fate == "die":
        file.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    held = file.with_suffix(".held")
    file.rename(held)
    while held.exists():
        time.sleep(0.02)


def main() -> None:
    """Work until killed. Imports here: the signing processes load this module too, and need none of it."""
    from tests.faults.moments import watched
    from yiti import worker

    with watched(strike):
        asyncio.run(worker.main())


if __name__ == "__main__":
    main()
