"""Gathering what the decision on a presale notice rests on: from our own records and from signed messages only."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select

import contracts.service as contracts
import escrow.service as escrow
from contracts.power_rules import faults, power_words
from contracts.schemas import Buyer, FrozenContract, Power
from contracts.signers import signers_of
from escrow.models import BillState
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession
from kernel.identifiers import birth_date
from signing.models import AppliedSignature, CeremonyDocument, CeremonySignatory, StoredAssertion
from signing.service import documents_of, signatories_of
from yiti.accounts.models import User
from yiti.accounts.service import organisation
from yiti.cases.presale_notice import AgentFact, BuyerFact, PresaleFacts
from yiti.estate.queries import construction_mortgagee, get_project, permitted
from yiti.journeys.documents import unfavourable
from yiti.journeys.models import Sale
from yiti.register.book import current_entries
from yiti.register.kinds import KIND_WORDS, EntryKind
from yiti.register.models import RegisterEntry


class Signing(Struct, frozen=True):
    """What the ceremony established."""

    expected: int
    applied: int
    unsigned: tuple[str, ...]
    identities: dict[str, str]
    """Signatory key → reference of the identity assertion that matched."""
    consented_on: date | None
    """The day of the last consent: of the application, whenever the signatures were made."""


async def gather(reader: ReadSession, sale: Sale) -> PresaleFacts:
    """All facts of one sale, as they are now."""
    contract = await contracts.get(reader, sale.contract_id)
    frozen = await contracts.content_of(reader, contract)
    permit = await permitted(reader, sale.unit_id)
    project = await get_project(reader, frozen.home.project_id)
    developer = await organisation(reader, project.organisation_id)
    signing = await _signing(reader, sale.ceremony_id)
    entries = await current_entries(reader, sale.unit_id)
    return PresaleFacts(
        on=today(),
        contract_number=contract.filing_no or "",
        contract_filed=contract.status == "filed",
        contract_unit_code=contract.unit_code,
        contract_digest=contract.signed_digest or "",
        price_fen=frozen.price_fen or 0,
        sharing=frozen.ownership or "",
        seller_name=frozen.seller.name,
        seller_credit_code=frozen.seller.credit_code,
        unit_code=sale.unit_code,
        permit_number=permit.number if permit else "",
        permit_covers_unit=permit is not None,
        developer_of_permit=developer.credit_code,
        buyers=await _buyers(reader, frozen, signing),
        money_missing=tuple(one.words for one in await escrow.missing(reader, sale.contract_id)),
        money_references=await _vouchers(reader, sale.contract_id),
        signatures_expected=signing.expected,
        signatures_valid=signing.applied,
        unsigned=signing.unsigned,
        unfavourable_answers=tuple(question.text for question in unfavourable(sale.answers)),
        construction_mortgagee=await construction_mortgagee(reader, sale.unit_id),
        live_notices=_cases(entries, EntryKind.PRESALE_NOTICE),
        seizures=_cases(entries, EntryKind.SEIZURE),
        objections=_cases(entries, EntryKind.OBJECTION),
        other_rights=tuple(
            KIND_WORDS[one.kind] for one in entries if one.kind in (EntryKind.OWNERSHIP, EntryKind.MORTGAGE)
        ),
    )


def _cases(entries: list[RegisterEntry], kind: EntryKind) -> tuple[str, ...]:
    return tuple(entry.case_number for entry in entries if entry.kind == kind)


async def _buyers(reader: ReadSession, frozen: FrozenContract, signing: Signing) -> tuple[BuyerFact, ...]:
    references = {
        place: signing.identities.get(signer.key) for signer in signers_of(frozen.buyers) for place in signer.places
    }
    agents = await _agents(reader, frozen, signing.consented_on or today())
    return tuple(
        _buyer(buyer, references[place], agents.get(place)) for place, buyer in enumerate(frozen.buyers, start=1)
    )


def _buyer(buyer: Buyer, identity: str | None, agent: AgentFact | None) -> BuyerFact:
    return BuyerFact(
        name=buyer.name,
        id_kind=buyer.id_kind,
        id_number=buyer.id_no,
        birth_date=_born(buyer),
        share=str(buyer.share) if buyer.share else None,
        identity_reference=identity or "",
        identity_matched=identity is not None,
        agent=agent,
    )


async def _agents(reader: ReadSession, frozen: FrozenContract, on: date) -> dict[int, AgentFact]:
    """By the place of the buyer; `on` is the day of the application."""
    represented = {place: buyer for place, buyer in enumerate(frozen.buyers, start=1) if buyer.by_power}
    if not represented:
        return {}
    powers = await contracts.powers_of(reader, frozen.contract_id)
    names = select(User.display_name).where(User.organisation_id == frozen.seller.organisation_id)
    staff = frozenset(await reader.scalars(names))
    return {place: _agent(place, buyer, powers.get(place), staff, on) for place, buyer in represented.items()}


def _agent(place: int, buyer: Buyer, power: Power | None, staff: frozenset[str], on: date) -> AgentFact:
    wrong = faults(power, on) if power else ()
    missing = () if power else (f"第{place}名买受人没有授权委托书",)
    return AgentFact(
        name=buyer.signatory_name,
        id_number=buyer.signatory_id_no,
        power=power_words(power) if power else "",
        power_digest=power.digest if power else "",
        faults=(*missing, *(f"第{place}名买受人的{one.message}" for one in wrong)),
        namesake_at_seller=buyer.signatory_name in staff,
    )


def _born(buyer: Buyer) -> date | None:
    return birth_date(buyer.id_no) if buyer.id_kind == "resident_id" else None


async def _vouchers(reader: ReadSession, contract_id: UUID) -> tuple[str, ...]:
    bills = await escrow.bills_of(reader, contract_id)
    return tuple(bill.notice_no for bill in bills if bill.state == BillState.CONFIRMED)


async def _signing(reader: ReadSession, ceremony_id: UUID | None) -> Signing:
    if ceremony_id is None:
        return Signing(0, 0, ("全部文件",), {}, None)
    documents = await documents_of(reader, ceremony_id)
    people = await signatories_of(reader, ceremony_id)
    return Signing(
        expected=sum(len(document.fields) for document in documents),
        applied=await _applied(reader, documents),
        unsigned=tuple(person.key for person in people if person.status != "signed"),
        identities=await _identities(reader, people),
        consented_on=max((_day(one.consented_at) for one in people if one.consented_at), default=None),
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


async def _applied(reader: ReadSession, documents: list[CeremonyDocument]) -> int:
    counted = select(func.count()).where(
        AppliedSignature.document_id.in_([document.id for document in documents]),
        AppliedSignature.signatory_id.is_not(None),
    )
    return await reader.scalar(counted) or 0


async def _identities(reader: ReadSession, people: list[CeremonySignatory]) -> dict[str, str]:
    keys = {person.id: person.key for person in people}
    found = await reader.scalars(select(StoredAssertion).where(StoredAssertion.signatory_id.in_(keys)))
    return {keys[one.signatory_id]: one.reference for one in found}
