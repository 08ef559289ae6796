"""Keys in a PKCS#11 token: SoftHSM2 plays the HSM."""

import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from kernel.clock import now
from kernel.settings import Settings
from signing import authority, pades
from signing.errors import DevelopmentKeysRefused, KeysUnavailable, PkiMissing
from signing.founding import DEVELOPMENT, create_pki, found_pki, load_pki, open_pki
from signing.keys import Credential, SoftwareKeys, new_key
from signing.pades import Desk
from signing.timestamps import ResponderTimestamper
from signing.tokens import Token, TokenKey, TokenKeys
from signing.validation import Trust, validate_pdf
from tests.signing.making import contract, seal_of
from tests.signing.material import OCSP, document
from tests.tools import needs

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
pytestmark = needs(str(MODULE), "softhsm2")
PIN = "4321"


@pytest.fixture(scope="module", autouse=True)
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The module reads where its tokens are when it is loaded, once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        for label in ("yiti", "other"):
            make = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "8765"]
            subprocess.run(make, check=True, capture_output=True)
        yield folder


@pytest.fixture
def store() -> TokenKeys:
    return TokenKeys(Token(MODULE, "yiti", PIN))


async def test_a_contract_is_signed_and_sealed_by_the_token(store: TokenKeys, tmp_path: Path) -> None:
    pki = create_pki(tmp_path, store, OCSP)
    pdf = await contract(pki, Desk(pki, ResponderTimestamper(pki)))
    assert (await validate_pdf(pdf, Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now())))).valid
    assert all(b"PRIVATE KEY" not in path.read_bytes() for path in tmp_path.rglob("*.key"))
    again = load_pki(tmp_path, store, OCSP)
    assert again.seal("developer").der == pki.seal("developer").der
    assert again.rotate().number == 2
    assert again.rotate_root().number == 3
    assert load_pki(tmp_path, store, OCSP).root.der == again.root.der != pki.roots[0].credential.der


def test_the_key_does_not_come_out(store: TokenKeys) -> None:
    key = store.generate("closed")
    for leave in (key.private_numbers, key.private_bytes, key.exchange):
        with pytest.raises(TypeError):
            leave()
    with pytest.raises(TypeError):
        key.sign(b"", ec.ECDSA(hashes.SHA384()))
    assert deepcopy(key) is key
    signature = key.sign(b"data", ec.ECDSA(hashes.SHA256()))
    key.public_key().verify(signature, b"data", ec.ECDSA(hashes.SHA256()))
    assert (key.key_size, key.curve.name) == (256, "secp256r1")


def test_names_never_clash(store: TokenKeys) -> None:
    assert store.generate("same").label != store.generate("same").label


async def test_a_token_that_is_away_signs_nothing_and_comes_back(
    store: TokenKeys, tmp_path: Path, softhsm: Path
) -> None:
    pki = create_pki(tmp_path, store, OCSP)
    seal, desk = seal_of(pki), Desk(pki, ResponderTimestamper(pki))
    away = softhsm / "away"
    (softhsm / "tokens").rename(away)
    try:
        with pytest.raises(KeysUnavailable):
            await pades.seal_pdf(document(), "seal", None, seal, desk, ink=None)
    finally:
        away.rename(softhsm / "tokens")
    pdf = await pades.seal_pdf(document(), "seal", None, seal, desk, ink=None)
    assert (await validate_pdf(pdf, Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now())))).valid


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library drops its search late
def test_a_lost_session_is_opened_anew(store: TokenKeys) -> None:
    key = store.generate("session")
    assert isinstance(key, TokenKey)
    key._token.ask(lambda session: session.close())
    assert key.sign(b"data", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "token", [Token(MODULE, "other", "0000"), Token(MODULE, "nobody", PIN), Token(Path("/no/module.so"), "yiti", PIN)]
)
def test_a_wrong_pin_token_or_module_is_told(token: Token) -> None:
    with pytest.raises(KeysUnavailable):
        token.generate("x")


def test_keys_of_one_kind_are_not_taken_for_the_other(store: TokenKeys, tmp_path: Path) -> None:
    pki = create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)
    with pytest.raises(ValueError, match="software key"):
        load_pki(tmp_path, store, OCSP)
    with pytest.raises(TypeError):
        store.keep(tmp_path / "x", Credential(new_key(), pki.root.certificate))


def test_production_takes_the_token_and_no_root_of_development(tmp_path: Path) -> None:
    settings = Settings.model_construct(
        environment="production", pki_dir=tmp_path / "pki", public_url="https://yiti.example",
        pkcs11_module=MODULE, pkcs11_label="yiti", pkcs11_pin=SecretStr(PIN),
    )  # fmt: skip
    with pytest.raises(PkiMissing, match="yiti pki init"):
        open_pki(settings)
    assert not settings.pki_dir.exists(), "only an operator makes one"
    found = found_pki(settings)
    assert not authority.label_of(found.root).startswith(DEVELOPMENT)
    assert open_pki(settings).root.der == found.root.der
    shutil.rmtree(settings.pki_dir)
    create_pki(settings.pki_dir, TokenKeys(Token(MODULE, "yiti", PIN)), OCSP)
    with pytest.raises(DevelopmentKeysRefused):
        open_pki(settings)
