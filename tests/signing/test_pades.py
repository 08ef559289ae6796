"""Signed PDFs, judged by our validator."""

import asyncio
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject

from kernel.clock import now
from signing import pades
from signing.errors import AlreadySigned, BadPdf, FieldMissing, SignerRevoked
from signing.founding import create_pki
from signing.keys import Credential, SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.ports import Evidence
from signing.timestamps import ResponderClient, ResponderTimestamper
from signing.validation import Trust, validate_pdf
from tests.signing.making import BUYERS, SELLER, contract, ink, pdfsig, prepared, seal_ink, seal_of, sealed
from tests.signing.material import OCSP, document
from tests.tools import needs


async def test_a_sealed_proof_is_one_update_at_b_lt(pki: Pki, desk: Desk, trust: Trust) -> None:
    pdf = await sealed(pki, desk)
    assert pdf.startswith(document())
    assert pdf.count(b"startxref") == document().count(b"startxref") + 1
    report = await validate_pdf(pdf, trust)
    assert report.valid
    (only,) = report.signatures
    assert (only.level, only.kind, only.changes, only.covers_whole_file) == ("B-LT", "certification", "none", True)
    assert only.signer == "河南某某置业有限公司"


@pytest.mark.parametrize("level", ["B-B", "B-T"])
async def test_lower_levels_are_called_by_their_name(pki: Pki, desk: Desk, level: pades.Level) -> None:
    pdf = await sealed(pki, desk, level)
    (only,) = (await validate_pdf(pdf, Trust((pki.root.der,)))).signatures
    assert (only.level, only.intact, only.trusted) == (level, True, False)  # nothing proves that it was not revoked


async def test_three_buyers_and_the_seller(pki: Pki, desk: Desk, trust: Trust) -> None:
    report = await validate_pdf(await contract(pki, desk), trust)
    assert report.valid
    assert not report.unsigned_tail
    assert [row.field for row in report.signatures] == [pades.PLATFORM_FIELD, *BUYERS, SELLER]
    assert [row.changes for row in report.signatures] == ["permitted"] * 4 + ["none"]
    assert {row.level for row in report.signatures} == {"B-LT"}
    assert [row.assertion for row in report.signatures][1:4] == [f"as-{name}" for name in BUYERS]


async def test_archived_at_b_lta_and_still_valid_years_later(pki: Pki, desk: Desk, trust: Trust) -> None:
    pdf = await pades.archive_timestamp(await contract(pki, desk), desk)
    report = await validate_pdf(pdf, trust)
    assert report.valid
    assert [row.level for row in report.signatures] == ["B-LTA"] * 5 + ["DTS"]
    with time_machine.travel(now() + timedelta(days=9 * 365), tick=False):
        fresh = Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now()))
        assert (await validate_pdf(pdf, fresh)).valid
        assert (await validate_pdf(pdf, Trust((pki.root.der,)))).valid  # offline: with the archive package alone


