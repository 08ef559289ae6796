"""Callbacks of counterparties: verified by the gateway and booked by escrow, in one transaction."""

from litestar import post
from litestar.params import FromPath, RawBody

import escrow.service as money
from escrow.schemas import Confirmation, RefundConfirmation
from integrations.gateway import BankConfirmation, RefundReport
from kernel.db import WriteSession
from kernel.permissions import Actor, ActorKind, anyone
from kernel.web.dependencies import Tenant, Tx
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.resources import Parts

_LIMIT_BYTES = 64 * 1024


@post(
    "/gateway/{county:str}/{counterparty:str}/events",
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=_LIMIT_BYTES,
)
async def receive_event(
    tx: Tx, tenant: Tenant, resources: Parts, counterparty: FromPath[str], body: RawBody
) -> dict[str, str]:
    """Open to anyone who can sign: the message's own signature is the credential.

    Answers 200 for money that could not be matched, too: it has arrived and is booked to suspense (不明入账).
    """
    received = await resources.connectors.gateway.receive(tx, counterparty, body)
    if received.duplicate:
        return {"result": "duplicate"}
    actor = Actor(kind=ActorKind.MACHINE, name=counterparty, tenant=tenant)
    return {"result": await _apply(tx, actor, received.event)}


async def _apply(tx: WriteSession, actor: Actor, event: BankConfirmation | RefundReport) -> str:
    if isinstance(event, RefundReport):
        told = RefundConfirmation(
            event_id=event.event_id,
            refund_no=event.refund_no,
            amount_fen=event.amount_fen,
            paid_at=event.paid_at,
            bank_serial=event.bank_serial,
            account_no=event.account_no,
            evidence_digest=event.evidence_digest,
        )
        await money.confirm_refund(tx, actor, told)
        return "refunded"
    receipt = await money.confirm(
        tx,
        actor,
        Confirmation(
            event_id=event.event_id,
            notice_no=event.notice_no,
            amount_fen=event.amount_fen,
            paid_at=event.paid_at,
            bank_serial=event.bank_serial,
            account_no=event.account_no,
            evidence_digest=event.evidence_digest,
        ),
    )
    return "confirmed" if receipt.recognised else "suspense"
