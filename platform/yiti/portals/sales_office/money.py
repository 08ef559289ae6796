"""Payment notices go out, the sale goes back to its draft, or is given up."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.journeys import presale
from yiti.portals.sales_office import forms
from yiti.portals.shell.views import AnyRequest, redirect


class MoneyController(Controller):
    """Money first: without it nothing is submitted."""

    path = "/sales/contracts/{contract_id:uuid}"
    guards = (requires(Permission.SALE_MANAGE),)

    @post("/payment")
    async def order_payment(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Fix the contract that the clerk has looked at, and send out both payment notices."""
        revision = forms.number_in(await forms.typed(request), "revision")
        await presale.order_payment(tx, actor, contract_id, revision=revision)
        return redirect(request, f"/sales/contracts/{contract_id}", "缴款通知书已生成，请买受人缴款")

    @post("/take-back")
    async def take_back(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Back to the draft; the notices become void."""
        await presale.take_back(tx, actor, contract_id)
        return redirect(request, f"/sales/contracts/{contract_id}", "已退回草稿，原缴款通知书作废", "warning")

    @post("/abandon")
    async def abandon(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Give the sale up; what was paid goes back."""
        reason = (await forms.typed(request)).get("reason", "")
        await presale.abandon(tx, actor, contract_id, reason)
        return redirect(request, f"/sales/contracts/{contract_id}", "合同已作废，房屋可重新销售", "warning")
