"""From an empty draft to frozen content: who buys, at what price, on which terms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from contracts.blanks import filled
from contracts.entries import check_money, tidy_blanks, tidy_buyers, tidy_reason
from contracts.errors import ContractNotFound, Incomplete, UnitTaken
from contracts.history import acts_for_seller, expect, locked_by_seller, move, record
from contracts.models import Contract, ContractBuyer
from contracts.reading import content_of, findings_of
from contracts.registry import PRESALE, current_template, template_of
from contracts.rules import OPEN, STATUS_WORDS, blocking
from contracts.schemas import Buyer, Home, Instalment, Ownership, Seller, from_json, to_json
from kernel.clock import SHANGHAI, now, today
from kernel.db import WriteSession
from kernel.permissions import Actor
from kernel.pii import blind_index


async def open_draft(tx: WriteSession, actor: Actor, home: Home, seller: Seller) -> Contract:
    """Open a draft and so take the unit; of two clerks who click at once the second gets ``UnitTaken``."""
    if not acts_for_seller(actor, seller.organisation_id):
        raise ContractNotFound
    template = current_template(PRESALE, today())
    contract = Contract(
        unit_id=home.unit_id,
        unit_code=home.unit_code,
        project_id=home.project_id,
        organisation_id=seller.organisation_id,
        template=template.key,
        template_version=template.version,
        opened_by=actor.id,
        status="draft",
        revision=1,
        home=to_json(home),
        seller=to_json(seller),
        instalments=[],
        blanks="{}",
    )
    try:
        async with tx.begin_nested():
            tx.add(contract)
    except IntegrityError as error:
        if "uq_contracts_open_unit" not in str(error.orig):
            raise
        raise await _unit_taken(tx, home.unit_id) from error
    record(tx, actor, contract, "opened", unit_code=home.unit_code, template=f"{template.key}/{template.version}")
    return contract


async def _unit_taken(tx: WriteSession, unit_id: UUID) -> UnitTaken:
    held = (Contract.tenant_id == tx.tenant) & (Contract.unit_id == unit_id) & Contract.status.in_(OPEN)
    other = await tx.scalar(select(Contract).where(held))
    if other is None:  # it was abandoned in the very moment between
        return UnitTaken()
    when = other.created_at.astimezone(SHANGHAI)
    seller = from_json(other.seller, Seller).name
    words = f"该房屋已由{seller}于{when:%Y-%m-%d %H:%M}开立合同（{STATUS_WORDS[other.status]}），不能重复开立"
    return UnitTaken(words, extra={"contract_id": str(other.id), "status": other.status})


async def refresh(
    tx: WriteSession, actor: Actor, contract_id: UUID, home: Home, seller: Seller, *, revision: int | None = None
) -> Contract:
    """Bring the facts of unit and seller in a draft up to date (a mortgage released, a permit changed).

    ``Stale`` when somebody has changed the draft since the given revision.
    """
    contract = await locked_by_seller(tx, actor, contract_id, revision)
    expect(contract, "draft")
    if (home.unit_id, seller.organisation_id) != (contract.unit_id, contract.organisation_id):
        raise ContractNotFound
    stands = (from_json(contract.home, Home), from_json(contract.seller, Seller))
    if stands != (home, seller):
        contract.home, contract.seller = to_json(home), to_json(seller)
        contract.revision += 1
        record(tx, actor, contract, "refreshed")
    await tx.flush()
    return contract


async def save_buyers(
    tx: WriteSession,
    actor: Actor,
    contract_id: UUID,
    ownership: Ownership | None,
    buyers: Sequence[Buyer],
    *,
    revision: int,
) -> Contract:
    """Replace the buyers of a draft. ``revision`` is the one the page was made from; else ``Stale``."""
    contract = await locked_by_seller(tx, actor, contract_id, revision)
    expect(contract, "draft")
    tidy = tidy_buyers(buyers)
    mine = (ContractBuyer.tenant_id == tx.tenant) & (ContractBuyer.contract_id == contract_id)
    await tx.execute(delete(ContractBuyer).where(mine))
    tx.add_all(_row(contract_id, place, buyer) for place, buyer in enumerate(tidy, start=1))
    contract.ownership = ownership
    contract.revision += 1
    record(tx, actor, contract, "buyers_saved", count=len(tidy))
    await tx.flush()
    return contract


def _row(contract_id: UUID, place: int, buyer: Buyer) -> ContractBuyer:
    representative = buyer.representative_id_no
    return ContractBuyer(
        contract_id=contract_id,
        position=place,
        kind=buyer.kind,
        name=buyer.name,
        id_kind=buyer.id_kind,
        id_no=buyer.id_no,
        id_no_index=blind_index(buyer.id_no),
        phone=buyer.phone,
        address=buyer.address,
        share_numerator=buyer.share.numerator if buyer.share is not None else None,
        share_denominator=buyer.share.denominator if buyer.share is not None else None,
        representative_name=buyer.representative_name,
        representative_id_no=representative,
        representative_index=blind_index(representative) if representative else None,
        representative_phone=buyer.representative_phone,
        by_power=buyer.by_power,
    )


async def save_terms(
    tx: WriteSession,
    actor: Actor,
    contract_id: UUID,
    price_fen: int | None,
    instalments: Sequence[Instalment],
    blanks: Mapping[str, str],
    *,
    revision: int,
) -> Contract:
    """Replace price, payment plan and blanks of a draft. ``revision`` as in ``save_buyers``."""
    contract = await locked_by_seller(tx, actor, contract_id, revision)
    expect(contract, "draft")
    check_money(price_fen, instalments)
    tidy = tidy_blanks(blanks, template_of(contract.template, contract.template_version).blanks)
    contract.price_fen = price_fen
    contract.instalments = msgspec.to_builtins(list(instalments))
    contract.blanks = to_json(tidy)
    contract.revision += 1
    record(tx, actor, contract, "terms_saved", price_fen=price_fen, instalments=len(instalments))
    await tx.flush()
    return contract


async def freeze(tx: WriteSession, actor: Actor, contract_id: UUID, *, revision: int | None = None) -> Contract:
    """Fix the content for signing; ``Incomplete`` lists every finding that stops it."""
    contract = await locked_by_seller(tx, actor, contract_id, revision)
    expect(contract, "draft")
    found = await findings_of(tx, contract)
    if blocking(found):
        raise Incomplete(blocking(found))
    content = await content_of(tx, contract)
    blanks = template_of(content.template, content.template_version).blanks
    # Defaults are written out, so that the frozen data says everything that the document says.
    values = filled(blanks, content.home, content.blanks)
    contract.frozen = to_json(msgspec.structs.replace(content, blanks=values, frozen_on=today()))
    contract.frozen_digest = hashlib.sha256(contract.frozen.encode()).hexdigest()
    contract.frozen_at = now()
    move(contract, "frozen")
    contract.revision += 1
    record(tx, actor, contract, "frozen", digest=contract.frozen_digest, warnings=[finding.code for finding in found])
    await tx.flush()
    return contract


async def reopen(tx: WriteSession, actor: Actor, contract_id: UUID) -> Contract:
    """Frozen content becomes a draft again; no longer possible once signing has begun."""
    contract = await locked_by_seller(tx, actor, contract_id)
    expect(contract, "frozen")
    contract.frozen = contract.frozen_digest = contract.frozen_at = None
    move(contract, "draft")
    contract.revision += 1
    record(tx, actor, contract, "reopened")
    await tx.flush()
    return contract


async def abandon(tx: WriteSession, actor: Actor, contract_id: UUID, reason: str) -> Contract:
    """Give up a contract that is not filed; the unit is free again."""
    contract = await locked_by_seller(tx, actor, contract_id)
    expect(contract, "draft", "frozen", "signing")
    contract.reason = tidy_reason(reason)
    contract.closed_at = now()
    move(contract, "abandoned")
    contract.revision += 1
    record(tx, actor, contract, "abandoned")
    await tx.flush()
    return contract
