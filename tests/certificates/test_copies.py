"""Annotated copies: asked for within limits, rendered anew, sealed, and judged live by whoever is shown one."""

import asyncio
import hashlib
import io
from datetime import date, timedelta
from typing import Any

import msgspec
import pikepdf
import pytest
import time_machine
from lxml import etree
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel import clock
from kernel.audit.models import AuditEntry
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.outbox.models import OutboxEvent
from kernel.rendering import MissingGlyph, Renderer
from kernel.settings import Settings
from signing.errors import SealNotAllowed
from signing.models import OrganisationSeal
from signing.pool import SigningPool
from signing.schemas import SealRef
from tests.certificates.samples import entry_facts, picture
from tests.certificates.test_freezing import frozen
from tests.certificates.test_sealed import SEAL, issue_seal
from tests.certificates.test_verification import Validator, no_processes
from tests.certificates.world import ACTOR, COUNTY, PaperResources, content, numbered, seal_of_the_county
from yiti.certificates import issuing as certificate_issuing
from yiti.certificates import service as certificates
from yiti.certificates.checking import Additions, Validity, check_file
from yiti.certificates.copies import issuing, rules, service, verification
from yiti.certificates.copies.document import copy_attachment, copy_html, copy_xml
from yiti.certificates.copies.errors import CertificateNotCurrent, CopyNotFound, TooManyCopies
from yiti.certificates.copies.forms import CopyForm, wish_of
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.certificates.copies.schemas import Annotation, Wish
from yiti.certificates.models import Certificate
from yiti.certificates.pages import content_html
from yiti.certificates.schemas import Replacement
from yiti.portals.public.papers import known_by_digest, verify_code

TODAY = clock.today()


def wish(**changes: Any) -> Wish:
    usual = {"purpose": "子女入学", "recipient": "息县第一小学", "valid_until": TODAY + timedelta(30)}
    return Wish(**(usual | changes))


def annotation(**changes: Any) -> Annotation:
    return Annotation(
        number="息县不动产加注〔2026〕第000001号",
        wish=wish(**changes),
        requested_on=TODAY,
        requested_at=clock.now(),
        verify_url="http://127.0.0.1:8080/verify/411528/abcdefghijklmnopqrst",
    )


async def issued(tx: WriteSession, resources: PaperResources) -> Certificate:
    await seal_of_the_county(tx, "proof", "annotated_copy")
    await tx.flush()
    return await certificate_issuing.issue(tx, resources, (await numbered(tx)).id)


async def asked(tx: WriteSession, certificate: Certificate, **changes: Any) -> AnnotatedCopy:
    return await service.request(tx, ACTOR, certificate.id, "王小明", wish(**changes))


async def standing(tx: WriteSession, copy: AnnotatedCopy) -> Validity:
    return (await verify_code(tx, copy.verify_code)).validity


