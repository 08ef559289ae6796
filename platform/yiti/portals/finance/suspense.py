"""Money without an owner: the list, and one page each to find its notice or send it back."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow import banking
from escrow.models import BankConfirmation, SuspenseReceipt, SuspenseState
from escrow.reconciliation import suspense as service
from escrow.reconciliation.overview import fitting_notices, suspense
from kernel.clock import SHANGHAI, today
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.bank.views import shown_account, shown_name
from yiti.portals.shell.views import AnyRequest, page, redirect

STATES: Final = {
    SuspenseState.WAITING: ("待处理", "warning"),
    SuspenseState.MATCHED: ("已认领", "success"),
    SuspenseState.RETURNING: ("退款中", "info"),
    SuspenseState.RETURNED: ("已退回", "success"),
    SuspenseState.REVERSED: ("已冲正", "neutral"),
}


class MatchForm(Struct, kw_only=True):
    """The notice that the money pays."""

    notice_no: str = ""
    match_words: str = ""


class ReturnForm(Struct, kw_only=True):
    """Whom it goes back to; what the bank has told need not be typed again."""

    name: str = ""
    account_no: str = ""
    bank_name: str = ""
    words: str = ""


class Line(Struct, frozen=True, kw_only=True):
    """One receipt."""

    id: UUID
    received_on: date
    age_days: int
    account_no: str
    amount_fen: int
    bank_serial: str
    notice_no: str
    payer: str
    payer_account: str
    payer_bank: str
    words: str
    state: str
    tone: str
    resolved: str


class SuspenseController(Controller):
    """The finance clerk decides; never both ways, never twice."""

    path = "/finance/suspense"
    guards = (requires(Permission.RECONCILE),)

    @get("/")
    async def listed(
        self, reader: Reader, resolved: FromQuery[bool] = False, before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """The oldest first while they wait."""
        found, following = await suspense(reader, resolved=resolved, before=before)
        asked = "resolved=true&" if resolved else ""
        return page(
            "finance/suspense.html",
            lines=[_line(kept, told) for kept, told in found],
            resolved=resolved,
            next_url=f"?{asked}before={following}" if following else None,
            first_url=f"?{asked}" if before else None,
        )

    @get("/{receipt_id:uuid}")
    async def show(self, reader: Reader, receipt_id: FromPath[UUID]) -> Response[Any]:
        """What is known of it, the notices that it would pay, and the form to send it back."""
        kept, told = await service.receipt(reader, receipt_id)
        waiting = kept.state == SuspenseState.WAITING
        notices = await fitting_notices(reader, told) if waiting else []
        return page(
            "finance/receipt.html",
            line=_line(kept, told),
            waiting=waiting,
            known_payer=bool(kept.payer and kept.payer_account and kept.payer_bank),
            notices=[(one.notice_no, f"{one.notice_no}　{mask_name(one.payer)}　{one.unit_code}") for one in notices],
        )

    @post("/{receipt_id:uuid}/match")
    async def match(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        receipt_id: FromPath[UUID],
        data: URLEncodedBody[MatchForm],
    ) -> Response[Any]:
        """It pays a notice after all."""
        if not data.notice_no.strip():
            raise Invalid("请选择或填写缴款通知书编号", field="notice_no")
        bill = await service.match(tx, actor, receipt_id, data.notice_no, data.match_words)
        return redirect(request, "/finance/suspense", f"已认领为缴款通知书 {bill.notice_no} 的款项")

    @post("/{receipt_id:uuid}/return")
    async def send_back(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        receipt_id: FromPath[UUID],
        data: URLEncodedBody[ReturnForm],
    ) -> Response[Any]:
        """It goes back to its payer."""
        kept, _ = await service.receipt(tx, receipt_id)
        payee = banking.Payee(
            name=data.name.strip() or kept.payer or "",
            account_no=data.account_no.replace(" ", "") or kept.payer_account or "",
            bank_name=data.bank_name.strip() or kept.payer_bank or "",
        )
        order = await service.send_back(tx, actor, receipt_id, payee, data.words)
        return redirect(request, "/finance/suspense", f"已下达退款指令 {order.order_no}")


def _line(kept: SuspenseReceipt, told: BankConfirmation) -> Line:
    state, tone = STATES[SuspenseState(kept.state)]
    day = told.paid_at.astimezone(SHANGHAI).date()
    signed = kept.resolved_by and f"{kept.resolved_by}：{kept.resolved_words}"
    return Line(
        id=kept.id,
        received_on=day,
        age_days=(today() - day).days,
        account_no=told.account_no,
        amount_fen=told.amount_fen,
        bank_serial=told.bank_serial,
        notice_no=told.notice_no,
        payer=shown_name(kept.payer or ""),
        payer_account=shown_account(kept.payer_account or ""),
        payer_bank=kept.payer_bank or "",
        words=kept.words,
        state=state,
        tone=tone,
        resolved=signed or "",
    )
