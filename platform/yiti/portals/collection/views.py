"""What the fee clerk's pages show: everything in words, payers masked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from escrow import collection
from escrow.collection import overview
from escrow.collection.models import BillState, ClearingState, CollectionBill, CollectionRefund, RefundState
from escrow.collection.rules import STATE_WORDS
from kernel.db import ReadSession
from kernel.money import yuan
from yiti.journeys.registration.collecting import TAX, TREASURY
from yiti.portals.collection.card import TONES, BillCard, card, masked
from yiti.portals.shell.spreadsheet import Cell

CODES: Final = {TAX: "税务", TREASURY: "非税（登记费）"}
CLEARING_WORDS = {
    ClearingState.ORDERED: ("银行付款中", "info"),
    ClearingState.PAID: ("已到账", "success"),
    ClearingState.REJECTED: ("银行拒付", "danger"),
    ClearingState.RETURNED: ("已退汇", "danger"),
}
REFUND_WORDS = {
    RefundState.ORDERED: ("退款中", "warning"),
    RefundState.PAID: ("已退款", "success"),
    RefundState.REFUSED: ("渠道未退", "danger"),
}
BILL_COLUMNS = ("账单号", "业务号", "缴款人", "金额（元）", "状态", "开具时间", "缴款时间", "清分时间", "说明")
BILL_MONEY = (3,)
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class BillLine:
    """A bill in the list."""

    url: str
    bill_no: str
    case_no: str
    payer: str
    total_fen: int
    state: str
    tone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """Something that only a person can move on: a button, and for some a reason."""

    key: str
    title: str
    text: str
    amount_fen: int
    action: str
    button: str
    asks_reason: bool
    url: str


@dataclass(frozen=True, slots=True)
class PartLine:
    """One authority's share of a bill."""

    name: str
    amount_fen: int
    order_no: str
    state: str
    tone: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund of a bill."""

    refund_no: str
    amount_fen: int
    state: str
    tone: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class BillView:
    """The page of a bill."""

    card: BillCard
    case_url: str
    paid: tuple[tuple[str, str], ...]
    parts: tuple[PartLine, ...]
    refunds: tuple[RefundLine, ...]


def tiles(now: overview.Standing | None) -> list[dict[str, Any]]:
    """The intermediate account in four figures."""
    if now is None:
        return []
    account = "账实相符" if now.agrees else "账实不符，请核对"
    return [
        {"label": "中转账户应有余额", "value": yuan(now.at_bank_fen), "unit": "元", "icon": "building-bank",
         "tone": "success" if now.agrees else "danger", "hint": account, "url": "/collection/days"},
        {"label": "已缴、待登簿", "value": yuan(now.waiting_fen), "unit": "元", "icon": "hourglass", "tone": "info",
         "url": "/collection?show=paid"},
        {"label": "清分划转中", "value": yuan(now.clearing_fen), "unit": "元", "icon": "arrows-split", "tone": "info",
         "url": "/collection?show=clearing"},
        {"label": "待退款", "value": yuan(now.refunding_fen), "unit": "元", "icon": "receipt-refund", "tone": "warning",
         "url": "/collection?show=refunding"},
    ]  # fmt: skip


async def waiting(reader: ReadSession) -> list[Task]:
    """What a bank or the channel refused, and money that nobody could place; the oldest of each kind first."""
    names = await authority_names(reader)
    found = [
        Task(
            key=f"clearing-{part.id}", title=f"划转{names.get(part.authority, part.authority)}未成功",
            text=f"{part.order_no}：{part.reason}。核对收款账户后重新划转。", amount_fen=part.amount_fen,
            action=f"/collection/clearings/{part.id}/retry", button="重新划转", asks_reason=False,
            url=f"/collection/bills/{bill.id}",
        )
        for part, bill in await overview.stuck_clearings(reader, _SHOWN)
    ]  # fmt: skip
    found += [
        Task(
            key=f"refund-{one.id}",
            title="支付渠道未能原路退回",
            text=f"{one.refund_no}：{one.words or '渠道未说明原因'}",
            amount_fen=one.amount_fen,
            action=f"/collection/refunds/{one.id}/retry",
            button="重新退款",
            asks_reason=False,
            url=f"/collection/bills/{payment.bill_id}" if payment.bill_id else "",
        )
        for one, payment in await overview.refunds_page(reader, [RefundState.REFUSED], _SHOWN)
    ]
    return found + [
        Task(
            key=f"payment-{one.id}", title="到账无法对应账单",
            text=f"{one.words}；流水 {one.serial}，入账账号 {one.account_no}", amount_fen=one.amount_fen,
            action=f"/collection/payments/{one.id}/return", button="原路退回", asks_reason=True, url="",
        )
        for one in await overview.held_payments(reader, _SHOWN)
    ]  # fmt: skip


def bill_line(one: CollectionBill) -> BillLine:
    """A bill in the list."""
    state = BillState(one.state)
    return BillLine(
        url=f"/collection/bills/{one.id}",
        bill_no=one.bill_no,
        case_no=one.case_no,
        payer=masked(one.payer),
        total_fen=one.total_fen,
        state=STATE_WORDS[state],
        tone=TONES[state],
        at=one.issued_at,
    )


def bill_row(one: CollectionBill) -> tuple[Cell, ...]:
    """A bill in the file."""
    words = STATE_WORDS[BillState(one.state)]
    return (
        one.bill_no, one.case_no, masked(one.payer), one.total_fen, words, one.issued_at, one.paid_at, one.cleared_at,
        one.ending,
    )  # fmt: skip


async def bill_view(reader: ReadSession, bill_id: UUID) -> BillView:
    """One bill with everything that became of it."""
    bill = await collection.bill(reader, bill_id)
    names = await authority_names(reader)
    return BillView(
        card=await card(reader, bill),
        case_url=f"/registration/cases/{bill.case_id}",
        paid=await _paid(reader, bill),
        parts=tuple(
            PartLine(
                names.get(one.authority, one.authority), one.amount_fen, one.order_no,
                *CLEARING_WORDS[ClearingState(one.state)], one.reason, one.settled_at,
            )
            for one in await collection.clearings_of(reader, bill.id)
        ),
        refunds=tuple(refund_line(one) for one in await collection.refunds_of(reader, bill.id)),
    )  # fmt: skip


def refund_line(one: CollectionRefund) -> RefundLine:
    """A refund in words."""
    words, tone = REFUND_WORDS[RefundState(one.state)]
    reason = f"{one.reason}；{one.words}" if one.words else one.reason
    return RefundLine(one.refund_no, one.amount_fen, words, tone, reason, one.answered_at)


async def _paid(reader: ReadSession, bill: CollectionBill) -> tuple[tuple[str, str], ...]:
    if bill.paid_at is None:
        return ()
    payment = await collection.payment_of(reader, bill.id)
    return (
        ("支付渠道", payment.channel),
        ("支付流水", payment.serial),
        ("入账账号", payment.account_no),
        ("金额（元）", yuan(payment.amount_fen)),
    )


async def authority_names(reader: ReadSession) -> dict[str, str]:
    """What each authority is called now, by code."""
    found = {one.code: one.name for one in reversed(await collection.authorities(reader))}
    return dict(sorted(found.items()))
