"""From the filed contract to the lender's money on the supervised account.

open_loan → [conditions are met] → issue_notice → report (the lender) → [the supervision bank confirms] → paid
"""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, true

from escrow import bills
from escrow.loans import rules
from escrow.loans.models import LenderKind, Loan, LoanReleaseRule
from escrow.loans.rules import Condition, NotReleasable, ReleaseFacts, ReleaseRule
from escrow.loans.schemas import Disbursal, Lender, LoanLine, NewLoan
from escrow.models import UNPAID, Bill, BillKind, BillState, LoanPart
from escrow.schemas import NewBill
from escrow.supervision import account_number, lock_account
from kernel.audit import audit
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import MAX_FEN
from kernel.outbox import emit
from kernel.permissions import Actor


class UnknownLoan(NotFound):
    """No such loan in this county, or none that this lender may see."""

    code = "escrow.unknown_loan"
    default_message = "没有找到该笔贷款"


class LoanClosed(Conflict):
    """The contract is cancelled, or the loan has moved on."""

    code = "escrow.loan_closed"
    default_message = "该笔贷款的当前状态不允许此操作"


async def open_loan(tx: WriteSession, actor: Actor, new: NewLoan) -> Loan:
    """Begin to wait for one loan of a filed contract; called again it returns the same one. Raises Invalid."""
    if not 0 < new.amount_fen <= MAX_FEN:
        raise Invalid("贷款金额应大于零", field="amount_fen")
    known = next((one for one in await of_contract(tx, new.contract_id) if one.part == new.part), None)
    if known is not None:
        return known
    loan = Loan(
        contract_id=new.contract_id,
        part=new.part,
        project_id=new.project_id,
        unit_id=new.unit_id,
        unit_code=new.unit_code,
        location=new.location,
        filing_no=new.filing_no,
        borrowers=new.borrowers,
        amount_fen=new.amount_fen,
        lender_words=new.lender_words,
    )
    if new.lender is not None:
        _lend(loan, new.lender)
    tx.add(loan)
    await tx.flush()
    audit(tx, actor, "escrow.loan_opened", f"loan:{loan.id}", {"amount_fen": loan.amount_fen})
    return loan


async def assign_lender(tx: WriteSession, actor: Actor, loan_id: UUID, lender: Lender) -> Loan:
    """Say which organisation the contract's words mean; not any more once a notice names one.

    Raises LoanClosed; Invalid where it is not of the kind that this loan needs.
    """
    loan = await locked(tx, loan_id)
    if loan.bill_id is not None or loan.closed_because is not None:
        raise LoanClosed("放款通知书已经开具或者合同已解除，不能再更换贷款机构")
    _lend(loan, lender)
    await tx.flush()
    audit(tx, actor, "escrow.loan_lender", f"loan:{loan.id}", {"lender": str(lender.organisation_id)})
    return loan


async def issue_notice(tx: WriteSession, actor: Actor, loan_id: UUID, facts: ReleaseFacts) -> Bill:
    """Issue the loan notice (放款通知书); called again it returns the same one.

    Raises NotReleasable naming every condition that is not met, LoanClosed, NoAccount.
    """
    loan = await locked(tx, loan_id)
    if loan.bill_id is not None:
        return await bills.bill(tx, loan.bill_id)
    if loan.closed_because is not None or loan.lender_id is None:
        raise LoanClosed("合同已解除" if loan.closed_because else "尚未确认贷款机构，请售楼部先行确认")
    rule = rules.rule_for(await release_rules(tx), facts.on, facts.planning_permit_on)
    missing = [words for words, met in rules.checked(rule, facts) if not met]
    if missing:
        raise NotReleasable(f"未达放款条件：{'；'.join(missing)}（{rule.source}）")
    account = await lock_account(tx, loan.project_id)
    notice = await bills.issue(tx, actor, account, _notice(loan, rule))
    loan.bill_id = notice.id
    loan.released_by = f"{rule.valid_from} 起：{rule.source}"[:200]
    await tx.flush()
    return notice


