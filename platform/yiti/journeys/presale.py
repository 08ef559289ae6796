"""The sale of a presale home: the whole story, in order (seed policy 息政办〔2023〕41号 二（一）).

    start_sale → (contracts: buyers, terms) → order_payment → [bank confirms] → submit → [documents are rendered]
    → [buyers sign on their phones] → seal → complete: filed, decided and booked in one transaction → [proof, notices,
    archive follow as jobs, see `jobs.py`]

    A signing that ends without all signatures leads back before submit (`sale.reopening`).

What is in brackets happens elsewhere. Each function runs in its caller's transaction.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.models import Contract
from contracts.schemas import Power
from escrow.models import Bill, BillState
from escrow.schemas import SaleMoney
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import presale_notice
from yiti.cases import service as cases
from yiti.cases.catalogue import Business
from yiti.cases.findings import Finding
from yiti.cases.lifecycle import Action
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.journeys.documents import check_answers
from yiti.journeys.models import Sale
from yiti.journeys.sale import booking
from yiti.journeys.sale.errors import (
    AlreadySubmitted,
    MoneyArrived,
    MoneyMissing,
    NotYourProject,
    SaleNotFound,
    UnitNotForSale,
)
from yiti.journeys.sale.facts import gather
from yiti.journeys.sale.home import home_for_sale
from yiti.journeys.sale.papers import SELLER, order_key
from yiti.register import book
from yiti.register.kinds import KIND_WORDS


async def start_sale(tx: WriteSession, actor: Actor, unit_id: UUID) -> Contract:
    """Open the draft contract; whoever comes first holds the unit (`contracts.UnitTaken` for everybody else)."""
    home, seller = await home_for_sale(tx, unit_id)
    if seller.organisation_id != actor.organisation_id:
        raise NotYourProject
    await _refuse_bound_unit(tx, unit_id)
    contract = await contracts.open_draft(tx, actor, home, seller)
    tx.add(
        Sale(
            contract_id=contract.id,
            unit_id=unit_id,
            unit_code=home.unit_code,
            location=home.location,
            organisation_id=seller.organisation_id,
        )
    )
    await tx.flush()
    return contract


async def _refuse_bound_unit(reader: ReadSession, unit_id: UUID) -> None:
    """防止一房二卖: whatever the register holds on a unit before its first registration forbids a new sale."""
    if entries := await book.current_entries(reader, unit_id):
        words = "、".join(KIND_WORDS[entry.kind] for entry in entries)
        raise UnitNotForSale(f"登记簿已有{words}，不能再次销售")


async def order_payment(
    tx: WriteSession, actor: Actor, contract_id: UUID, *, revision: int | None = None
) -> Sequence[Bill]:
    """Freeze the contract and send out the payment notices (缴款通知书) for down payment and maintenance fund.

    `revision` is the draft that the clerk has looked at; `contracts.Stale` when it has been changed since.
    """
    sale = await sale_of(tx, contract_id, actor)
    home, seller = await home_for_sale(tx, sale.unit_id)
    await contracts.refresh(tx, actor, contract_id, home, seller, revision=revision)
    await contracts.freeze(tx, actor, contract_id)
    frozen = await contracts.content_of(tx, await contracts.get(tx, contract_id))
    home = frozen.home
    money = SaleMoney(
        contract_id=contract_id,
        project_id=home.project_id,
        unit_id=home.unit_id,
        unit_code=home.unit_code,
        payer="、".join(buyer.name for buyer in frozen.buyers),
        down_payment_fen=sum(one.amount_fen for one in frozen.instalments if one.kind == "down_payment"),
        area=home.building_area,
        has_lift=home.has_lift,
        usage=home.usage,
        on=today(),
    )
    return await escrow.issue_bills(tx, actor, money)


async def take_back(tx: WriteSession, actor: Actor, contract_id: UUID) -> None:
    """Return to the draft to change it; unpaid notices become void. Refused once money has come in."""
    sale = await _locked_sale(tx, contract_id, actor)
    if sale.submitted_at is not None:
        raise AlreadySubmitted
    await escrow.void_bills(tx, actor, contract_id)
    # The notices are locked now: a confirmation comes either before this look or finds its notice void.
    if any(bill.state == BillState.CONFIRMED for bill in await escrow.bills_of(tx, contract_id)):
        raise MoneyArrived
    await contracts.reopen(tx, actor, contract_id)


async def abandon(tx: WriteSession, actor: Actor, contract_id: UUID, reason: str) -> None:
    """Give the sale up before it is filed: notices void, what was paid goes back, the unit is free again."""
    sale = await _locked_sale(tx, contract_id, actor)
    if sale.ceremony_id is not None:
        await signing.cancel(tx, actor, sale.ceremony_id, reason)
    await contracts.abandon(tx, actor, contract_id, reason)
    await escrow.order_refund(tx, actor, contract_id, reason, verified="合同未备案，已在平台作废")
    await escrow.void_bills(tx, actor, contract_id)


async def submit(
    tx: WriteSession, actor: Actor, contract_id: UUID, answers: Mapping[str, str], bank_code: str | None = None
) -> None:
    """Send the contract to be signed, with the parties' answers to the inquiry (询问).

    The gate: without both confirmations the refusal says exactly what is missing; so does one for an agent whose power
    of attorney is missing or has ended (`contracts.PowersFaulty`).
    """
    sale = await _locked_sale(tx, contract_id, actor)
    if sale.submitted_at is not None:
        raise AlreadySubmitted
    if missing := await escrow.missing(tx, contract_id):
        raise MoneyMissing("；".join(one.words for one in missing), extra={"missing": [one.words for one in missing]})
    await contracts.expect_powers(tx, contract_id)
    check_answers(answers)
    sale.answers, sale.inquirer = dict(answers), actor.name
    sale.submitted_at = now()
    sale.bank_code = bank_code
    audit(tx, actor, "sale.submitted", subject=f"contract:{contract_id}")
    await emit(tx, "sale.prepare_documents", {"contract_id": str(contract_id)}, key=order_key(contract_id, sale.rounds))


async def record_power(tx: WriteSession, actor: Actor, contract_id: UUID, place: int, power: Power) -> None:
    """Record the power of attorney of a buyer's agent, or a renewed one, until the contract is submitted."""
    sale = await _locked_sale(tx, contract_id, actor)
    if sale.submitted_at is not None:
        raise AlreadySubmitted
    await contracts.record_power(tx, actor, contract_id, place, power)


