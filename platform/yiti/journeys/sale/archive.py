"""What a closed presale case hands to the archive, gathered from every room it went through."""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
from contracts.schemas import FrozenContract
from e_archive.schemas import (
    ArchiveDocument,
    ArchiveManifest,
    ArchivePerson,
    ExchangeRecord,
    IdKind,
    ProcessStep,
    SignatureNote,
    SignatureReport,
    Source,
)
from escrow.models import BankConfirmation
from integrations.exchange import exchanges
from integrations.models import Outcome
from integrations.verification import verification_record
from kernel.clock import SHANGHAI
from kernel.db import ReadSession
from kernel.tenancy.models import County
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import EvidenceFile
from signing.schemas import PLATFORM_NAME, ValidationReport
from signing.service import documents_of
from yiti.cases import service as cases
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.lifecycle import ACTION_WORDS, Action
from yiti.cases.models import Case, CaseAction
from yiti.certificates.models import Certificate
from yiti.journeys.maintenance.receipts import receipts_of
from yiti.journeys.models import Sale
from yiti.journeys.sale.powers import TITLE, of_sale
from yiti.letters.service import content_of
from yiti.resources import Resources

EVIDENCE_REPORT = "evidence-report"
REQUIRED = ("contract", "notice_application", "inquiry_record", "handover_agreement", "proof", EVIDENCE_REPORT)
STEPS = (Action.ACCEPT, Action.APPROVE, Action.BOOK)
_ID_KINDS: dict[str, IdKind] = {"resident_id": "resident_id", "credit_code": "credit_code"}


class _Paper(msgspec.Struct, frozen=True):
    key: str
    title: str
    author: str
    digest: str
    report: ValidationReport | None
    """None for what nobody signs here: a scan."""
    verification: str = "电子签名验证"
    source: Source = "系统生成"


async def manifest(
    reader: ReadSession, resources: Resources, sale: Sale, case: Case, certificate: Certificate, report: EvidenceFile
) -> ArchiveManifest:
    """The whole file of the case; every document lifted to B-LTA and validated on the way."""
    county = (await reader.scalars(select(County).where(County.code == reader.tenant))).one()
    frozen = await contracts.content_of(reader, await contracts.get(reader, sale.contract_id))
    declaration = CATALOGUE[case.business]
    powers = await _powers(reader, sale.contract_id)
    receipts = await _receipts(reader, resources, sale.contract_id)
    papers = [*await _papers(reader, resources, sale, certificate, county, report), *receipts, *powers]
    receipt = await cases.latest_receipt(reader, case.id)
    actions = await cases.history(reader, case.id)
    return ArchiveManifest(
        subject=f"case:{case.id}",
        fonds_no=county.code,
        category="BDC",
        retention="Y",
        secrecy="内部",
        title=f"{case.location}{declaration.name}",
        author=county.agency_name,
        formed_on=case.opened_at.astimezone(SHANGHAI).date(),
        item_name=declaration.name,
        item_code=f"BDC-{declaration.registration_type}-{case.business}",
        case_no=case.number,
        registration_type=declaration.registration_type,
        registration_subtype="预售商品房买卖",
        unit_code=case.unit_code,
        location=case.location,
        holders=_holders(frozen),
        obligors=(ArchivePerson(name=frozen.seller.name, id_kind="credit_code", id_no=frozen.seller.credit_code),),
        certificate_nos=(certificate.number,),
        relations=(f"contract:{sale.contract_id}",),
        required_documents=(*REQUIRED, *(paper.key for paper in (*receipts, *powers))),
        required_steps=tuple(ACTION_WORDS[step] for step in STEPS),
        documents=tuple(_document(paper, case.opened_at) for paper in papers),
        signature_reports=tuple(_report(paper, paper.report) for paper in papers if paper.report),
        evidence_report=await resources.blobs.get(report.content_digest),
        decision_receipt=msgspec.json.encode(_receipt(receipt)),
        action_log=msgspec.json.encode([_step(action) for action in actions]),
        exchange_records=(
            *await _exchanges(reader, sale.contract_id),
            *await _vouchers(reader, resources, sale.contract_id),
        ),
        process=tuple(_step(action) for action in actions),
    )


def _holders(frozen: FrozenContract) -> tuple[ArchivePerson, ...]:
    return tuple(
        ArchivePerson(name=buyer.name, id_kind=_ID_KINDS[buyer.id_kind], id_no=buyer.id_no) for buyer in frozen.buyers
    )


