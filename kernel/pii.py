"""Personal data: encrypted in the database, found by a blind index, masked on every page.

Law: 个人信息保护法 art. 51; 自然资办函〔2020〕1355号 §五 (encrypted in storage, de-identified on screen).
"""

import base64
import binascii
import hashlib
import hmac
import os
import unicodedata
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.settings import get_settings

_NONCE: Final = 12


class BadKeyRing(Exception):
    """The configured keys cannot be used: an operator's mistake, found at start-up."""


class CannotDecrypt(Exception):
    """Unknown key id, wrong context or altered ciphertext: never swallowed, never shown to users."""


class KeyRing:
    """``"k2:base64,k1:base64"``: the first key encrypts, all of them decrypt, so keys can be rotated."""

    def __init__(self, text: str) -> None:
        self._keys: dict[str, AESGCM] = {}
        for entry in text.split(","):
            key_id, _, encoded = entry.strip().partition(":")
            if not 1 <= len(key_id.encode()) <= 32 or key_id in self._keys:
                raise BadKeyRing(f"key id {key_id!r} is empty, too long or used twice")
            self._keys[key_id] = AESGCM(_key_bytes(key_id, encoded))
        self._current = next(iter(self._keys))

    def encrypt(self, plain: str, context: str) -> bytes:
        """Layout: length of key id (1 byte), key id, nonce (12 bytes), ciphertext with tag."""
        key_id = self._current.encode()
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, plain.encode(), context.encode())
        return bytes([len(key_id)]) + key_id + nonce + sealed

    def decrypt(self, stored: bytes, context: str) -> str:
        start = 1 + (stored[0] if stored else 0)
        key_id = stored[1:start].decode(errors="replace")
        key = self._keys.get(key_id)
        if key is None:
            raise CannotDecrypt(f"no key {key_id!r} in the key ring ({context})")
        try:
            return key.decrypt(
                stored[start : start + _NONCE],
                stored[start + _NONCE :],
                context.encode(),
            ).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotDecrypt(f"ciphertext does not belong to {context}, or was altered") from error


def encrypt(plain: str, context: str) -> bytes:
    """Encrypt for one purpose; ``context`` (such as ``"party.name"``) must be the same when decrypting."""
    return _ring(get_settings().pii_keys.get_secret_value()).encrypt(plain, context)


def decrypt(stored: bytes, context: str) -> str:
    return _ring(get_settings().pii_keys.get_secret_value()).decrypt(stored, context)


def blind_index(value: str) -> bytes:
    """Keyed digest (32 bytes) for exact search; equal for values that differ only in blanks, case or width."""
    plain = "".join(unicodedata.normalize("NFKC", value).upper().split())
    return hmac.digest(
        _index_key(get_settings().pii_index_key.get_secret_value()),
        plain.encode(),
        hashlib.sha256,
    )


def mask_name(name: str) -> str:
    """``张三`` → ``张*``, ``张三丰`` → ``张**``; longer names keep their first character."""
    return name[:1] + "*" * min(max(len(name) - 1, 0), 2)


def mask_id(number: str) -> str:
    """For staff: ``4115**********1234``; credit codes keep the first 8 and last 4 when they are no resident number."""
    if len(number) == 18 and not number[:17].isdigit():
        return f"{number[:8]}******{number[-4:]}"
    return _mask(number, 4)


def mask_id_public(number: str) -> str:
    """For the public: the first and the last character only."""
    return _mask(number, 1)


def mask_phone(phone: str) -> str:
    """``13812341234`` → ``138****1234``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def _mask(text: str, keep: int) -> str:
    if len(text) <= 2 * keep:
        return "*" * len(text)
    return text[:keep] + "*" * (len(text) - 2 * keep) + text[-keep:]


def _key_bytes(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadKeyRing(f"key {key_id!r} is not base64") from error
    if len(key) != 32:
        raise BadKeyRing(f"key {key_id!r} must have 32 bytes (AES-256), not {len(key)}")
    return key


@lru_cache(maxsize=4)
def _ring(text: str) -> KeyRing:
    return KeyRing(text)


@lru_cache(maxsize=4)
def _index_key(encoded: str) -> bytes:
    return _key_bytes("pii_index_key", encoded)
