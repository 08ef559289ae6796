"""A unit's fund: earlier payments, the passing to a new owner, and what the registry is answered."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from escrow import ledger
from escrow.ledger.models import AccountKind
from escrow.maintenance import rules
from escrow.maintenance.models import MaintenanceOpening, MaintenancePassing
from escrow.maintenance.rules import OwnAnswer, Verdict
from escrow.maintenance.schemas import Due, EarlierPayment, FundUnit, Payment, UnitFund
from escrow.models import UNPAID, Bill, BillKind, BillState, SupervisionAccount
from escrow.supervision import maintenance_account, maintenance_account_or_none, rates
from kernel.audit import audit
from kernel.clock import SHANGHAI, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import MAX_FEN
from kernel.permissions import Actor

EARLIEST: Final = date(1998, 1, 1)
"""The fund exists since the housing reform (建住房〔1998〕213号)."""


class OpeningTaken(Conflict):
    """The same receipt of the same unit is entered already."""

    code = "escrow.opening_taken"
    default_message = "该户的这张票据已经录入，未重复记账"


class UnknownOpening(NotFound):
    """No such earlier payment, or it was taken back."""

    code = "escrow.unknown_opening"
    default_message = "没有找到该笔此前缴存记录，或者已经冲正"


class AlreadyUsed(Conflict):
    """The unit's fund no longer holds the money."""

    code = "escrow.opening_used"
    default_message = "该户维修资金余额已不足这笔金额，不能冲正"


async def enter_earlier(tx: WriteSession, actor: Actor, paid: EarlierPayment) -> MaintenanceOpening:
    """Take a payment made on paper before Yiti into the book, from an account of its own (期初结转).

    It is no movement on the bank's account: the money has lain there since. Raises OpeningTaken, NoAccount, Invalid.
    """
    return (await enter_all(tx, actor, [paid], actor.name))[0]


async def enter_all(
    tx: WriteSession, actor: Actor, payments: Sequence[EarlierPayment], entered_by: str, import_id: UUID | None = None
) -> list[MaintenanceOpening]:
    """The same for many, in a handful of statements however many there are: all of them, or none."""
    account = await maintenance_account(tx)
    # Two clerks with the same receipt: the second waits here, then finds it entered.
    await tx.execute(select(SupervisionAccount.id).where(SupervisionAccount.id == account.id).with_for_update())
    receipts = [_receipt(paid) for paid in payments]
    tries = await _tries(tx, payments, receipts)
    opening = await ledger.open_account(tx, AccountKind.BANK, opening_owner(account.account_no))
    owners = [str(paid.unit_id) for paid in payments]
    funds = await ledger.open_accounts(tx, AccountKind.MAINTENANCE_FUND, owners)
    transfers = [
        ledger.Transfer(
            key=f"maintenance_opening:{paid.unit_id}:{receipt}:{before}",
            subject=f"unit:{paid.unit_id}",
            moves=(ledger.Move(opening, -paid.amount_fen), ledger.Move(funds[str(paid.unit_id)], paid.amount_fen)),
            words=f"此前缴存（{paid.paid_on}）",
        )
        for paid, receipt, before in zip(payments, receipts, tries, strict=True)
    ]
    entered = [
        MaintenanceOpening(
            unit_id=paid.unit_id,
            unit_code=paid.unit_code,
            amount_fen=paid.amount_fen,
            paid_on=paid.paid_on,
            receipt_no=receipt,
            import_id=import_id,
            entered_by=entered_by,
            transfer_id=transfer_id,
        )
        for paid, receipt, transfer_id in zip(payments, receipts, await ledger.post_all(tx, transfers), strict=True)
    ]
    tx.add_all(entered)
    await tx.flush()
    for one in entered:
        detail = {"amount_fen": one.amount_fen, "paid_on": one.paid_on, "receipt_no": one.receipt_no}
        audit(tx, actor, "maintenance.entered", f"unit:{one.unit_id}", detail)
    return entered


def _receipt(paid: EarlierPayment) -> str:
    receipt = paid.receipt_no.strip()
    if not 0 < paid.amount_fen <= MAX_FEN:
        raise Invalid("金额应大于零", field="amount")
    if not EARLIEST <= paid.paid_on <= today():
        raise Invalid("缴存日期应在1998年以后、不晚于今天", field="paid_on")
    if not 0 < len(receipt) <= 60 or not receipt.isprintable():
        raise Invalid("请填写票据号码（不超过60字）", field="receipt_no")
    return receipt


