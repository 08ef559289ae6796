"""From a filed contract to the notice that lets its lender pay: who lends, and whether the conditions are met.

filed → open_for_sale → [lender known] → consider: notice, as soon as every condition is met
    (again after each booking, when a building is topped out or completed, and when new conditions begin)
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

import contracts.service as contracts
from contracts.schemas import InstalmentKind
from escrow.loans import rules
from escrow.loans import service as loans
from escrow.loans.models import LenderKind, Loan
from escrow.loans.rules import NotReleasable, ReleaseFacts
from escrow.loans.schemas import Lender, NewLoan
from escrow.models import Bill, LoanPart
from kernel.clock import today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid, NotFound
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.accounts.models import Organisation
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisation, organisations
from yiti.estate.models import Project, Unit
from yiti.estate.queries import get_building, get_project, get_unit
from yiti.journeys.models import Sale
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry
from yiti.register.page import entries_for

LENDS = {OrganisationKind.FUND_CENTRE: LenderKind.FUND_CENTRE, OrganisationKind.BANK: LenderKind.BANK}
PARTS: Final[Mapping[InstalmentKind | None, LoanPart]] = {
    None: LoanPart.ONLY,
    "loan": LoanPart.COMMERCIAL,
    "fund_loan": LoanPart.HOUSING_FUND,
}
AT_ONCE: Final = 50
_SECURED = frozenset({EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE, EntryKind.MORTGAGE})


class Checklist(Struct, frozen=True):
    """The conditions that hold for a loan, each in words with whether it is met, and where they come from."""

    items: tuple[tuple[str, bool], ...]
    source: str


async def open_for_sale(tx: WriteSession, contract_id: UUID) -> list[Loan]:
    """Begin to wait for the loans of a filed contract, as many as its payment plan has. Safe to repeat."""
    sale = (await tx.scalars(select(Sale).where(Sale.contract_id == contract_id))).one()
    contract = await contracts.get(tx, contract_id)
    frozen = await contracts.content_of(tx, contract)
    opened = []
    for lent in contracts.loans_of(frozen):
        part = PARTS[lent.kind]
        new = NewLoan(
            contract_id=contract_id,
            part=part,
            project_id=frozen.home.project_id,
            unit_id=sale.unit_id,
            unit_code=sale.unit_code,
            location=sale.location,
            filing_no=contract.filing_no or "",
            borrowers="、".join(buyer.name for buyer in frozen.buyers),
            amount_fen=lent.amount_fen,
            lender_words=lent.lender_words[:200],
            lender=await _lender(tx, part, lent.lender_words, sale.bank_code),
        )
        loan = await loans.open_loan(tx, system_actor(tx.tenant), new)
        await consider(tx, loan.id)
        opened.append(loan)
    return opened


async def consider(tx: WriteSession, loan_id: UUID) -> Bill | None:
    """Issue the notice where every condition is met and the lender is known; else leave it waiting."""
    loan = await loans.locked(tx, loan_id)
    if loan.lender_id is None or loan.closed_because is not None:
        return None
    try:
        return await loans.issue_notice(tx, system_actor(tx.tenant), loan.id, await facts_of(tx, loan))
    except NotReleasable:
        return None


async def reconsider(tx: WriteSession, case_id: UUID) -> int:
    """A case was booked: loans of its units may be released by it. How many were."""
    booked = select(RegisterEntry.unit_id).where(RegisterEntry.case_id == case_id)
    return await _reconsider(tx, set(await tx.scalars(booked)))


async def reconsider_building(tx: WriteSession, building_id: UUID) -> int:
    """A building is topped out or completed: the same."""
    return await _reconsider(tx, set(await tx.scalars(select(Unit.id).where(Unit.building_id == building_id))))


async def reconsider_all(tx: WriteSession, rule_id: UUID, after: UUID | None = None) -> int:
    """New conditions of release: the same for every loan that waits, `AT_ONCE` in a transaction."""
    found = await loans.waiting_after(tx, after, AT_ONCE)
    if len(found) == AT_ONCE:
        payload = {"rule_id": str(rule_id), "after": str(found[-1])}
        await emit(tx, "escrow.loan_rule_begins", payload, key=f"escrow.loan_rule_begins:{rule_id}:{found[-1]}")
    return sum([await consider(tx, one) is not None for one in found])


async def _reconsider(tx: WriteSession, unit_ids: set[UUID]) -> int:
    return sum([await consider(tx, one) is not None for one in await loans.waiting_on(tx, list(unit_ids))])


async def ask_for_notice(tx: WriteSession, actor: Actor, loan: Loan) -> Bill:
    """Somebody asks: the same, but saying what is missing. Raises NotReleasable, LoanClosed."""
    return await loans.issue_notice(tx, actor, loan.id, await facts_of(tx, loan))


async def choose_lender(tx: WriteSession, actor: Actor, loan: Loan, organisation_id: UUID) -> None:
    """The sales office says which organisation the contract names. Raises Invalid, LoanClosed."""
    try:
        chosen = _as_lender(await organisation(tx, organisation_id))
    except NotFound:
        chosen = None
    if chosen is None:
        raise Invalid("请选择贷款机构", field="lender")
    await loans.assign_lender(tx, actor, loan.id, chosen)
    await consider(tx, loan.id)


async def lenders(reader: ReadSession, loan: Loan) -> list[Organisation]:
    """The banks or the fund centre that may be chosen for this loan."""
    return await _who_may_lend(reader, LoanPart(loan.part))


async def checklist(reader: ReadSession, loan: Loan) -> Checklist:
    """What the loan waits for, by the conditions of today."""
    facts = await facts_of(reader, loan)
    rule = rules.rule_for(await loans.release_rules(reader), facts.on, facts.planning_permit_on)
    return Checklist(rules.checked(rule, facts), f"{rule.source}，自{rule.valid_from}起执行")


async def release_effect(reader: ReadSession, project: Project) -> str:
    """When loans for the project's homes are paid out by the conditions of today, with where they come from."""
    rule = rules.rule_for(await loans.release_rules(reader), today(), project.planning_permit_on)
    return f"{rules.effect(rule)}（{rule.source}）"


