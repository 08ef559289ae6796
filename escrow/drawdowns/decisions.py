"""The housing department's part: review by one, approval by another, and what the bank makes of it."""

from uuid import UUID

from sqlalchemy import select

from escrow import banking
from escrow.agreements.release import FirstRegistration
from escrow.drawdowns.errors import error_of
from escrow.drawdowns.fund import fund_facts
from escrow.drawdowns.models import ALLOWED, Drawdown, DrawdownState
from escrow.drawdowns.rules import DrawdownAction
from escrow.drawdowns.service import drawdown_for, may, move, note, objections, said
from escrow.ledger.models import AccountKind
from escrow.models import SupervisionAccount
from escrow.supervision import lock_account
from kernel.clock import now
from kernel.db import WriteSession
from kernel.permissions import Actor, system_actor


async def review(
    tx: WriteSession, actor: Actor, drawdown_id: UUID, words: str, register: FirstRegistration
) -> Drawdown:
    """初审: pass it on to who approves, with the figures that were seen. Raises UnknownDrawdown, NotNow, Invalid."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.REVIEW)
    drawdown.reviewed_by = actor.id
    facts = await fund_facts(tx, drawdown.project_id, register)
    await move(tx, actor, drawdown, DrawdownState.REVIEWED, said(words), facts)
    return drawdown


async def send_back(tx: WriteSession, actor: Actor, drawdown_id: UUID, reason: str) -> Drawdown:
    """退回补正: the developer corrects and hands it in again. Raises UnknownDrawdown, NotNow, Invalid."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.SEND_BACK)
    await move(tx, actor, drawdown, DrawdownState.SENT_BACK, said(reason))
    return drawdown


async def refuse(tx: WriteSession, actor: Actor, drawdown_id: UUID, reason: str) -> Drawdown:
    """不予拨付: for good, with the reason. Raises UnknownDrawdown, NotNow, Invalid."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.REFUSE)
    await move(tx, actor, drawdown, DrawdownState.REFUSED, said(reason))
    return drawdown


async def approve(
    tx: WriteSession, actor: Actor, drawdown_id: UUID, words: str, register: FirstRegistration
) -> Drawdown:
    """核准: look at everything again under the account's lock, then order the payment from the bank.

    Raises UnknownDrawdown, NotNow, SamePerson, Invalid, or what speaks against it (`escrow.drawdowns.errors`).
    """
    project_id = (await drawdown_for(tx, actor, drawdown_id)).project_id
    # Before the drawdown: of two that together exceed the ceiling, the second must see the first one's order.
    account = await lock_account(tx, project_id)
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.APPROVE)
    facts = await fund_facts(tx, project_id, register)
    if against := await objections(tx, drawdown, facts):
        raise error_of(against)
    drawdown.attempt += 1
    order = await banking.order_payment(tx, actor, _order(drawdown, account))
    drawdown.approved_by, drawdown.approved_at, drawdown.order_id = actor.id, now(), order.id
    await move(tx, actor, drawdown, DrawdownState.ORDERED, said(words), facts)
    return drawdown


async def settle(tx: WriteSession, order_id: UUID, subject: str, state: str, reason: str) -> None:
    """The bank has paid, rejected or returned. Old news (a former order, or told twice) changes nothing."""
    drawdown = await tx.scalar(
        select(Drawdown)
        .where(Drawdown.id == UUID(subject.partition(":")[2]))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    actor = system_actor(tx.tenant)
    to = _ENDS[state]
    if drawdown is None:
        message = f"payment order {order_id} names no drawdown: {subject}"
        raise LookupError(message)
    if drawdown.order_id != order_id or to not in ALLOWED[DrawdownState(drawdown.state)]:
        note(tx, actor, drawdown, "late_news", reason)
        return
    await move(tx, actor, drawdown, to, reason)


_ENDS = {
    "paid": DrawdownState.PAID,
    "rejected": DrawdownState.BANK_REJECTED,
    "returned": DrawdownState.BANK_RETURNED,
}


def _order(drawdown: Drawdown, account: SupervisionAccount) -> banking.NewOrder:
    return banking.NewOrder(
        # After a refusal of the bank the corrected drawdown is another order.
        key=f"drawdown:{drawdown.id}:{drawdown.attempt}",
        purpose=banking.Purpose.DRAWDOWN,
        subject=f"drawdown:{drawdown.id}",
        account_no=account.account_no,
        source=(AccountKind.PROJECT_FUND, str(drawdown.project_id)),
        payee=banking.Payee(
            name=drawdown.payee_name,
            account_no=drawdown.payee_account,
            bank_code=drawdown.payee_bank_code,
            bank_name=drawdown.payee_bank_name,
        ),
        amount_fen=drawdown.amount_fen,
        words=f"{drawdown.number} {drawdown.purpose}",
    )
