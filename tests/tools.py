"""Outside tools that check our work. A developer's machine may lack one; with `CI=true` its tests run and fail."""

import os
import shutil

import pytest


def needs(tool: str, package: str | None = None) -> pytest.MarkDecorator:
    """Skips where the command, or the file at this path, is not installed; `package` is what Debian calls it."""
    skipped = os.environ.get("CI") != "true" and shutil.which(tool, mode=os.F_OK) is None
    return pytest.mark.skipif(skipped, reason=f"{package or tool} is not installed")
