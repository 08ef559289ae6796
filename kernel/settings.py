"""Settings of one process, read from the environment (`YITI_…`); `docs/operations.md` explains each."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything that differs between a laptop, a county and a province."""

    model_config = SettingsConfigDict(env_prefix="YITI_", extra="ignore")

    environment: Literal["development", "test", "production"] = "development"

    database_url: str = "postgresql+asyncpg://yiti_app@/yiti"
    """The application role's address; it can neither bypass row-level security nor change the schema."""
    owner_database_url: str = "postgresql+asyncpg://yiti_owner@/yiti"
    """The schema owner's address, used by migrations only."""
    database_pool: int = 10
    valkey_url: str = "redis://127.0.0.1:6379/0"
    blob_url: str = f"file://{ROOT}/var/blobs"
    """`file:///folder` or `s3://bucket/prefix` (S3 credentials by the usual `AWS_…` variables)."""

    public_url: str = "http://127.0.0.1:8080"
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    sandbox_host: str = "127.0.0.1"
    sandbox_port: int = 8090
    metrics_token: SecretStr = SecretStr("")
    """Bearer token of the metrics page; without one the page answers to loopback only."""

    identity_url: str = "http://127.0.0.1:8090/identity"
    supervision_bank_url: str = "http://127.0.0.1:8090/bank"
    mortgage_bank_url: str = "http://127.0.0.1:8090/mortgage-bank"
    tax_url: str = "http://127.0.0.1:8090/tax"
    sms_url: str = "http://127.0.0.1:8090/sms"
    housing_url: str = ""
    treasury_url: str = ""
    sharing_url: str = ""
    payment_channel_url: str = ""
    """Counterparties that not every county has connected: in production, empty means that answers are entered by hand;
    elsewhere the sandbox plays them."""
    timestamp_url: str = ""
    """RFC 3161 service; empty means the development responder inside the process."""

    ca_url: str = ""
    """EST address (RFC 7030) of a licensed certification authority; empty means that our own certifies signers."""
    ca_user: str = ""
    ca_password: SecretStr = SecretStr("")

    pii_keys: SecretStr = SecretStr("")
    """Key ring `id:base64,id:base64`; the first encrypts, all decrypt."""
    pii_index_key: SecretStr = SecretStr("")
    pki_dir: Path = ROOT / "var" / "pki"
    pki_passphrase: SecretStr = SecretStr("")
    pkcs11_module: Path | None = None
    """Library of the token that holds the signing keys; none means encrypted files under `pki_passphrase`."""
    pkcs11_label: str = "yiti"
    """The token's label."""
    pkcs11_pin: SecretStr = SecretStr("")
    keys_dir: Path = ROOT / "var" / "keys"
    """Keys for signed messages to and from counterparties."""

    assets_dir: Path = ROOT / "node_modules"
    """Where npm put the fonts and the front-end libraries."""
    var_dir: Path = ROOT / "var"
    render_processes: int = 2
    signing_processes: int = 2
    worker_concurrency: int = 8

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.environment != "production":
            return self
        problems = [
            name for name in ("pii_keys", "pii_index_key", "pkcs11_pin") if not getattr(self, name).get_secret_value()
        ]
        problems += [
            name
            for name in (
                "identity_url",
                "supervision_bank_url",
                "mortgage_bank_url",
                "tax_url",
                "sms_url",
                "housing_url",
                "treasury_url",
                "sharing_url",
                "payment_channel_url",
            )
            if f":{self.sandbox_port}/" in getattr(self, name)
        ]
        problems += ["pkcs11_module"] if self.pkcs11_module is None else []
        problems += ["timestamp_url"] if not self.timestamp_url else []
        problems += ["public_url"] if not self.public_url.startswith("https://") else []
        if problems:
            message = (
                f"production refuses missing secrets, sandbox addresses and development keys: {', '.join(problems)}"
            )
            raise ValueError(message)
        return self

    @property
    def secure(self) -> bool:
        """Whether the platform is served over https, so that cookies and HSTS may insist on it."""
        return self.public_url.startswith("https://")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; tests clear the cache after changing the environment."""
    return Settings()
