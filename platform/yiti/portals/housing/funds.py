"""Reading supervised money: projects with their accounts, receipts page by page, and the county's sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from escrow import ledger
from escrow.drawdowns.fund import FundLine, fund_lines
from escrow.ledger.models import AccountKind, LedgerAccount
from escrow.models import BankConfirmation, Bill, BillState, SupervisionAccount
from escrow.rules import SUPERVISED
from escrow.schemas import ProjectFund
from escrow.supervision import maintenance_account_or_none
from kernel.clock import today
from kernel.db import ReadSession
from yiti.estate.models import Project
from yiti.portals.housing.queries import PAGE
from yiti.portals.housing.supervision_views import Alarm, Part, alarms, money_parts

BILL_WORDS = {
    BillState.CONFIRMED: ("已到账", "success"),
    BillState.REFUND_ORDERED: ("退款中", "warning"),
    BillState.REFUNDED: ("已退款", "neutral"),
}


@dataclass(frozen=True, slots=True)
class Supervised:
    """A project's account in the list."""

    project: Project
    account: SupervisionAccount
    line: FundLine

    @property
    def parts(self) -> list[Part]:
        """Where the money is now."""
        return money_parts(self.line.facts)

    @property
    def alarms(self) -> list[Alarm]:
        """What somebody must look at."""
        return alarms(self.line)


@dataclass(frozen=True, slots=True)
class Sums:
    """The county's guarded money."""

    presale_fen: int
    refunding_fen: int
    suspense_fen: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt on a supervision account."""

    notice_no: str
    unit_code: str
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    words: str
    tone: str


async def supervised(
    reader: ReadSession, owner: UUID | None, before: UUID | None, limit: int = PAGE
) -> tuple[list[Supervised], UUID | None]:
    """One page of projects that have an account, newest first; one developer's only, where `owner` is given."""
    wanted = (
        select(Project, SupervisionAccount)
        .join(
            SupervisionAccount,
            (SupervisionAccount.tenant_id == Project.tenant_id) & (SupervisionAccount.project_id == Project.id),
        )
        .order_by(Project.id.desc())
        .limit(limit + 1)
    )
    if owner is not None:
        wanted = wanted.where(Project.organisation_id == owner)
    if before is not None:
        wanted = wanted.where(Project.id < before)
    rows = (await reader.execute(wanted)).all()
    lines = await fund_lines(reader, [account for _, account in rows[:limit]], today())
    found = [Supervised(project, account, lines[project.id]) for project, account in rows[:limit]]
    return found, found[-1].project.id if len(rows) > limit else None


async def sums(reader: ReadSession) -> Sums:
    """What all supervision accounts hold, what is owed back, and what nobody could match."""
    kinds = (AccountKind.PROJECT_FUND, AccountKind.REFUND_PAYABLE, AccountKind.SUSPENSE)
    rows = await reader.execute(
        select(LedgerAccount.kind, func.sum(LedgerAccount.balance_fen))
        .where(LedgerAccount.kind.in_(kinds))
        .group_by(LedgerAccount.kind)
    )
    found = {kind: int(total) for kind, total in rows}
    return Sums(*(found.get(kind, 0) for kind in kinds))


async def receipts(reader: ReadSession, project_id: UUID, before: UUID | None) -> tuple[list[Receipt], UUID | None]:
    """One page of a project's receipts, newest first, and where the next page begins."""
    wanted = (
        select(
            BankConfirmation.id,
            Bill.notice_no,
            Bill.unit_code,
            BankConfirmation.amount_fen,
            BankConfirmation.paid_at,
            BankConfirmation.bank_serial,
            Bill.state,
        )
        .join(
            BankConfirmation,
            (BankConfirmation.tenant_id == Bill.tenant_id) & (BankConfirmation.bill_id == Bill.id),
        )
        .where(Bill.project_id == project_id, Bill.kind.in_(SUPERVISED), BankConfirmation.reversed_by.is_(None))
        .order_by(BankConfirmation.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(BankConfirmation.id < before)
    rows = (await reader.execute(wanted)).all()
    page = [Receipt(*row[1:6], *BILL_WORDS[BillState(row[6])]) for row in rows[:PAGE]]
    return page, rows[PAGE - 1][0] if len(rows) > PAGE else None


async def maintenance(reader: ReadSession) -> tuple[SupervisionAccount | None, int]:
    """The county's maintenance-fund account, and the fen that its bank must hold."""
    account = await maintenance_account_or_none(reader)
    if account is None:
        return None, 0
    # The mirror of a bank account: what the bank holds stands there as a negative figure.
    return account, -await ledger.balance(reader, AccountKind.BANK, account.account_no)


def fund_bar(fund: ProjectFund) -> Sequence[Part]:
    """Where the money that was asked for is now; parts without money are left out."""
    parts = (
        Part("在户余额", fund.balance_fen, "success"),
        Part("待退款", fund.refunding_fen, "warning"),
        Part("已退款", fund.refunded_fen, "neutral"),
        Part("已通知、未到账", fund.outstanding_fen, "info"),
    )
    return [part for part in parts if part.fen > 0]
