"""The part of a sale's page that changes by itself: money, signatures, filing, cancellation. Masked, ready to draw."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.cancelling import SELLER
from contracts.signers import signers_of
from escrow.models import Bill, BillKind, Refund, RefundState
from escrow.rules import ACCOUNTS
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession
from kernel.pii import mask_name, mask_phone
from kernel.rendering import qr_png
from kernel.rendering.templates import png_uri
from signing.models import CeremonySignatory
from yiti.cases import service as cases
from yiti.cases.lifecycle import STATUS_WORDS, CaseStatus
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.journeys.maintenance.receipts import receipts_of
from yiti.journeys.sale import papers
from yiti.portals.sales_office.desk import Desk
from yiti.portals.sales_office.documents import PROOF, RECEIPT
from yiti.portals.sales_office.history import ended_words
from yiti.portals.sales_office.loans import LoanPanel, loan_panels
from yiti.portals.sales_office.rules import POLLED, Stage
from yiti.portals.seals.step import SealDesk
from yiti.portals.shell.notices import look_of, worth_showing

_SIGNER_LOOKS = {
    "waiting": ("待核验", "neutral"),
    "identifying": ("核验中", "info"),
    "identified": ("已核验，待签署", "info"),
    "consented": ("签名生成中", "info"),
    "signed": ("已签署", "success"),
    "declined": ("不同意签署", "danger"),
}
_CASE_TONES = {
    CaseStatus.BOOKED: "success",
    CaseStatus.CLOSED: "success",
    CaseStatus.REFUSED: "danger",
    CaseStatus.WITHDRAWN: "neutral",
}
_PROOF_WORDS = {NUMBERED: ("制证中", "info"), ISSUED: ("已生成", "success"), CANCELLED: ("已注销", "neutral")}
_AT_SIGNING = frozenset({Stage.PREPARING, Stage.SIGNING, Stage.SEALING, Stage.COMPLETING})
_ENDS = frozenset({Stage.ABANDONED, Stage.CANCELLED})
_BY_THE_SYSTEM = frozenset({Stage.PREPARING, Stage.COMPLETING, Stage.BOOKED})
_BY_OTHERS = _ENDS | {Stage.DECIDING, Stage.CANCELLING}
_LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One payment notice; `url` is its printable form."""

    title: str
    notice_no: str
    amount_fen: int
    account: str
    bank: str
    account_title: str
    words: str
    tone: str
    style: str
    confirmed_at: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One refund order; `title` is what had been paid."""

    title: str
    refund_no: str
    amount_fen: int
    done: bool
    at: datetime | None
    waits_for: str
    """Why the bank has not been told yet; empty once it has."""


@dataclass(frozen=True, slots=True)
class SignerLine:
    """One buyer at the signing. `link` is empty when there is none that works."""

    key: str
    name: str
    organisation: str
    acting: str
    """For which buyers an agent signs; empty for who signs for themselves."""
    phone: str
    words: str
    tone: str
    signed: bool
    link: str
    qr: str
    expires_at: datetime | None
    may_invite: bool


@dataclass(frozen=True, slots=True)
class FiledPanel:
    """What became of the filed contract."""

    filing_no: str
    filed_at: datetime | None
    case_no: str
    case_words: str
    case_tone: str
    proof_no: str
    proof_words: str
    proof_tone: str
    proof_url: str
    """The sealed proof; empty until it is there."""


@dataclass(frozen=True, slots=True)
class CancellationPanel:
    """A request to cancel that is under way; the buyers are masked."""

    asked_by: str
    reason: str
    parties: tuple[tuple[str, bool], ...]
    seller_agreed: bool


@dataclass(frozen=True, slots=True)
class Live:
    """Everything that somebody else may change while the page is looked at."""

    stage: Stage
    bills: tuple[BillLine, ...] = ()
    missing: tuple[str, ...] = ()
    refunds: tuple[RefundLine, ...] = ()
    receipt_url: str = ""
    """The maintenance fund's sealed receipt."""
    loans: tuple[LoanPanel, ...] = ()
    signers: tuple[SignerLine, ...] = ()
    seal: str = ""
    sealing: SealDesk | None = None
    """The looker's own next step at the developer's seal (`sealing.with_desk`)."""
    filed: FiledPanel | None = None
    cancellation: CancellationPanel | None = None
    closed_reason: str = ""
    refused: str = ""
    """Why the documents cannot be made."""
    late: bool = False
    """Whether making the documents takes longer than it should."""
    ended: str = ""
    """How the last signing ended without all signatures, while the sale is not submitted again."""
    until: datetime | None = None
    """The end of the signing that is under way."""
    settled: bool = True
    """Whether nothing more will come by itself."""
    seen: str = ""

    @property
    def every(self) -> str:
        """How often to look for news; empty when there will be none."""
        if self.stage not in POLLED and self.settled:
            return ""
        return "1s" if self.stage in _BY_THE_SYSTEM else "5s" if self.stage in _BY_OTHERS else "2s"