async def test_an_archive_timestamp_never_re_encodes_its_token(
    pki: Pki, desk: Desk, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One token in 256 would cost more than a second (`pades._RawTokens`)."""
    pdf = await sealed(pki, desk)
    monkeypatch.delattr(ResponderClient, "async_timestamp")
    assert (await validate_pdf(await pades.archive_timestamp(pdf, desk), trust)).valid


async def test_the_longest_names_fit(pki: Pki, desk: Desk, trust: Trust) -> None:
    person = pki.issue_person("阿" * 64, "凭证/" * 40, "某某房地产开发有限公司" * 12)
    pdf = await pades.seal_pdf(document(), "s", None, person, desk, ink=None)
    (row,) = (await validate_pdf(pdf, trust)).signatures
    assert (row.trusted, row.assertion, row.signer) == (True, "凭证/" * 40, "阿" * 64)
    company = "河南省息县某某某某房地产开发投资集团有限责任公司第一分公司"
    pdf = await pades.seal_pdf(document(), "s", None, pki.issue_seal("long", company, "9" * 18, b""), desk, ink=None)
    assert [row.signer for row in (await validate_pdf(pdf, trust)).signatures] == [company]


@pytest.mark.parametrize("name", ["赵𬭊", "𠅤㛃", "䶮" * 25])
async def test_a_name_younger_than_unicode_3_2_is_reported_as_it_is(
    pki: Pki, desk: Desk, trust: Trust, name: str
) -> None:
    pdf = await pades.seal_pdf(document(), "s", None, pki.issue_person(name, "凭证", "某某公司"), desk, ink=None)
    (row,) = (await validate_pdf(await pades.archive_timestamp(pdf, desk), trust)).signatures[:1]
    assert (row.trusted, row.signer, row.assertion) == (True, name, "凭证")


async def test_a_contract_stays_valid_when_its_short_lived_certificates_have_expired(pki: Pki, desk: Desk) -> None:
    pdf = await contract(pki, desk)
    with time_machine.travel(now() + timedelta(days=400), tick=False):
        report = await validate_pdf(pdf, Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now())))
        assert report.valid


async def test_after_the_last_lock_nothing_can_be_signed(pki: Pki, desk: Desk, trust: Trust) -> None:
    pdf = await contract(pki, desk)
    with pytest.raises(FieldMissing):
        await pades.sign_field(pdf, "sign-buyer-4", pki.issue_person("多余", "x"), desk, ink=ink())
    with pytest.raises(AlreadySigned):
        await pades.sign_field(pdf, BUYERS[0], pki.issue_person("重复", "x"), desk, ink=ink())
    early = await prepared(pki, desk)
    early = await pades.sign_field(early, SELLER, seal_of(pki), desk, ink=seal_ink())
    late = await pades.sign_field(early, BUYERS[0], pki.issue_person("迟到", "x"), desk, ink=ink())
    report = await validate_pdf(late, trust)
    assert not report.valid
    assert next(row for row in report.signatures if row.field == SELLER).changes == "illegal"


async def test_preparing_a_signed_document_again_is_refused(pki: Pki, desk: Desk) -> None:
    with pytest.raises(AlreadySigned):
        await pades.prepare(await prepared(pki, desk), [], seal_of(pki), desk)


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04" + b"x" * 500, b"%PDF-1.7" + b"\0" * 9000])
async def test_junk_is_refused_by_name(pki: Pki, desk: Desk, trust: Trust, junk: bytes) -> None:
    with pytest.raises(BadPdf):
        await pades.seal_pdf(junk, "seal", None, seal_of(pki), desk, ink=None)
    report = await validate_pdf(junk, trust)
    assert not report.valid
    assert report.problem


async def test_an_encrypted_pdf_is_refused(pki: Pki, desk: Desk, trust: Trust) -> None:
    output = BytesIO()
    with pikepdf.open(BytesIO(document())) as pdf:
        pdf.save(output, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(BadPdf):
        await pades.seal_pdf(output.getvalue(), "seal", None, seal_of(pki), desk, ink=None)
    assert (await validate_pdf(output.getvalue(), trust)).problem


async def test_a_revoked_seal_signs_nothing(pki: Pki, desk: Desk) -> None:
    seal = seal_of(pki, "to be revoked")
    pki.revoke(seal.certificate.serial_number, now())
    with pytest.raises(SignerRevoked):
        await pades.seal_pdf(document(), "seal", None, seal, desk, ink=None)


class _Careless:
    """A signing side that ignores a revocation: the validator must not."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki

    async def fresh_evidence(self, certificate: object, at: object) -> Evidence:
        signer = next(s for s in self.signers if s.asn1 == certificate)
        chain = (signer.der, self.pki.issuer.der, self.pki.root.der)
        return Evidence(chain, (self.pki.ocsp(signer.certificate, now()),), (self.pki.root_list(now()),))

    signers: tuple[Credential, ...] = ()


async def test_a_signature_by_a_revoked_certificate_is_not_trusted(pki: Pki, trust: Trust) -> None:
    careless = _Careless(pki)
    person = pki.issue_person("已吊销", "r")
    careless.signers = (person,)
    pki.revoke(person.certificate.serial_number, now() - timedelta(seconds=2))
    pdf = await pades.seal_pdf(document(), "s", None, person, Desk(careless, ResponderTimestamper(pki)), ink=None)
    (row,) = (await validate_pdf(pdf, trust)).signatures
    assert row.intact
    assert not row.trusted
    assert "REVOKED" in row.verdict


async def test_a_seal_revoked_later_does_not_touch_earlier_signatures(pki: Pki, desk: Desk, trust: Trust) -> None:
    seal = seal_of(pki, "revoked later")
    pdf = await pades.seal_pdf(document(), "seal", None, seal, desk, ink=None)
    with time_machine.travel(now() + timedelta(days=30), tick=False):
        pki.revoke(seal.certificate.serial_number, now())
        assert (await validate_pdf(pdf, Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now())))).valid


