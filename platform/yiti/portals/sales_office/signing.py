"""Inquiry and submission, the buyers' links, and the developer's e-seal."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from kernel.audit import audit
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from signing import seal_requests
from signing import service as signing
from signing.errors import NotYourTurn
from signing.seal_errors import SealRefused
from signing.seal_log import write_refusal
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisations
from yiti.journeys import presale
from yiti.journeys.documents import QUESTIONS
from yiti.journeys.sale import papers
from yiti.journeys.sale.errors import SaleNotFound
from yiti.journeys.sale.papers import SELLER
from yiti.portals.sales_office import forms
from yiti.portals.sales_office.desk import desk
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, redirect


class SigningController(Controller):
    """From the money to the last signature."""

    path = "/sales/contracts/{contract_id:uuid}"
    guards = (requires(Permission.SALE_MANAGE),)

    @post("/submit")
    async def submit(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Write down the answers and send the contract to be signed; without the money, say what is missing."""
        fields = await forms.typed(request)
        answers = {question.key: fields[question.key] for question in QUESTIONS if question.key in fields}
        bank = fields.get("bank") or None
        if bank and bank not in {one.credit_code for one in await organisations(tx, OrganisationKind.BANK)}:
            raise Invalid("没有这家银行，请重新选择", field="bank")
        await presale.submit(tx, actor, contract_id, answers, bank)
        return redirect(request, f"/sales/contracts/{contract_id}", "已提交签署，正在生成文书")

    @post("/signing/{key:str}/invite")
    async def invite(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[Any]:
        """Send a buyer the SMS with the link once more; an expired link is followed by a new one."""
        sale = await presale.sale_of(tx, contract_id, actor)
        if sale.ceremony_id is None:
            raise SaleNotFound("签署文件尚未生成，请稍候")
        await signing.link_token(tx, actor, sale.ceremony_id, key)
        await papers.invite_again(tx, sale, key)
        audit(tx, actor, "sale.invited_again", f"contract:{contract_id}", {"signatory": key})
        words = "签署短信已重新发送（同一买受人每分钟最多一条）"
        return redirect(request, f"/sales/contracts/{contract_id}", words)

    @post("/seal", guards=[requires(Permission.SALE_SEAL)])
    async def seal(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The developer's e-seal, last of all. A refusal under the seal's policy is written down."""
        try:
            async with tx.begin_nested():
                await presale.seal(tx, actor, contract_id)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        return redirect(request, f"/sales/contracts/{contract_id}", "已加盖电子印章，正在备案和登记")

    @post("/seal/request", guards=[requires(Permission.SALE_SEAL)])
    async def ask_for_seal(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Ask a colleague's approval for the seal on the documents as all buyers have signed them."""
        on = await desk(tx, actor, contract_id)
        if on.sale.ceremony_id is None:
            raise NotYourTurn
        try:
            async with tx.begin_nested():
                await seal_requests.ask_in(tx, actor, on.sale.ceremony_id, SELLER)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        return redirect(request, on.url, "已申请用印，请本单位另一名用印人批准")
