"""Online filing (网签备案): signing begins, and with the last signature the contract gets its filing number.

A signing that ends without all signatures leaves the contract frozen as it was before.
"""

from __future__ import annotations

from uuid import UUID

from contracts.errors import WrongStatus
from contracts.history import expect, locked, locked_by_seller, move, record
from contracts.models import Contract
from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor


async def begin_signing(tx: WriteSession, actor: Actor, contract_id: UUID, document_digest: str) -> Contract:
    """The rendered document goes to signature; repeating it with the same document changes nothing."""
    contract = await locked_by_seller(tx, actor, contract_id)
    if contract.status == "signing" and contract.document_digest == document_digest:
        return contract
    expect(contract, "frozen")
    contract.document_digest = document_digest
    move(contract, "signing")
    contract.revision += 1
    record(tx, actor, contract, "signing_begun", document=document_digest)
    await tx.flush()
    return contract


async def end_signing(tx: WriteSession, actor: Actor, contract_id: UUID, **detail: str) -> Contract:
    """The signing has ended without all signatures: the content stands frozen as before, and may be signed anew.

    ``detail`` says how it ended, without personal data. Repeating it changes nothing.
    """
    contract = await locked_by_seller(tx, actor, contract_id)
    if contract.status == "frozen":
        return contract
    expect(contract, "signing")
    contract.document_digest = None
    move(contract, "frozen")
    contract.revision += 1
    record(tx, actor, contract, "signing_ended", **detail)
    await tx.flush()
    return contract


async def file(tx: WriteSession, actor: Actor, contract_id: UUID, signed_digest: str) -> str:
    """File the fully signed contract: a gap-free number such as YS4115282026000001, and ``contract.filed`` emitted.

    A repetition with the same signed document gives the same number; another document is refused.
    The number's row stays locked until the transaction ends, so call this late in it.
    """
    contract = await locked(tx, contract_id)
    if contract.filing_no is not None:
        if contract.signed_digest != signed_digest:
            raise WrongStatus("合同已备案，不能以另一份文件再次备案")
        return contract.filing_no
    expect(contract, "signing")
    year = today().year
    contract.filing_no = f"YS{tx.tenant}{year}{await next_number(tx, 'filing', year):06d}"
    contract.filed_at = now()
    contract.signed_digest = signed_digest
    move(contract, "filed")
    contract.revision += 1
    record(tx, actor, contract, "filed", filing_no=contract.filing_no, document=signed_digest)
    await tx.flush()
    await emit(tx, "contract.filed", {"contract_id": str(contract.id)}, key=f"contract.filed:{contract.id}")
    return contract.filing_no
