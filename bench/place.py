"""Settings of a measure that stands alone: everything in one folder, nothing of the running platform."""

import base64
import secrets
from pathlib import Path

from pydantic import SecretStr

from kernel.settings import Settings, get_settings


def quiet_settings(folder: Path) -> Settings:
    """Settings whose files all lie in the folder, with fresh secrets."""
    return get_settings().model_copy(
        update={
            "environment": "test",
            "blob_url": f"file://{folder}/blobs",
            "var_dir": folder,
            "pki_dir": folder / "pki",
            "keys_dir": folder / "keys",
            "pki_passphrase": SecretStr(secrets.token_urlsafe(16)),
            "pii_keys": SecretStr(f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}"),
            "pii_index_key": SecretStr(base64.b64encode(secrets.token_bytes(32)).decode()),
            "render_processes": 2,
            "signing_processes": 2,
        }
    )
