"""The parts of the bootstrap that decide; the whole is run by every fresh clone."""

import subprocess
import sys

import pytest

from kernel.settings import ROOT
from yiti.local.bootstrap import install_debian_packages, pin_of

LOCK = """\
uuid-utils==0.1 \\
    --hash=sha256:aa
uv==0.9.1 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via yiti
uvicorn==1.0 \\
    --hash=sha256:dd
"""


def test_the_pin_of_one_package_and_only_that() -> None:
    assert pin_of("uv", LOCK) == "uv==0.9.1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n    # via yiti\n"
    with pytest.raises(LookupError):
        pin_of("pip", LOCK)


def test_the_real_lock_file_pins_uv() -> None:
    assert "--hash=sha256:" in pin_of("uv", (ROOT / "requirements.lock").read_text(encoding="utf-8"))


def test_it_needs_nothing_but_the_standard_library() -> None:
    """It runs before anything is installed: isolated, without site-packages."""
    command = [sys.executable, "-I", "-S", str(ROOT / "platform/yiti/local/bootstrap.py"), "--help"]
    assert "--tests" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_where_it_may_not_install_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("yiti.local.bootstrap.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("yiti.local.bootstrap.is_installed", lambda name: name != "chromium")
    monkeypatch.setattr("yiti.local.bootstrap.as_root", lambda: None)
    assert install_debian_packages(("libpango-1.0-0", "chromium")) is False
    assert "sudo apt-get install chromium" in capsys.readouterr().err
