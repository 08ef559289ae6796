"""What a bank's clerk looks at: the orders of his bank."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, tuple_

from escrow.banking.models import OPEN, OrderState, PaymentFile, PaymentOrder
from kernel.clock import today
from kernel.db import ReadSession

PAGE: Final = 30


class OrderSums(Struct, frozen=True, kw_only=True):
    """The tiles of the work list."""

    waiting: int
    """Not taken or sent yet."""
    open: int
    open_fen: int
    late: int


async def order_sums(reader: ReadSession, bank_codes: Collection[str]) -> OrderSums:
    """Open orders of these banks, and those past their day."""
    mine = PaymentOrder.bank_code.in_(bank_codes) & PaymentOrder.state.in_(sorted(OPEN))
    row = (
        await reader.execute(
            select(
                func.count().filter(PaymentOrder.state == OrderState.ORDERED),
                func.count(),
                func.coalesce(func.sum(PaymentOrder.amount_fen), 0),
                func.count().filter(PaymentOrder.due_on < today()),
            ).where(mine)
        )
    ).one()
    return OrderSums(waiting=row[0], open=row[1], open_fen=int(row[2]), late=row[3])


async def open_orders(
    reader: ReadSession, bank_codes: Collection[str], *, after: UUID | None = None
) -> tuple[list[PaymentOrder], UUID | None]:
    """Orders that have not ended, those due first at the top, and where the next page begins."""
    query = select(PaymentOrder).where(PaymentOrder.bank_code.in_(bank_codes), PaymentOrder.state.in_(sorted(OPEN)))
    if after is not None:
        anchor = select(PaymentOrder.due_on).where(PaymentOrder.id == after).scalar_subquery()
        query = query.where(tuple_(PaymentOrder.due_on, PaymentOrder.id) > tuple_(anchor, after))
    found = list(await reader.scalars(query.order_by(PaymentOrder.due_on, PaymentOrder.id).limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


async def ended_orders(
    reader: ReadSession, bank_codes: Collection[str], *, before: UUID | None = None
) -> tuple[list[PaymentOrder], UUID | None]:
    """Orders that have ended, newest first."""
    query = select(PaymentOrder).where(PaymentOrder.bank_code.in_(bank_codes), PaymentOrder.state.not_in(sorted(OPEN)))
    query = query if before is None else query.where(PaymentOrder.id < before)
    found = list(await reader.scalars(query.order_by(PaymentOrder.id.desc()).limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


async def files(reader: ReadSession, bank_codes: Collection[str], limit: int = PAGE) -> list[PaymentFile]:
    """The files that were taken last."""
    query = select(PaymentFile).where(PaymentFile.bank_code.in_(bank_codes)).order_by(PaymentFile.id.desc())
    return list(await reader.scalars(query.limit(limit)))


async def file(reader: ReadSession, file_id: UUID) -> PaymentFile | None:
    """One file."""
    return await reader.scalar(select(PaymentFile).where(PaymentFile.id == file_id))
