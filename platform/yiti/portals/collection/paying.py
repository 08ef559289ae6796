"""The page behind the QR code of a bill: what is owed, and the way to pay it. Whoever holds the code may pay."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from escrow import collection
from escrow.collection.models import BillState, CollectionBill
from integrations.counterparties import Counterparty
from integrations.payment_channel import Prepay
from kernel.clock import now
from kernel.errors import Conflict, Unavailable
from kernel.permissions import anyone, system_actor
from kernel.web.dependencies import Reader, Tenant, Tx, client_address
from yiti.cases import service as cases
from yiti.journeys.registration import collecting
from yiti.portals.collection.card import card, masked
from yiti.portals.public.throttle import UNKNOWN_CODES, admit
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect
from yiti.resources import Parts


class PayingController(Controller):
    """`/pay/{county}/{code}`. No personal data but the masked payer; the code cannot be guessed."""

    path = "/pay/{county:str}/{code:str}"
    guards = (anyone,)

    @get("/")
    async def bill(
        self, request: AnyRequest, reader: Reader, resources: Parts, tenant: Tenant, code: FromPath[str]
    ) -> Response[Any]:
        """The bill; while it may change by itself, the page asks again."""
        try:
            found = await collection.bill_by_code(reader, code)
        except collection.UnknownBill:
            await admit(resources.database, tenant, UNKNOWN_CODES, client_address(request))
            raise
        part = "#bill" if is_htmx(request) else ""
        return page(f"collection/pay.html{part}", bill=await card(reader, found))

    @get("/go")
    async def go(self, request: AnyRequest, reader: Reader, resources: Parts, code: FromPath[str]) -> Response[Any]:
        """On to the payment channel; safe to repeat. A link and no form, for the channel is another site."""
        found = await collection.bill_by_code(reader, code)
        if found.state != BillState.OPEN or found.expires_at <= now():
            return redirect(request, f"/pay/{reader.tenant}/{code}")
        channel = resources.connectors.payment_channel
        if channel is None:
            raise Unavailable(f"本县尚未与{Counterparty.PAYMENT_CHANNEL.words}联网，请到登记窗口缴款")
        order = _order(found, f"{resources.settings.public_url.rstrip('/')}/pay/{reader.tenant}/{code}")
        prepaid = await channel.prepay(order, subject=f"collection_bill:{found.id}")
        return redirect(request, prepaid.pay_url)

    @post("/renew")
    async def renew(self, request: AnyRequest, tx: Tx, code: FromPath[str]) -> Response[Any]:
        """The bill has expired and is still owed: a new one takes its place."""
        old = await collection.bill_by_code(tx, code)
        case = await cases.locked(tx, old.case_id)
        made = await collecting.rebill(tx, system_actor(tx.tenant), case)
        if made is None or made.state != BillState.OPEN:
            raise Conflict("该业务件目前没有待缴的税费，请在“我要办”查看办理进度")
        return redirect(request, f"/pay/{tx.tenant}/{made.code}", "账单已更新，请在有效期内缴款")


def _order(bill: CollectionBill, here: str) -> Prepay:
    return Prepay(
        bill_no=bill.bill_no,
        title=bill.title,
        payer=masked(bill.payer),
        amount_fen=bill.total_fen,
        account_no=bill.account_no,
        account_name=bill.account_name,
        expires_at=bill.expires_at,
        return_url=here,
    )