async def _tries(reader: ReadSession, payments: Sequence[EarlierPayment], receipts: Sequence[str]) -> list[int]:
    """How often each receipt was entered and taken back. Raises OpeningTaken where it stands, or comes twice."""
    wanted = [(paid.unit_id, receipt) for paid, receipt in zip(payments, receipts, strict=True)]
    standing = func.count().filter(MaintenanceOpening.reversal_id.is_(None))
    rows = await reader.execute(
        select(MaintenanceOpening.unit_id, MaintenanceOpening.receipt_no, func.count(), standing)
        .where(MaintenanceOpening.unit_id.in_({unit_id for unit_id, _ in wanted}))
        .group_by(MaintenanceOpening.unit_id, MaintenanceOpening.receipt_no)
    )
    known = {(unit_id, receipt): (tries, stands) for unit_id, receipt, tries, stands in rows}
    if len(set(wanted)) < len(wanted) or any(known.get(one, (0, 0))[1] for one in wanted):
        raise OpeningTaken(field="receipt_no")
    return [known.get(one, (0, 0))[0] for one in wanted]


async def take_back(tx: WriteSession, actor: Actor, opening_id: UUID, because: str) -> None:
    """冲正 of a wrongly entered earlier payment. Raises UnknownOpening, AlreadyUsed, Invalid without a reason."""
    if not because.strip():
        raise Invalid("请填写冲正原因", field="because")
    wanted = select(MaintenanceOpening).where(
        MaintenanceOpening.id == opening_id, MaintenanceOpening.reversal_id.is_(None)
    )
    found = await tx.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownOpening
    try:
        found.reversal_id = await ledger.reverse(
            tx, f"maintenance_reversal:{found.id}", found.transfer_id, words="冲正此前缴存"
        )
    except ledger.InsufficientFunds as error:
        raise AlreadyUsed from error
    found.reversed_because = because.strip()
    await tx.flush()
    audit(tx, actor, "maintenance.taken_back", f"unit:{found.unit_id}", {"receipt_no": found.receipt_no})


async def pass_on(
    tx: WriteSession, actor: Actor, unit_id: UUID, entry_id: UUID, case_number: str, owners: str, at: datetime
) -> MaintenancePassing | None:
    """The right in the fund follows the ownership; called again it returns the same record.

    None for a unit that never had a fund. No money moves: it is the unit's.
    """
    known = await tx.scalar(select(MaintenancePassing).where(MaintenancePassing.entry_id == entry_id))
    if known is not None:
        return known
    if str(unit_id) not in await ledger.balances(tx, AccountKind.MAINTENANCE_FUND, [str(unit_id)]):
        return None
    account = await ledger.open_account(tx, AccountKind.MAINTENANCE_FUND, str(unit_id))
    passing = MaintenancePassing(
        unit_id=unit_id,
        entry_id=entry_id,
        case_number=case_number,
        owners=owners,
        balance_fen=await ledger.balance_at(tx, account, at),
        passed_at=at,
    )
    tx.add(passing)
    await tx.flush()
    audit(tx, actor, "maintenance.passed_on", f"unit:{unit_id}", {"case": case_number})
    return passing


async def answer_for(reader: ReadSession, units: Sequence[FundUnit]) -> OwnAnswer | None:
    """What our own book says to the registry (河南省物业管理条例 art. 65); None where somebody else must be asked:
    the county keeps its fund elsewhere, or the book knows nothing of one of the units."""
    if await maintenance_account_or_none(reader) is None:
        return None
    found = await verdicts(reader, units)
    return rules.answer([(unit, found[unit.unit_id]) for unit in units])


async def dues_of(reader: ReadSession, units: Sequence[FundUnit]) -> tuple[Due, ...]:
    """What these units of one case owe and can be billed for now; nothing where the county keeps its fund elsewhere,
    or the book knows nothing of one of the units."""
    if await maintenance_account_or_none(reader) is None:
        return ()
    return rules.dues((await verdicts(reader, units)).values())


async def verdicts(reader: ReadSession, units: Sequence[FundUnit]) -> dict[UUID, Verdict]:
    """Where each unit's fund stands; four statements for all."""
    funds, known, on = await funds_of(reader, [unit.unit_id for unit in units]), await rates(reader), today()
    return {unit.unit_id: rules.judge(known, unit, funds[unit.unit_id], on) for unit in units}


