"""What the registry asks about the maintenance fund, answered at once from our own book where it is kept here.

河南省物业管理条例 art. 65. What is owed is paid by the case's one-code bill, where the county collects so. The answer
takes the same way into the case as one from outside, as a message that the platform has signed itself.
"""

import asyncio
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import select

from escrow import collection
from escrow.collection.models import LineKind
from escrow.maintenance import service as fund
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.gateway import CaseAnswer
from integrations.keys import KeyRing
from kernel.clock import now
from kernel.db import WriteSession
from kernel.money import yuan
from yiti.cases import service as cases
from yiti.journeys.maintenance.units import fund_units
from yiti.journeys.registration import answers, handling
from yiti.journeys.registration.collecting import OPEN
from yiti.journeys.registration.models import CaseRequest
from yiti.resources import Resources


class FundStatement(msgspec.Struct, frozen=True, kw_only=True):
    """What the book says, as it is signed and kept."""

    title: str
    request_no: str
    unit_codes: tuple[str, ...]
    state: str
    words: str
    references: tuple[str, ...]
    source: str = "本县住宅专项维修资金账簿"


async def answered(tx: WriteSession, resources: Resources, request_id: UUID) -> bool:
    """Answer a request about the fund, or one again that waits for the money; False where the housing department
    itself must be asked. What is owed goes onto the case's one-code bill, where it can."""
    request = await tx.scalar(select(CaseRequest).where(CaseRequest.id == request_id))
    if request is None or request.which != "housing" or request.state not in OPEN:
        return False
    case = await cases.get(tx, request.case_id)
    units = await fund_units(tx, cases.application_of(case).unit_ids)
    own = await fund.answer_for(tx, units)
    if own is None:
        if request.state == "assessed":
            await answers.ask_after_all(tx, request.request_no)
        return False
    references = await _references(tx, [unit.unit_id for unit in units])
    said = FundStatement(
        title="住宅专项维修资金缴存核验结果",
        request_no=request.request_no,
        unit_codes=tuple(unit.unit_code for unit in units),
        state=own.state,
        words=own.words,
        references=tuple(references),
    )
    proof = await _kept(resources, tx.tenant, said)
    if own.state == "refused" and await answers.assess_fund(tx, request.request_no, own.words[:500], proof):
        return True
    await handling.receive(
        tx,
        Counterparty.HOUSING,
        CaseAnswer(
            event_id=f"own:{uuid4()}",
            request_no=request.request_no,
            state=own.state,  # type: ignore[arg-type]  # rules.answer gives no other
            reference="、".join(references)[:80],
            words=own.words[:500],
            amount_fen=0,
            decided_at=now(),
            evidence_digest=proof.digest,
            evidence_bytes=proof.size,
        ),
    )
    return True


async def paid_by_code(tx: WriteSession, resources: Resources, bill_id: UUID) -> answers.Evidence | None:
    """The proof that a case has paid the fund by its one-code bill; None where the bill has no such line."""
    bill = await collection.bill(tx, bill_id)
    lines = [one for one in await collection.lines_of(tx, bill_id) if one.kind == LineKind.MAINTENANCE_FUND]
    if not lines:
        return None
    said = FundStatement(
        title="住宅专项维修资金一码缴款证明",
        request_no=bill.bill_no,
        unit_codes=tuple(one.unit_code or "" for one in lines),
        state="clear",
        words="；".join(
            f"{one.unit_code} 一码付缴款 {yuan(one.amount_fen)} 元，登簿后划入维修资金专户" for one in lines
        ),
        references=(bill.bill_no,),
    )
    return await _kept(resources, tx.tenant, said)


async def _references(tx: WriteSession, unit_ids: list[UUID]) -> list[str]:
    paid = await fund.payments_of(tx, unit_ids)
    return [one.reference for unit_id in unit_ids for one in paid[unit_id]] or ["本县维修资金账簿"]


async def _kept(resources: Resources, county: str, said: FundStatement) -> answers.Evidence:
    """Signed by the platform, and put with the evidence."""
    settings = resources.settings
    keys = await asyncio.to_thread(KeyRing.load, settings.keys_dir, production=settings.environment == "production")
    message = seal_message(keys, to=PLATFORM, op="housing.own_answer", county=county, key=said.request_no, data=said)
    data = message.encode()
    return answers.Evidence(await resources.blobs.put(data), len(data))
