"""What a counterparty reports of money and we must refuse: it stays in sight of the finance clerk."""

from escrow.reconciliation.reports import Contradiction, keep_contradiction
from integrations.gateway import BankConfirmation, MoneyEvent, RefundReport
from integrations.payment_channel import ChannelPaid, ChannelRefunded
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.errors import DomainError
from kernel.permissions import Actor


async def keep(tx: WriteSession, actor: Actor, told: MoneyEvent, error: DomainError) -> None:
    """Open a difference with the words of the refusal; once, however often it is told."""
    serial, about, signed_fen = _of(told)
    contradiction = Contradiction(
        account_no=told.account_no,
        serial=serial,
        about=about,
        day=told.paid_at.astimezone(SHANGHAI).date(),
        signed_fen=signed_fen,
        why=error.message,
        evidence_digest=told.evidence_digest,
    )
    await keep_contradiction(tx, actor, contradiction)


def _of(told: MoneyEvent) -> tuple[str, str, int]:
    match told:
        case BankConfirmation():
            return told.bank_serial, told.notice_no, told.amount_fen
        case RefundReport():
            return told.bank_serial, told.refund_no, -told.amount_fen
        case ChannelPaid():
            return told.serial, told.bill_no, told.amount_fen
        case ChannelRefunded():
            return told.serial, told.refund_no, -told.amount_fen if told.state == "paid" else 0
