import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from kernel.clock import now
from kernel.settings import Settings
from signing.errors import DevelopmentKeysRefused, PkiMissing, SignerRevoked, UnknownSeal
from signing.founding import create_pki, load_pki, open_pki
from signing.keys import SoftwareKeys
from signing.pki import Pki
from signing.worker import Person
from tests.signing.material import OCSP, picture


def test_files_are_for_the_owner_only_and_keys_are_encrypted(pki: Pki) -> None:
    files = [path for path in pki.directory.rglob("*") if path.suffix in {".key", ".crt"}]
    assert len(files) >= 8
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for path in pki.directory.rglob("*.key"):
        assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert stat.S_IMODE(pki.directory.stat().st_mode) == 0o700


def test_a_wrong_passphrase_opens_nothing(pki: Pki) -> None:
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        load_pki(pki.directory, SoftwareKeys(b"another"), OCSP)


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        create_pki(tmp_path, SoftwareKeys(b""), OCSP)


def test_creating_twice_at_once_makes_one_pki(tmp_path: Path) -> None:
    made: list[Pki] = []
    threads = [
        threading.Thread(target=lambda: made.append(create_pki(tmp_path, SoftwareKeys(b"x"), OCSP))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({pki.root.der for pki in made}) == 1
    assert len({pki.responder.der for pki in made}) == 1


def test_a_crash_before_the_last_certificate_is_mended(tmp_path: Path) -> None:
    create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)
    (tmp_path / "responder.crt").unlink()
    (tmp_path / "tsa.crt").unlink()
    pki = create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)
    pki.tsa.certificate.verify_directly_issued_by(pki.issuer.certificate)
    pki.issuer.certificate.verify_directly_issued_by(pki.root.certificate)


def test_a_person_is_bound_to_the_assertion_for_a_day(pki: Pki) -> None:
    one, two = (pki.issue_person("张三", "idp/2026 №1") for _ in range(2))
    names = one.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "urn:yiti:identity-assertion:idp%2F2026%20%E2%84%961"
    ]
    assert one.certificate.not_valid_after_utc - now() < timedelta(hours=24)
    assert one.certificate.public_key() != two.certificate.public_key()


def test_production_refuses_development_keys(tmp_path: Path) -> None:
    settings = Settings.model_construct(environment="production", pki_dir=tmp_path, pkcs11_module=None)
    with pytest.raises(DevelopmentKeysRefused):
        open_pki(settings)
    assert not any(tmp_path.iterdir())


def test_a_lost_register_is_not_made_anew(tmp_path: Path) -> None:
    pki = create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)
    pki.register.path.unlink()
    with pytest.raises(PkiMissing, match="restore"):
        create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)


def test_a_seal_is_issued_once(pki: Pki) -> None:
    with pytest.raises(UnknownSeal):
        pki.seal("once")
    first = pki.issue_seal("once", "河南某某置业有限公司", "91411528MA99999963", picture())
    assert pki.issue_seal("once", "河南某某置业有限公司", "91411528MA99999963", b"").der == first.der
    assert pki.seal_picture("once") == picture()


def test_a_revoked_certificate_gets_no_evidence_and_a_revoked_answer(pki: Pki) -> None:
    seal = pki.issue_seal("revoked", "某某公司", "91411528MA99999963", picture())
    pki.evidence(seal.asn1, now())
    at = now()
    pki.revoke(seal.certificate.serial_number, at)
    pki.revoke(seal.certificate.serial_number, at + timedelta(hours=1))
    with pytest.raises(SignerRevoked):
        pki.evidence(seal.asn1, now())
    answer = ocsp.load_der_ocsp_response(pki.ocsp(seal.certificate, now()))
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == at.replace(microsecond=0)


def test_the_responder_answers_outsiders(pki: Pki) -> None:
    person = pki.issue_person("李四", "a1")
    builder = ocsp.OCSPRequestBuilder().add_certificate(person.certificate, pki.issuer.certificate, hashes.SHA256())
    request = builder.build().public_bytes(Encoding.DER)
    answer = ocsp.load_der_ocsp_response(pki.answer_request(request))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.serial_number == person.certificate.serial_number
    pki.revoke(person.certificate.serial_number, now())
    answer = ocsp.load_der_ocsp_response(pki.answer_request(request))
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED


@pytest.mark.parametrize("request_bytes", [b"", b"\x30\x00", b"nonsense" * 40])
def test_the_responder_refuses_what_is_not_ours(pki: Pki, request_bytes: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(pki.answer_request(request_bytes))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_person_keeps_no_key_on_disk(pki: Pki) -> None:
    before = {path.name for path in pki.directory.rglob("*")}
    pki.issue_person("王五", "a2")
    assert {path.name for path in pki.directory.rglob("*")} == before
    assert "key" not in Person.__struct_fields__
