"""Real, cancelled, altered, foreign: what the public is told."""

import io
from uuid import uuid4

import pikepdf
import pytest

from kernel import clock
from kernel.db import Database, WriteSession
from kernel.errors import Invalid, Unavailable
from signing.schemas import ValidationReport
from tests.certificates.world import ACTOR, COUNTY, LOCATION, LONG_LOCATION, PaperResources, numbered, party
from yiti.certificates import service
from yiti.certificates.issuing import issue
from yiti.certificates.models import Certificate
from yiti.certificates.schemas import Replacement
from yiti.certificates.verification import Additions, Validity, mask_location, verify_code, verify_pdf


class Validator:
    """Answers what it is told, and counts how often it was asked."""

    def __init__(self, valid: bool = False) -> None:
        self.asked = 0
        self.report = ValidationReport(valid=valid, signatures=(), unsigned_tail=not valid)

    async def __call__(self, pdf: bytes) -> ValidationReport:
        self.asked += 1
        return self.report


async def sealed(tx: WriteSession, resources: PaperResources) -> tuple[Certificate, bytes]:
    certificate = await issue(tx, resources, (await numbered(tx, holders=(party("张三丰"), party("李四")))).id)
    assert certificate.pdf_digest is not None
    return certificate, await resources.blobs.get(certificate.pdf_digest)


async def test_by_code(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await numbered(tx)
    assert (await verify_code(tx, certificate.verify_code)).validity is Validity.PENDING
    await issue(tx, resources, certificate.id)
    valid = await verify_code(tx, certificate.verify_code)
    assert (valid.validity, valid.words) == (Validity.VALID, "有效")
    await service.cancel(tx, ACTOR, certificate.id, "合同解除")
    cancelled = await verify_code(tx, certificate.verify_code)
    assert (cancelled.validity, cancelled.words) == (Validity.CANCELLED, "已注销")
    assert cancelled.view is not None
    assert cancelled.view.cancelled_on is not None


@pytest.mark.parametrize("code", ["", "a" * 20, "a" * 5000, "' OR 1=1 --", "一二三", "\x00" * 20])
async def test_an_unknown_code_is_not_ours(tx: WriteSession, code: str) -> None:
    result = await verify_code(tx, code)
    assert (result.validity, result.view) == (Validity.NOT_OURS, None)


async def test_the_public_sees_no_personal_data(tx: WriteSession, resources: PaperResources) -> None:
    certificate, _ = await sealed(tx, resources)
    view = (await verify_code(tx, certificate.verify_code)).view
    assert view is not None
    assert view.number == certificate.number
    assert view.holders == ("张**", "李*")
    assert view.obligors == ("息县息州置业有限公司",)
    assert view.location == "息县龙湖街道淮河大道66号淮河新城3号楼***"
    assert view.unit_code == certificate.unit_code[:6] + "*" * 18 + "0001"
    assert "990000" not in repr(view)


@pytest.mark.parametrize(
    ("location", "masked"),
    [
        (LOCATION, "息县龙湖街道淮河大道66号淮河新城3号楼***"),
        ("息县某路1号2幢101", "息县某路1号2幢***"),
        ("息县某村三组", "息县某***"),
        ("息县3号楼", "息县***"),
    ],
)
def test_addresses_are_told_to_the_building(location: str, masked: str) -> None:
    assert mask_location(location) == masked
    assert "1101" not in mask_location(LONG_LOCATION)


async def no_processes(pdf: bytes) -> ValidationReport:
    raise Unavailable


async def test_the_very_file_is_known_also_while_no_signature_can_be_checked(
    tx: WriteSession, resources: PaperResources
) -> None:
    certificate, pdf = await sealed(tx, resources)
    alone = await verify_pdf(tx, pdf, no_processes)
    assert (alone.validity, alone.additions, alone.report) == (Validity.VALID, Additions.NONE, None)
    with pytest.raises(Unavailable):
        await verify_pdf(tx, pdf + b"x", no_processes)
    validator = Validator()
    result = await verify_pdf(tx, pdf, validator)
    assert (result.validity, result.additions, result.report) == (Validity.VALID, Additions.NONE, validator.report)
    assert result.view is not None
    assert result.view.number == certificate.number
    await service.cancel(tx, ACTOR, certificate.id, "合同解除")
    assert (await verify_pdf(tx, pdf, validator)).validity is Validity.CANCELLED


@pytest.mark.parametrize("tail", [b"\n", b"1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n", b"garbage"])
async def test_what_was_added_after_sealing_is_judged_apart(
    tx: WriteSession, resources: PaperResources, tail: bytes
) -> None:
    certificate, pdf = await sealed(tx, resources)
    forged = await verify_pdf(tx, pdf + tail, Validator(valid=False))
    assert (forged.validity, forged.additions) == (Validity.VALID, Additions.ILLEGAL)
    assert forged.view is not None
    assert forged.view.number == certificate.number
    assert "改动" in forged.addition_words
    archived = await verify_pdf(tx, pdf + tail, Validator(valid=True))
    assert archived.additions is Additions.PERMITTED


async def test_a_certificate_that_was_made_anew_is_told_apart(tx: WriteSession, resources: PaperResources) -> None:
    certificate, pdf = await sealed(tx, resources)
    why = Replacement(cause="loss", case_id=uuid4(), case_number="411528202611220001", booked_on=clock.today())
    newer = await service.replace(tx, ACTOR, certificate.id, why)
    told = await verify_code(tx, certificate.verify_code)
    assert told.validity is Validity.REPLACED
    assert told.view is not None
    assert {one.field: (one.paper, one.register) for one in told.view.differences} == {
        "证书（证明）号": (certificate.number, newer.number),
        "登簿日期": ("2026-11-21", clock.today().isoformat()),
    }
    whole = await verify_code(tx, newer.verify_code)
    assert whole.view is not None
    assert whole.view.differences == ()
    assert (await verify_pdf(tx, pdf, Validator())).validity is Validity.REPLACED
    assert (await verify_code(tx, newer.verify_code)).validity is Validity.PENDING


async def test_one_changed_byte_is_not_our_file(tx: WriteSession, resources: PaperResources) -> None:
    _, pdf = await sealed(tx, resources)
    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    validator = Validator()
    result = await verify_pdf(tx, bytes(changed), validator)
    assert (result.validity, result.view, validator.asked) == (Validity.NOT_OURS, None, 1)
    assert result.report is validator.report


async def test_a_strange_pdf_is_not_ours(tx: WriteSession) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    result = await verify_pdf(tx, out.getvalue(), Validator(valid=True))
    assert (result.validity, result.additions) == (Validity.NOT_OURS, None)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<html>" + b" " * 2000 + b"%PDF-1.7"])
async def test_a_disguised_file_is_refused(tx: WriteSession, data: bytes) -> None:
    with pytest.raises(Invalid, match="不是PDF"):
        await verify_pdf(tx, data, Validator())


async def test_a_file_of_a_thousand_revisions_is_read_within_limits(tx: WriteSession) -> None:
    result = await verify_pdf(tx, b"%PDF-1.7\n" + b"%%EOF\n" * 100_000, Validator())
    assert result.validity is Validity.NOT_OURS


async def test_a_code_of_another_county_is_not_ours(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        certificate = await numbered(tx)
    async with fresh_database.read("411522") as reader:
        assert (await verify_code(reader, certificate.verify_code)).validity is Validity.NOT_OURS
