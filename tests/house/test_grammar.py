"""Small files, short functions, one folder grammar."""

import ast
from collections.abc import Iterator
from pathlib import Path

from kernel.settings import ROOT
from tests.house.source import SOURCE_ROOTS, named, python_files, tree

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MIGRATIONS = ROOT / "alembic" / "versions"  # generated


def written_by_hand() -> list[Path]:
    return [path for path in python_files() if not path.is_relative_to(MIGRATIONS)]


def test_files_stay_small() -> None:
    sizes = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in written_by_hand()}
    assert len(sizes) > 100, "this test reads the wrong files"
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in written_by_hand()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_platform_and_tests_are_no_packages() -> None:
    """`platform` is a standard-library module, and `tests/contracts` must not shadow the engine."""
    strays = [named(path) for path in python_files("alembic", "tests") if path.name == "__init__.py"]
    assert strays == []
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_only_the_kernel_ends_a_transaction() -> None:
    """One request or job is one transaction (docs/adr/0001); nobody else commits or rolls back."""
    assert list(_calls({"commit", "rollback"}, outside="kernel/db")) == []


def test_the_clock_is_asked_in_one_place() -> None:
    """`kernel.clock` alone knows the time, always with its zone."""
    assert list(_calls({"utcnow", "today"}, outside="kernel/clock.py")) == []
    assert list(_calls({"now"}, outside="kernel/clock.py", on="datetime")) == []


def _calls(methods: set[str], *, outside: str, on: str | None = None) -> Iterator[str]:
    """Where one of the methods is called, except in one place; only on that name, if given."""
    for path in python_files(*SOURCE_ROOTS):
        if path.is_relative_to(ROOT / outside):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                owner = node.func.value
                if on is None or (isinstance(owner, ast.Name) and owner.id == on):
                    yield f"{named(path)}:{node.lineno}"
