"""The authority over the years: its register, its lists, and new keys beside the old ones."""

import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from kernel.clock import now
from signing import pades
from signing.errors import SignerRevoked, UnknownCertificate
from signing.founding import create_pki, load_pki
from signing.keys import Credential, SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust, validate_pdf
from tests.signing.making import contract, seal_of, sealed
from tests.signing.material import OCSP, document
from tests.tools import needs

NEEDS_OPENSSL = needs("openssl")


@pytest.fixture
def own(tmp_path: Path) -> Pki:
    """A PKI that this test may change for good."""
    return create_pki(tmp_path / "own", SoftwareKeys(b"x"), OCSP)


def status(pki: Pki, certificate: x509.Certificate, issuer: Credential) -> ocsp.OCSPCertStatus:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, hashes.SHA256())
    answer = pki.answer_request(builder.build().public_bytes(Encoding.DER))
    return ocsp.load_der_ocsp_response(answer).certificate_status


def test_everything_issued_is_written_down(own: Pki) -> None:
    seal_of(own)
    own.issue_person("张三", "a1")
    assert own.register.counts() == {(1, "person"): (1, 0), (1, "seal"): (1, 0), (1, "service"): (2, 0)}


def test_the_register_forgets_nothing(own: Pki) -> None:
    serial = own.issue_person("张三", "a1").certificate.serial_number
    own.revoke(serial, now(), "手机遗失")
    for statement in ("DELETE FROM certificates", "UPDATE certificates SET revoked_at = NULL"):
        with sqlite3.connect(own.register.path) as database, pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)
    known = own.register.find(serial)
    assert known is not None
    assert known.reason == "手机遗失"


def test_a_forged_certificate_of_ours_is_unknown(own: Pki, tmp_path: Path) -> None:
    """Somebody who had the issuing key for a moment: the register does not know what he made."""
    stolen = create_pki(tmp_path / "stolen", SoftwareKeys(b"x"), OCSP)
    stolen.generations[0] = own.generations[0]
    forged = stolen.issue_person("张三", "never")
    assert status(own, forged.certificate, own.issuer) is ocsp.OCSPCertStatus.UNKNOWN
    with pytest.raises(SignerRevoked):
        own.evidence(forged.asn1, now())
    with pytest.raises(UnknownCertificate):
        own.revoke(forged.certificate.serial_number, now())


def test_the_nonce_of_a_question_comes_back(own: Pki) -> None:
    person = own.issue_person("李四", "a1")
    builder = ocsp.OCSPRequestBuilder().add_certificate(person.certificate, own.issuer.certificate, hashes.SHA256())
    asked = builder.add_extension(x509.OCSPNonce(b"nonce of sixteen"), critical=False).build()
    answer = ocsp.load_der_ocsp_response(own.answer_request(asked.public_bytes(Encoding.DER)))
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"nonce of sixteen"


def test_a_revocation_by_another_process_stops_the_next_signature(own: Pki) -> None:
    seal = seal_of(own)
    own.evidence(seal.asn1, now())
    load_pki(own.directory, SoftwareKeys(b"x"), OCSP).revoke(seal.certificate.serial_number, now(), "印章遗失")
    with pytest.raises(SignerRevoked):
        own.evidence(seal.asn1, now())


def test_the_list_names_what_is_revoked(own: Pki) -> None:
    revoked, good = own.issue_person("张三", "a1"), own.issue_person("李四", "a2")
    own.revoke(revoked.certificate.serial_number, now())
    crl = x509.load_der_x509_crl(own.issuing_list(1, now()))
    assert crl.is_signature_valid(own.issuer.certificate.public_key())  # type: ignore[arg-type]
    assert crl.get_revoked_certificate_by_serial_number(revoked.certificate.serial_number) is not None
    assert crl.get_revoked_certificate_by_serial_number(good.certificate.serial_number) is None
    with pytest.raises(UnknownCertificate):
        own.issuing_list(2, now())


@NEEDS_OPENSSL
def test_openssl_refuses_what_the_list_names(own: Pki, tmp_path: Path) -> None:
    person = own.issue_person("张三", "a1")
    for name, certificate in (("root", own.root), ("issuer", own.issuer), ("person", person)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.certificate.public_bytes(Encoding.PEM))

    def verify() -> str:
        anew = load_pki(own.directory, SoftwareKeys(b"x"), OCSP)  # an open one uses its lists for an hour
        lists = [anew.root_list(now()), anew.issuing_list(1, now())]
        pem = b"".join(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in lists)
        (tmp_path / "lists.pem").write_bytes(pem)
        command = "openssl verify -crl_check_all -CRLfile lists.pem -CAfile root.pem -untrusted issuer.pem person.pem"
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert verify().strip() == "person.pem: OK"
    own.revoke(person.certificate.serial_number, now() - timedelta(seconds=1))
    assert "certificate revoked" in verify()


async def test_new_keys_break_no_document(own: Pki) -> None:
    """What was signed under the old issuing CA stays valid, and its people are still answered for."""
    desk = Desk(own, ResponderTimestamper(own))
    before, person = await contract(own, desk), own.issue_person("张三", "a1")
    old = own.issuer
    own.rotate()
    assert own.issuer.der != old.der
    assert own.current.number == 2
    after = await sealed(own, desk)
    trust = Trust((own.root.der,), own.evidence(own.tsa.asn1, now()))
    for pdf in (before, after):
        assert (await validate_pdf(pdf, trust)).valid
    assert status(own, person.certificate, old) is ocsp.OCSPCertStatus.GOOD
    assert status(own, person.certificate, own.issuer) is ocsp.OCSPCertStatus.UNKNOWN


def test_another_process_notices_new_keys(own: Pki) -> None:
    other = load_pki(own.directory, SoftwareKeys(b"x"), OCSP)
    own.rotate()
    assert other.issuer.der == own.issuer.der
    assert load_pki(own.directory, SoftwareKeys(b"x"), OCSP).current.number == 2
    issued = other.issue_person("张三", "a1")
    issued.certificate.verify_directly_issued_by(own.issuer.certificate)


async def test_a_seal_of_the_old_authority_still_seals_and_can_be_renewed(own: Pki) -> None:
    desk, first = Desk(own, ResponderTimestamper(own)), seal_of(own)
    own.rotate()
    assert own.seal("developer").der == first.der
    old = await pades.seal_pdf(document(), "seal", None, own.seal("developer"), desk, ink=None)
    renewed = own.renew_seal("developer", "河南某某置业有限公司", "91411528MA99999963")
    assert (
        load_pki(own.directory, SoftwareKeys(b"x"), OCSP).seal("developer").der
        == renewed.der
        == own.seal("developer").der
    )
    renewed.certificate.verify_directly_issued_by(own.issuer.certificate)
    new = await pades.seal_pdf(document(), "seal", None, renewed, desk, ink=None)
    trust = Trust((own.root.der,), own.evidence(own.tsa.asn1, now()))
    for pdf in (old, new):
        assert (await validate_pdf(pdf, trust)).valid
