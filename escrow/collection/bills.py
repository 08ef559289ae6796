"""Bills: one live one per case, made whole, replaced when what is owed changes or it has expired."""

import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from escrow.collection import rules
from escrow.collection.accounts import collection_account, payee_of
from escrow.collection.errors import BillAlive, NoAuthority, UnknownBill, WrongState
from escrow.collection.models import ALLOWED, LIVE, BillState, CollectionBill, CollectionLine
from escrow.collection.schemas import NewBill, NewLine
from escrow.models import SupervisionAccount
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.numbers import next_number
from kernel.permissions import Actor

_CODE_BYTES: Final = 15  # 120 random bits: 20 characters nobody guesses
_A_ROUND: Final = 200


async def issue(tx: WriteSession, actor: Actor, new: NewBill) -> CollectionBill:
    """Bill the case; a live open bill of the same lines stays as it is, one of other lines is voided first.

    The caller has locked the case. Raises BadBill, NoAuthority, and BillAlive when it has been paid.
    """
    total = rules.check_lines(new.lines)
    account = await collection_account(tx)
    if account is None:
        raise NoAuthority("本县尚未登记中转账户，不能一码缴费")
    for code in {line.authority for line in new.lines if line.amount_fen}:
        await payee_of(tx, code, today())
    known = await locked_live(tx, new.payer.case_id)
    if known is not None:
        if known.state != BillState.OPEN:
            raise BillAlive
        if known.expires_at > now() and await _same(tx, known, new):
            return known
        await _close_open(tx, actor, known, "应缴内容已变化，由新账单代替")
    return await _issue(tx, actor, new, account, total)


async def _issue(
    tx: WriteSession, actor: Actor, new: NewBill, account: SupervisionAccount, total: int
) -> CollectionBill:
    day = today()
    number = await next_number(tx, "collection_bill", day.year)
    made = CollectionBill(
        bill_no=f"YM{tx.tenant}{day.year}{number:06d}",
        code=secrets.token_urlsafe(_CODE_BYTES),
        case_id=new.payer.case_id,
        case_no=new.payer.case_no,
        title=new.payer.title[:200],
        payer=new.payer.name,
        total_fen=total,
        account_no=account.account_no,
        account_name=account.account_name,
        bank_name=account.bank_name,
        state=BillState.OPEN,
        issued_at=now(),
        expires_at=new.expires_at,
    )
    tx.add(made)
    await tx.flush()
    tx.add_all(_line(made.id, place, line) for place, line in enumerate(new.lines, start=1))
    await tx.flush()
    detail = {"bill_no": made.bill_no, "total_fen": total}
    audit(tx, actor, "collection.bill_issued", f"collection_bill:{made.id}", detail)
    return made


def _line(bill_id: UUID, place: int, line: NewLine) -> CollectionLine:
    return CollectionLine(
        bill_id=bill_id,
        position=place,
        kind=line.kind,
        title=line.title[:120],
        words=line.words[:500],
        exempt_fen=line.exempt_fen,
        amount_fen=line.amount_fen,
        authority=line.authority,
        unit_id=line.fund.unit_id if line.fund else None,
        unit_code=line.fund.unit_code if line.fund else None,
        basis=line.fund.basis if line.fund else None,
    )


async def _same(reader: ReadSession, known: CollectionBill, new: NewBill) -> bool:
    held = [
        (line.kind, line.title, line.amount_fen, line.exempt_fen, line.authority)
        for line in await lines_of(reader, known.id)
    ]
    asked = [(line.kind, line.title[:120], line.amount_fen, line.exempt_fen, line.authority) for line in new.lines]
    return known.payer == new.payer.name and held == asked


async def void_open(tx: WriteSession, actor: Actor, case_id: UUID, because: str) -> CollectionBill | None:
    """Void the case's open bill, if it has one, and return it. A paid one stays: see `send_back`."""
    known = await locked_live(tx, case_id)
    if known is None or known.state != BillState.OPEN:
        return None
    await _close_open(tx, actor, known, because)
    return known


async def _close_open(tx: WriteSession, actor: Actor, known: CollectionBill, because: str) -> None:
    expired = known.expires_at <= now()
    move(known, BillState.EXPIRED if expired else BillState.VOID, because)
    await tx.flush()
    action = "collection.bill_expired" if expired else "collection.bill_void"
    audit(tx, actor, action, f"collection_bill:{known.id}", {"bill_no": known.bill_no})


async def expire_due(tx: WriteSession, actor: Actor, limit: int = _A_ROUND) -> int:
    """For a chore: mark the open bills whose time is over; those that somebody is at wait for the next round."""
    wanted = select(CollectionBill).where(CollectionBill.state == BillState.OPEN, CollectionBill.expires_at <= now())
    due = list(
        await tx.scalars(wanted.order_by(CollectionBill.expires_at).limit(limit).with_for_update(skip_locked=True))
    )
    for one in due:
        await _close_open(tx, actor, one, "超过缴款期限")
    return len(due)


async def bill(reader: ReadSession, bill_id: UUID) -> CollectionBill:
    """One bill. Raises UnknownBill."""
    return _there(await reader.scalar(select(CollectionBill).where(CollectionBill.id == bill_id)))


async def bill_by_code(reader: ReadSession, code: str) -> CollectionBill:
    """The bill that a QR code leads to. Raises UnknownBill."""
    return _there(await reader.scalar(select(CollectionBill).where(CollectionBill.code == code)))


async def live_bill(reader: ReadSession, case_id: UUID) -> CollectionBill | None:
    """The case's bill that is open, paid or being cleared; at most one."""
    wanted = select(CollectionBill).where(CollectionBill.case_id == case_id, CollectionBill.state.in_(LIVE))
    found: CollectionBill | None = await reader.scalar(wanted)
    return found


async def of_case(reader: ReadSession, case_id: UUID) -> list[CollectionBill]:
    """All bills of a case, oldest first."""
    wanted = select(CollectionBill).where(CollectionBill.case_id == case_id).order_by(CollectionBill.id)
    return list(await reader.scalars(wanted))


async def lines_of(reader: ReadSession, bill_id: UUID) -> list[CollectionLine]:
    """The lines of a bill in their order."""
    wanted = select(CollectionLine).where(CollectionLine.bill_id == bill_id).order_by(CollectionLine.position)
    return list(await reader.scalars(wanted))


async def locked_live(tx: WriteSession, case_id: UUID) -> CollectionBill | None:
    """The live bill, fresh and locked. Lock the case before it, never after."""
    wanted = select(CollectionBill).where(CollectionBill.case_id == case_id, CollectionBill.state.in_(LIVE))
    found: CollectionBill | None = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    return found


async def locked_bill(tx: WriteSession, condition: ColumnElement[bool]) -> CollectionBill:
    """One bill, fresh and locked. Raises UnknownBill."""
    wanted = select(CollectionBill).where(condition).with_for_update().execution_options(populate_existing=True)
    return _there(await tx.scalar(wanted))


def move(one: CollectionBill, to: BillState, because: str = "") -> None:
    """The one place where a bill changes its state. Raises WrongState."""
    if to not in ALLOWED[BillState(one.state)]:
        raise WrongState
    one.state = to
    if because:
        one.ending = because[:200]


def _there(found: CollectionBill | None) -> CollectionBill:
    if found is None:
        raise UnknownBill
    return found
