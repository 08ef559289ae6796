"""What is imported is declared, what is declared is imported: nothing comes along by accident or stays by habit."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from kernel.settings import ROOT
from tests.house.source import SOURCE_ROOTS, python_files, tree

# Used without an import of ours: database driver, command, form parser, event loop, and what their users load by name.
LOADED_BY_NAME = {"alembic", "asyncpg", "python-multipart", "uvicorn", "uvloop", "pyhanko-certvalidator", "pyiso20022"}
OWN = {root.rsplit("/", maxsplit=1)[-1] for root in SOURCE_ROOTS}


def imported() -> set[str]:
    """Top-level names that the platform imports; the tools for one machine have a dependency group of their own."""
    found: set[str] = set()
    for path in python_files(*SOURCE_ROOTS):
        if path.is_relative_to(ROOT / "platform/yiti/local"):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - OWN - sys.stdlib_module_names


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {normal(re.split(r"[\[<>=!~;, ]", line)[0]) for line in project["dependencies"]}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_dependencies_are_declared_and_used() -> None:
    distributions = packages_distributions()
    providers = {name: {normal(one) for one in distributions.get(name, [name])} for name in imported()}
    assert {name: by for name, by in providers.items() if not by & declared()} == {}, "imported, not declared"
    used = set().union(*providers.values()) | LOADED_BY_NAME
    assert declared() - used == set(), "declared, not used"
