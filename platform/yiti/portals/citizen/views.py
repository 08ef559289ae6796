"""What the pages of 我要办 show, made ready: the citizen's own things in full, everybody else masked."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.schemas import FrozenContract, Home, from_json
from escrow.models import Bill
from kernel.db import ReadSession
from kernel.money import yuan
from kernel.pii import mask_name
from kernel.rendering.qr import qr_png
from signing.models import CeremonySignatory
from yiti.accounts.sessions import Citizen
from yiti.cases import service as cases
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.portals.citizen import history, own
from yiti.portals.citizen.history import Happening
from yiti.portals.citizen.money import MoneyLine, money_lines
from yiti.portals.citizen.own import OwnContract
from yiti.portals.citizen.standing import Standing, StateWords, standings, state_words

_OWNERSHIP = {"sole": "单独所有", "joint": "共同共有", "fractional": "按份共有"}
_PROOF_STATES = {
    NUMBERED: StateWords("正在制作", "info", "电子证照正在制作和签章，请稍候刷新。"),
    ISSUED: StateWords("有效", "success", "由登记机构签章，与纸质证照具有同等法律效力。"),
    CANCELLED: StateWords("已注销", "danger", "所记载的登记已经注销或者换证，本证照不再有效。"),
}


@dataclass(frozen=True)
class ContractLine:
    """A contract in the list."""

    url: str
    location: str
    project: str
    state: StateWords


@dataclass(frozen=True)
class ProofLine:
    """A proof in the list."""

    url: str
    number: str
    item: str
    location: str
    state: StateWords


@dataclass(frozen=True)
class HomeView:
    """The first page."""

    county: str
    name: str
    contracts: tuple[ContractLine, ...]
    proofs: tuple[ProofLine, ...]


@dataclass(frozen=True)
class CancellationView:
    """A request to cancel, and what this citizen may do about it."""

    reason: str
    asked_by: str
    agreed: tuple[str, ...]
    missing: tuple[str, ...]
    may_agree: bool
    may_withdraw: bool
    own_request: bool


@dataclass(frozen=True)
class ContractView:
    """The page of one contract."""

    url: str
    location: str
    state: StateWords
    facts: tuple[tuple[str, str], ...]
    must_sign: bool
    money: Sequence[MoneyLine]
    papers: tuple[tuple[str, str], ...]
    """Title and address."""
    proof: ProofLine | None
    reasons: Sequence[dict[str, Any]]
    refusal: str
    cancellation: CancellationView | None
    may_ask_cancellation: bool
    history: Sequence[Happening]


@dataclass(frozen=True)
class ProofView:
    """The page of one proof."""

    url: str
    number: str
    item: str
    state: StateWords
    facts: tuple[tuple[str, str], ...]
    pages: int
    qr: str
    """The QR code as data URL; empty until the proof is issued."""
    verify_url: str
    sealed_at: datetime | None
    may_copy: bool
    """Whether annotated copies are made of it."""


async def home(reader: ReadSession, county: str, person: Citizen) -> HomeView:
    """A person's contracts and proofs: naturally few."""
    found = await standings(reader, await contracts.contracts_of_person(reader, person.id_no))
    held = await certificates.of_person(reader, person.id_no)
    return HomeView(
        county=county,
        name=person.name,
        contracts=tuple(_contract_line(county, one) for one in found),
        proofs=tuple(_proof_line(county, one) for one in held),
    )


async def contract_page(reader: ReadSession, county: str, mine: OwnContract) -> ContractView:
    """Everything about one contract."""
    contract = mine.contract
    standing = (await standings(reader, [contract]))[0]
    content = await contracts.content_of(reader, contract)
    people = await _signatories(reader, standing)
    url = f"/me/{county}/contracts/{contract.id}"
    papers = await own.documents(reader, mine)
    reasons, refusal = await _decision(reader, standing.case)
    cancellation = await _cancellation(reader, mine, content.seller.name)
    bills = await escrow.bills_of(reader, contract.id)
    waiting = {one.key for one in people if one.status not in {"consented", "signed"}}
    return ContractView(
        url=url,
        location=content.home.location,
        state=state_words(standing),
        facts=_facts(content, contract.filing_no, standing),
        must_sign=contract.status == "signing" and bool(waiting & set(mine.parties)),
        money=money_lines(bills),
        papers=tuple((title, f"{url}/documents/{key}") for key, title, _ in papers),
        proof=_proof_line(county, standing.proof) if standing.proof else None,
        reasons=reasons,
        refusal=refusal,
        cancellation=cancellation,
        may_ask_cancellation=contract.status == "filed" and cancellation is None and bool(mine.dissolves),
        history=await _history(reader, standing, people, bills, _parties(mine, content.seller.name)),
    )


