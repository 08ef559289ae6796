"""Cancelling a filed contract (合同注销): one party asks, and it happens when the seller and every buyer have agreed.

Parties are named as at signing: ``seller``, ``buyer-1`` … ``buyer-10``. Who stands for a buyer is established by the
caller (an identified citizen); staff of the seller can never consent for a buyer.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from contracts.entries import tidy_reason
from contracts.errors import CancellationOpen, NoCancellation
from contracts.history import acts_for_seller, expect, locked, move, record
from contracts.models import Contract, ContractBuyer, ContractCancellation, ContractConsent
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Forbidden, Invalid
from kernel.outbox import emit
from kernel.permissions import Actor, ActorKind

SELLER = "seller"


class Cancellation(Struct, frozen=True, kw_only=True):
    """A request under way: who asked, why, who has agreed and who has not."""

    cancellation_id: UUID
    requested_by: str
    reason: str
    agreed: tuple[str, ...]
    missing: tuple[str, ...]


async def request_cancellation(
    tx: WriteSession, actor: Actor, contract_id: UUID, party: str, reason: str
) -> ContractCancellation:
    """One party asks to cancel, and thereby agrees. ``CancellationOpen`` when a request is already under way."""
    contract = await locked(tx, contract_id)
    expect(contract, "filed")
    await _check_party(tx, actor, contract, party)
    if await _open_request(tx, contract_id) is not None:
        raise CancellationOpen
    request = ContractCancellation(contract_id=contract_id, requested_by=party, reason=tidy_reason(reason))
    tx.add(request)
    await tx.flush()
    _consent(tx, actor, request, party)
    record(tx, actor, contract, "cancellation_requested", party=party)
    await tx.flush()
    return request


async def agree_cancellation(tx: WriteSession, actor: Actor, contract_id: UUID, party: str) -> Contract:
    """A party agrees; with the last one the contract is cancelled and ``contract.cancelled`` emitted.

    Agreeing twice changes nothing.
    """
    contract = await locked(tx, contract_id)
    expect(contract, "filed")
    await _check_party(tx, actor, contract, party)
    request = await _open_request(tx, contract_id)
    if request is None:
        raise NoCancellation
    if party not in await _agreed(tx, request.id):
        _consent(tx, actor, request, party)
        record(tx, actor, contract, "cancellation_agreed", party=party)
        await tx.flush()
    if set(await _parties(tx, contract_id)) == set(await _agreed(tx, request.id)):
        await _cancel(tx, actor, contract, request)
    return contract


async def withdraw_cancellation(tx: WriteSession, actor: Actor, contract_id: UUID, party: str) -> None:
    """Any party calls the request off, by refusal or because it has changed its mind."""
    contract = await locked(tx, contract_id)
    expect(contract, "filed")
    await _check_party(tx, actor, contract, party)
    request = await _open_request(tx, contract_id)
    if request is None:
        raise NoCancellation
    request.outcome, request.closed_at = "withdrawn", now()
    record(tx, actor, contract, "cancellation_withdrawn", party=party)
    await tx.flush()


async def cancellation_of(reader: ReadSession, contract_id: UUID) -> Cancellation | None:
    """The request under way, if there is one."""
    request = await _open_request(reader, contract_id)
    if request is None:
        return None
    agreed = await _agreed(reader, request.id)
    return Cancellation(
        cancellation_id=request.id,
        requested_by=request.requested_by,
        reason=request.reason,
        agreed=tuple(agreed),
        missing=tuple(party for party in await _parties(reader, contract_id) if party not in agreed),
    )


async def _cancel(tx: WriteSession, actor: Actor, contract: Contract, request: ContractCancellation) -> None:
    moment = now()
    request.outcome, request.closed_at = "agreed", moment
    contract.reason, contract.closed_at = request.reason, moment
    move(contract, "cancelled")
    contract.revision += 1
    record(tx, actor, contract, "cancelled", filing_no=contract.filing_no)
    await tx.flush()
    await emit(tx, "contract.cancelled", {"contract_id": str(contract.id)}, key=f"contract.cancelled:{contract.id}")


async def _check_party(tx: WriteSession, actor: Actor, contract: Contract, party: str) -> None:
    if party not in await _parties(tx, contract.id):
        raise Invalid("没有这一方当事人", field="party")
    if party == SELLER:
        allowed = acts_for_seller(actor, contract.organisation_id)
    else:
        allowed = actor.kind in (ActorKind.CITIZEN, ActorKind.SYSTEM)
    if not allowed:
        raise Forbidden("您不能代表该方当事人")


async def _parties(reader: ReadSession, contract_id: UUID) -> list[str]:
    mine = (ContractBuyer.tenant_id == reader.tenant) & (ContractBuyer.contract_id == contract_id)
    places = await reader.scalars(select(ContractBuyer.position).where(mine).order_by(ContractBuyer.position))
    return [SELLER, *(f"buyer-{place}" for place in places)]


async def _open_request(reader: ReadSession, contract_id: UUID) -> ContractCancellation | None:
    statement = select(ContractCancellation).where(
        ContractCancellation.tenant_id == reader.tenant,
        ContractCancellation.contract_id == contract_id,
        ContractCancellation.outcome.is_(None),
    )
    return (await reader.scalars(statement)).one_or_none()


async def _agreed(reader: ReadSession, cancellation_id: UUID) -> Sequence[str]:
    mine = (ContractConsent.tenant_id == reader.tenant) & (ContractConsent.cancellation_id == cancellation_id)
    rows = await reader.scalars(select(ContractConsent.party).where(mine).order_by(ContractConsent.created_at))
    return rows.all()


def _consent(tx: WriteSession, actor: Actor, request: ContractCancellation, party: str) -> None:
    consent = ContractConsent(cancellation_id=request.id, party=party, actor_kind=str(actor.kind), actor_id=actor.id)
    tx.add(consent)
