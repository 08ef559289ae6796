"""How a PKI comes to be, once, and how each process opens it."""

from pathlib import Path

from kernel.settings import Settings
from signing import authority, keys
from signing.errors import DevelopmentKeysRefused, PkiMissing
from signing.generations import load_generation, number_of_generations, start_generation
from signing.issued import register_in
from signing.keys import KeyStore, locked
from signing.outside_ca import open_outside
from signing.pki import OCSP_PATH, Pki
from signing.roots import load_root, number_of_roots, start_first
from signing.tokens import Token, TokenKeys

DEVELOPMENT = "一体开发环境"
_PRODUCTION = "一体"


def open_pki(settings: Settings) -> Pki:
    """The PKI of this process's settings.

    Development makes a missing one by itself. Production never does (a mistyped folder would become a new root that
    nobody trusts: PkiMissing), and refuses software keys and a root of development (DevelopmentKeysRefused)."""
    if settings.environment != "production":
        return found_pki(settings)
    store = _store(settings)
    return _connected(settings, _fit_for_production(load_pki(settings.pki_dir, store, _ocsp_url(settings))))


def found_pki(settings: Settings) -> Pki:
    """Make what is missing, which is the key ceremony of an operator (`yiti pki init`), and open it."""
    store = _store(settings)
    if settings.environment != "production":
        return _connected(settings, create_pki(settings.pki_dir, store, _ocsp_url(settings)))
    made = create_pki(settings.pki_dir, store, _ocsp_url(settings), _PRODUCTION)
    return _connected(settings, _fit_for_production(made))


def create_pki(directory: Path, store: KeyStore, ocsp_url: str, label: str = DEVELOPMENT) -> Pki:
    """Open the PKI of the folder, made first if it is missing; safe to repeat and to run twice at once."""
    seals = directory / "seals"
    seals.mkdir(parents=True, exist_ok=True)
    for folder in (directory, seals):
        folder.chmod(0o700)
    with locked(directory):
        if not number_of_generations(directory):
            start_generation(directory, store, start_first(directory, store, label), 1, ocsp_url)
    return load_pki(directory, store, ocsp_url)


def load_pki(directory: Path, store: KeyStore, ocsp_url: str) -> Pki:
    """Raises PkiMissing where none was made, or where its register is lost: a register that is made anew would call
    every revoked certificate good."""
    number = number_of_generations(directory)
    if not number:
        raise PkiMissing(f"there is no PKI in {directory}: an operator makes it with `yiti pki init`")
    register = register_in(directory)
    if not register.path.exists():
        raise PkiMissing(f"{register.path} is missing, which knows what was issued and revoked: restore it")
    generations = [load_generation(directory, store, one) for one in range(1, number + 1)]
    roots = [load_root(directory, store, one) for one in range(1, number_of_roots(directory) + 1)]
    return Pki(directory, store, ocsp_url, roots, generations)


def _fit_for_production(pki: Pki) -> Pki:
    if authority.label_of(pki.root).startswith(DEVELOPMENT):
        raise DevelopmentKeysRefused(f"the root in {pki.directory} was made for development")
    return pki


def _connected(settings: Settings, pki: Pki) -> Pki:
    pki.outside = open_outside(settings)
    return pki


def _ocsp_url(settings: Settings) -> str:
    return settings.public_url + OCSP_PATH


def _store(settings: Settings) -> KeyStore:
    if settings.pkcs11_module is not None:
        return TokenKeys(Token(settings.pkcs11_module, settings.pkcs11_label, settings.pkcs11_pin.get_secret_value()))
    if settings.environment == "production":
        raise DevelopmentKeysRefused("production keeps its keys in a token: set YITI_PKCS11_MODULE")
    return keys.SoftwareKeys(settings.pki_passphrase.get_secret_value().encode())
