"""What an ended registration case hands to the archive: its form, materials, letters, certificates and records.

Uploaded scans are archived as PDF/A copies of their pages; the original bytes stay in the blob store under the digest
that the document's verification names.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

import e_archive.service as e_archive
from e_archive.errors import ArchiveRefused
from e_archive.schemas import (
    ArchiveDocument,
    ArchiveManifest,
    ArchivePerson,
    ExchangeRecord,
    IdKind,
    SignatureNote,
    SignatureReport,
    Source,
)
from integrations.exchange import exchanges
from integrations.models import Outcome
from integrations.verification import verification_record
from kernel.clock import SHANGHAI
from kernel.db import ReadSession, WriteSession
from kernel.outbox import Park
from kernel.tenancy.models import County
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import EvidenceFile
from signing.reporting import ensure_report
from signing.schemas import PLATFORM_NAME, ValidationReport
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.models import Case, CaseMaterial, CaseParty
from yiti.certificates import service as certificates
from yiti.certificates.models import NUMBERED
from yiti.journeys.registration import documents
from yiti.journeys.registration.archive_records import (
    NOBODY,
    NOT_STATED,
    UNBOOKED,
    decision,
    required_steps,
    required_unbooked,
    step_of,
)
from yiti.journeys.registration.correspondence import business_words
from yiti.journeys.registration.envelope import PAPERS, SIGNED, signed
from yiti.journeys.registration.filling import declared_material, materials_wanted
from yiti.journeys.registration.models import CaseRequest
from yiti.journeys.registration.scans import as_pdfa
from yiti.journeys.registration.view import CERTIFICATE_WORDS
from yiti.letters import service as letters
from yiti.register.kinds import REGISTRATION_TYPE_WORDS
from yiti.register.models import RightHolder
from yiti.resources import Resources

_ID_KINDS: dict[str, IdKind] = {"resident_id": "resident_id", "credit_code": "credit_code", "passport": "passport"}


class NotSealedYet(Exception):
    """A certificate or letter of the case is still being sealed: the job comes back."""


class _Paper(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    title: str
    author: str
    pdf: bytes
    formed: datetime
    source: Source
    verification: str
    sealed: bool


async def archive(tx: WriteSession, resources: Resources, case_id: UUID) -> None:
    """Archive an ended case, once. `Park` when the four-property check refuses the package."""
    case = await cases.get(tx, case_id)
    round_ = await signed(tx, case.id)
    ceremony = round_.ceremony_id if round_ else None
    report = await ensure_report(tx, resources, ceremony) if ceremony else None
    try:
        await e_archive.archive(tx, resources.blobs, await manifest(tx, resources, case, report))
    except ArchiveRefused as error:
        raise Park(error.message) from error


async def manifest(
    reader: ReadSession, resources: Resources, case: Case, report: EvidenceFile | None
) -> ArchiveManifest:
    """The whole file of the case. `report`: how the online application was signed; None for one signed on paper."""
    county = (await reader.scalars(select(County).where(County.code == reader.tenant))).one()
    declared = CATALOGUE[Business(case.business)]
    papers = await _papers(reader, resources, case, county.agency_name, report)
    kept_keys = [paper.key for paper in papers]
    kept = [await _kept(resources, paper) for paper in papers]
    actions = await cases.history(reader, case.id)
    ending = UNBOOKED.get(case.standing.status)
    people = await cases.parties(reader, case.id)
    return ArchiveManifest(
        subject=f"case:{case.id}",
        fonds_no=county.code,
        category="BDC",
        retention="Y",
        secrecy="内部",
        title=f"{case.location}{business_words(case)}",
        author=county.agency_name,
        formed_on=case.opened_at.astimezone(SHANGHAI).date(),
        item_name=declared.name,
        item_code=f"BDC-{declared.registration_type}-{case.business}",
        case_no=case.number,
        registration_type=declared.registration_type,
        registration_subtype=REGISTRATION_TYPE_WORDS[declared.registration_type],
        unit_code=case.unit_code or NOT_STATED,
        location=case.location or NOT_STATED,
        holders=await _holders(reader, case, people),
        obligors=_people(people, "obligor"),
        certificate_nos=tuple(one.number for one in await certificates.of_case(reader, case.id)),
        relations=tuple(f"unit:{one.unit_code}" for one in await cases.units(reader, case.id)),
        required_documents=await _required(reader, case) if ending is None else required_unbooked(case, kept_keys),
        required_steps=required_steps(ending),
        documents=tuple(document for document, _ in kept),
        signature_reports=tuple(one for _, one in kept if one is not None),
        evidence_report=await resources.blobs.get(report.content_digest) if report else b"{}",
        decision_receipt=await decision(reader, case, ending, actions),
        action_log=msgspec.json.encode([step_of(action) for action in actions]),
        exchange_records=(*await _exchanges(reader, case.id), *await _answers(reader, resources, case.id)),
        process=tuple(step_of(action) for action in actions),
    )


async def _required(reader: ReadSession, case: Case) -> tuple[str, ...]:
    """归档范围 by the catalogue: the form, the inquiry where there is one, every required material."""
    generated = {key for one in case.businesses for key in CATALOGUE[Business(one)].documents}
    codes = [one.code for one in await materials_wanted(reader, case) if one.required]
    lying = await cases.materials(reader, case.id)
    signed_only = {one.code for one in lying if one.media_type == "application/jose"}
    materials = [f"material-{code.replace('_', '-')}-1" for code in codes if code not in signed_only]
    return ("application-form", *(["inquiry-record"] if "inquiry_record" in generated else []), *materials)


async def _papers(
    reader: ReadSession, resources: Resources, case: Case, agency: str, report: EvidenceFile | None
) -> list[_Paper]:
    lying = await cases.materials(reader, case.id)
    papers = [await _signed(resources, one) for one in lying if one.source == SIGNED]
    if report is not None:
        digest, made_at = report.pdf_digest, report.made_at
        papers.append(await _sealed(resources, "evidence-report", EVIDENCE_TITLE, PLATFORM_NAME, digest, made_at))
    if not any(paper.key == "application-form" for paper in papers):
        papers = [await _form(reader, resources, case)]
        if any("inquiry_record" in CATALOGUE[Business(one)].documents for one in case.businesses):
            papers.append(await _inquiry(reader, resources, case))
    counts: dict[str, int] = {}
    for material in lying:
        if material.media_type != "application/jose" and material.source != SIGNED:
            counts[material.code] = counts.get(material.code, 0) + 1
            papers.append(await _material(reader, resources, case, material, counts[material.code]))
    for place, one in enumerate(await letters.of_case(reader, case.id), start=1):
        papers.append(await _sealed(resources, f"letter-{place}", one.title, agency, one.pdf_digest, one.sealed_at))
    for place, paper in enumerate(await certificates.of_case(reader, case.id), start=1):
        if paper.state == NUMBERED or paper.pdf_digest:
            title = f"{CERTIFICATE_WORDS[paper.kind]}{paper.number}"
            papers.append(
                await _sealed(resources, f"certificate-{place}", title, agency, paper.pdf_digest, paper.sealed_at)
            )
    return papers


async def _signed(resources: Resources, one: CaseMaterial) -> _Paper:
    """Form and record of an online application, as everybody signed them."""
    pdf = await resources.signing.archive_timestamp(await resources.blobs.get(one.digest))
    return _Paper(
        key=one.code.replace("_", "-"), title=PAPERS[one.code], author="申请人", pdf=pdf, formed=one.added_at,
        source="系统生成", verification="电子签名验证", sealed=True,
    )  # fmt: skip


async def _form(reader: ReadSession, resources: Resources, case: Case) -> _Paper:
    rendered = await documents.application_form(reader, resources, case)
    return _Paper(
        key="application-form", title="不动产登记申请书", author="申请人", pdf=rendered.pdf,
        formed=case.submitted_at or case.opened_at, source="系统生成", verification="申请内容经申请人确认提交",
        sealed=False,
    )  # fmt: skip


async def _inquiry(reader: ReadSession, resources: Resources, case: Case) -> _Paper:
    rendered = await documents.inquiry_record(reader, resources, case)
    return _Paper(
        key="inquiry-record", title="询问笔录", author="申请人", pdf=rendered.pdf,
        formed=case.submitted_at or case.opened_at, source="系统生成", verification="询问内容经申请人确认提交",
        sealed=False,
    )  # fmt: skip


async def _material(
    reader: ReadSession, resources: Resources, case: Case, material: CaseMaterial, place: int
) -> _Paper:
    data = await resources.blobs.get(material.digest)
    name = (await declared_material(reader, case, material.code)).name
    shared = material.source != "upload"
    return _Paper(
        key=f"material-{material.code.replace('_', '-')}-{place}",
        title=name,
        author="申请人" if not shared else "共享单位",
        pdf=await as_pdfa(resources, name, material.media_type, data),
        formed=material.added_at,
        source="共享获取" if shared else "申请人上传",
        verification=f"原件摘要 {material.digest}" + (f"；核验编号 {material.reference}" if material.reference else ""),
        sealed=False,
    )


async def _sealed(
    resources: Resources, key: str, title: str, agency: str, digest: str | None, sealed_at: datetime | None
) -> _Paper:
    if digest is None or sealed_at is None:
        raise NotSealedYet(title)
    pdf = await resources.signing.archive_timestamp(await resources.blobs.get(digest))
    return _Paper(
        key=key, title=title, author=agency, pdf=pdf, formed=sealed_at, source="系统生成", verification="电子印章验证",
        sealed=True,
    )  # fmt: skip


async def _kept(resources: Resources, paper: _Paper) -> tuple[ArchiveDocument, SignatureReport | None]:
    report: ValidationReport | None = None
    if paper.sealed:
        report = await resources.signing.validate_pdf(paper.pdf)
    digest = await resources.blobs.put(paper.pdf)
    document = ArchiveDocument(
        key=paper.key,
        title=paper.title,
        digest=digest,
        author=paper.author,
        formed_on=paper.formed.astimezone(SHANGHAI).date(),
        source=paper.source,
        verification=paper.verification,
        signatures=_notes(report),
    )
    if report is None:
        return document, None
    body = msgspec.json.encode(report)
    return document, SignatureReport(document=paper.key, digest=digest, valid=report.valid, report=body)


def _notes(report: ValidationReport | None) -> tuple[SignatureNote, ...]:
    if report is None:
        return ()
    return tuple(
        SignatureNote(signer=one.signer, certificate_serial=one.field, level=one.level, signed_at=one.signed_at)
        for one in report.signatures
        if one.signed_at is not None
    )


def _people(parties: Sequence[CaseParty], side: str) -> tuple[ArchivePerson, ...]:
    found = {
        one.id_number: ArchivePerson(name=one.name, id_kind=_ID_KINDS.get(one.id_kind, "other"), id_no=one.id_number)
        for one in parties
        if one.side == side
    }
    return tuple(found.values())


async def _holders(reader: ReadSession, case: Case, people: Sequence[CaseParty]) -> tuple[ArchivePerson, ...]:
    named = _people(people, "holder") or _people(people, "authority") or await _concerned(reader, case)
    return named or ((NOBODY,) if case.standing.status in UNBOOKED else ())


async def _concerned(reader: ReadSession, case: Case) -> tuple[ArchivePerson, ...]:
    """Where nobody applied (失效, 依职权): the holders of the entries that the case is about."""
    targets = [target for part in cases.application_of(case).parts for target in part.targets]
    wanted = (
        select(RightHolder).where(RightHolder.entry_id.in_(targets)).order_by(RightHolder.role, RightHolder.position)
    )
    return tuple(
        ArchivePerson(name=one.name, id_kind=_ID_KINDS.get(one.id_kind, "other"), id_no=one.id_number)
        for one in await reader.scalars(wanted)
    )


async def _exchanges(reader: ReadSession, case_id: UUID) -> list[ExchangeRecord]:
    page = await exchanges(reader, subject=f"case:{case_id}", outcome=Outcome.ANSWERED, limit=50)
    records = [await verification_record(reader, row.id) for row in page.rows]
    return [
        ExchangeRecord(
            name=f"exchange-{record.exchange_id.hex}", title=record.title, content=msgspec.json.encode(record)
        )
        for record in records
    ]


async def _answers(reader: ReadSession, resources: Resources, case_id: UUID) -> list[ExchangeRecord]:
    """The signed answers of tax bureau, housing department and treasury, as they came."""
    wanted = select(CaseRequest).where(CaseRequest.case_id == case_id, CaseRequest.evidence_digest.is_not(None))
    return [
        ExchangeRecord(
            name=f"answer-{one.request_no.lower()}",
            title="核验结果",
            content=msgspec.json.encode({"jws": (await resources.blobs.get(one.evidence_digest or "")).decode()}),
        )
        for one in await reader.scalars(wanted)
    ]
