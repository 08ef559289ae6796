"""Personal data: what is stored says nothing, and only the right key and context open it."""

import base64

import pytest

from kernel.pii import (
    BadKeyRing,
    CannotDecrypt,
    KeyRing,
    blind_index,
    decrypt,
    encrypt,
    mask_id,
    mask_id_public,
    mask_name,
    mask_phone,
)

OLD = "k1:" + base64.b64encode(bytes(range(32))).decode()
NEW = "k2:" + base64.b64encode(bytes(range(1, 33))).decode()


def test_what_is_stored_differs_each_time_and_hides_the_text() -> None:
    first, second = encrypt("王𬭊", "party.name"), encrypt("王𬭊", "party.name")
    assert first != second
    assert "王𬭊".encode() not in first
    assert decrypt(first, "party.name") == decrypt(second, "party.name") == "王𬭊"


def test_a_value_moved_to_another_column_does_not_open() -> None:
    with pytest.raises(CannotDecrypt):
        decrypt(encrypt("张三", "party.name"), "party.phone")


def test_every_altered_byte_is_found() -> None:
    ring = KeyRing(OLD)
    stored = ring.encrypt("张三", "party.name")
    for place in range(len(stored)):
        altered = stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]
        with pytest.raises(CannotDecrypt):
            ring.decrypt(altered, "party.name")
    for stump in (b"", stored[:1], stored[:-1]):
        with pytest.raises(CannotDecrypt):
            ring.decrypt(stump, "party.name")


def test_keys_rotate() -> None:
    stored = KeyRing(OLD).encrypt("张三", "c")
    rotated = KeyRing(f"{NEW}, {OLD}")
    assert rotated.decrypt(stored, "c") == "张三"
    with pytest.raises(CannotDecrypt, match="k2"):
        KeyRing(OLD).decrypt(rotated.encrypt("张三", "c"), "c")


@pytest.mark.parametrize("text", ["", "k1:", "k1:!!!", "k1:YWJj", f"{OLD},{OLD}", OLD.removeprefix("k1")])
def test_bad_key_rings_are_refused(text: str) -> None:
    with pytest.raises(BadKeyRing):
        KeyRing(text)


def test_blind_index_finds_what_was_typed_differently() -> None:
    assert blind_index("11010519491231002x ") == blind_index("11010519491231002X")
    assert blind_index("1") != blind_index("2")
    assert len(blind_index("1")) == 32


def test_masks() -> None:
    assert [mask_name(name) for name in ("", "张", "张三", "张三丰", "欧阳三丰")] == ["", "张", "张*", "张**", "欧**"]
    assert mask_id("411528199001011234") == "4115**********1234"
    assert mask_id("91350100M000100Y43") == "91350100******0Y43"
    assert mask_id("1234") == "****"
    assert mask_id_public("411528199001011234") == "4****************4"
    assert mask_phone("13812341234") == "138****1234"
    assert mask_phone("12345") == "*****"
