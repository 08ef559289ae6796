"""The repository as these tests read it."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kernel.settings import ROOT

SOURCE_ROOTS = ("kernel", "contracts", "escrow", "signing", "e_archive", "integrations", "platform/yiti")


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that git keeps, or would keep: what is ignored is nobody's business."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def python_files(*roots: str) -> Iterator[Path]:
    """Our own Python files, below the given folders or everywhere."""
    folders = [ROOT / root for root in roots]
    for path in kept_files():
        if path.suffix == ".py" and (not folders or any(path.is_relative_to(folder) for folder in folders)):
            yield path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))