async def test_a_copy_is_numbered_ordered_audited_and_sealed(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await issued(tx, resources)
    copy = await asked(tx, certificate, purpose="  子女　入学 ")
    assert copy.number.startswith(f"息县不动产加注〔{TODAY.year}〕第")
    assert copy.purpose == "子女 入学"
    events = select(OutboxEvent.payload).where(OutboxEvent.key == f"annotated_copy.issue:{copy.id}")
    assert (await tx.scalars(events)).one() == {"copy_id": str(copy.id)}
    audited = select(AuditEntry).where(AuditEntry.subject == f"annotated_copy:{copy.id}")
    entry = (await tx.scalars(audited)).one()
    assert (entry.action, "入学" in repr(entry.detail)) == ("annotated_copy.requested", False)
    assert await standing(tx, copy) is Validity.PENDING

    await issuing.issue(tx, resources, copy.id)
    again = await issuing.issue(tx, resources, copy.id)
    assert len(resources.sealed) == 2, "the certificate, and the copy once"
    assert (again.state, again.sealed_at is not None) == ("issued", True)
    pdf = await resources.blobs.get(again.pdf_digest or "")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        data = opened.attachments["annotated-copy.xml"].get_file().read_bytes()
        assert len(opened.pages) == 1
    assert hashlib.sha256(data).hexdigest() == again.data_digest
    assert await standing(tx, copy) is Validity.VALID


def test_the_attached_data_hold_the_annotation_and_the_certificates_own() -> None:
    root = etree.fromstring(copy_xml(content(), annotation()))
    assert {one.tag: one.text for one in root if not len(one)} == {
        "JZJBH": "息县不动产加注〔2026〕第000001号",
        "YT": "子女入学",
        "SYDW": "息县第一小学",
        "SQRQ": TODAY.isoformat(),
        "YXQZ": (TODAY + timedelta(30)).isoformat(),
        "YZDZ": "http://127.0.0.1:8080/verify/411528/abcdefghijklmnopqrst",
    }
    assert root.findtext("BDCDJZM/BDCDJZMH") == content().number
    assert root.findtext("BDCDJZM/QLR/MC") == "王小明"


@pytest.mark.parametrize("paper", [content(), frozen(entry_facts(plan_digest="0" * 64))], ids=["proof", "certificate"])
async def test_every_page_bears_the_watermark_and_the_longest_annotation_fits(renderer: Renderer, paper: Any) -> None:
    longest = annotation(purpose="国" * rules.PURPOSE_MAX, recipient="国" * rules.RECIPIENT_MAX)
    plan = picture("PNG") if paper.template == "certificate/1" else None
    html = copy_html(paper, longest, plan)
    assert "<b>加注件</b>" in html
    assert 'class="tile"' in html
    assert "加注" not in content_html(paper, plan), "the certificate itself is as it always was"
    marked = html.replace("数据摘要：", '<span id="sign-end">数据摘要</span>：')
    made = await renderer.pdf(marked, attachments=[copy_attachment(paper, longest)])
    bare = await renderer.pdf(content_html(paper, plan))
    assert made.pages == bare.pages
    assert made.boxes["sign-agency"] == bare.boxes["sign-agency"]
    bottom = 187 * 72 / 25.4  # mm from the top; the frame's inner line is at 190
    assert 595.3 - made.boxes["sign-end"].y1 < bottom
    assert made.boxes["sign-end"].page == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": "   "}, "purpose"),
        ({"purpose": "用" * 31}, "purpose"),
        ({"recipient": ""}, "recipient"),
        ({"recipient": "某" * 41}, "recipient"),
        ({"recipient": "某\u202e单位"}, "recipient"),
        ({"valid_until": TODAY - timedelta(1)}, "valid_until"),
        ({"valid_until": TODAY + timedelta(366)}, "valid_until"),
    ],
)
def test_what_is_missing_too_long_or_unprintable_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(wish(**changes), TODAY)
    assert refused.value.field == field


def test_today_and_a_year_are_just_allowed_and_no_date_is_refused() -> None:
    for days in (0, 365):
        assert rules.checked(wish(valid_until=TODAY + timedelta(days)), TODAY)
    for typed in ("", "明天", "2026-13-01"):
        with pytest.raises(Invalid, match="有效期") as refused:
            wish_of(CopyForm(purpose="x", recipient="y", valid_until=typed))
        assert refused.value.field == "valid_until"


async def test_a_character_that_no_font_has_is_refused_at_its_field(
    tx: WriteSession, resources: PaperResources
) -> None:
    certificate = await issued(tx, resources)
    with pytest.raises(MissingGlyph, match="字库中没有") as refused:
        await asked(tx, certificate, recipient="某\U0003134a公司")
    assert refused.value.field == "recipient"


async def test_only_current_certificates_are_copied(tx: WriteSession, resources: PaperResources) -> None:
    await seal_of_the_county(tx, "proof", "annotated_copy")
    unissued = await numbered(tx)
    with pytest.raises(CertificateNotCurrent):
        await asked(tx, unissued)
    await certificate_issuing.issue(tx, resources, unissued.id)
    copy = await asked(tx, unissued)
    await certificates.cancel(tx, ACTOR, unissued.id, "合同解除")
    with pytest.raises(CertificateNotCurrent):
        await asked(tx, unissued)
    assert (await issuing.issue(tx, resources, copy.id)).state == "void"
    assert copy.pdf_digest is None
    assert await standing(tx, copy) is Validity.CANCELLED


