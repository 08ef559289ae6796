import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.counterparties import PLATFORM, Counterparty
from integrations.keys import KeyProblem, KeyRing, ensure_development_keys


def test_keys_are_made_once_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    ensure_development_keys(directory)
    before = {path.name: path.read_bytes() for path in directory.glob("*.json")}
    ensure_development_keys(directory)
    assert {path.name: path.read_bytes() for path in directory.glob("*.json")} == before
    assert len(before) == 2 * (1 + len(Counterparty))
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.glob("*.private.json")} == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    def start(_: int) -> str | None:
        ensure_development_keys(tmp_path)
        return KeyRing.load(tmp_path).own.kid

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1


def test_public_files_hold_no_private_part(tmp_path: Path) -> None:
    ensure_development_keys(tmp_path)
    for path in tmp_path.glob("*.public.json"):
        assert all("d" not in key for key in json.loads(path.read_text())["keys"])


def test_production_refuses_development_keys(tmp_path: Path) -> None:
    ensure_development_keys(tmp_path)
    KeyRing.load(tmp_path)
    with pytest.raises(KeyProblem, match="development keys"):
        KeyRing.load(tmp_path, production=True)


def test_production_accepts_the_operators_keys(tmp_path: Path) -> None:
    ensure_development_keys(tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_text(path.read_text().replace('"development-', '"xixian-2026-'))
    assert str(KeyRing.load(tmp_path, production=True).own.kid).startswith("xixian-2026-")


@pytest.mark.parametrize("content", [None, "", "[]", '{"kty":"EC","crv":"P-256","x":"x","y":"y"}', "{"])
def test_a_missing_or_broken_key_is_named(tmp_path: Path, content: str | None) -> None:
    ensure_development_keys(tmp_path)
    path = tmp_path / f"{PLATFORM}.private.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(KeyProblem, match=r"platform\.private\.json"):
        KeyRing.load(tmp_path)


def test_a_counterparty_may_have_two_keys_while_it_changes_them(tmp_path: Path) -> None:
    ensure_development_keys(tmp_path)
    sms, tax = (tmp_path / f"{who}.public.json" for who in (Counterparty.SMS, Counterparty.TAX))
    both = [json.loads(path.read_text())["keys"][0] for path in (sms, tax)]
    sms.write_text(json.dumps({"keys": both}))
    ring = KeyRing.load(tmp_path)
    assert all(ring.public_key(Counterparty.SMS, key["kid"]) is not None for key in both)
    assert ring.public_key(Counterparty.SMS, "unknown") is None
