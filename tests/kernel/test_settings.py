"""What production refuses, all at once and by name."""

import pytest
from pydantic import ValidationError

from kernel.settings import Settings

REAL = {
    "environment": "production",
    "public_url": "https://yiti.example",
    "timestamp_url": "https://time.example/",
    "pkcs11_module": "/usr/lib/token.so",
    "pkcs11_pin": "1",
    "pii_keys": "k:1",
    "pii_index_key": "1",
    **{f"{name}_url": "https://outside.example/" for name in ("identity", "supervision_bank", "mortgage_bank")},
    **{f"{name}_url": "https://outside.example/" for name in ("tax", "sms")},
}


def test_a_whole_set_is_accepted() -> None:
    assert Settings.model_validate(REAL).secure


@pytest.mark.parametrize(
    "missing", ["pkcs11_module", "pkcs11_pin", "pii_keys", "pii_index_key", "timestamp_url", "tax_url", "public_url"]
)
def test_what_is_missing_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"YITI_{missing.upper()}", raising=False)
    with pytest.raises(ValidationError, match=missing):
        Settings.model_validate({name: value for name, value in REAL.items() if name != missing})
