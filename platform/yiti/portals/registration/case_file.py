"""Everything a case's page is made from, read from the rooms the sale went through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

import contracts.service as contracts
import e_archive.service as e_archive
import escrow.service as escrow
from contracts.models import Contract
from contracts.schemas import FrozenContract
from escrow.models import BankConfirmation, Bill, Refund
from kernel.db import ReadSession
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import AppliedSignature, CeremonyDocument, CeremonySignatory, StoredAssertion
from signing.service import documents_of, signatories_of
from yiti.cases import service as cases
from yiti.cases.models import Case, CaseAction, DecisionReceipt
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.estate.models import Unit
from yiti.estate.queries import get_unit
from yiti.journeys.evidence import EVIDENCE, report_of
from yiti.journeys.models import Sale
from yiti.journeys.sale import powers
from yiti.journeys.sale.errors import SaleNotFound

_RECEIPTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision receipt without its facts: they are personal data, and their digest proves them."""

    id: UUID
    rules_version: str
    facts_digest: str
    findings: list[dict[str, Any]]
    outcome: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of the case as it stands: four signed papers, agents' powers of attorney, and the proof."""

    key: str
    title: str
    digest: str
    places: int
    """Signatures that it must carry; 0 for the proof, which the agency seals."""
    applied: int
    sealed_by: str = "登记机构电子印章"
    """Whose seal it bears where nobody signs; of a scan, where it comes from."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with all that belongs to it."""

    case: Case
    sale: Sale
    contract: Contract
    content: FrozenContract
    unit: Unit
    bills: Sequence[Bill]
    confirmations: dict[UUID, BankConfirmation]
    """By the notice that they paid."""
    refunds: Sequence[Refund]
    papers: Sequence[Paper]
    signatories: Sequence[CeremonySignatory]
    assertions: dict[UUID, StoredAssertion]
    """By signatory."""
    actions: Sequence[CaseAction]
    receipts: Sequence[Receipt]
    proofs: Sequence[Certificate]
    archive_no: str | None


async def load(reader: ReadSession, case_id: UUID) -> CaseFile:
    """The whole file of a case. Raises `CaseNotFound`."""
    case = await cases.get(reader, case_id)
    sale = await sale_behind(reader, case)
    contract = await contracts.get(reader, sale.contract_id)
    bills = await escrow.bills_of(reader, sale.contract_id)
    signatories = await signatories_of(reader, sale.ceremony_id) if sale.ceremony_id else []
    proofs = await certificates.of_case(reader, case_id)
    archived = await e_archive.by_subject(reader, f"case:{case_id}")
    return CaseFile(
        case=case,
        sale=sale,
        contract=contract,
        content=await contracts.content_of(reader, contract),
        unit=await get_unit(reader, sale.unit_id),
        bills=bills,
        confirmations=await _confirmations(reader, bills),
        refunds=await escrow.refunds_of(reader, sale.contract_id),
        papers=await papers(reader, sale, proofs),
        signatories=signatories,
        assertions=await _assertions(reader, signatories),
        actions=await cases.history(reader, case_id),
        receipts=await receipts_of(reader, case_id),
        proofs=proofs,
        archive_no=archived.archive_no if archived else None,
    )


async def sale_behind(reader: ReadSession, case: Case) -> Sale:
    """The sale whose contract the case is about: of its presale notice, or of that notice's cancellation."""
    sale = await reader.scalar(select(Sale).where(Sale.contract_id == case.contract_id))
    if sale is None:
        raise SaleNotFound
    return sale


async def papers(reader: ReadSession, sale: Sale, proofs: Sequence[Certificate]) -> list[Paper]:
    """The documents of the case in their order; a proof only once it is sealed."""
    signed = await documents_of(reader, sale.ceremony_id) if sale.ceremony_id else []
    applied = await _applied(reader, signed)
    found = [Paper(one.key, one.title, one.current_digest, len(one.fields), applied.get(one.id, 0)) for one in signed]
    found += await _powers(reader, sale)
    if report := await report_of(reader, sale.ceremony_id):
        found.append(Paper(EVIDENCE, EVIDENCE_TITLE, report.pdf_digest, 0, 0, "平台电子印章"))
    sealed = next((one.pdf_digest for one in proofs if one.pdf_digest), None)
    if sealed:
        found.append(Paper("proof", "不动产登记证明", sealed, 0, 0))
    return found


async def _powers(reader: ReadSession, sale: Sale) -> list[Paper]:
    """What the buyers' agents have acted under."""
    return [
        Paper(f"power-{place}", f"{powers.TITLE}（买受人{place}）", power.pdf_digest, 0, 0, "售楼部上传，须核对")
        for place, _, power in await powers.of_sale(reader, sale.contract_id)
        if power is not None
    ]


async def _applied(reader: ReadSession, documents: Sequence[CeremonyDocument]) -> dict[UUID, int]:
    counted = (
        select(AppliedSignature.document_id, func.count().label("applied"))
        .where(
            AppliedSignature.document_id.in_([one.id for one in documents]), AppliedSignature.signatory_id.is_not(None)
        )
        .group_by(AppliedSignature.document_id)
    )
    return {row.document_id: row.applied for row in await reader.execute(counted)}


async def _assertions(reader: ReadSession, people: Sequence[CeremonySignatory]) -> dict[UUID, StoredAssertion]:
    wanted = select(StoredAssertion).where(StoredAssertion.signatory_id.in_([one.id for one in people]))
    # A person may be identified again when the first identification has expired; the last one counts.
    return {one.signatory_id: one for one in await reader.scalars(wanted.order_by(StoredAssertion.id))}


async def _confirmations(reader: ReadSession, bills: Sequence[Bill]) -> dict[UUID, BankConfirmation]:
    paid = BankConfirmation.bill_id.in_([one.id for one in bills]), BankConfirmation.reversed_by.is_(None)
    wanted = select(BankConfirmation).where(*paid)
    return {one.bill_id: one for one in await reader.scalars(wanted) if one.bill_id is not None}


async def receipts_of(reader: ReadSession, case_id: UUID) -> list[Receipt]:
    """The newest receipts of a case, newest first."""
    columns = (
        DecisionReceipt.id,
        DecisionReceipt.rules_version,
        DecisionReceipt.facts_digest,
        DecisionReceipt.findings,
        DecisionReceipt.outcome,
        DecisionReceipt.decided_by,
        DecisionReceipt.decided_at,
    )
    wanted = select(*columns).where(DecisionReceipt.case_id == case_id).order_by(DecisionReceipt.id.desc())
    return [Receipt(*row) for row in await reader.execute(wanted.limit(_RECEIPTS_SHOWN))]
