"""What the registry asks about the maintenance fund, answered at once from our own book where it is kept here.

河南省物业管理条例 art. 65. The answer takes the same way into the case as one from outside, as a message that the
platform has signed itself.
"""

import asyncio
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import select

from escrow.maintenance import service as fund
from escrow.maintenance.rules import OwnAnswer
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.gateway import CaseAnswer
from integrations.keys import KeyRing
from kernel.clock import now
from kernel.db import WriteSession
from yiti.cases import service as cases
from yiti.journeys.maintenance.units import fund_units
from yiti.journeys.registration import handling
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
    source: str


async def answered(tx: WriteSession, resources: Resources, request_id: UUID) -> bool:
    """Answer a request about the fund; False where the housing department itself must be asked."""
    request = await tx.scalar(select(CaseRequest).where(CaseRequest.id == request_id))
    if request is None or request.which != "housing" or request.state != "requested":
        return False
    case = await cases.get(tx, request.case_id)
    units = await fund_units(tx, cases.application_of(case).unit_ids)
    own = await fund.answer_for(tx, units)
    if own is None:
        return False
    references = await _references(tx, [unit.unit_id for unit in units])
    data = await _signed(resources, tx.tenant, _said(request, own, [unit.unit_code for unit in units], references))
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
            evidence_digest=await resources.blobs.put(data),
            evidence_bytes=len(data),
        ),
    )
    return True


async def _references(tx: WriteSession, unit_ids: list[UUID]) -> list[str]:
    paid = await fund.payments_of(tx, unit_ids)
    return [one.reference for unit_id in unit_ids for one in paid[unit_id]] or ["本县维修资金账簿"]


def _said(request: CaseRequest, own: OwnAnswer, codes: list[str], references: list[str]) -> FundStatement:
    return FundStatement(
        title="住宅专项维修资金缴存核验结果",
        request_no=request.request_no,
        unit_codes=tuple(codes),
        state=own.state,
        words=own.words,
        references=tuple(references),
        source="本县住宅专项维修资金账簿",
    )


async def _signed(resources: Resources, county: str, said: FundStatement) -> bytes:
    settings = resources.settings
    keys = await asyncio.to_thread(KeyRing.load, settings.keys_dir, production=settings.environment == "production")
    message = seal_message(keys, to=PLATFORM, op="housing.own_answer", county=county, key=said.request_no, data=said)
    return message.encode()