def proof_page(county: str, proof: Certificate, pages: int) -> ProofView:
    """The holder sees in full what the proof says."""
    content = certificates.content_of(proof)
    sealed = proof.pdf_digest is not None
    qr = base64.b64encode(qr_png(content.verify_url)).decode() if sealed else ""
    return ProofView(
        url=f"/me/{county}/proofs/{proof.id}",
        number=proof.number,
        item=content.item,
        state=_PROOF_STATES[proof.state],
        facts=(
            ("权利人", "、".join(one.name for one in content.holders)),
            ("义务人", "、".join(one.name for one in content.obligors)),
            ("共有情况", content.sharing),
            ("坐落", content.location),
            ("不动产单元号", grouped_unit_code(content.unit_code)),
            ("登簿日期", content.booked_on.isoformat()),
            ("登记机构", content.agency_name),
        ),
        pages=pages,
        qr=f"data:image/png;base64,{qr}" if qr else "",
        verify_url=content.verify_url,
        sealed_at=proof.sealed_at,
        may_copy=proof.state == ISSUED,
    )


def _contract_line(county: str, standing: Standing) -> ContractLine:
    home = from_json(standing.contract.home, Home)
    return ContractLine(
        url=f"/me/{county}/contracts/{standing.contract.id}",
        location=home.location,
        project=home.project_name,
        state=state_words(standing),
    )


def _proof_line(county: str, proof: Certificate) -> ProofLine:
    content = certificates.content_of(proof)
    state = _PROOF_STATES[proof.state]
    return ProofLine(f"/me/{county}/proofs/{proof.id}", proof.number, content.item, content.location, state)


async def _signatories(reader: ReadSession, standing: Standing) -> list[CeremonySignatory]:
    if standing.sale is None or standing.sale.ceremony_id is None:
        return []
    return await signing.signatories_of(reader, standing.sale.ceremony_id)


def _facts(content: FrozenContract, filing_no: str | None, standing: Standing) -> tuple[tuple[str, str], ...]:
    home, case = content.home, standing.case
    return (
        ("备案号", filing_no or ""),
        ("出卖人", content.seller.name),
        ("买受人", "、".join(buyer.name for buyer in content.buyers)),
        ("共有方式", _OWNERSHIP.get(content.ownership or "", "")),
        ("建筑面积", f"{home.building_area} ㎡"),
        ("总价款", f"{yuan(content.price_fen)} 元" if content.price_fen else ""),
        ("登记业务号", case.number if case else ""),
    )


async def _decision(reader: ReadSession, case: Case | None) -> tuple[list[dict[str, Any]], str]:
    """Why a person is looking at the case, and why it was refused."""
    if case is None:
        return [], ""
    if case.status == CaseStatus.ACCEPTED:
        return history.reasons(await cases.latest_receipt(reader, case.id)), ""
    if case.status == CaseStatus.REFUSED:
        notes = [one.note for one in await cases.history(reader, case.id) if one.action == "refuse"]
        return [], notes[-1] if notes else ""
    return [], ""


async def _cancellation(reader: ReadSession, mine: OwnContract, seller: str) -> CancellationView | None:
    request = await contracts.cancellation_of(reader, mine.contract.id)
    if request is None:
        return None
    names = _parties(mine, seller)
    return CancellationView(
        reason=request.reason,
        asked_by=names.get(request.requested_by, ""),
        agreed=tuple(names[party] for party in request.agreed),
        missing=tuple(names[party] for party in request.missing),
        may_agree=any(party in request.missing for party in mine.dissolves),
        may_withdraw=bool(mine.dissolves),
        own_request=request.requested_by in mine.dissolves,
    )


async def _history(
    reader: ReadSession,
    standing: Standing,
    people: list[CeremonySignatory],
    bills: Sequence[Bill],
    parties: Mapping[str, str],
) -> list[Happening]:
    contract_id = standing.contract.id
    return history.newest_first(
        history.of_contract(await contracts.history_of(reader, contract_id), parties),
        history.of_money(bills, await escrow.refunds_of(reader, contract_id)),
        history.of_signing(people),
        *[await _case_history(reader, case) for case in (standing.case, standing.cancellation) if case],
        history.of_proofs(standing.proofs),
    )


async def _case_history(reader: ReadSession, case: Case) -> list[Happening]:
    name = CATALOGUE[case.business].name
    return list(history.of_case(name, await cases.history(reader, case.id)))


def _parties(mine: OwnContract, seller: str) -> dict[str, str]:
    """Who the parties are: oneself as 您, other persons masked, companies by name."""
    words = {"seller": seller}
    for position, buyer in enumerate(mine.buyers, start=1):
        key = f"buyer-{position}"
        name = buyer.name if buyer.kind == "company" else mask_name(buyer.name)
        words[key] = f"{name}（您）" if key in {*mine.parties, *mine.dissolves} else name
    return words