async def live(reader: ReadSession, on: Desk, public_url: str) -> Live:
    """The live part of this sale's page. `seen` is a mark that changes with it and begins with the stage."""
    panel = await _live(reader, on, public_url)
    digest = hashlib.sha256(repr(panel).encode()).hexdigest()[:16]
    return replace(panel, seen=f"{on.stage}-{digest}")


async def _live(reader: ReadSession, on: Desk, public_url: str) -> Live:
    bills = await escrow.bills_of(reader, on.contract.id)
    refunds = await escrow.refunds_of(reader, on.contract.id) if on.stage in _ENDS else []
    people = await _signatories(reader, on)
    proof = await _proof(reader, on)
    return Live(
        stage=on.stage,
        bills=tuple(_bill(on, bill) for bill in worth_showing(bills)),
        missing=tuple(one.words for one in await escrow.missing(reader, on.contract.id))
        if on.stage is Stage.PAYING
        else (),
        refunds=tuple(_refund(one, bills) for one in refunds),
        receipt_url=await _receipt(reader, on, bills),
        loans=await loan_panels(reader, on),
        signers=tuple(_signer(one, on, reader.tenant, public_url) for one in people if one.kind == "person"),
        seal=next((one.status for one in people if one.kind == "organisation"), ""),
        filed=await _filed(reader, on, proof),
        cancellation=await _cancellation(reader, on),
        closed_reason=on.contract.reason or "",
        refused=(await papers.refused(reader, on.sale) or "") if on.stage is Stage.PREPARING else "",
        late=on.stage is Stage.PREPARING and on.sale.submitted_at is not None and now() - on.sale.submitted_at > _LATE,
        ended=await _ended(reader, on),
        until=await signing.term_of(reader, on.sale.ceremony_id) if people and on.sale.ceremony_id else None,
        settled=_settled(on.stage, proof, refunds),
    )


async def _ended(reader: ReadSession, on: Desk) -> str:
    if on.sale.submitted_at is not None or not on.sale.rounds or on.stage in _ENDS:
        return ""
    last = (await signing.ended_of(reader, f"{papers.SUBJECT}:{on.contract.id}"))[0]
    return f"{last.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} {ended_words(last)}，已签的名作废，核对后可以重新提交签署。"


async def _signatories(reader: ReadSession, on: Desk) -> list[CeremonySignatory]:
    if on.stage not in _AT_SIGNING or on.sale.ceremony_id is None:
        return []
    return await signing.signatories_of(reader, on.sale.ceremony_id)


async def _receipt(reader: ReadSession, on: Desk, bills: Sequence[Bill]) -> str:
    sealed = any(one.pdf_digest for one in (await receipts_of(reader, [bill.id for bill in bills])).values())
    return f"{on.url}/documents/{RECEIPT}" if sealed else ""


def _settled(stage: Stage, proof: Certificate | None, refunds: Sequence[Refund]) -> bool:
    match stage:
        case Stage.BOOKED:
            return proof is not None and proof.state == ISSUED
        case Stage.CANCELLED:
            return bool(refunds) and _paid_back(refunds) and (proof is None or proof.state == CANCELLED)
        case Stage.ABANDONED:
            return _paid_back(refunds)
    return True


