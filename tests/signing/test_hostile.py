"""The validator stays upright, quick and honest on files that were made against it."""

import time
from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import pades
from signing.pades import Desk, FieldPlan
from signing.pki import Pki
from signing.schemas import ValidationReport
from signing.validation import Trust, validate_pdf
from tests.signing import hostile
from tests.signing.foreign import foreign_signature
from tests.signing.making import seal_of, sealed


@pytest.fixture(scope="module")
async def proof(pki: Pki, desk: Desk) -> bytes:
    return await sealed(pki, desk)


async def judged(pdf: bytes, trust: Trust) -> ValidationReport:
    """Within the time of processor that one file may take, and always with something to say."""
    started = time.process_time()
    report = await validate_pdf(pdf, trust)
    assert time.process_time() - started < 10
    assert not report.valid
    assert report.problem or report.signatures
    return report


@pytest.mark.parametrize("name", hostile.MEANINGLESS)
async def test_what_means_nothing_is_unreadable(name: str, trust: Trust) -> None:
    report = await judged(hostile.MEANINGLESS[name](), trust)
    assert report.outcome == "unreadable"


@pytest.mark.parametrize("name", sorted(set(hostile.EXHAUSTING) - {"endless table"}))
async def test_what_exhausts_is_given_up(name: str, trust: Trust) -> None:
    """The endless table needs the limits of a process of its own, see `test_examiners`."""
    report = await judged(hostile.EXHAUSTING[name](), trust)
    assert report.outcome in ("unreadable", "unsigned", "broken")


@pytest.mark.parametrize("name", hostile.UNVERIFIABLE)
async def test_a_signature_that_says_nothing_is_broken(name: str, trust: Trust) -> None:
    report = await judged(hostile.UNVERIFIABLE[name](), trust)
    assert [(one.field, one.intact, one.verdict) for one in report.signatures] == [("s", False, "FORMAT_FAILURE")]
    assert report.outcome == "broken"


async def test_a_place_without_a_signature_is_named(trust: Trust) -> None:
    report = await judged(hostile.no_value(), trust)
    assert (report.outcome, report.unfilled) == ("unsigned", ("s",))


@pytest.mark.parametrize("name", hostile.LYING_RANGES)
async def test_a_byte_range_that_lies(name: str, proof: bytes, trust: Trust) -> None:
    report = await judged(hostile.with_byte_range(proof, hostile.LYING_RANGES[name]), trust)
    assert report.outcome == "broken"


@pytest.mark.parametrize("forge", [hostile.wrapped, hostile.literal_contents])
async def test_room_is_made_for_what_nobody_signed(forge: object, proof: bytes, trust: Trust) -> None:
    assert callable(forge)
    report = await judged(forge(proof), trust)
    assert report.outcome == "broken"


@pytest.mark.parametrize("tail", [
    b"\n1 0 obj\n<</Type /Catalog>>\nendobj\n", b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n", b"junk" * 900,
    b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n", b"\nstartxref\n999999999\n%%EOF\n", b"<html>",
])  # fmt: skip
async def test_what_was_appended_without_form_is_told_apart(tail: bytes, proof: bytes, trust: Trust) -> None:
    """Incremental saving without a table; the seal before it is still judged, and good."""
    report = await judged(proof + tail, trust)
    (seal,) = report.signatures
    assert (seal.intact, seal.trusted, seal.changes, report.outcome) == (True, True, "illegal", "changed")
    assert "bytes" in {one.kind for one in seal.added}


async def test_the_three_shadow_attacks(pki: Pki, desk: Desk, trust: Trust) -> None:
    covered = await pades.prepare(hostile.two_faced(), [FieldPlan("later", None)], seal_of(pki), desk)
    form = await pades.prepare(hostile.with_text_field(), [FieldPlan("later", None)], seal_of(pki), desk)
    attacks = ((covered, hostile.hide), (covered, hostile.hide_and_replace), (form, hostile.replace_field))
    for signed, attack in attacks:
        assert (await validate_pdf(signed, trust)).valid
        report = await judged(attack(signed), trust)
        (seal,) = report.signatures
        assert (seal.intact, seal.trusted, report.outcome) == (True, True, "changed"), attack.__name__
    kinds = [{one.kind for one in (await validate_pdf(attack(signed), trust)).signatures[0].added}
             for signed, attack in attacks]  # fmt: skip
    assert "page_changed" in kinds[0]
    assert {"page_added", "page_removed"} <= kinds[1]
    assert "form" in kinds[2]


async def test_signatures_that_were_taken_away_are_missed(proof: bytes, trust: Trust) -> None:
    def emptied(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/AcroForm"]["/Fields"].clear()
        writer.update_container(writer.root["/AcroForm"]["/Fields"])

    report = await judged(hostile.update(proof, emptied), trust)
    assert report.problem == "文件原有的电子签名已被移除"


async def test_a_foreign_signature_is_intact_and_not_trusted(trust: Trust) -> None:
    report = await judged(await foreign_signature(), trust)
    (one,) = report.signatures
    assert (one.signer, one.issuer, one.intact, one.trusted) == ("Somebody Foreign", "Somebody Foreign", True, False)
    assert (one.signed_at, one.stamp, report.outcome) == (None, "none", "untrusted")
    assert one.claimed_at is not None


async def test_an_algorithm_that_nobody_knows(trust: Trust) -> None:
    """SM2 with SM3 (GB/T 35275): pyHanko cannot verify it, so nothing is said for it."""
    pdf = await foreign_signature()
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    sha256, sm3 = bytes.fromhex("0609608648016503040201"), bytes.fromhex("06082a811ccf55018311") + b"\0"
    forged = signature.pkcs7_content.replace(sha256, sm3)
    _, head, resume, _ = signature.byte_range
    report = await judged(pdf[: head + 1] + forged.hex().encode() + pdf[resume - 1 :], trust)
    assert report.outcome == "broken"