async def seal(tx: WriteSession, actor: Actor, contract_id: UUID) -> None:
    """The developer's e-seal: the last signature, after every buyer's. What follows is `complete`."""
    sale = await sale_of(tx, contract_id, actor)
    if sale.ceremony_id is None:
        raise SaleNotFound("签署文件尚未生成，请稍候")
    await signing.seal_by_organisation(tx, actor, sale.ceremony_id, SELLER)


async def complete(tx: WriteSession, ceremony_id: UUID) -> Case:
    """All have signed: file the contract, open the presale-notice case, decide it and, if all is clear, book it.

    One transaction: either the contract is filed and the notice booked (or waiting for a person), or nothing is.
    """
    actor = system_actor(tx.tenant)
    sale = await _locked_by_ceremony(tx, ceremony_id)
    if sale.case_id is not None:
        return await cases.get(tx, sale.case_id)
    signed = await signing.signed_documents(tx, ceremony_id)
    await contracts.file(tx, actor, sale.contract_id, signed["contract"])
    sale.documents = dict(signed)
    sale.completed_at = now()
    await emit(tx, "loan.open", {"contract_id": str(sale.contract_id)}, key=f"loan.open:{sale.contract_id}")
    case = await _open_case(tx, actor, sale)
    sale.case_id = case.id
    await book.lock_units(tx, [sale.unit_id])
    facts = await gather(tx, sale)
    findings = presale_notice.examine(facts)
    await cases.act(tx, actor, case, Action.DECIDE, "自动审核")
    outcome = await cases.record_decision(tx, actor, case, presale_notice.VERSION, facts, findings)
    if outcome == "book":
        await _approve_and_book(tx, actor, sale, case, facts, findings, "智能秒批：全部核验事项通过")
    return case


