"""Callbacks of counterparties: verified by the gateway and booked by escrow, in one transaction."""

from litestar import post
from litestar.params import FromPath, RawBody

import escrow.service as money
from escrow.schemas import Confirmation, RefundConfirmation
from integrations.bank_payments import LARGEST_DOCUMENT
from integrations.counterparties import Counterparty
from integrations.errors import Replayed
from integrations.gateway import MoneyEvent, RefundReport
from integrations.payment_channel import ChannelPaid, ChannelRefunded
from kernel.db import WriteSession
from kernel.errors import Conflict, NotFound
from kernel.permissions import Actor, ActorKind, anyone
from kernel.web.dependencies import Tenant, Tx
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.api import channel, contradictions
from yiti.journeys.banking.documents import take_in
from yiti.resources import Parts

_LIMIT_BYTES = 64 * 1024


@post(
    "/gateway/{county:str}/{counterparty:str}/events",
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=_LIMIT_BYTES,
)
async def receive_event(tenant: Tenant, resources: Parts, counterparty: FromPath[str], body: RawBody) -> dict[str, str]:
    """Open to anyone who can sign: the message's own signature is the credential.

    Answers 200 for money that could not be matched, too: it has arrived and is booked to suspense (不明入账). What
    contradicts the book is refused, and kept in sight in a transaction of its own once the first is undone: neither
    waits for the other's locks or connection.
    """
    actor = Actor(kind=ActorKind.MACHINE, name=counterparty, tenant=tenant)
    told: object | None = None
    try:
        async with resources.database.transaction(tenant) as tx:
            received = await resources.connectors.gateway.receive(tx, counterparty, body)
            if received.duplicate:
                return {"result": "duplicate"}
            told = received.event
            return {"result": await _apply(tx, actor, received.event, len(body))}
    except (Conflict, NotFound) as error:
        told = error.told if isinstance(error, Replayed) else told
        if isinstance(told, MoneyEvent):
            async with resources.database.transaction(tenant) as tx:
                await contradictions.keep(tx, actor, told, error)
        raise


@post(
    "/gateway/{county:str}/{counterparty:str}/documents",
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=LARGEST_DOCUMENT,
)
async def receive_document(
    tx: Tx, tenant: Tenant, resources: Parts, counterparty: FromPath[str], body: RawBody
) -> dict[str, str]:
    """A bank's document by ISO 20022. Answers 200 also for what cannot be booked: it is kept in sight of a person."""
    received = await resources.connectors.gateway.receive_document(tx, counterparty, body)
    if received.duplicate:
        return {"result": "duplicate"}
    actor = Actor(kind=ActorKind.MACHINE, name=Counterparty(counterparty).words, tenant=tenant)
    outcomes = await take_in(tx, actor, received.document, received.evidence_digest)
    return {"result": ",".join(sorted({one.result for one in outcomes})) or "empty"}


async def _apply(tx: WriteSession, actor: Actor, event: MoneyEvent, size: int) -> str:
    if isinstance(event, ChannelPaid | ChannelRefunded):
        return await channel.apply(tx, actor, event, size)
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
            payer=event.payer,
        ),
    )
    return "confirmed" if receipt.recognised else "suspense"
