"""Reading what was collected: bills page by page, what waits for a person, sums by authority and day."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Select, and_, cast, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from escrow import ledger
from escrow.collection.accounts import collection_account
from escrow.collection.models import (
    BillState,
    ClearingState,
    CollectionBill,
    CollectionClearing,
    CollectionPayment,
    CollectionRefund,
    RefundState,
)
from escrow.ledger.models import AccountKind
from escrow.models import UNPAID, Bill
from kernel.clock import SHANGHAI
from kernel.db import ReadSession

_SAME = (CollectionPayment.tenant_id == CollectionRefund.tenant_id) & (
    CollectionPayment.id == CollectionRefund.payment_id
)
_OWED = (RefundState.ORDERED, RefundState.REFUSED)
# By the bills whose money waits for a booking, and no others: of those that are cleared or refunded there are ever
# more, and what lay forgotten on one of their accounts would be missing in `Standing.agrees`.
_WAITING = """SELECT coalesce(sum(s.balance_fen), 0)::bigint AS fen FROM collection_bills b
    JOIN ledger_accounts a ON a.tenant_id = b.tenant_id AND a.kind = $1 AND a.owner = b.bill_no
    JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id WHERE b.state = $2"""
# As many accounts as authorities.
_PAYABLE = """SELECT coalesce(sum(s.balance_fen), 0)::bigint AS fen FROM ledger_accounts a
    JOIN ledger_slots s ON s.tenant_id = a.tenant_id AND s.account_id = a.id WHERE a.kind = $1"""
_STUCK = (ClearingState.REJECTED, ClearingState.RETURNED)


class Standing(Struct, frozen=True, kw_only=True):
    """The intermediate account now: whose its money is, and whether that is all of it (分)."""

    account_no: str
    at_bank_fen: int
    """What the bank must hold by the book."""
    waiting_fen: int
    """Paid, and its case is not booked yet."""
    clearing_fen: int
    """Cleared to an authority, and not there yet."""
    refunding_fen: int
    """Owed back to payers."""
    unclear_fen: int
    """Came in and pays no bill."""
    bills_fen: int
    """What bills say that is paid and not cleared: must be `waiting_fen`."""

    @property
    def agrees(self) -> bool:
        """Whether every 分 on the account has its owner, and the bills say the same as the ledger."""
        owned = self.waiting_fen + self.clearing_fen + self.refunding_fen + self.unclear_fen
        return self.at_bank_fen == owned and self.waiting_fen == self.bills_fen


class DayLine(Struct, frozen=True, kw_only=True):
    """One day: what came in, what went to whom, what went back."""

    day: date
    received_fen: int
    cleared_fen: dict[str, int]
    """By authority."""
    refunded_fen: int


async def bills_page(
    reader: ReadSession, states: Collection[BillState], before: UUID | None, limit: int
) -> list[CollectionBill]:
    """Bills of these states (all, without any), newest first, from before one of them."""
    wanted = select(CollectionBill).order_by(CollectionBill.id.desc()).limit(limit)
    if states:
        wanted = wanted.where(CollectionBill.state.in_(states))
    if before is not None:
        wanted = wanted.where(CollectionBill.id < before)
    return list(await reader.scalars(wanted))


async def bills_of_days(reader: ReadSession, since: date, until: date, limit: int) -> list[CollectionBill]:
    """Bills made in these days, both included, oldest first."""
    wanted = select(CollectionBill).where(_in_days(CollectionBill.issued_at, since, until))
    return list(await reader.scalars(wanted.order_by(CollectionBill.id).limit(limit)))


async def stuck_clearings(reader: ReadSession, limit: int) -> list[tuple[CollectionClearing, CollectionBill]]:
    """What the bank did not pay or got back, oldest first."""
    wanted = (
        select(CollectionClearing, CollectionBill)
        .join(
            CollectionBill,
            (CollectionBill.tenant_id == CollectionClearing.tenant_id)
            & (CollectionBill.id == CollectionClearing.bill_id),
        )
        .where(CollectionClearing.state.in_(_STUCK))
        .order_by(CollectionClearing.id)
        .limit(limit)
    )
    return [(part, bill) for part, bill in await reader.execute(wanted)]


async def not_arrived(reader: ReadSession, before: datetime, limit: int) -> list[tuple[CollectionClearing, Bill]]:
    """What our bank had paid into the maintenance fund by that moment, and the fund's bank has not told of; oldest
    first. Until then the open notice is all that says whose the money is."""
    wanted = (
        select(CollectionClearing, Bill)
        .join(Bill, (Bill.tenant_id == CollectionClearing.tenant_id) & (Bill.id == CollectionClearing.notice_id))
        .where(Bill.case_id.is_not(None), Bill.state.in_(UNPAID))
        .where(CollectionClearing.state == ClearingState.PAID, CollectionClearing.settled_at < before)
        .order_by(Bill.id)
        .limit(limit)
    )
    return [(part, notice) for part, notice in await reader.execute(wanted)]


async def refunds_page(
    reader: ReadSession, states: Collection[RefundState], limit: int
) -> list[tuple[CollectionRefund, CollectionPayment]]:
    """Refunds of these states with the payments that go back, newest first."""
    wanted = _refunds().where(CollectionRefund.state.in_(states)).order_by(CollectionRefund.id.desc()).limit(limit)
    return [(one, payment) for one, payment in await reader.execute(wanted)]


async def held_payments(reader: ReadSession, limit: int) -> list[CollectionPayment]:
    """Money that pays no bill and waits for a person to send it back, oldest first."""
    ordered = exists().where(
        CollectionRefund.tenant_id == CollectionPayment.tenant_id, CollectionRefund.payment_id == CollectionPayment.id
    )
    wanted = select(CollectionPayment).where(
        CollectionPayment.bill_id.is_(None), CollectionPayment.reversed_by.is_(None), ~ordered
    )
    return list(await reader.scalars(wanted.order_by(CollectionPayment.id).limit(limit)))


async def standing(reader: ReadSession) -> Standing | None:
    """The intermediate account now; None where the county has none."""
    account = await collection_account(reader)
    if account is None:
        return None
    number = account.account_no
    owed = (
        select(func.coalesce(func.sum(CollectionRefund.amount_fen), 0))
        .join(CollectionPayment, _SAME)
        .where(CollectionRefund.state.in_(_OWED), CollectionPayment.account_no == number)
    )
    bills = select(func.coalesce(func.sum(CollectionBill.total_fen), 0)).where(CollectionBill.state == BillState.PAID)
    return Standing(
        account_no=number,
        at_bank_fen=-await ledger.balance(reader, AccountKind.BANK, number),
        waiting_fen=(await reader.rows(_WAITING, AccountKind.COLLECTION, BillState.PAID))[0].fen,
        clearing_fen=(await reader.rows(_PAYABLE, AccountKind.AUTHORITY_PAYABLE))[0].fen,
        refunding_fen=int(await reader.scalar(owed) or 0),
        unclear_fen=await ledger.balance(reader, AccountKind.SUSPENSE, number),
        bills_fen=int(await reader.scalar(bills) or 0),
    )


async def days(reader: ReadSession, since: date, until: date) -> list[DayLine]:
    """Sums by day, newest first; days on which nothing moved are left out."""
    paid_on, settled_on, back_on = (
        _day(one) for one in (CollectionPayment.paid_at, CollectionClearing.settled_at, CollectionRefund.answered_at)
    )
    received = await reader.execute(
        select(paid_on, func.sum(CollectionPayment.amount_fen))
        .where(CollectionPayment.reversed_by.is_(None), _in_days(CollectionPayment.paid_at, since, until))
        .group_by(paid_on)
    )
    cleared = await reader.execute(
        select(settled_on, CollectionClearing.authority, func.sum(CollectionClearing.amount_fen))
        .where(CollectionClearing.state == ClearingState.PAID)
        .where(_in_days(CollectionClearing.settled_at, since, until))
        .group_by(settled_on, CollectionClearing.authority)
    )
    refunded = await reader.execute(
        select(back_on, func.sum(CollectionRefund.amount_fen))
        .where(CollectionRefund.state == RefundState.PAID, _in_days(CollectionRefund.answered_at, since, until))
        .group_by(back_on)
    )
    came = {day: int(fen) for day, fen in received}
    back = {day: int(fen) for day, fen in refunded}
    went: dict[date, dict[str, int]] = {}
    for day, code, fen in cleared:
        went.setdefault(day, {})[code] = int(fen)
    return [
        DayLine(day=day, received_fen=came.get(day, 0), cleared_fen=went.get(day, {}), refunded_fen=back.get(day, 0))
        for day in sorted({*came, *went, *back}, reverse=True)
    ]


def _refunds() -> Select[CollectionRefund, CollectionPayment]:
    return select(CollectionRefund, CollectionPayment).join(CollectionPayment, _SAME)


def _day(column: InstrumentedAttribute[Any]) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Shanghai", column), Date)


def _in_days(column: InstrumentedAttribute[Any], since: date, until: date) -> ColumnElement[bool]:
    begin = datetime.combine(since, time(), SHANGHAI)
    end = datetime.combine(until + timedelta(days=1), time(), SHANGHAI)
    return and_(column >= begin, column < end)
