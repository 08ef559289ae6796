"""Keys in a PKCS#11 token (an HSM, or SoftHSM2): made there, used there, and never outside it."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pkcs11
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11.util.ec import encode_ecdsa_signature, encode_named_curve_parameters

from signing.errors import KeysUnavailable
from signing.keys import Credential, write_certificate, write_private

T = TypeVar("T")
_SCHEME = "pkcs11:object="
_log = structlog.get_logger(__name__)


class Token:
    """One token of one module, logged in once per process; after a failure it is opened anew."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self._module, self._label, self._pin = module, label, pin
        self._session: Any = None
        self._lock = threading.Lock()

    def ask(self, work: Callable[[Any], T]) -> T:
        """Do something in the session; one at a time, for a session knows only one operation.

        Raises KeysUnavailable where the token is gone; a lost session is opened once more before.
        """
        with self._lock:
            try:
                return self._asked(work)
            except pkcs11.PKCS11Error as lost:
                _log.warning("signing.token_lost", error=repr(lost))
            try:
                # The module forgets what it knew of its tokens, and finds the one that has come back.
                self._library().reinitialize()
                self._session = None
                return self._asked(work)
            except pkcs11.PKCS11Error as error:
                self._session = None
                _log.error("signing.token_away", error=repr(error))
                raise KeysUnavailable from error

    def _asked(self, work: Callable[[Any], T]) -> T:
        if self._session is None:
            self._session = self._opened(self._library().get_token(token_label=self._label))
        return work(self._session)

    def _library(self) -> Any:
        try:
            return pkcs11.lib(str(self._module))
        except pkcs11.PKCS11Error:
            raise
        except RuntimeError as error:  # it cannot be loaded at all
            raise KeysUnavailable from error

    def _opened(self, token: Any) -> Any:
        try:
            return token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:  # a token knows the process, not the session
            return token.open(rw=True)

    def generate(self, label: str) -> "TokenKey":
        """A new P-256 pair that cannot be taken out; a mark makes its name the only one."""
        label = f"{label}-{secrets.token_hex(6)}"

        def work(session: Any) -> bytes:
            curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(store=True, label=label, id=label.encode()[:64])
            return bytes(public[pkcs11.Attribute.EC_POINT])

        point = self.ask(work)
        # DER: an OCTET STRING of 65 bytes around the point.
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[-65:])
        return TokenKey(self, label, public)

    def sign(self, label: str, data: bytes) -> bytes:
        """ECDSA over SHA-256, DER encoded."""
        digest = hashlib.sha256(data).digest()

        def work(session: Any) -> bytes:
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
            return bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

        return bytes(encode_ecdsa_signature(self.ask(work)))


class TokenKey(ec.EllipticCurvePrivateKey):
    """A key by its name in the token, in the form that `cryptography` takes for certificates and answers."""

    def __init__(self, token: Token, label: str, public: ec.EllipticCurvePublicKey) -> None:
        self._token, self.label, self._public = token, label, public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:  # type: ignore[override]
        """Over SHA-256 only: nothing here signs otherwise."""
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise TypeError("the token signs over SHA-256")
        return self._token.sign(self.label, data)

    def exchange(self, *_: object) -> NoReturn:
        raise TypeError("a signing key agrees on no other keys")

    def private_numbers(self) -> NoReturn:
        raise TypeError("the key does not leave its token")

    def private_bytes(self, *_: object) -> NoReturn:
        raise TypeError("the key does not leave its token")

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, _memo: object) -> "TokenKey":
        return self


class TokenKeys:
    """Keys in the token, certificates in files; beside each certificate the name of its key."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def generate(self, label: str) -> TokenKey:
        return self._token.generate(label)

    def keep(self, path: Path, credential: Credential) -> None:
        """The certificate last, as for software keys."""
        if not isinstance(credential.key, TokenKey):
            raise TypeError(f"{path.name} is not a key of the token")
        write_private(path.with_suffix(".key"), f"{_SCHEME}{credential.key.label}".encode())
        write_certificate(path, credential.certificate)

    def open(self, path: Path) -> Credential:
        """Raises FileNotFoundError where there is none."""
        name = path.with_suffix(".key").read_text()
        if not name.startswith(_SCHEME):
            raise ValueError(f"{path.name} is a software key, and the settings ask for a token")
        certificate = x509.load_pem_x509_certificate(path.with_suffix(".crt").read_bytes())
        public = certificate.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError(f"{path.name} is not an elliptic-curve key")
        return Credential(TokenKey(self._token, name.removeprefix(_SCHEME), public), certificate)