async def test_the_seals_policy_must_name_copies(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await issued(tx, resources)
    copy = await asked(tx, certificate)
    await tx.execute(update(OrganisationSeal).where(OrganisationSeal.key == SEAL).values(document_kinds=["proof"]))
    with pytest.raises(SealNotAllowed):
        await issuing.issue(tx, resources, copy.id)


async def test_twenty_a_day_also_at_once(fresh_database: Database, resources: PaperResources) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        certificate = await issued(tx, resources)
        for _ in range(rules.A_DAY - 1):
            await asked(tx, certificate)

    async def ask() -> bool:
        try:
            async with fresh_database.transaction(COUNTY) as tx:
                await asked(tx, certificate)
        except TooManyCopies:
            return False
        return True

    assert sum(await asyncio.gather(*(ask() for _ in range(4)))) == 1
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        async with fresh_database.transaction(COUNTY) as tx:
            await service.request(tx, ACTOR, certificate.id, "王小明", wish())
    async with fresh_database.read(COUNTY) as reader:
        assert await reader.scalar(select(func.count()).select_from(AnnotatedCopy)) == rules.A_DAY + 1
        numbers = sorted(one.number for one in await reader.scalars(select(AnnotatedCopy)))
    assert numbers[-1].endswith(f"第{rules.A_DAY + 1:06d}号"), "gap-free also after refusals"
    async with fresh_database.read("411522") as reader:
        with pytest.raises(CopyNotFound):
            await service.get(reader, (await _any(fresh_database)).id)
    with pytest.raises(DBAPIError, match="append-only"):
        async with fresh_database.transaction(COUNTY) as tx:
            await tx.execute(text("UPDATE annotated_copies SET valid_until = valid_until + 1"))


async def _any(database: Database) -> AnnotatedCopy:
    async with database.read(COUNTY) as reader:
        return (await reader.scalars(select(AnnotatedCopy).limit(1))).one()


async def test_the_public_is_told_live_how_copy_and_certificate_stand(
    tx: WriteSession, resources: PaperResources
) -> None:
    certificate = await issued(tx, resources)
    copy = await issuing.issue(tx, resources, (await asked(tx, certificate)).id)
    pdf = await resources.blobs.get(copy.pdf_digest or "")

    async def told() -> tuple[Validity, dict[str, str]]:
        found = await check_file(pdf, lambda digests: known_by_digest(tx, digests), no_processes)
        assert found.additions is Additions.NONE
        assert found.view is not None
        assert "990000" not in repr(found.view)
        assert "王小明" not in repr(found.view)
        return found.validity, dict(found.view.more)

    validity, lines = await told()
    assert validity is Validity.VALID
    assert (lines["用途"], lines["使用单位"]) == ("子女入学", "息县第一小学")
    assert lines["原证书（证明）"] == f"{certificate.number}（有效）"
    last = clock.now() + timedelta(days=30)
    with time_machine.travel(last, tick=False):
        assert (await told())[0] is Validity.VALID
    with time_machine.travel(last + timedelta(days=1), tick=False):
        validity, lines = await told()
        assert validity is Validity.EXPIRED
        assert "已过有效期" in lines["有效期至"]
        assert await standing(tx, copy) is Validity.EXPIRED
    why = Replacement(cause="loss", case_id=certificate.case_id, case_number="1", booked_on=date(2026, 11, 22))
    await certificates.replace(tx, ACTOR, certificate.id, why)
    validity, lines = await told()
    assert validity is Validity.REPLACED
    assert "已换发新证" in lines["原证书（证明）"]
    altered = await check_file(pdf + b"x", lambda digests: known_by_digest(tx, digests), Validator(valid=False))
    assert altered.additions is Additions.ILLEGAL


async def test_codes_that_are_no_copys_are_not_known(tx: WriteSession) -> None:
    for code in ("", "x" * 20, "' OR 1=1 --"):
        assert await verification.known_by_code(tx, code) is None


@pytest.mark.slow
async def test_a_sealed_copy_is_valid_and_pdfa(renderer: Renderer, settings: Settings) -> None:
    issue_seal(settings)
    proof, note = content(), annotation()
    rendered = await renderer.pdf(copy_html(proof, note), attachments=[copy_attachment(proof, note)])
    async with SigningPool(settings) as pool:
        sealed = await pool.seal_pdf(rendered.pdf, SealRef(key=SEAL), "sign-agency", rendered.boxes["sign-agency"])
        report = await pool.validate_pdf(sealed)
    assert report.valid, report
    with pikepdf.open(io.BytesIO(sealed)) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")


def test_the_same_wish_makes_the_same_pages() -> None:
    note = annotation()
    assert copy_html(content(), note) == copy_html(content(), msgspec.structs.replace(note))
