"""Every event that is written finds its handler, and every handler has something to do."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from kernel.db.schema import load_modules
from kernel.outbox.registry import registrations
from kernel.settings import ROOT
from tests.house.source import SOURCE_ROOTS, named, python_files, tree

TOPIC = re.compile(r"[a-z_]+\.[a-z_]+")
OURS = {root.rsplit("/", maxsplit=1)[-1] for root in SOURCE_ROOTS}


def emitted() -> Iterator[tuple[str, str]]:
    """Topic and place of every `emit(tx, topic, …)` in the source."""
    for path in python_files(*SOURCE_ROOTS):
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.AsyncFunctionDef):
                for call in _calls_of_emit(function):
                    for topic in _topics(path, function, call):
                        yield topic, f"{named(path)}:{call.lineno}"


def _calls_of_emit(function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "emit":
            yield node


def _topics(path: Path, function: ast.AsyncFunctionDef, call: ast.Call) -> set[str]:
    """A literal, a constant of the module, or a variable: then every topic that the function names."""
    argument = call.args[1] if len(call.args) > 1 else next(k.value for k in call.keywords if k.arg == "topic")
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    if isinstance(argument, ast.Name) and (constant := getattr(import_module(_module(path)), argument.id, None)):
        return {constant}
    words = {
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = {word for word in words if TOPIC.fullmatch(word)}
    assert found, f"{named(path)}:{call.lineno}: which topic is this?"
    return found


def _module(path: Path) -> str:
    root = ROOT / "platform" if path.is_relative_to(ROOT / "platform") else ROOT
    return ".".join(path.relative_to(root).with_suffix("").parts)


def handled() -> set[str]:
    load_modules("jobs")
    return {topic for topic, known in registrations.items() if known.handler.__module__.split(".")[0] in OURS}


def test_every_topic_has_a_handler() -> None:
    places = dict(emitted())
    assert places, "no emit() was found: this test reads the wrong files"
    topics = handled()
    assert {topic: place for topic, place in places.items() if topic not in topics} == {}


def test_every_handler_has_a_topic() -> None:
    assert handled() - {topic for topic, _ in emitted()} == set()
