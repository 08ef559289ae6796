import base64
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import LIMIT_BYTES, WINDOW_SECONDS, open_message, seal_message, sign
from integrations.errors import BadSignature, MalformedMessage, MessageTooLarge, StaleMessage
from integrations.keys import KeyRing, ensure_development_keys
from integrations.sandbox.callbacks import forger
from kernel.clock import now
from kernel.errors import DomainError

BANK = Counterparty.SUPERVISION_BANK


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KeyRing]:
    directory: Path = tmp_path_factory.mktemp("rings")
    ensure_development_keys(directory)
    return {name: KeyRing.load(directory, name) for name in (PLATFORM, *Counterparty)}


def message(rings: dict[str, KeyRing], sender: str = BANK, **changed: Any) -> bytes:
    fields: dict[str, Any] = {"to": PLATFORM, "op": "payment.confirmed", "county": "411528", "key": "e-1"}
    return seal_message(rings[sender], data=msgspec.Raw(b'{"a":1}'), **(fields | changed)).encode()


def test_a_message_arrives_as_it_was_sent(rings: dict[str, KeyRing]) -> None:
    envelope = open_message(rings[PLATFORM], message(rings), BANK)
    assert (envelope.iss, envelope.key, envelope.county, bytes(envelope.data)) == (BANK, "e-1", "411528", b'{"a":1}')


def test_a_repeated_delivery_has_a_new_number_and_the_same_content(rings: dict[str, KeyRing]) -> None:
    first, second = (open_message(rings[PLATFORM], message(rings), BANK) for _ in range(2))
    assert first.jti != second.jti
    assert first.content_digest() == second.content_digest()
    assert first.content_digest() != open_message(rings[PLATFORM], message(rings, key="e-2"), BANK).content_digest()


def test_another_counterpartys_key_does_not_count(rings: dict[str, KeyRing]) -> None:
    with pytest.raises(BadSignature):
        open_message(rings[PLATFORM], message(rings, Counterparty.TAX), BANK)


def test_a_forger_with_the_right_key_id_is_refused(rings: dict[str, KeyRing]) -> None:
    false = seal_message(
        forger(rings[BANK]), to=PLATFORM, op="x", county="411528", key="e", data=msgspec.Raw(b"{}")
    ).encode()
    with pytest.raises(BadSignature):
        open_message(rings[PLATFORM], false, BANK)


def test_a_message_for_someone_else_is_refused(rings: dict[str, KeyRing]) -> None:
    with pytest.raises(BadSignature):
        open_message(rings[PLATFORM], message(rings, to="tax"), BANK)


@pytest.mark.parametrize("seconds", [WINDOW_SECONDS + 2, -WINDOW_SECONDS - 2])
def test_old_and_future_messages_are_refused(rings: dict[str, KeyRing], seconds: int) -> None:
    signed = message(rings)
    with time_machine.travel(now() + timedelta(seconds=seconds)), pytest.raises(StaleMessage):
        open_message(rings[PLATFORM], signed, BANK)


def test_a_message_within_the_window_passes(rings: dict[str, KeyRing]) -> None:
    signed = message(rings)
    with time_machine.travel(now() + timedelta(seconds=WINDOW_SECONDS - 2)):
        open_message(rings[PLATFORM], signed, BANK)


def test_size_is_checked_first(rings: dict[str, KeyRing]) -> None:
    with pytest.raises(MessageTooLarge):
        open_message(rings[PLATFORM], b"x" * (LIMIT_BYTES + 1), BANK)


def test_a_busy_days_statement_passes_where_it_may(rings: dict[str, KeyRing]) -> None:
    data = msgspec.Raw(msgspec.json.encode({"document": "账" * 1_000_000}))
    told = {"to": PLATFORM, "op": "account.statement", "county": "411528", "key": "e-1"}
    long = seal_message(rings[BANK], data=data, **told).encode()
    with pytest.raises(MessageTooLarge):
        open_message(rings[PLATFORM], long, BANK)
    assert len(open_message(rings[PLATFORM], long, BANK, 30_000_000).data) > 3_000_000


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_another_algorithm_with_the_public_key_as_secret_is_refused(rings: dict[str, KeyRing], algorithm: str) -> None:
    body = message(rings).split(b".")[1]
    header = _base64(msgspec.json.encode({"alg": algorithm, "kid": rings[BANK].own.kid}))
    mac = hmac.digest(rings[BANK].own.as_pem(private=False), header + b"." + body, "sha256")
    signature = b"" if algorithm == "none" else _base64(mac)
    with pytest.raises(BadSignature):
        open_message(rings[PLATFORM], b".".join([header, body, signature]), BANK)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.mark.parametrize("payload", [b"{}", b"not json", b"[]", b'{"iss":1}'])
def test_well_signed_nonsense_is_malformed(rings: dict[str, KeyRing], payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        open_message(rings[PLATFORM], sign(rings[BANK].own, payload).encode(), BANK)


@given(noise=st.binary(max_size=300))
def test_noise_is_refused_in_words(rings: dict[str, KeyRing], noise: bytes) -> None:
    with pytest.raises(DomainError):
        open_message(rings[PLATFORM], noise, BANK)


@given(place=st.integers(min_value=0), byte=st.sampled_from(b"Ab0_-.~\xff"))
def test_no_changed_byte_passes(rings: dict[str, KeyRing], place: int, byte: int) -> None:
    signed = message(rings)
    place %= len(signed) - 1  # the last character has bits that base64 does not use
    changed = signed[:place] + bytes([byte]) + signed[place + 1 :]
    if changed != signed:
        with pytest.raises(DomainError):
            open_message(rings[PLATFORM], changed, BANK)
