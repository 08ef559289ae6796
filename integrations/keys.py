"""Keys of signed messages: our private key and the counterparties' public keys, as JWK files.

`<name>.private.json` holds one P-256 JWK (mode 0600), `<name>.public.json` a JWK Set: more than one key while a
counterparty changes its key. In production an operator puts `platform.private.json` and the counterparties'
`….public.json` there; in development all of them are made here, and the sandbox reads the private ones.
"""

import fcntl
import os
from pathlib import Path
from typing import TypeVar

import msgspec
from joserfc.jwk import ECKey

from integrations.counterparties import PLATFORM, Counterparty

_DEVELOPMENT = "development-"
T = TypeVar("T")


class KeyProblem(RuntimeError):
    """For the operator at start-up: a key is missing, broken or not allowed here."""


class _KeySet(msgspec.Struct):
    keys: list[dict[str, str]]


def ensure_development_keys(directory: Path) -> None:
    """Make the missing keys of the platform and all sandbox counterparties; several processes may call it at once."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in (PLATFORM, *Counterparty):
            if not (directory / f"{name}.public.json").exists():
                _make(directory, name)


def _make(directory: Path, name: str) -> None:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    public = {**key.as_dict(private=False), "kid": f"{_DEVELOPMENT}{name}-{key.thumbprint()[:10]}"}
    private = {**key.as_dict(private=True), "kid": public["kid"]}
    _write(directory / f"{name}.private.json", msgspec.json.encode(private))
    # Last: a public key on disk means that its private key is there too.
    _write(directory / f"{name}.public.json", msgspec.json.encode({"keys": [public]}))


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class KeyRing:
    """One party's own private key and the public keys of the others, held in memory."""

    def __init__(self, owner: str, own: ECKey, public: dict[str, dict[str, ECKey]]) -> None:
        self.owner = owner
        self.own = own
        self._public = public

    @classmethod
    def load(cls, directory: Path, owner: str = PLATFORM, *, production: bool = False) -> "KeyRing":
        """Raises KeyProblem where a key is missing or unreadable, and in production on a development key."""
        own = _private(directory / f"{owner}.private.json")
        others = [name for name in (PLATFORM, *Counterparty) if name != owner]
        public = {str(name): _public(directory / f"{name}.public.json") for name in others}
        kids = [own.kid or "", *(kid for keys in public.values() for kid in keys)]
        if production and any(kid.startswith(_DEVELOPMENT) for kid in kids):
            raise KeyProblem(f"production refuses development keys in {directory.name}/")
        return cls(owner, own, public)

    def public_key(self, name: str, kid: str) -> ECKey | None:
        """The key `kid` of the party, or None: unknown keys are refused, never fetched."""
        return self._public.get(name, {}).get(kid)


def _private(path: Path) -> ECKey:
    return _import(path, _read(path, dict[str, str]))


def _public(path: Path) -> dict[str, ECKey]:
    return {key["kid"]: _import(path, key) for key in _read(path, _KeySet).keys if key.get("kid")}


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise KeyProblem(f"cannot read the message key {path.name}: {error}") from error


def _import(path: Path, parameters: dict[str, str]) -> ECKey:
    try:
        return ECKey.import_key(parameters)  # type: ignore[arg-type]
    except ValueError as error:
        raise KeyProblem(f"{path.name} holds no P-256 key: {error}") from error
