"""Undoing a filed contract, on the seller's side: ask, agree, withdraw."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

import contracts.service as contracts
from contracts.cancelling import SELLER
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.journeys import presale
from yiti.portals.sales_office import forms
from yiti.portals.shell.views import AnyRequest, redirect


class CancellingController(Controller):
    """The buyers agree on their own phones; staff never agrees for them."""

    path = "/sales/contracts/{contract_id:uuid}/cancellation"
    guards = (requires(Permission.SALE_MANAGE),)

    @post("/")
    async def ask(self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]) -> Response[Any]:
        """The seller asks, and thereby agrees."""
        await presale.sale_of(tx, contract_id, actor)
        reason = (await forms.typed(request)).get("reason", "")
        await contracts.request_cancellation(tx, actor, contract_id, SELLER, reason)
        return redirect(request, f"/sales/contracts/{contract_id}", "已申请解除合同，等待买受人同意", "warning")

    @post("/agree")
    async def agree(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The seller agrees to a buyer's request."""
        await presale.sale_of(tx, contract_id, actor)
        await contracts.agree_cancellation(tx, actor, contract_id, SELLER)
        return redirect(request, f"/sales/contracts/{contract_id}", "已同意解除合同")

    @post("/withdraw")
    async def withdraw(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The request is called off."""
        await presale.sale_of(tx, contract_id, actor)
        await contracts.withdraw_cancellation(tx, actor, contract_id, SELLER)
        return redirect(request, f"/sales/contracts/{contract_id}", "解除申请已撤回")