async def report(tx: WriteSession, actor: Actor, loan_id: UUID, said: Disbursal) -> Loan:
    """The lender says that it has paid (放款登记). It proves nothing: only the supervision bank's word is money.

    The return account may be told anew as long as nothing went back to it. Raises LoanClosed, Invalid.
    """
    loan = await locked(tx, loan_id)
    if loan.bill_id is None:
        raise LoanClosed("尚未开具放款通知书，不能登记放款")
    bill = await bills.bill(tx, loan.bill_id)
    if bill.state in (BillState.VOID, BillState.REFUNDED):
        raise LoanClosed
    reference = said.reference.strip()
    if not 0 < len(reference) <= 80 or not reference.isprintable():
        raise Invalid("请填写放款凭证号（不超过80字）", field="reference")
    for field in ("account_name", "bank_code", "bank_name"):
        if not getattr(said, field).strip():
            raise Invalid("回款账户的户名、开户银行和行号都要填写", field=field)
    if not _BANK_CODE.fullmatch(said.bank_code.strip()):
        raise Invalid("回款银行行号应为12位数字", field="bank_code")
    account_no = account_number(said.account_no)
    loan.reference, loan.return_account_no = reference, account_no
    loan.return_account_name, loan.return_bank_name = said.account_name.strip(), said.bank_name.strip()
    loan.return_bank_code = said.bank_code.strip()
    loan.reported_at = now()
    await tx.flush()
    audit(tx, actor, "escrow.loan_reported", f"loan:{loan.id}", {"reference": reference})
    if loan.closed_because is not None:
        # A job, since whoever returns money locks the project's account before anything else.
        key = f"escrow.return_loan:{loan.id}:{loan.reported_at.isoformat()}"
        await emit(tx, "escrow.return_loan", {"bill_id": str(loan.bill_id)}, key=key)
    return loan


async def close(tx: WriteSession, contract_id: UUID, because: str) -> None:
    """The contract is cancelled: nobody pays its loans any more. What was paid is the refunds' matter."""
    wanted = select(Loan).where(Loan.contract_id == contract_id).order_by(Loan.id).with_for_update()
    for found in await tx.scalars(wanted.execution_options(populate_existing=True)):
        if found.closed_because is None:
            found.closed_because = because
    await tx.flush()


async def set_release_rule(tx: WriteSession, actor: Actor, rule: ReleaseRule) -> None:
    """The county's own conditions from a day on; a row is never changed. Raises Conflict, Invalid.

    Emits `escrow.loan_rule_begins` {rule_id} for that day: loans that wait may be released by it.
    """
    if not rule.conditions:
        raise Invalid("请选择放款条件", field="conditions")
    if not 0 < len(rule.source.strip()) <= 200:
        raise Invalid("请填写文件依据（不超过200字）", field="source")
    if await tx.scalar(select(LoanReleaseRule.id).where(LoanReleaseRule.valid_from == rule.valid_from)):
        raise Conflict("该日期的放款条件已设定，如需调整请另设新的执行日期")
    row = LoanReleaseRule(
        valid_from=rule.valid_from,
        conditions=[str(one) for one in rule.conditions],
        earlier_permits_keep=rule.earlier_permits_keep,
        source=rule.source.strip(),
    )
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "escrow.loan_rule_set", f"loan_release_rule:{row.id}", {"valid_from": str(rule.valid_from)})
    begins = datetime.combine(rule.valid_from, time(), SHANGHAI)
    key = f"escrow.loan_rule_begins:{row.id}"
    await emit(tx, "escrow.loan_rule_begins", {"rule_id": str(row.id)}, key=key, delay=max(begins - now(), timedelta()))


async def release_rules(reader: ReadSession) -> list[ReleaseRule]:
    """All versions of the conditions, oldest first."""
    county = [
        ReleaseRule(
            valid_from=row.valid_from,
            conditions=tuple(Condition(one) for one in row.conditions),
            earlier_permits_keep=row.earlier_permits_keep,
            source=row.source,
        )
        for row in await reader.scalars(select(LoanReleaseRule))
    ]
    return rules.in_force(county)


async def of_contract(reader: ReadSession, contract_id: UUID) -> list[Loan]:
    """The loans of a contract, in the order of its payment plan."""
    return list(await reader.scalars(select(Loan).where(Loan.contract_id == contract_id).order_by(Loan.id)))


async def lines_of_contract(reader: ReadSession, contract_id: UUID) -> list[LoanLine]:
    """The same with their notices."""
    return (await _lines(reader, [Loan.contract_id == contract_id], len(LoanPart)))[::-1]


