"""Password hashing (argon2id, RFC 9106 low-memory profile), off the event loop."""

import asyncio
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_hasher = PasswordHasher()
# Each hash takes 64 MiB; a flood of logins must not take them all at once.
_at_once = asyncio.Semaphore(4)
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


async def hash_password(password: str) -> str:
    """The hash to store, with its own salt and parameters."""
    async with _at_once:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right. Without a stored hash (no such user) it takes just as long and says no."""
    async with _at_once:
        matches = await asyncio.to_thread(_matches, stored or _nobody(), password)
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the stored hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def one_time_password() -> str:
    """A password to hand over once, without characters that are mistaken for each other; it must be changed at once."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(9)) + "-" + f"{secrets.randbelow(1000):03d}" + "Aa"


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except VerifyMismatchError:
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))
