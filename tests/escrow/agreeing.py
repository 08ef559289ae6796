"""Agreements on their way to the third seal, without anything that renders or signs."""

from uuid import UUID

from escrow.agreements import concluding
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.rules import Side
from kernel.db import WriteSession
from kernel.permissions import Actor
from tests.escrow.people import REVIEWER, SYSTEM

TEXT = "d" * 64


async def seal(tx: WriteSession, agreement_id: UUID, side: Side) -> SupervisionAgreement:
    """What the job does once the seal is in the PDF."""
    terms = await concluding.due(tx, agreement_id, side)
    assert terms is not None
    await concluding.seal_set(tx, SYSTEM, terms, side, f"{list(Side).index(side)}" * 64)
    return terms


async def sealed_by_both(tx: WriteSession, agreement_id: UUID, developer: Actor, bank: Actor) -> SupervisionAgreement:
    """Text made, developer and bank have sealed: the department's turn."""
    await concluding.keep_text(tx, agreement_id, TEXT)
    for party, side in ((bank, Side.BANK), (developer, Side.DEVELOPER)):
        await concluding.agree(tx, party, agreement_id)
        terms = await seal(tx, agreement_id, side)
    return terms


async def concluded(tx: WriteSession, agreement_id: UUID) -> SupervisionAgreement:
    """The department has decided, and its seal is set."""
    await concluding.decide(tx, REVIEWER, agreement_id)
    return await seal(tx, agreement_id, Side.DEPARTMENT)