async def funds_of(reader: ReadSession, unit_ids: Iterable[UUID]) -> dict[UUID, UnitFund]:
    """Paid, left, asked for: of each of these units."""
    ids = list(unit_ids)
    paid = await payments_of(reader, ids)
    balances = await ledger.balances(reader, AccountKind.MAINTENANCE_FUND, [str(one) for one in ids])
    by_sale = func.coalesce(func.sum(Bill.amount_fen).filter(Bill.case_id.is_(None)), 0)
    by_case = func.coalesce(func.sum(Bill.amount_fen).filter(Bill.case_id.is_not(None)), 0)
    waiting = await reader.execute(
        select(Bill.unit_id, by_sale, by_case)
        .where(Bill.unit_id.in_(ids), Bill.kind == BillKind.MAINTENANCE_FUND, Bill.state.in_(UNPAID))
        .group_by(Bill.unit_id)
    )
    asked = {unit_id: (int(sale_fen), int(case_fen)) for unit_id, sale_fen, case_fen in waiting}
    return {
        unit_id: UnitFund(
            unit_id=unit_id,
            paid_fen=sum(one.amount_fen for one in paid[unit_id]),
            balance_fen=balances.get(str(unit_id), 0),
            billed_fen=asked.get(unit_id, (0, 0))[0],
            coming_fen=asked.get(unit_id, (0, 0))[1],
            first_fen=paid[unit_id][0].amount_fen if paid[unit_id] else 0,
            first_on=paid[unit_id][0].paid_on if paid[unit_id] else None,
        )
        for unit_id in ids
    }


async def payments_of(reader: ReadSession, unit_ids: Sequence[UUID]) -> dict[UUID, list[Payment]]:
    """Every payment that still counts, oldest first, by unit."""
    found: dict[UUID, list[Payment]] = {unit_id: [] for unit_id in unit_ids}
    openings = select(MaintenanceOpening).where(
        MaintenanceOpening.unit_id.in_(unit_ids), MaintenanceOpening.reversal_id.is_(None)
    )
    for one in await reader.scalars(openings):
        payment = Payment(
            amount_fen=one.amount_fen, paid_on=one.paid_on, reference=one.receipt_no, bill_id=None, opening_id=one.id,
            paid_at=None,
        )  # fmt: skip
        found[one.unit_id].append(payment)
    columns = (Bill.id, Bill.unit_id, Bill.amount_fen, Bill.notice_no, Bill.confirmed_at)
    paid = Bill.kind == BillKind.MAINTENANCE_FUND, Bill.state == BillState.CONFIRMED
    for bill_id, unit_id, fen, notice_no, at in await reader.execute(
        select(*columns).where(Bill.unit_id.in_(unit_ids), *paid)
    ):
        assert at is not None  # a confirmed notice has its moment
        payment = Payment(
            amount_fen=fen, paid_on=at.astimezone(SHANGHAI).date(), reference=notice_no, bill_id=bill_id,
            opening_id=None, paid_at=at,
        )  # fmt: skip
        found[unit_id].append(payment)
    return {unit_id: sorted(those, key=lambda one: (one.paid_on, one.reference)) for unit_id, those in found.items()}


async def passings_of(reader: ReadSession, unit_id: UUID) -> list[MaintenancePassing]:
    """To whom the fund passed and when, oldest first. The owners' names are in full."""
    wanted = select(MaintenancePassing).where(MaintenancePassing.unit_id == unit_id)
    return list(await reader.scalars(wanted.order_by(MaintenancePassing.passed_at, MaintenancePassing.id)))


async def statement_of(
    reader: ReadSession, unit_id: UUID, after: ledger.Place | None = None, limit: int = 100
) -> ledger.Statement | None:
    """The unit's whole statement, page by page; None where it never had a fund."""
    rows = await reader.rows(
        "SELECT id FROM ledger_accounts WHERE kind = $1 AND owner = $2", AccountKind.MAINTENANCE_FUND, str(unit_id)
    )
    if not rows:
        return None
    return await ledger.statement(reader, rows[0].id, EARLIEST, today(), after=after, limit=limit)


async def earlier_fen(reader: ReadSession, account_no: str) -> int:
    """Fen that lay on the bank's account before Yiti, by what was entered."""
    return -await ledger.balance(reader, AccountKind.BANK, opening_owner(account_no))


def opening_owner(account_no: str) -> str:
    """The owner of the mirror of what lay on the bank's account before Yiti."""
    return f"opening:{account_no}"