async def _open_case(tx: WriteSession, actor: Actor, sale: Sale) -> Case:
    frozen = await contracts.content_of(tx, await contracts.get(tx, sale.contract_id))
    return await cases.open_case(
        tx,
        actor,
        Business.PRESALE_NOTICE,
        unit_id=sale.unit_id,
        unit_code=sale.unit_code,
        location=sale.location,
        contract_id=sale.contract_id,
        applicants=[*(buyer.name for buyer in frozen.buyers), frozen.seller.name],
    )


async def recheck(tx: WriteSession, actor: Actor, case_id: UUID) -> tuple[Finding, ...]:
    """Run the rules again on what is true now; the new receipt is kept beside the old ones."""
    case = await cases.locked(tx, case_id)
    sale = await sale_of_case(tx, case_id)
    await cases.act(tx, actor, case, Action.RECHECK)
    facts = await gather(tx, sale)
    findings = presale_notice.examine(facts)
    await cases.record_decision(tx, actor, case, presale_notice.VERSION, facts, findings)
    return findings


async def approve(tx: WriteSession, actor: Actor, case_id: UUID, note: str) -> Case:
    """A registrar decides for booking: the rules run once more on the locked unit; what blocks cannot be overruled."""
    case = await cases.locked(tx, case_id)
    cases.expect(actor, case, Action.APPROVE)
    sale = await sale_of_case(tx, case_id)
    await book.lock_units(tx, [sale.unit_id])
    facts = await gather(tx, sale)
    findings = presale_notice.examine(facts)
    await cases.record_decision(tx, actor, case, presale_notice.VERSION, facts, findings)
    await _approve_and_book(tx, actor, sale, case, facts, findings, note)
    return case


async def refuse(tx: WriteSession, actor: Actor, case_id: UUID, reason: str) -> Case:
    """A registrar decides against booking (不予登记); the filed contract stands, its parties are told."""
    case = await cases.locked(tx, case_id)
    await cases.refuse(tx, actor, case, reason)
    await emit(tx, "sale.tell_refusal", {"case_id": str(case_id)}, key=f"sale.tell_refusal:{case_id}")
    return case


async def _approve_and_book(
    tx: WriteSession,
    actor: Actor,
    sale: Sale,
    case: Case,
    facts: presale_notice.PresaleFacts,
    findings: tuple[Finding, ...],
    note: str,
) -> None:
    await cases.approve(tx, actor, case, findings, note)
    entry = await booking.book_notice(tx, actor, sale, case, facts)
    await cases.mark_booked(tx, actor, case)
    await certificates.take_number_and_freeze(tx, actor, await booking.proof_facts(tx, sale, case, entry))


async def sale_of(reader: ReadSession, contract_id: UUID, actor: Actor) -> Sale:
    """The sale of a contract, for its developer's own staff."""
    sale = await reader.scalar(select(Sale).where(Sale.contract_id == contract_id))
    if sale is None or sale.organisation_id != actor.organisation_id:
        raise SaleNotFound
    return sale


async def _locked_sale(tx: WriteSession, contract_id: UUID, actor: Actor) -> Sale:
    """The same, locked: two people, or a person and the job that makes the documents, come one after the other."""
    await tx.execute(select(Sale.id).where(Sale.contract_id == contract_id).with_for_update())
    sale = await sale_of(tx, contract_id, actor)
    await tx.refresh(sale)
    return sale


async def is_sale(reader: ReadSession, case_id: UUID) -> bool:
    """Whether the case came from a sale on this platform."""
    return await reader.scalar(select(Sale.id).where(Sale.case_id == case_id)) is not None


async def sale_of_case(reader: ReadSession, case_id: UUID) -> Sale:
    """The sale behind a presale-notice case."""
    sale = await reader.scalar(select(Sale).where(Sale.case_id == case_id))
    if sale is None:
        raise SaleNotFound
    return sale


async def _locked_by_ceremony(tx: WriteSession, ceremony_id: UUID) -> Sale:
    sale = await tx.scalar(select(Sale).where(Sale.ceremony_id == ceremony_id).with_for_update())
    if sale is None:
        raise SaleNotFound
    return sale
