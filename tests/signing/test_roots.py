"""A root has a successor before it ends: both are trusted, and who trusts only the old one follows its bridge."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.clock import now
from signing import pades
from signing.errors import AuthorityEnded, PkiRefused
from signing.evidence_crypto import Broken, Certificates
from signing.founding import create_pki, load_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.schemas import ValidationReport
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust, validate_pdf
from tests.signing.making import contract, sealed
from tests.signing.material import OCSP, picture

START = now()


@contextmanager
def year(number: float) -> Iterator[None]:
    with time_machine.travel(START + timedelta(days=365 * number), tick=False):
        yield


@pytest.fixture
def own(tmp_path: Path) -> Pki:
    return create_pki(tmp_path / "own", SoftwareKeys(b"x"), OCSP)


def again(pki: Pki) -> Pki:
    """As another process opens it."""
    return load_pki(pki.directory, SoftwareKeys(b"x"), OCSP)


def desk(pki: Pki) -> Desk:
    return Desk(pki, ResponderTimestamper(pki))


def anchors(pki: Pki) -> list[bytes]:
    return [one.credential.der for one in pki.all_roots()]


async def judged(pki: Pki, pdf: bytes, roots: list[bytes] | None = None) -> ValidationReport:
    return await validate_pdf(pdf, Trust(tuple(roots or anchors(pki)), await desk(pki).timestamper.standing(now())))


async def test_signed_under_the_new_root_it_outlives_the_old_one(own: Pki) -> None:
    with year(19):
        own.rotate_root()
        pdf = await sealed(own, desk(own))
        for roots in (anchors(own), anchors(own)[:1], anchors(own)[1:]):
            assert (await judged(own, pdf, roots)).valid, "who trusts only the old root follows the bridge"
    with year(25):
        assert (await judged(own, pdf)).valid
        assert (await judged(again(own), pdf, anchors(own)[1:])).valid


async def test_signed_under_the_old_root_timestamps_carry_it_beyond(own: Pki) -> None:
    with year(5):
        pdf = await pades.archive_timestamp(await contract(own, desk(own)), desk(own))
    with year(10):
        own.rotate()
        pdf = await pades.archive_timestamp(pdf, desk(own))
    lost = pdf
    with year(19):
        own.rotate_root()
        pdf = await pades.archive_timestamp(pdf, desk(own))
    for number in (19.5, 25):
        with year(number):
            report = await judged(own, pdf)
            assert report.valid, number
            assert {one.level for one in report.signatures} == {"B-LTA", "DTS"}
    with year(25):
        assert not (await judged(own, lost)).valid, "without the stamp of the new root it ended with the old one"


def test_openssl_follows_the_bridge(own: Pki, tmp_path: Path) -> None:
    own.rotate_root()
    seal = own.issue_seal("k", "某某公司", "91411528MA99999963", picture())
    newest = own.all_roots()[-1]
    files = {"old.pem": own.roots[0].credential.der, "new.pem": newest.credential.der, "bridge.pem": newest.bridge}
    files |= {"issuer.pem": own.issuer.der, "leaf.pem": seal.der}
    for name, der in files.items():
        (tmp_path / name).write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))

    def verify(root: str, *between: str) -> bool:
        command = ["openssl", "verify", "-x509_strict", "-CAfile", root]
        command += [word for name in between for word in ("-untrusted", name)]
        return not subprocess.run([*command, "leaf.pem"], cwd=tmp_path, capture_output=True, check=False).returncode

    assert verify("new.pem", "issuer.pem")
    assert verify("old.pem", "issuer.pem", "bridge.pem")
    assert not verify("old.pem", "issuer.pem")


def test_the_evidence_report_follows_it_too(own: Pki) -> None:
    own.rotate_root()
    seal = own.issue_seal("k", "某某公司", "91411528MA99999963", picture())
    carried = own.evidence(seal.asn1, now()).certificates
    for root in anchors(own):
        assert Certificates(carried, [root]).root_of(seal.certificate, now())
    stranger = create_pki(own.directory.parent / "stranger", SoftwareKeys(b"x"), OCSP)
    with pytest.raises(Broken, match="不通向"):
        Certificates(carried, [stranger.root.der]).root_of(seal.certificate, now())


def test_every_root_goes_on_listing_its_own(own: Pki) -> None:
    old = again(own)
    own.rotate_root()
    assert [one.number for one in old.all_roots()] == [1, 2], "a running process notices"
    for root in own.all_roots():
        crl = x509.load_der_x509_crl(own.root_list(now(), root.number))
        assert crl.is_signature_valid(root.credential.certificate.public_key())  # type: ignore[arg-type]
    for number, path in ((1, "/pki/root.crl"), (2, "/pki/roots/2/ca.crl")):
        (place,) = (
            own.generation(number)
            .issuer.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
            .value
        )
        assert place.full_name
        assert place.full_name[0].value.endswith(path)
    assert own.root_of(own.generation(1)).number == 1
    assert own.root_of(own.rotate()).number == 2


def test_a_ceremony_that_broke_off_is_brought_to_its_end(own: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("signing.roots.write_certificate", crash)
        with pytest.raises(OSError, match="full"):
            own.rotate_root()
    assert len(again(own).all_roots()) == 1, "a root that nobody vouches for is none"
    with monkeypatch.context() as patch:
        patch.setattr("signing.pki.start_generation", crash)
        with pytest.raises(OSError, match="full"):
            own.rotate_root()
    assert again(own).rotate_root().number == 2
    assert len(again(own).all_roots()) == 2


def test_nothing_outlives_what_certified_it(own: Pki) -> None:
    with year(14):
        own.rotate()
    with year(18):
        seal = own.issue_seal("late", "某某公司", "91411528MA99999963", picture())
        for leaf in (seal, own.tsa, own.responder, own.issuer):
            assert leaf.certificate.not_valid_after_utc <= own.root.certificate.not_valid_after_utc
    with year(19.999), pytest.raises(AuthorityEnded):
        own.issue_person("张三", "a1")
    with year(20.1):
        with pytest.raises(PkiRefused, match="--root"):
            own.rotate()
        assert own.rotate_root().number == 3
        assert own.issue_person("张三", "a2").certificate.not_valid_after_utc > now()
        assert (own.all_roots()[-1].bridge, again(own).all_roots()[-1].bridge) == (b"", b""), "a dead root vouches not"


async def test_a_document_of_before_stays_as_it_was(own: Pki) -> None:
    pdf = await contract(own, desk(own))
    own.rotate_root()
    assert (await judged(own, pdf)).valid
    with year(11):
        assert (await judged(again(own), pdf)).valid
