"""The fee clerk's desk: what waits for a person first, then bills and days."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow import collection
from escrow.collection import overview
from escrow.collection.models import BillState
from escrow.collection.rules import STATE_WORDS
from kernel.clock import today
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.collection import views
from yiti.portals.housing.fields import day
from yiti.portals.shell.spreadsheet import MAX_ROWS, Cell, spreadsheet
from yiti.portals.shell.views import AnyRequest, page, redirect

PAGE = 50
_LONGEST = timedelta(days=366)


class ReasonForm(Struct, kw_only=True):
    """Why."""

    reason: str = ""


class DeskController(Controller):
    """`/collection`."""

    path = "/collection"
    guards = (requires(Permission.COLLECTION_VIEW),)

    @get("/")
    async def work_list(self, reader: Reader, show: FromQuery[str] = "", before: FromQuery[UUID | None] = None) -> Any:
        """What waits for a person, and the bills."""
        states = [BillState(show)] if show in STATE_WORDS else []
        found = await overview.bills_page(reader, states, before, PAGE + 1)
        more = f"?show={show}&before={found[PAGE - 1].id}" if len(found) > PAGE else None
        return page(
            "collection/desk.html",
            tiles=views.tiles(await overview.standing(reader)),
            waiting=await views.waiting(reader),
            bills=[views.bill_line(one) for one in found[:PAGE]],
            states=STATE_WORDS.items(),
            show=show,
            next_url=more,
            first_url=f"?show={show}" if before else None,
        )

    @get("/bills/{bill_id:uuid}")
    async def bill(self, reader: Reader, bill_id: FromPath[UUID]) -> Response[Any]:
        """One bill: lines, payment, clearing, refund."""
        return page("collection/bill.html", bill=await views.bill_view(reader, bill_id))

    @post("/clearings/{clearing_id:uuid}/retry")
    async def retry_clearing(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, clearing_id: FromPath[UUID]
    ) -> Response[Any]:
        """Order it anew, to the account that is in force now."""
        part = await collection.retry_clearing(tx, actor, clearing_id)
        return redirect(request, f"/collection/bills/{part.bill_id}", "已重新划转")

    @post("/refunds/{refund_id:uuid}/retry")
    async def retry_refund(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, refund_id: FromPath[UUID]
    ) -> Response[Any]:
        """Ask the channel once more."""
        await collection.retry_refund(tx, actor, refund_id)
        return redirect(request, "/collection", "已重新通知支付渠道退款")

    @post("/payments/{payment_id:uuid}/return")
    async def return_payment(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        payment_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Send money back that paid no bill."""
        await collection.return_payment(tx, actor, payment_id, data.reason)
        return redirect(request, "/collection", "已通知支付渠道原路退回")

    @get("/days")
    async def days(self, reader: Reader, since: FromQuery[str] = "", until: FromQuery[str] = "") -> Response[Any]:
        """Sums by authority and day, and whether the account agrees."""
        begin, end = _days(since, until)
        return page(
            "collection/days.html",
            standing=await overview.standing(reader),
            names=await views.authority_names(reader),
            lines=await overview.days(reader, begin, end),
            since=begin,
            until=end,
        )

    @get("/days.xlsx")
    async def days_as_file(
        self, reader: Reader, since: FromQuery[str] = "", until: FromQuery[str] = ""
    ) -> Response[bytes]:
        """The same as a file."""
        begin, end = _days(since, until)
        names = await views.authority_names(reader)
        columns = ["日期", "收款", *(f"清分：{name}" for name in names.values()), "退款"]
        rows: list[tuple[Cell, ...]] = [
            (one.day, one.received_fen, *(one.cleared_fen.get(code, 0) for code in names), one.refunded_fen)
            for one in await overview.days(reader, begin, end)
        ]
        money = range(1, len(columns))
        return await spreadsheet(f"税费合缴日报{begin:%Y%m%d}-{end:%Y%m%d}.xlsx", columns, rows, money=money)

    @get("/bills.xlsx")
    async def bills_as_file(
        self, reader: Reader, since: FromQuery[str] = "", until: FromQuery[str] = ""
    ) -> Response[bytes]:
        """The bills made in these days as a file; the payers masked."""
        begin, end = _days(since, until)
        found = await overview.bills_of_days(reader, begin, end, MAX_ROWS + 1)
        rows = [views.bill_row(one) for one in found]
        return await spreadsheet(
            f"一码缴费账单{begin:%Y%m%d}-{end:%Y%m%d}.xlsx", views.BILL_COLUMNS, rows, money=views.BILL_MONEY
        )


def _days(since: str, until: str) -> tuple[date, date]:
    """Both ends of the time looked at; the last thirty days unless said otherwise."""
    end = day(until, "until") if until else today()
    begin = day(since, "since") if since else end - timedelta(days=29)
    if not timedelta() <= end - begin <= _LONGEST:
        raise Invalid("请选择起止日期，最长一年", field="since")
    return begin, end
