"""What the fee clerk's pages show: everything in words, payers masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from escrow import collection
from escrow.collection import overview
from escrow.collection.models import (
    MAINTENANCE,
    BillState,
    ClearingState,
    CollectionBill,
    CollectionRefund,
    LineKind,
    RefundState,
)
from escrow.collection.rules import LINE_WORDS, STATE_WORDS
from escrow.supervision import maintenance_account_or_none
from kernel.clock import now, today
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
_ARRIVES_WITHIN: Final = timedelta(days=1)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Version(Generic[Row]):
    """A row that holds from a day on, and whether it does."""

    row: Row
    state: str
    tone: str


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
    """Something that only a person can move on: by a button, for some with a reason, or outside of the platform."""

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
    """One authority's share of a bill, or what one unit's maintenance fund gets of it."""

    name: str
    notice_no: str
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


def tiles(found: overview.Standing | None) -> list[dict[str, Any]]:
    """The intermediate account in four figures."""
    if found is None:
        return []
    account = "账实相符" if found.agrees else "账实不符，请核对"
    return [
        {"label": "中转账户应有余额", "value": yuan(found.at_bank_fen), "unit": "元", "icon": "building-bank",
         "tone": "success" if found.agrees else "danger", "hint": account, "url": "/collection/days"},
        {"label": "已缴、待登簿", "value": yuan(found.waiting_fen), "unit": "元", "icon": "hourglass", "tone": "info",
         "url": "/collection?show=paid"},
        {"label": "清分划转中", "value": yuan(found.clearing_fen), "unit": "元", "icon": "arrows-split", "tone": "info",
         "url": "/collection?show=clearing"},
        {"label": "待退款", "value": yuan(found.refunding_fen), "unit": "元", "icon": "receipt-refund",
         "tone": "warning", "url": "/collection?show=refunding"},
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
            key=f"arrival-{part.id}", title="维修资金专户尚未报到账",
            text=f"付款指令 {part.order_no} 已付，通知书 {notice.notice_no} 未确认；请与专户开户银行核对。",
            amount_fen=part.amount_fen, action="", button="", asks_reason=False,
            url=f"/collection/bills/{part.bill_id}",
        )
        for part, notice in await overview.not_arrived(reader, now() - _ARRIVES_WITHIN, _SHOWN)
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
    parts = await collection.clearings_of(reader, bill.id)
    notices = await collection.notices_of(reader, parts)
    return BillView(
        card=await card(reader, bill),
        case_url=f"/registration/cases/{bill.case_id}",
        paid=await _paid(reader, bill),
        parts=tuple(
            PartLine(
                names.get(one.authority, one.authority), notices.get(one.notice_id, "") if one.notice_id else "",
                one.amount_fen, one.order_no, *CLEARING_WORDS[ClearingState(one.state)], one.reason, one.settled_at,
            )
            for one in parts
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
    """What each authority is called now, by code; the maintenance fund among them where it is kept here."""
    found = {one.code: one.name for one in reversed(await collection.authorities(reader))}
    fund = {MAINTENANCE: LINE_WORDS[LineKind.MAINTENANCE_FUND]} if await maintenance_account_or_none(reader) else {}
    return dict(sorted(found.items())) | fund


def versions(rows: Sequence[Row], since: Sequence[date]) -> list[Version[Row]]:
    """Rows that hold from a day on, the newest first, with which of them holds today."""
    on = today()
    holding = next((place for place, first in enumerate(since) if first <= on), None)
    words = {True: ("未到执行日期", "info"), False: ("已被代替", "neutral")}
    return [
        Version(row, *(("现行", "success") if place == holding else words[first > on]))
        for place, (row, first) in enumerate(zip(rows, since, strict=True))
    ]
