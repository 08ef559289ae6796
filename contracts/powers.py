"""Powers of attorney (授权委托书) of buyers who do not sign themselves: recorded, renewed, and looked at again.

They stand beside the frozen content, so that one that ends before the signing can be renewed without a new contract.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from contracts.entries import tidy_power
from contracts.errors import NoAgent, PowersFaulty
from contracts.history import expect, locked_by_seller, record
from contracts.models import ContractPower
from contracts.power_rules import faults, power_findings
from contracts.reading import buyers_of
from contracts.schemas import Buyer, Finding, Power, from_json, to_json
from kernel.clock import today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from kernel.pii import blind_index


async def record_power(tx: WriteSession, actor: Actor, contract_id: UUID, place: int, power: Power) -> None:
    """Record the power of the buyer at ``place`` (from 1) for the agent named in the contract; the newest one counts.

    Only before the signing. Raises ``NoAgent``, and ``Invalid`` with the field where the power does not hold today.
    """
    contract = await locked_by_seller(tx, actor, contract_id)
    expect(contract, "draft", "frozen")
    principal, agent = _people(await buyers_of(tx, contract_id), place)
    tidy = tidy_power(power)
    wrong = next(faults(tidy, today()), None)
    if wrong is not None:
        raise Invalid(wrong.message, field=wrong.field)
    tx.add(
        ContractPower(
            contract_id=contract_id,
            principal_index=principal,
            agent_index=agent,
            content=to_json(tidy),
            digest=tidy.digest,
            recorded_by=actor.id,
        )
    )
    record(tx, actor, contract, "power_recorded", place=place, kind=tidy.kind, document=tidy.digest)
    await tx.flush()


async def powers_of(reader: ReadSession, contract_id: UUID) -> dict[int, Power]:
    """By the place of the buyer, from 1; buyers without an agent, or whose agent has none yet, are left out."""
    mine = (ContractPower.tenant_id == reader.tenant) & (ContractPower.contract_id == contract_id)
    rows = await reader.scalars(select(ContractPower).where(mine).order_by(ContractPower.id))
    newest = {(row.principal_index, row.agent_index): row.content for row in rows}
    if not newest:
        return {}
    found: dict[int, Power] = {}
    for place, buyer in enumerate(await buyers_of(reader, contract_id), start=1):
        content = newest.get(_indexes(buyer)) if buyer.by_power else None
        if content is not None:
            found[place] = from_json(content, Power)
    return found


async def power_findings_of(reader: ReadSession, contract_id: UUID, on: date) -> tuple[Finding, ...]:
    """What is wrong with the powers of this contract's agents on a day; nothing where everybody signs themselves."""
    buyers = await buyers_of(reader, contract_id)
    return tuple(power_findings(buyers, await powers_of(reader, contract_id), on))


async def expect_powers(reader: ReadSession, contract_id: UUID) -> None:
    """``PowersFaulty`` unless every agent has a power of attorney that holds today."""
    if found := await power_findings_of(reader, contract_id, today()):
        raise PowersFaulty(found)


def _people(buyers: list[Buyer], place: int) -> tuple[bytes, bytes]:
    if not 1 <= place <= len(buyers) or not buyers[place - 1].by_power or not buyers[place - 1].representative_id_no:
        raise NoAgent
    return _indexes(buyers[place - 1])


def _indexes(buyer: Buyer) -> tuple[bytes, bytes]:
    return blind_index(buyer.id_no), blind_index(buyer.signatory_id_no)
