"""A signing of a sale that ended without all signatures: the sale goes back to before it was submitted.

The money stays where it is; the clerk may submit the same contract again, or give the sale up.
"""

from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
from kernel.audit import audit
from kernel.db import WriteSession
from kernel.outbox import emit
from kernel.permissions import system_actor
from yiti.journeys.models import Sale

_WORDS = {"declined": "有签署人不同意签署", "expired": "签署期限已过"}


async def reopen(tx: WriteSession, contract_id: UUID, ceremony_id: UUID, how: str, signatory: str) -> None:
    """For a job; repeating it does nothing, nor for a sale that was given up (which ends its ceremony too)."""
    wanted = select(Sale).where(Sale.contract_id == contract_id, Sale.ceremony_id == ceremony_id).with_for_update()
    sale = await tx.scalar(wanted.execution_options(populate_existing=True))
    if sale is None or (await contracts.get(tx, contract_id)).status != "signing":
        return
    actor = system_actor(tx.tenant)
    await contracts.end_signing(tx, actor, contract_id, how=how, signatory=signatory)
    sale.ceremony_id = sale.submitted_at = None
    sale.documents = {}
    sale.rounds += 1
    audit(tx, actor, "sale.reopened", subject=f"contract:{contract_id}", detail={"ceremony": str(ceremony_id)})
    if how in _WORDS:
        payload = {"contract_id": str(contract_id), "how": how}
        await emit(tx, "sale.tell_signing_ended", payload, key=f"sale.tell_signing_ended:{ceremony_id}")


def message(location: str, how: str) -> str:
    """What the buyers are told."""
    return f"{location}的购房文件因{_WORDS[how]}停止签署，已签的名作废，已缴款项不变。如需继续请联系售楼部。"
