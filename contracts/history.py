"""Taking hold of a contract, moving it on, and writing down who did it. Shared by the files that change contracts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.errors import ContractNotFound, Stale, WrongStatus
from contracts.models import Contract, ContractEvent
from contracts.rules import ALLOWED_TRANSITIONS, STATUS_WORDS
from contracts.schemas import Status
from kernel.audit import audit
from kernel.db import WriteSession
from kernel.permissions import Actor, ActorKind


async def locked(tx: WriteSession, contract_id: UUID) -> Contract:
    """The contract under its row lock, as it now stands."""
    statement = select(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == contract_id)
    statement = statement.with_for_update().execution_options(populate_existing=True)
    contract = await tx.scalar(statement)
    if contract is None:
        raise ContractNotFound
    return contract


async def locked_by_seller(tx: WriteSession, actor: Actor, contract_id: UUID, revision: int | None = None) -> Contract:
    """As ``locked``, for the seller's own staff (or the platform); to others the contract does not exist.

    ``Stale`` when it has moved on from the revision the caller has seen.
    """
    contract = await locked(tx, contract_id)
    if not acts_for_seller(actor, contract.organisation_id):
        raise ContractNotFound
    if revision is not None and contract.revision != revision:
        raise Stale(extra={"revision": contract.revision})
    return contract


def acts_for_seller(actor: Actor, organisation_id: UUID) -> bool:
    """The seller's own staff, or the platform itself in a job."""
    return actor.kind is ActorKind.SYSTEM or actor.organisation_id == organisation_id


def expect(contract: Contract, *statuses: Status) -> None:
    """Raise ``WrongStatus`` unless the contract is in one of them."""
    if contract.status not in statuses:
        wanted = "、".join(STATUS_WORDS[status] for status in statuses)
        raise WrongStatus(f"合同当前为“{STATUS_WORDS[contract.status]}”，仅“{wanted}”的合同可以进行此操作")


def move(contract: Contract, status: Status) -> None:
    """Change the status; ``WrongStatus`` when the table of transitions does not allow it."""
    if status not in ALLOWED_TRANSITIONS[contract.status]:
        words = f"合同当前为“{STATUS_WORDS[contract.status]}”，不能变更为“{STATUS_WORDS[status]}”"
        raise WrongStatus(words)
    contract.status = status


def record(tx: WriteSession, actor: Actor, contract: Contract, action: str, **detail: Any) -> None:
    """Write the action into the contract's history and the audit log; ``detail`` must hold no personal data."""
    tx.add(
        ContractEvent(
            contract_id=contract.id,
            action=action,
            status=contract.status,
            revision=contract.revision,
            actor_kind=str(actor.kind),
            actor_id=actor.id,
            detail=detail,
        )
    )
    audit(tx, actor, f"contract.{action}", subject=f"contract:{contract.id}", detail=detail)
