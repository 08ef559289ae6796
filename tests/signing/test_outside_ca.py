"""A licensed authority certifies the signers: the sandbox plays it, in its own process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from integrations.sandbox.authority import open_authority
from kernel.clock import now
from kernel.settings import Settings
from signing import authority, outside_ca
from signing.appearance import handwriting_mask
from signing.errors import CertificateUnfit, OutsideCaUnavailable, SignerRevoked
from signing.founding import open_pki
from signing.issued import OUTSIDE
from signing.keys import new_key
from signing.pades import Desk
from signing.pki import Pki
from signing.pool import SigningPool
from signing.schemas import PLATFORM_SEAL, SealRef
from signing.timestamps import ResponderTimestamper
from signing.validation import Trust, validate_pdf
from signing.worker import FieldToSign, Person
from tests.integrations.conftest import Sandbox
from tests.signing.making import BUYERS, contract, pdfsig, prepared, seal_of
from tests.signing.material import BOX, document, handwriting, picture
from tests.tools import needs

CA = "certification"
SUBJECT = authority.name("张三")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("authority")
    sandbox = Sandbox(folder, folder / "keys")
    sandbox.start()
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(played: Sandbox) -> Iterator[Sandbox]:
    yield played
    played.heal()


@pytest.fixture
def connected(sandbox: Sandbox, settings: Settings, tmp_path: Path) -> Settings:
    """Settings of an installation whose signers are certified outside."""
    mine = tmp_path / "pki"
    mine.mkdir()
    (mine / outside_ca.ROOTS).write_bytes(sandbox.http.get("/ca/root.pem").content)
    sign_in = {"ca_url": f"{sandbox.url}/ca", "ca_user": "yiti", "ca_password": SecretStr("yiti")}
    return settings.model_copy(update={"pki_dir": mine, "signing_processes": 1, **sign_in})


@pytest.fixture
def pki(connected: Settings) -> Pki:
    return open_pki(connected)


@pytest.fixture
def desk(pki: Pki) -> Desk:
    return Desk(pki, ResponderTimestamper(pki))


@pytest.fixture
def trust(pki: Pki) -> Trust:
    assert pki.outside
    return Trust((pki.root.der, *pki.outside.roots), pki.evidence(pki.tsa.asn1, now()))


def set_faults(sandbox: Sandbox, **faults: Any) -> None:
    sandbox.http.put(f"/faults/{CA}", json=faults).raise_for_status()


@needs("pdfsig", "poppler-utils")
async def test_a_contract_of_signers_certified_outside_is_valid_for_long(
    pki: Pki, desk: Desk, trust: Trust, tmp_path: Path
) -> None:
    pdf = await contract(pki, desk)
    report = await validate_pdf(pdf, trust)
    assert report.valid
    assert {one.level for one in report.signatures} == {"B-LT"}
    assert [one.assertion for one in report.signatures[1:4]] == [f"as-{name}" for name in BUYERS]
    assert {one.issuer for one in report.signatures} == {"沙箱电子认证签发CA"}
    assert pdfsig(tmp_path, pdf).count("Signature is Valid") == 5
    without = await validate_pdf(pdf, Trust((pki.root.der,), trust.fresh))
    assert not without.valid
    assert all(one.intact and not one.trusted for one in without.signatures)


def test_the_platform_and_the_time_stay_our_own(pki: Pki) -> None:
    platform = pki.issue_seal(PLATFORM_SEAL, "一体", "", picture())
    assert platform.certificate.issuer == pki.issuer.certificate.subject
    pki.tsa.certificate.verify_directly_issued_by(pki.issuer.certificate)
    person = pki.issue_person("李四", "a-1")
    known = pki.register.find(person.certificate.serial_number)
    assert known
    assert (known.generation, known.kind) == (OUTSIDE, "person")


async def test_what_is_revoked_here_or_there_signs_no_more(pki: Pki, desk: Desk, sandbox: Sandbox) -> None:
    here, there = (pki.issue_person("王五", one) for one in ("h", "t"))
    pki.revoke(here.certificate.serial_number, now())
    sandbox.http.post(f"/ca/revoke/{there.certificate.serial_number:x}").raise_for_status()
    for one in (here, there):
        with pytest.raises(SignerRevoked):
            await desk.revocation.fresh_evidence(one.asn1, now())


async def test_nothing_is_signed_while_the_authority_is_away(pki: Pki, desk: Desk, sandbox: Sandbox) -> None:
    person = pki.issue_person("赵六", "z")
    set_faults(sandbox, down=True)
    with pytest.raises(OutsideCaUnavailable):
        pki.issue_person("赵六", "z2")
    with pytest.raises(OutsideCaUnavailable):
        await desk.revocation.fresh_evidence(person.asn1, now())
    sandbox.heal()
    assert (await desk.revocation.fresh_evidence(person.asn1, now())).ocsps


def test_an_address_where_nobody_answers(pki: Pki) -> None:
    assert pki.outside
    pki.outside.url = "http://127.0.0.1:9/ca"
    with pytest.raises(OutsideCaUnavailable):
        pki.issue_person("赵六", "z")


def _other_key(made: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _key, *rest: made(new_key(), *rest)


def _other_name(made: Callable[..., Any]) -> Callable[..., Any]:
    return lambda key, _subject, *rest: made(key, authority.name("别人"), *rest)


def _no_assertion(made: Callable[..., Any]) -> Callable[..., Any]:
    return lambda key, subject, name, _assertion=None: made(key, subject, name)


@pytest.mark.parametrize("other", [_other_key, _other_name, _no_assertion])
def test_a_certificate_that_was_not_asked_for_is_refused(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, other: Callable[[Any], Any]
) -> None:
    monkeypatch.setattr(authority, "request", other(authority.request))
    assert pki.outside
    with pytest.raises(CertificateUnfit):
        pki.outside.certify(new_key(), SUBJECT, "张三", "a-1")


def test_an_answer_that_is_none_a_refusal_and_a_strange_root(pki: Pki, sandbox: Sandbox) -> None:
    outside = pki.outside
    assert outside
    set_faults(sandbox, garbage=True)
    with pytest.raises(CertificateUnfit):
        outside.certify(new_key(), SUBJECT, "张三", "a-1")
    sandbox.heal()
    outside.password = "wrong"
    with pytest.raises(CertificateUnfit, match="401"):
        outside.certify(new_key(), SUBJECT, "张三", "a-1")
    stranger = outside_ca.OutsideAuthority(outside.url, (pki.root.der,), "yiti", "yiti")
    with pytest.raises(CertificateUnfit, match="根证书"):
        stranger.certify(new_key(), SUBJECT, "张三", "a-1")


async def test_signing_processes_wait_and_go_on(connected: Settings, sandbox: Sandbox) -> None:
    """What a ceremony's job meets: an error that is tried again, nothing half made, and then the signature."""
    pki = open_pki(connected)
    seal_of(pki)
    pdf = await prepared(pki, Desk(pki, ResponderTimestamper(pki)))
    person = Person(name="买受人一", organisation=None, assertion="a-9", handwriting=handwriting_mask(handwriting()))
    async with SigningPool(connected) as pool:
        set_faults(sandbox, down=True)
        with pytest.raises(OutsideCaUnavailable):
            await pool.sign_person(person, [FieldToSign(pdf=pdf, field=BUYERS[0])])
        sandbox.heal()
        ((signed, made),) = await pool.sign_person(person, [FieldToSign(pdf=pdf, field=BUYERS[0])])
        assert made.field == BUYERS[0]
        sealed = await pool.seal_pdf(document(), SealRef(key="developer"), box=BOX)
        for one in (signed, sealed):
            assert (await pool.validate_pdf(one)).outcome == "valid"


def test_the_sandbox_keeps_its_root(tmp_path: Path) -> None:
    first, again = (open_authority(tmp_path, "http://127.0.0.1/ca") for _ in range(2))
    assert first.root == again.root
    first.issuer.verify_directly_issued_by(again.root)
