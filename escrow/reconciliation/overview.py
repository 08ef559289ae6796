"""What the finance clerk looks at: today's state of every account, differences, receipts without owner, statements."""

from datetime import date, timedelta
from typing import Final, TypeVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, func, select, tuple_

from escrow import ledger
from escrow.banking.models import BankMovement, OrderState, PaymentOrder
from escrow.ledger.models import AccountKind
from escrow.models import UNPAID, BankConfirmation, Bill, SupervisionAccount, SuspenseReceipt, SuspenseState
from escrow.reconciliation.differences import open_differences
from escrow.reconciliation.models import BankStatement, Difference, DifferenceStep
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession
from kernel.errors import Invalid

Row = TypeVar("Row", Difference, BankStatement)
PAGE: Final = 30
EXPORTED: Final = 50_001
"""One more than a workbook takes, so that too many are refused and never cut off in silence."""
_ARRIVED_BY: Final = timedelta(hours=9)
"""Banks send a day's statement by nine in the morning after it."""


class AccountDay(Struct, frozen=True, kw_only=True):
    """One bank account as it stands now."""

    account: SupervisionAccount
    statement: BankStatement | None
    """The latest one."""
    book_fen: int
    waiting: int
    """Movements that no statement has shown yet."""
    missing_since: date | None
    """The first day whose statement should be there and is not."""
    differences: int


class Today(Struct, frozen=True, kw_only=True):
    """A page of accounts, and what is to be done in the whole county."""

    days: list[AccountDay]
    following: str | None
    """The account number after which the next page begins."""
    accounts: int
    differences: int
    missing: int


async def account_days(reader: ReadSession, *, after: str = "") -> Today:
    """Accounts by number; the first page begins with all those that have differences or miss statements."""
    missing, open_ = await missing_statements(reader), await open_differences(reader)
    troubled = sorted(missing.keys() | open_.keys())
    calm = select(SupervisionAccount).where(
        SupervisionAccount.account_no > after, SupervisionAccount.account_no.not_in(troubled)
    )
    found = list(await reader.scalars(calm.order_by(SupervisionAccount.account_no).limit(PAGE + 1)))
    following = found[PAGE - 1].account_no if len(found) > PAGE else None
    shown = found[:PAGE]
    if not after:
        first = select(SupervisionAccount).where(SupervisionAccount.account_no.in_(troubled))
        shown = [*await reader.scalars(first.order_by(SupervisionAccount.account_no)), *shown]
    numbers = [one.account_no for one in shown]
    latest, waiting = await _latest(reader, numbers), await _waiting(reader, numbers)
    mirror = await ledger.balances(reader, AccountKind.BANK, numbers)
    return Today(
        days=[
            AccountDay(
                account=one,
                statement=latest.get(one.account_no),
                book_fen=-mirror.get(one.account_no, 0),
                waiting=waiting.get(one.account_no, 0),
                missing_since=missing.get(one.account_no),
                differences=open_.get(one.account_no, 0),
            )
            for one in shown
        ],
        following=following,
        accounts=int(await reader.scalar(select(func.count()).select_from(SupervisionAccount)) or 0),
        differences=sum(open_.values()),
        missing=len(missing),
    )


async def missing_statements(reader: ReadSession) -> dict[str, date]:
    """By account: the first day of movements whose statement should have come and has not."""
    over = (now() - _ARRIVED_BY).astimezone(SHANGHAI).date()
    shown = select(BankStatement.id).where(
        BankStatement.tenant_id == BankMovement.tenant_id,
        BankStatement.account_no == BankMovement.account_no,
        BankStatement.day >= BankMovement.value_date,
    )
    rows = await reader.execute(
        select(BankMovement.account_no, func.min(BankMovement.value_date))
        .where(BankMovement.agreed_by.is_(None), BankMovement.value_date < over, ~shown.exists())
        .group_by(BankMovement.account_no)
    )
    return {row[0]: row[1] for row in rows}


async def differences(
    reader: ReadSession, *, closed: bool = False, before: UUID | None = None
) -> tuple[list[Difference], UUID | None]:
    """One page, newest first, and where the next begins."""
    query = select(Difference).where(Difference.state == ("closed" if closed else "open"))
    return await _page(reader, query, Difference, before)


async def candidates(reader: ReadSession, found: Difference) -> tuple[list[PaymentOrder], list[Difference]]:
    """What might belong to a difference: orders of the same amount, and open differences that it cancels out with."""
    paying = (OrderState.ORDERED, OrderState.SENT, OrderState.ACCEPTED)
    orders = select(PaymentOrder).where(
        PaymentOrder.account_no == found.account_no,
        PaymentOrder.amount_fen == abs(found.bank_fen),
        PaymentOrder.state.in_(paying if found.bank_fen < 0 else (OrderState.PAID,)),
    )
    others = select(Difference).where(
        Difference.account_no == found.account_no,
        Difference.state == "open",
        Difference.id != found.id,
        Difference.statement_id.is_not(None),
        Difference.bank_fen - Difference.book_fen == found.book_fen - found.bank_fen,
        Difference.bank_fen != Difference.book_fen,
    )
    return (
        list(await reader.scalars(orders.order_by(PaymentOrder.id.desc()).limit(PAGE))),
        list(await reader.scalars(others.order_by(Difference.id.desc()).limit(PAGE))),
    )