async def test_a_signature_by_an_expired_certificate_is_not_trusted(pki: Pki, desk: Desk) -> None:
    person = pki.issue_person("过期", "e")
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        pdf = await pades.seal_pdf(document(), "s", None, person, desk, ink=None)
        (row,) = (await validate_pdf(pdf, Trust((pki.root.der,), pki.evidence(pki.tsa.asn1, now())))).signatures
    assert row.intact
    assert not row.trusted


async def test_a_foreign_root_is_not_trusted(tmp_path: Path, trust: Trust) -> None:
    theirs = create_pki(tmp_path, SoftwareKeys(b"x"), OCSP, label="冒充")
    pdf = await sealed(theirs, Desk(theirs, ResponderTimestamper(theirs)))
    report = await validate_pdf(pdf, trust)
    (row,) = report.signatures
    assert row.intact
    assert not row.trusted
    assert not report.valid


@needs("pdfsig", "poppler-utils")
async def test_replaced_text_and_an_added_page_are_illegal_while_pdfsig_sees_nothing(
    pki: Pki, desk: Desk, trust: Trust, tmp_path: Path
) -> None:
    for forge in (_replace_text, _add_page):
        pdf = forge(await contract(pki, desk))
        report = await validate_pdf(pdf, trust)
        assert not report.valid
        assert all(row.intact and row.trusted for row in report.signatures)  # the signed revisions are untouched
        assert {row.changes for row in report.signatures} == {"illegal"}
        assert report.unsigned_tail
        assert "Signature is Invalid" not in pdfsig(tmp_path, pdf)


def _replace_text(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    content = page["/Contents"]
    content._data = b"BT ET"
    content._encoded_data = None
    writer.mark_update(page.raw_get("/Contents"))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _add_page(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    stream = writer.add_object(generic.StreamObject(stream_data=b"q Q"))
    writer.insert_page(PageObject(contents=stream, media_box=(0, 0, 595, 842)))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.fixture(scope="module")
def one_sealed(pki: Pki, desk: Desk) -> bytes:
    return asyncio.run(sealed(pki, desk))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_goes_unseen(data: st.DataObject, one_sealed: bytes, trust: Trust) -> None:
    (signature,) = PdfFileReader(BytesIO(one_sealed)).embedded_signatures
    start, length, after, tail = (int(value) for value in signature.byte_range)
    signed = st.one_of(st.integers(start, length - 1), st.integers(after, after + tail - 1))
    place = data.draw(signed)
    forged = bytearray(one_sealed)
    forged[place] ^= data.draw(st.integers(1, 255))
    assert not asyncio.run(validate_pdf(bytes(forged), trust)).valid


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 0.999), junk=st.binary(max_size=60))
def test_a_broken_file_is_reported_never_raised(cut: float, junk: bytes, one_sealed: bytes, trust: Trust) -> None:
    broken = one_sealed[: int(len(one_sealed) * cut)] + junk
    assert not asyncio.run(validate_pdf(broken, trust)).valid