async def facts_of(reader: ReadSession, loan: Loan) -> ReleaseFacts:
    """What is true of the contract and its building now."""
    contract = await contracts.get(reader, loan.contract_id)
    unit = await get_unit(reader, loan.unit_id)
    building = await get_building(reader, unit.building_id)
    project = await get_project(reader, loan.project_id)
    return ReleaseFacts(
        on=today(),
        planning_permit_on=project.planning_permit_on,
        filed=contract.status == "filed",
        mortgage_notice=await _secured(reader, loan),
        topped_out_on=building.topped_out_on,
        completed_on=building.completed_on,
    )


async def _secured(reader: ReadSession, loan: Loan) -> bool:
    """Whether the book has the unit mortgaged to this lender, by notice or in full."""
    if loan.lender_id is None:
        return False
    lender = await organisation(reader, loan.lender_id)
    pages = (await entries_for(reader, [loan.unit_id]))[loan.unit_id]
    return any(
        page.entry.kind in _SECURED and any(one.id_number == lender.credit_code for one in page.holders)
        for page in pages
    )


async def _who_may_lend(reader: ReadSession, part: LoanPart) -> list[Organisation]:
    kinds = [organisation for organisation, lender in LENDS.items() if rules.may_lend(part, lender)]
    return [one for kind in kinds for one in await organisations(reader, kind)]


async def _lender(reader: ReadSession, part: LoanPart, words: str, bank_code: str | None) -> Lender | None:
    """By the name in the contract's payment plan; else the bank that the buyers let be told (its credit code)."""
    known = await _who_may_lend(reader, part)
    plain = "".join(words.split())
    by_name = [one for one in known if "".join(one.name.split()) == plain]
    by_code = [one for one in known if bank_code and one.credit_code == bank_code]
    found = next(iter(by_name or by_code), None)
    return _as_lender(found) if found else None


def _as_lender(one: Organisation) -> Lender | None:
    kind = LENDS.get(OrganisationKind(one.kind))
    return Lender(organisation_id=one.id, kind=kind, name=one.name) if kind else None