async def locked(tx: WriteSession, loan_id: UUID) -> Loan:
    """The loan, fresh, its row locked. Raises UnknownLoan."""
    wanted = select(Loan).where(Loan.id == loan_id).with_for_update().execution_options(populate_existing=True)
    found = await tx.scalar(wanted)
    if found is None:
        raise UnknownLoan
    return found


_BANK_CODE: Final = re.compile(r"[0-9]{12}", re.ASCII)
_SAME: Final = and_(Bill.tenant_id == Loan.tenant_id, Bill.id == Loan.bill_id)
SHOWN: Final[dict[str, tuple[str, ColumnElement[bool]]]] = {
    "to_pay": ("待放款", and_(Bill.state.in_(UNPAID), Loan.closed_because.is_(None))),
    "waiting": ("未达条件", and_(Loan.bill_id.is_(None), Loan.closed_because.is_(None))),
    "paid": ("已到账", and_(Bill.state == BillState.CONFIRMED, Loan.closed_because.is_(None))),
    "ended": ("解除和退回", Loan.closed_because.is_not(None)),
    "all": ("全部", true()),
}
"""The lists of a lender: words and what is in them."""


async def of_lender(
    reader: ReadSession, lender_id: UUID, show: str, before: UUID | None, limit: int
) -> Sequence[LoanLine]:
    """A lender's loans, newest first; `before` is the last one of the page before."""
    wanted = [Loan.lender_id == lender_id, SHOWN[show][1]]
    if before is not None:
        wanted.append(Loan.id < before)
    return await _lines(reader, wanted, limit)


async def for_lender(reader: ReadSession, lender_id: UUID | None, loan_id: UUID) -> LoanLine:
    """One loan that names this lender; another's does not exist for it (`UnknownLoan`)."""
    if lender_id is None:
        raise UnknownLoan
    found = await _lines(reader, [Loan.lender_id == lender_id, Loan.id == loan_id], 1)
    if not found:
        raise UnknownLoan
    return found[0]


async def waiting_on(tx: WriteSession, unit_ids: Sequence[UUID]) -> list[UUID]:
    """Loans of these units that have no notice yet: something has happened that may release them.

    All are locked: whoever issues several notices has the loans before their project's account, as a cancellation does.
    """
    return list(await tx.scalars(_waiting().where(Loan.unit_id.in_(unit_ids)).with_for_update()))


async def waiting_after(tx: WriteSession, after: UUID | None, limit: int) -> list[UUID]:
    """The same for the whole county, some at a time; `after` is the last one before these."""
    wanted = _waiting().limit(limit)
    if after is not None:
        wanted = wanted.where(Loan.id > after)
    return list(await tx.scalars(wanted.with_for_update()))


def _waiting() -> Select[UUID]:
    open_ = Loan.bill_id.is_(None), Loan.closed_because.is_(None), Loan.lender_id.is_not(None)
    return select(Loan.id).where(*open_).order_by(Loan.id)


async def _lines(reader: ReadSession, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[LoanLine]:
    query = select(Loan, Bill).outerjoin(Bill, _SAME).where(*wanted).order_by(Loan.id.desc()).limit(limit)
    return [
        LoanLine(loan=loan, bill=bill, standing=_standing(loan, bill)) for loan, bill in await reader.execute(query)
    ]


def _standing(loan: Loan, bill: Bill | None) -> rules.Standing:
    return rules.standing(
        BillState(bill.state) if bill else None,
        lender=loan.lender_id is not None,
        reported=loan.reported_at is not None,
        closed=loan.closed_because is not None,
    )


def _lend(loan: Loan, lender: Lender) -> None:
    if not rules.may_lend(LoanPart(loan.part), LenderKind(lender.kind)):
        raise Invalid("商业贷款应选择银行，公积金贷款应选择住房公积金管理机构", field="lender")
    loan.lender_id, loan.lender_kind, loan.lender_name = lender.organisation_id, LenderKind(lender.kind), lender.name


def _notice(loan: Loan, rule: ReleaseRule) -> NewBill:
    return NewBill(
        kind=BillKind.MORTGAGE_LOAN,
        loan_part=loan.part,
        contract_id=loan.contract_id,
        project_id=loan.project_id,
        unit_id=loan.unit_id,
        unit_code=loan.unit_code,
        payer=loan.lender_name,
        amount_fen=loan.amount_fen,
        basis={
            "filing_no": loan.filing_no,
            "conditions": [rules.CONDITIONS[one] for one in rule.conditions],
            "source": rule.source,
        },
    )
