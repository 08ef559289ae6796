"""Helper processes: forked from one process that has imported what they need, so that starting or replacing one takes
milliseconds and not seconds.
"""

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess

CONTEXT = multiprocessing.get_context("forkserver")
_prepared: dict[str, None] = {"__main__": None}


def prepare(*modules: str) -> None:
    """Name what helper processes import; before the first of them is started. Imported modules must not start threads
    or read settings.
    """
    _prepared.update(dict.fromkeys(modules))
    CONTEXT.set_forkserver_preload(list(_prepared))


def end_with_parent() -> None:
    """A parent that was killed tells nobody to stop: without this its helpers would stay, with the keys in them."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
