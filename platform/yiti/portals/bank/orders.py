"""The work list of payment orders, one page per order, and the files in which a bank takes them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from escrow.banking.models import BankMode
from escrow.banking.overview import ended_orders, file, files, open_orders, order_sums
from kernel.audit import audit
from kernel.errors import NotFound
from kernel.money import yuan
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.banking.orders import take_file
from yiti.portals.bank.access import bank_of_files, own_banks, own_codes, own_order
from yiti.portals.bank.views import order_line
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, page, redirect


class OrdersController(Controller):
    """What the bank has to pay."""

    path = "/bank"
    guards = (requires(Permission.BANK_ORDERS),)

    @get("/")
    async def work_list(
        self, reader: Reader, actor: CurrentActor, after: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """Orders that have not ended, those due first at the top."""
        banks = await own_banks(reader, actor)
        codes = [one.bank_code for one in banks]
        sums = await order_sums(reader, codes)
        found, following = await open_orders(reader, codes, after=after)
        by_file = any(one.mode == BankMode.FILE for one in banks)
        return page(
            "bank/orders.html",
            connected=bool(banks),
            by_file=by_file,
            waiting=sums.waiting if by_file else 0,
            tiles=[
                {"label": "未办结付款指令", "value": sums.open, "unit": "笔", "icon": "list-check", "tone": "info"},
                {
                    "label": "未办结金额", "value": yuan(sums.open_fen), "unit": "元", "icon": "coin-yuan",
                    "tone": "info",
                },
                {
                    "label": "已超过付款期限", "value": sums.late, "unit": "笔", "icon": "alarm",
                    "tone": "danger" if sums.late else "success",
                },
            ],
            lines=[order_line(one) for one in found],
            next_url=f"?after={following}" if following else None,
            first_url="?" if after else None,
        )  # fmt: skip

    @get("/ended")
    async def ended(self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """Orders that have ended."""
        found, following = await ended_orders(reader, await own_codes(reader, actor), before=before)
        return page(
            "bank/ended.html",
            lines=[order_line(one) for one in found],
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )

    @get("/orders/{order_id:uuid}")
    async def show(self, reader: Reader, actor: CurrentActor, order_id: FromPath[UUID]) -> Response[Any]:
        """One order: what it pays, how far it is."""
        return page("bank/order.html", order=order_line(await own_order(reader, actor, order_id)))

    @get("/files")
    async def taken(self, reader: Reader, actor: CurrentActor) -> Response[Any]:
        """The files that were taken last, and by whom."""
        return page("bank/files.html", lines=await files(reader, await own_codes(reader, actor)))

    @post("/files")
    async def take(self, request: AnyRequest, tx: Tx, actor: CurrentActor) -> Response[Any]:
        """Take all waiting orders as one numbered file."""
        made = await take_file(tx, actor, await bank_of_files(tx, actor))
        return redirect(
            request, "/bank/files", f"付款文件 {made.file_no} 已生成，共 {made.orders} 笔，请下载后办理付款"
        )

    @get("/files/{file_id:uuid}")
    async def download(self, tx: Tx, actor: CurrentActor, file_id: FromPath[UUID]) -> Response[bytes]:
        """The file as it was taken; again, it is the same one, which the bank refuses to pay twice."""
        found = await file(tx, file_id)
        if found is None or found.bank_code not in await own_codes(tx, actor):
            raise NotFound("没有找到该付款文件")
        audit(tx, actor, "escrow.payment_file_downloaded", f"payment_file:{found.id}", {"file_no": found.file_no})
        return file_response(found.content.encode(), f"{found.file_no}.xml", "application/xml")
