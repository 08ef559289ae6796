"""The repository holds what it should, and nothing of the machines it was written on."""

import re
import subprocess
from pathlib import Path

from kernel.settings import ROOT
from tests.house.source import kept_files, named

# Spelled in halves, so that this file does not hold what it forbids.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "registry.yarnpkg" + ".com")
HOMES = re.compile(r"(?<![\w.$}~-])/(?:root|home/[a-z]\w*|work|Users/\w+)/")
GENERATED = re.compile(r"(^|/)(uv\.lock|node_modules/|\.venv/|__pycache__/|var/)|\.(pem|key|p12|pfx|mo)$")
BINARY = {".png", ".jpg", ".webp", ".ico", ".pdf", ".xlsx", ".ttf", ".otf", ".woff2"}
LARGEST = 1_000_000


def texts() -> list[tuple[str, str]]:
    kept = [path for path in kept_files() if path.suffix not in BINARY]
    return [(named(path), path.read_text(encoding="utf-8")) for path in kept]


def test_no_registry_is_named() -> None:
    found = [(name, host) for name, text in texts() for host in REGISTRIES if host in text]
    assert found == []


def test_no_path_of_a_machine() -> None:
    here = f"{ROOT.parent}/"
    found = [name for name, text in texts() if HOMES.search(text) or (len(here) > len("/a/") and here in text)]
    assert found == []


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    python = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in python
    pins, hashes = len(re.findall(r"^\S+==", python, re.MULTILINE)), python.count("--hash=sha256:")
    assert 100 < pins < hashes
    node = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in node
    assert node.count('"integrity": "sha512-') >= len(re.findall(r'^    "node_modules/', node, re.MULTILINE)) > 0


def test_nothing_generated_secret_or_heavy_is_kept() -> None:
    wrong = [named(path) for path in kept_files() if GENERATED.search(named(path)) or path.stat().st_size > LARGEST]
    assert wrong == []


def test_no_private_key_is_kept() -> None:
    mark = "-----BEGIN " + "(EC |RSA |ENCRYPTED )?PRIVATE KEY"
    assert [name for name, text in texts() if re.search(mark, text)] == []


def test_help_explains_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    answer = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in answer.splitlines()} == set(targets[1].split())


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in kept_files() if path.suffix == ".md"]
    assert len(documents) > 5
    dead = [f"{named(path)}: {target}" for path in documents for target in _local_links(path) if not target.exists()]
    assert dead == []


def _local_links(document: Path) -> list[Path]:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    return [document.parent / target for target in targets if "://" not in target]
