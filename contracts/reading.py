"""Looking at contracts. Nothing here writes; names and numbers come decrypted, so mask them on the way to a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select

from contracts.errors import ContractNotFound
from contracts.models import Contract, ContractBuyer, ContractEvent, ContractParameter
from contracts.parameters import Limits, Parameter, in_force
from contracts.registry import template_of
from contracts.rules import OPEN, findings
from contracts.schemas import (
    Buyer,
    ContractState,
    Finding,
    FrozenContract,
    Home,
    Instalment,
    Seller,
    Status,
    from_json,
)
from kernel.clock import today
from kernel.db import ReadSession
from kernel.pii import blind_index


async def get(reader: ReadSession, contract_id: UUID) -> Contract:
    """The contract's row. Raises ``ContractNotFound``."""
    contract = await reader.scalar(select(Contract).where(_is(reader, contract_id)))
    if contract is None:
        raise ContractNotFound
    return contract


async def buyers_of(reader: ReadSession, contract_id: UUID) -> list[Buyer]:
    """The buyers in their order (position 1 first)."""
    mine = (ContractBuyer.tenant_id == reader.tenant) & (ContractBuyer.contract_id == contract_id)
    rows = await reader.scalars(select(ContractBuyer).where(mine).order_by(ContractBuyer.position))
    return [_buyer(row) for row in rows]


async def content_of(reader: ReadSession, contract: Contract) -> FrozenContract:
    """What the document is made from: the frozen data from the freeze on, before it what stands in the draft."""
    if contract.frozen is not None:
        return from_json(contract.frozen, FrozenContract)
    return FrozenContract(
        contract_id=contract.id,
        template=contract.template,
        template_version=contract.template_version,
        home=from_json(contract.home, Home),
        seller=from_json(contract.seller, Seller),
        ownership=contract.ownership,
        buyers=tuple(await buyers_of(reader, contract.id)),
        price_fen=contract.price_fen,
        instalments=tuple(msgspec.convert(contract.instalments, list[Instalment])),
        blanks=from_json(contract.blanks, dict[str, str]),
        frozen_on=None,
    )


async def findings_of(reader: ReadSession, contract: Contract) -> tuple[Finding, ...]:
    """What the rules say today about a contract; an empty tuple, or only ``warn``, may be frozen."""
    content = await content_of(reader, contract)
    blanks = template_of(content.template, content.template_version).blanks
    return findings(content, blanks, await limits_on(reader, today()), today())


async def limits_on(reader: ReadSession, on: date) -> Limits:
    """The legal parameters in force in the county on a day."""
    rows = await reader.scalars(select(ContractParameter).where(ContractParameter.tenant_id == reader.tenant))
    county = [
        Parameter(key=row.key, value=row.value, valid_from=row.valid_from, valid_to=row.valid_to, source=row.source)
        for row in rows
    ]
    return in_force(on, county)


async def open_contracts_by_unit(reader: ReadSession, unit_ids: Iterable[UUID]) -> dict[UUID, ContractState]:
    """The contract that holds each unit; units without one are left out."""
    columns = (Contract.id, Contract.unit_id, Contract.status, Contract.filing_no)
    held = (Contract.tenant_id == reader.tenant) & Contract.unit_id.in_(list(unit_ids)) & Contract.status.in_(OPEN)
    rows = await reader.execute(select(*columns).where(held))
    return {
        unit: ContractState(contract_id=contract, unit_id=unit, status=status, filing_no=number)
        for contract, unit, status, number in rows
    }


async def contracts_of_seller(
    reader: ReadSession, organisation_id: UUID, statuses: Iterable[Status] = OPEN, *, limit: int = 50, offset: int = 0
) -> tuple[Sequence[Contract], int]:
    """One page of a seller's contracts, newest first, and how many there are in all."""
    mine = (
        (Contract.tenant_id == reader.tenant)
        & (Contract.organisation_id == organisation_id)
        & Contract.status.in_(list(statuses))
    )
    page = select(Contract).where(mine).order_by(Contract.created_at.desc(), Contract.id).limit(limit).offset(offset)
    total = await reader.scalar(select(func.count()).select_from(Contract).where(mine))
    return (await reader.scalars(page)).all(), total or 0


async def contracts_of_person(reader: ReadSession, id_no: str) -> Sequence[Contract]:
    """Contracts in which this identity number buys, or signs for a buyer; newest first. Drafts are not shown."""
    index = blind_index(id_no)
    theirs = select(ContractBuyer.contract_id).where(
        ContractBuyer.tenant_id == reader.tenant,
        or_(ContractBuyer.id_no_index == index, ContractBuyer.representative_index == index),
    )
    shown = (Contract.tenant_id == reader.tenant) & Contract.id.in_(theirs) & (Contract.status != "draft")
    return (await reader.scalars(select(Contract).where(shown).order_by(Contract.created_at.desc()))).all()


async def history_of(reader: ReadSession, contract_id: UUID) -> Sequence[ContractEvent]:
    """Everything that happened to a contract, oldest first."""
    mine = (ContractEvent.tenant_id == reader.tenant) & (ContractEvent.contract_id == contract_id)
    # The ids are UUIDv7, so they break ties of the clock in the order of writing.
    rows = await reader.scalars(select(ContractEvent).where(mine).order_by(ContractEvent.created_at, ContractEvent.id))
    return rows.all()


def _is(reader: ReadSession, contract_id: UUID) -> Any:
    return (Contract.tenant_id == reader.tenant) & (Contract.id == contract_id)


def _buyer(row: ContractBuyer) -> Buyer:
    share = None
    if row.share_numerator is not None and row.share_denominator is not None:
        share = Fraction(row.share_numerator, row.share_denominator)
    return Buyer(
        kind=row.kind,
        name=row.name,
        id_kind=row.id_kind,
        id_no=row.id_no,
        phone=row.phone,
        address=row.address,
        share=share,
        representative_name=row.representative_name,
        representative_id_no=row.representative_id_no,
        representative_phone=row.representative_phone,
        by_power=row.by_power,
    )