async def _papers(
    reader: ReadSession,
    resources: Resources,
    sale: Sale,
    certificate: Certificate,
    county: County,
    report: EvidenceFile,
) -> list[_Paper]:
    signed = await documents_of(reader, sale.ceremony_id) if sale.ceremony_id else []
    wanted = [(row.key, row.title, "当事人", row.current_digest) for row in signed]
    wanted.append(("proof", "不动产登记证明", county.agency_name, certificate.pdf_digest or ""))
    wanted.append((EVIDENCE_REPORT, EVIDENCE_TITLE, PLATFORM_NAME, report.pdf_digest))
    return list(await asyncio.gather(*(_lifted(resources, *one) for one in wanted)))


async def _receipts(reader: ReadSession, resources: Resources, contract_id: UUID) -> list[_Paper]:
    """The maintenance fund's receipts (维修资金缴款凭证), those that are sealed."""
    issued = (await receipts_of(reader, [bill.id for bill in await escrow.bills_of(reader, contract_id)])).values()
    sealed = [(one, one.pdf_digest) for one in issued if one.pdf_digest]
    return [
        await _lifted(resources, f"maintenance-receipt-{place}", one.title, content_of(one).agency.name, digest)
        for place, (one, digest) in enumerate(sealed, start=1)
    ]


async def _powers(reader: ReadSession, contract_id: UUID) -> list[_Paper]:
    """细则 art. 12: the powers of attorney under which agents signed and applied, as PDF/A copies of the scans."""
    return [
        _Paper(
            f"power-{place}", f"{TITLE}（{buyer.name}委托{buyer.signatory_name}）", "申请人", power.pdf_digest, None,
            f"原件摘要 {power.digest}", "申请人上传",
        )
        for place, buyer, power in await of_sale(reader, contract_id)
        if power is not None
    ]  # fmt: skip


async def _lifted(resources: Resources, key: str, title: str, author: str, digest: str) -> _Paper:
    pdf = await resources.signing.archive_timestamp(await resources.blobs.get(digest))
    report = await resources.signing.validate_pdf(pdf)
    return _Paper(key, title, author, await resources.blobs.put(pdf), report)


def _document(paper: _Paper, formed: datetime) -> ArchiveDocument:
    return ArchiveDocument(
        key=paper.key,
        title=paper.title,
        digest=paper.digest,
        author=paper.author,
        formed_on=formed.astimezone(SHANGHAI).date(),
        source=paper.source,
        verification=paper.verification,
        signatures=tuple(
            SignatureNote(signer=one.signer, certificate_serial=one.field, level=one.level, signed_at=one.signed_at)
            for one in (paper.report.signatures if paper.report else ())
            if one.signed_at is not None
        ),
    )


def _report(paper: _Paper, report: ValidationReport) -> SignatureReport:
    return SignatureReport(
        document=paper.key, digest=paper.digest, valid=report.valid, report=msgspec.json.encode(report)
    )


def _receipt(receipt: object) -> dict[str, object]:
    names = ("rules_version", "facts", "facts_digest", "findings", "outcome", "decided_by", "decided_at")
    return {name: getattr(receipt, name) for name in names}


def _step(action: CaseAction) -> ProcessStep:
    return ProcessStep(
        name=ACTION_WORDS[Action(action.action)], actor=action.actor_name, at=action.at, opinion=action.note
    )


async def _exchanges(reader: ReadSession, contract_id: UUID) -> list[ExchangeRecord]:
    page = await exchanges(reader, subject=f"contract:{contract_id}", outcome=Outcome.ANSWERED, limit=50)
    records = [await verification_record(reader, row.id) for row in page.rows]
    return [
        ExchangeRecord(
            name=f"exchange-{record.exchange_id.hex}", title=record.title, content=msgspec.json.encode(record)
        )
        for record in records
    ]


async def _vouchers(reader: ReadSession, resources: Resources, contract_id: UUID) -> list[ExchangeRecord]:
    """The bank's signed confirmations (缴款确认凭证), as they came."""
    bills = {bill.id: bill for bill in await escrow.bills_of(reader, contract_id)}
    paid = BankConfirmation.bill_id.in_(bills), BankConfirmation.reversed_by.is_(None)
    found = await reader.scalars(select(BankConfirmation).where(*paid))
    return [
        ExchangeRecord(
            name=f"voucher-{bills[one.bill_id].notice_no.lower()}",
            title="缴款确认凭证",
            content=msgspec.json.encode({"jws": (await resources.blobs.get(one.evidence_digest)).decode()}),
        )
        for one in found
        if one.bill_id is not None
    ]
