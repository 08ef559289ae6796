"""The loans of a sale: who lends, where the contract's words name nobody known; and what the loan waits for."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from escrow.loans import service as loans
from escrow.loans.models import Loan
from escrow.loans.rules import STANDINGS, Standing
from escrow.loans.schemas import LoanLine
from escrow.models import LoanPart
from escrow.rules import LOANS
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.journeys import presale
from yiti.journeys.loans import lending
from yiti.portals.sales_office import forms
from yiti.portals.sales_office.desk import Desk
from yiti.portals.shell.views import AnyRequest, redirect


@dataclass(frozen=True, slots=True)
class LoanPanel:
    """What the page of a sale says of one of its loans; `title` says which."""

    id: UUID
    title: str
    field: str
    """Where its lender is chosen; a page may have two of them."""
    words: str
    tone: str
    lender_words: str
    lender: str
    lender_id: str
    amount_fen: int
    notice_no: str
    reference: str
    checks: tuple[tuple[str, bool], ...]
    source: str
    may_choose: bool
    may_ask: bool
    lenders: tuple[tuple[str, str], ...]


async def loan_panels(reader: ReadSession, on: Desk) -> tuple[LoanPanel, ...]:
    """The loans of a filed contract: none, one, or one of each kind."""
    return tuple([await _panel(reader, one) for one in await loans.lines_of_contract(reader, on.contract.id)])


async def _panel(reader: ReadSession, found: LoanLine) -> LoanPanel:
    loan, open_ = found.loan, found.standing in (Standing.NO_LENDER, Standing.WAITING)
    checks = await lending.checklist(reader, loan) if open_ else None
    words, tone = STANDINGS[found.standing]
    return LoanPanel(
        id=loan.id,
        title=LOANS[LoanPart(loan.part)],
        field=_field(loan),
        words=words,
        tone=tone,
        lender_words=loan.lender_words,
        lender=loan.lender_name,
        lender_id=str(loan.lender_id or ""),
        amount_fen=loan.amount_fen,
        notice_no=found.bill.notice_no if found.bill else "",
        reference=loan.reference or "",
        checks=checks.items if checks else (),
        source=checks.source if checks else "",
        may_choose=open_,
        may_ask=found.standing is Standing.WAITING,
        lenders=tuple((str(one.id), one.name) for one in await lending.lenders(reader, loan)) if open_ else (),
    )


class LoanController(Controller):
    """What the sales office does for a loan."""

    path = "/sales/contracts/{contract_id:uuid}/loans/{loan_id:uuid}"
    guards = (requires(Permission.SALE_MANAGE),)

    @post("/lender")
    async def choose(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID], loan_id: FromPath[UUID]
    ) -> Response[Any]:
        """Say which organisation lends."""
        loan = await _loan(tx, actor, contract_id, loan_id)
        field = _field(loan)
        try:
            chosen = UUID((await forms.typed(request)).get(field, ""))
        except ValueError:
            raise Invalid("请选择贷款机构", field=field) from None
        try:
            await lending.choose_lender(tx, actor, loan, chosen)
        except Invalid as wrong:
            wrong.field = field
            raise
        return redirect(request, f"/sales/contracts/{contract_id}", "贷款机构已确认")

    @post("/notice")
    async def ask(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID], loan_id: FromPath[UUID]
    ) -> Response[Any]:
        """Look again at the conditions; refused with what is missing."""
        bill = await lending.ask_for_notice(tx, actor, await _loan(tx, actor, contract_id, loan_id))
        return redirect(request, f"/sales/contracts/{contract_id}", f"放款通知书 {bill.notice_no} 已开具")


def _field(loan: Loan) -> str:
    return f"lender_{loan.part}"


async def _loan(tx: WriteSession, actor: Actor, contract_id: UUID, loan_id: UUID) -> Loan:
    await presale.sale_of(tx, contract_id, actor)
    found = next((one for one in await loans.of_contract(tx, contract_id) if one.id == loan_id), None)
    if found is None:
        raise loans.UnknownLoan
    return found
