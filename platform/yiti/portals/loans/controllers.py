"""A lender's loans: what to pay first; each with its conditions, its notice and where it stands."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

import escrow.service as escrow
from escrow.loans import service as loans
from escrow.loans.rules import STANDINGS, Standing
from escrow.loans.schemas import LoanLine
from escrow.models import LoanPart
from escrow.rules import LOANS
from kernel.audit import audit
from kernel.errors import NotFound
from kernel.permissions import Actor, Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.loans import lending
from yiti.portals.loans.forms import DisbursalForm
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.spreadsheet import MAX_ROWS, TooManyRows, spreadsheet
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

PAGE = 30
EXPORTED = MAX_ROWS
_COLUMNS = ("通知书号", "合同备案号", "坐落", "借款人", "贷款种类", "贷款金额（元）", "收款账号", "状态", "放款凭证号")
_NOBODY = UUID(int=0)


class LoansController(Controller):
    """To look at. A lender sees what names it, and nothing else exists for it."""

    path = "/loans"
    guards = (requires(Permission.LOAN_PAY),)

    @get("/")
    async def work_list(
        self,
        reader: Reader,
        actor: CurrentActor,
        show: FromQuery[str] = "to_pay",
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """One page of loans, newest first."""
        shown = show if show in loans.SHOWN else "to_pay"
        found = await loans.of_lender(reader, _lender(actor), shown, before, PAGE + 1)
        following = found[PAGE - 1].loan.id if len(found) > PAGE else None
        return page(
            "loans/worklist.html",
            lines=[_line(one) for one in found[:PAGE]],
            show=shown,
            shown=[(key, words) for key, (words, _) in loans.SHOWN.items()],
            next_url=f"?show={shown}&before={following}" if following else None,
            first_url=f"?show={shown}" if before else None,
        )

    @get("/export")
    async def export(self, tx: Tx, actor: CurrentActor, show: FromQuery[str] = "to_pay") -> Response[bytes]:
        """The same list as a workbook; borrowers are masked here, too."""
        shown = show if show in loans.SHOWN else "to_pay"
        found = await loans.of_lender(tx, _lender(actor), shown, None, EXPORTED + 1)
        if len(found) > EXPORTED:
            raise TooManyRows
        audit(tx, actor, "loans.exported", f"organisation:{actor.organisation_id}", {"rows": len(found)})
        words = loans.SHOWN[shown][0]
        return await spreadsheet(f"贷款（{words}）.xlsx", _COLUMNS, [_row(one) for one in found], money=(5,))

    @get("/{loan_id:uuid}")
    async def loan(self, reader: Reader, actor: CurrentActor, loan_id: FromPath[UUID]) -> Response[Any]:
        """One loan: what it waits for, or where to pay it."""
        found = await loans.for_lender(reader, actor.organisation_id, loan_id)
        return page(
            "loans/loan.html",
            line=_line(found),
            loan=found.loan,
            bill=found.bill,
            checklist=await lending.checklist(reader, found.loan) if found.bill is None else None,
            may_ask=found.standing is Standing.WAITING,
            may_report=found.bill is not None and found.standing not in (Standing.RETURNED, Standing.CLOSED),
        )

    @get("/{loan_id:uuid}/notice.pdf")
    async def notice(self, actor: CurrentActor, resources: Parts, loan_id: FromPath[UUID]) -> Response[bytes]:
        """The printable 放款通知书."""
        async with resources.database.transaction(actor.tenant) as tx:
            found = await loans.for_lender(tx, actor.organisation_id, loan_id)
            if found.bill is None:
                raise NotFound("尚未开具放款通知书")
            html, number = escrow.payment_notice_html(found.bill), found.bill.notice_no
            audit(tx, actor, "loan.notice_opened", f"loan:{loan_id}", {"notice_no": number})
        return pdf_response((await resources.renderer.pdf(html)).pdf, f"放款通知书-{number}.pdf")


class LoanActionsController(Controller):
    """To act on it."""

    path = "/loans/{loan_id:uuid}"
    guards = (requires(Permission.LOAN_PAY),)

    @post("/notice")
    async def ask(self, request: AnyRequest, tx: Tx, actor: CurrentActor, loan_id: FromPath[UUID]) -> Response[Any]:
        """Look again at the conditions; refused with what is missing."""
        found = await loans.for_lender(tx, actor.organisation_id, loan_id)
        bill = await lending.ask_for_notice(tx, actor, found.loan)
        return redirect(request, f"/loans/{loan_id}", f"放款通知书 {bill.notice_no} 已开具，请划款至监管账户")

    @post("/report")
    async def report(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        loan_id: FromPath[UUID],
        data: URLEncodedBody[DisbursalForm],
    ) -> Response[Any]:
        """放款登记. The money itself is confirmed by the supervision bank only."""
        await loans.for_lender(tx, actor.organisation_id, loan_id)
        await loans.report(tx, actor, loan_id, data.said())
        return redirect(request, f"/loans/{loan_id}", "已登记放款，到账以监管银行确认为准")


def _lender(actor: Actor) -> UUID:
    return actor.organisation_id or _NOBODY


def _line(one: LoanLine) -> dict[str, Any]:
    words, tone = STANDINGS[one.standing]
    return {
        "id": one.loan.id,
        "location": one.loan.location,
        "kind": LOANS[LoanPart(one.loan.part)],
        "filing_no": one.loan.filing_no,
        "borrowers": "、".join(mask_name(name) for name in one.loan.borrowers.split("、")),
        "amount_fen": one.loan.amount_fen,
        "notice_no": one.bill.notice_no if one.bill else "",
        "words": words,
        "tone": tone,
    }


def _row(one: LoanLine) -> Sequence[str | int]:
    line = _line(one)
    account = one.bill.account_no if one.bill else ""
    return (
        line["notice_no"], line["filing_no"], line["location"], line["borrowers"], line["kind"], one.loan.amount_fen,
        account, line["words"], one.loan.reference or "",
    )  # fmt: skip