async def steps_of(reader: ReadSession, difference_id: UUID) -> list[DifferenceStep]:
    """What was done about it, newest first."""
    query = select(DifferenceStep).where(DifferenceStep.difference_id == difference_id)
    return list(await reader.scalars(query.order_by(DifferenceStep.id.desc()).limit(100)))


async def suspense(
    reader: ReadSession, *, resolved: bool = False, before: UUID | None = None
) -> tuple[list[tuple[SuspenseReceipt, BankConfirmation]], UUID | None]:
    """Receipts without an owner: the oldest first while they wait, else the latest first."""
    query = select(SuspenseReceipt, BankConfirmation).join(
        BankConfirmation, BankConfirmation.id == SuspenseReceipt.confirmation_id
    )
    if resolved:
        query = query.where(SuspenseReceipt.state != SuspenseState.WAITING).order_by(SuspenseReceipt.id.desc())
        query = query if before is None else query.where(SuspenseReceipt.id < before)
    else:
        query = query.where(SuspenseReceipt.state == SuspenseState.WAITING).order_by(SuspenseReceipt.id)
        query = query if before is None else query.where(SuspenseReceipt.id > before)
    rows = [(kept, told) for kept, told in await reader.execute(query.limit(PAGE + 1))]
    return rows[:PAGE], rows[PAGE - 1][0].id if len(rows) > PAGE else None


async def fitting_notices(reader: ReadSession, told: BankConfirmation) -> list[Bill]:
    """Unpaid notices of exactly that amount on that account, newest first."""
    query = select(Bill).where(
        Bill.account_no == told.account_no,
        Bill.amount_fen == told.amount_fen,
        Bill.state.in_(UNPAID),
    )
    return list(await reader.scalars(query.order_by(Bill.id.desc()).limit(PAGE)))


async def statements(
    reader: ReadSession, *, account_nos: list[str] | None = None, before: UUID | None = None
) -> tuple[list[BankStatement], UUID | None]:
    """Statements as they came, newest first."""
    query = select(BankStatement)
    if account_nos is not None:
        query = query.where(BankStatement.account_no.in_(account_nos))
    return await _page(reader, query, BankStatement, before)


async def movements(
    reader: ReadSession, first: date, last: date, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[BankMovement], UUID | None]:
    """Movements by value date, then as they were booked."""
    query = select(BankMovement).where(BankMovement.value_date.between(*_period(first, last)))
    if after is not None:
        anchor = select(BankMovement.value_date).where(BankMovement.id == after).scalar_subquery()
        query = query.where(tuple_(BankMovement.value_date, BankMovement.id) > tuple_(anchor, after))
    found = list(await reader.scalars(query.order_by(BankMovement.value_date, BankMovement.id).limit(limit + 1)))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def receipts_of_period(
    reader: ReadSession, first: date, last: date
) -> list[tuple[BankConfirmation, Bill | None, SuspenseReceipt | None]]:
    """For export: what came in, with the notice that it paid or why it lies in suspense."""
    begins, ends = _period(first, last)
    rows = await reader.execute(
        select(BankConfirmation, Bill, SuspenseReceipt)
        .outerjoin(Bill, Bill.id == BankConfirmation.bill_id)
        .outerjoin(SuspenseReceipt, SuspenseReceipt.confirmation_id == BankConfirmation.id)
        .join(BankMovement, BankMovement.transfer_id == BankConfirmation.transfer_id)
        .where(
            BankMovement.value_date.between(begins, ends),
            BankMovement.signed_fen > 0,
            BankConfirmation.reversed_by.is_(None),
        )
        .order_by(BankConfirmation.id)
        .limit(EXPORTED)
    )
    return [(told, bill, kept) for told, bill, kept in rows]


async def differences_of_period(reader: ReadSession, first: date, last: date) -> list[Difference]:
    """For export: every difference of those days, open or closed."""
    query = select(Difference).where(Difference.day.between(*_period(first, last)))
    return list(await reader.scalars(query.order_by(Difference.id).limit(EXPORTED)))


def _period(first: date, last: date) -> tuple[date, date]:
    if last < first:
        raise Invalid("起止日期不正确", field="first")
    return first, last


async def _latest(reader: ReadSession, numbers: list[str]) -> dict[str, BankStatement]:
    last = select(BankStatement.account_no, func.max(BankStatement.day)).group_by(BankStatement.account_no)
    last = last.where(BankStatement.account_no.in_(numbers))
    query = select(BankStatement).where(tuple_(BankStatement.account_no, BankStatement.day).in_(last))
    return {row.account_no: row for row in await reader.scalars(query)}


async def _waiting(reader: ReadSession, numbers: list[str]) -> dict[str, int]:
    rows = await reader.execute(
        select(BankMovement.account_no, func.count())
        .where(BankMovement.agreed_by.is_(None), BankMovement.account_no.in_(numbers))
        .group_by(BankMovement.account_no)
    )
    return {row[0]: row[1] for row in rows}


async def _page(
    reader: ReadSession, query: Select[Row], model: type[Row], before: UUID | None
) -> tuple[list[Row], UUID | None]:
    query = query if before is None else query.where(model.id < before)
    found = list(await reader.scalars(query.order_by(model.id.desc()).limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