def _paid_back(refunds: Sequence[Refund]) -> bool:
    return all(one.state == RefundState.CONFIRMED for one in refunds)


def _bill(on: Desk, bill: Bill) -> BillLine:
    words, tone, style = look_of(bill)
    return BillLine(
        title=escrow.title_of(bill),
        notice_no=bill.notice_no,
        amount_fen=bill.amount_fen,
        account=f"{bill.account_no[:4]} **** {bill.account_no[-4:]}",
        bank=bill.bank_name,
        account_title=ACCOUNTS[BillKind(bill.kind)],
        words=words,
        tone=tone,
        style=style,
        confirmed_at=bill.confirmed_at,
        url=f"{on.url}/notices/{bill.id}.pdf",
    )


def _refund(one: Refund, bills: Sequence[Bill]) -> RefundLine:
    done = one.state == RefundState.CONFIRMED
    title = next(escrow.title_of(bill) for bill in bills if bill.id == one.bill_id)
    return RefundLine(title, one.refund_no, one.amount_fen, done, one.confirmed_at, one.waiting_because or "")


def _acting(on: Desk, key: str) -> str:
    buyers = on.content.buyers
    places = next((one.places for one in signers_of(buyers) if one.key == key), ())
    agent_of = [f"买受人{place}" for place in places if buyers[place - 1].by_power]
    return f"{'、'.join(agent_of)}的委托代理人" if agent_of else ""


def _signer(one: CeremonySignatory, on: Desk, tenant: str, public_url: str) -> SignerLine:
    words, tone = _SIGNER_LOOKS[one.status]
    open_ = one.status not in {"consented", "signed"}
    works = open_ and one.token is not None and one.token_expires_at is not None and one.token_expires_at > now()
    link = f"{public_url}/s/{tenant}/{one.token}" if works else ""
    return SignerLine(
        key=one.key,
        name=mask_name(one.name),
        organisation=one.organisation or "",
        acting=_acting(on, one.key),
        phone=mask_phone(one.phone or ""),
        words=words,
        tone=tone,
        signed=one.status == "signed",
        link=link,
        qr=png_uri(qr_png(link)) if link else "",
        expires_at=one.token_expires_at if works else None,
        may_invite=open_,
    )


async def _proof(reader: ReadSession, on: Desk) -> Certificate | None:
    found = await certificates.of_case(reader, on.sale.case_id) if on.sale.case_id else []
    return found[0] if found else None


async def _filed(reader: ReadSession, on: Desk, proof: Certificate | None) -> FiledPanel | None:
    if on.contract.filing_no is None:
        return None
    case = await cases.get(reader, on.sale.case_id) if on.sale.case_id else None
    status = CaseStatus(case.status) if case else None
    return FiledPanel(
        filing_no=on.contract.filing_no,
        filed_at=on.contract.filed_at,
        case_no=case.number if case else "",
        case_words=STATUS_WORDS[status] if status else "",
        case_tone=_CASE_TONES.get(status, "info") if status else "info",
        proof_no=proof.number if proof else "",
        proof_words=_PROOF_WORDS[proof.state][0] if proof else "",
        proof_tone=_PROOF_WORDS[proof.state][1] if proof else "neutral",
        proof_url=f"{on.url}/documents/{PROOF}" if proof and proof.pdf_digest else "",
    )


async def _cancellation(reader: ReadSession, on: Desk) -> CancellationPanel | None:
    request = await contracts.cancellation_of(reader, on.contract.id) if on.stage is Stage.CANCELLING else None
    if request is None:
        return None
    names = {SELLER: "出卖人"} | {
        f"buyer-{place}": f"买受人{mask_name(buyer.name)}" for place, buyer in enumerate(on.content.buyers, start=1)
    }
    return CancellationPanel(
        asked_by=names[request.requested_by],
        reason=request.reason,
        parties=tuple((name, party in request.agreed) for party, name in names.items()),
        seller_agreed=SELLER in request.agreed,
    )
