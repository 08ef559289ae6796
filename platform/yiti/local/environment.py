"""Where a local platform keeps its things, and the settings that its processes are started with."""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kernel.settings import ROOT

VAR = ROOT / "var"
DATABASE = "yiti"


class Places(msgspec.Struct, frozen=True):
    """Everything that `make run` writes; `make reset` forgets all of it."""

    var: Path = VAR

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def lock(self) -> Path:
        """Locked as long as a platform runs on this directory."""
        return self.var / "run.lock"

    @property
    def running(self) -> Path:
        """Settings of the platform that runs, for `make demo`, `make bench` and the command line."""
        return self.var / "running.json"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets.env"

    def prepare(self) -> None:
        self.var.mkdir(exist_ok=True)
        self.logs.mkdir(exist_ok=True)


def development_secrets(file: Path) -> dict[str, str]:
    """Keys and passphrases of this installation: made once, readable by their owner only.

    Without them the data beside them cannot be read again, which is why a second start keeps them.
    """
    if not file.exists():
        made = {
            "YITI_PII_KEYS": f"dev1:{_random_key()}",
            "YITI_PII_INDEX_KEY": _random_key(),
            "YITI_PKI_PASSPHRASE": secrets.token_urlsafe(24),
        }
        unfinished = file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text("".join(f"{name}={value}\n" for name, value in made.items()), encoding="ascii")
        unfinished.rename(file)
    lines = file.read_text(encoding="ascii").splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def local_settings(places: Places, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Settings that follow from the directory and the ports; whatever the environment says goes first."""
    own = {name: value for name, value in given.items() if name.startswith("YITI_")}
    listening = {
        "YITI_WEB_HOST": "127.0.0.1",
        "YITI_WEB_PORT": "8080",
        "YITI_SANDBOX_HOST": "127.0.0.1",
        "YITI_SANDBOX_PORT": "8090",
    } | own
    sandbox = listening_url(listening, "SANDBOX")
    derived = {
        "YITI_ENVIRONMENT": "development",
        "YITI_PUBLIC_URL": listening_url(listening, "WEB"),
        "YITI_VAR_DIR": str(places.var),
        "YITI_BLOB_URL": f"file://{places.var}/blobs",
        "YITI_PKI_DIR": str(places.var / "pki"),
        "YITI_KEYS_DIR": str(places.var / "keys"),
        "YITI_IDENTITY_URL": f"{sandbox}/identity",
        "YITI_SUPERVISION_BANK_URL": f"{sandbox}/bank",
        "YITI_MORTGAGE_BANK_URL": f"{sandbox}/mortgage-bank",
        "YITI_TAX_URL": f"{sandbox}/tax",
        "YITI_SMS_URL": f"{sandbox}/sms",
    }
    return derived | development_secrets(places.secrets) | listening


def listening_url(settings: Mapping[str, str], name: str) -> str:
    """Where a process (`WEB`, `SANDBOX`) listens on this machine."""
    return f"http://{settings[f'YITI_{name}_HOST']}:{settings[f'YITI_{name}_PORT']}"


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
