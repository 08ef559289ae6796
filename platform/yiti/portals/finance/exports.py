"""Movements of a period on a page, and movements, receipts and differences of a period as Excel files."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from escrow.reconciliation.models import KIND_WORDS, RESOLUTION_WORDS, DifferenceKind, Resolution
from escrow.reconciliation.overview import EXPORTED, differences_of_period, movements, receipts_of_period
from kernel.clock import today
from kernel.permissions import Permission, requires
from kernel.web.dependencies import Reader
from yiti.portals.shell.spreadsheet import spreadsheet
from yiti.portals.shell.views import page

_USUAL_DAYS: Final = 30


class ExportsController(Controller):
    """What an accountant takes along."""

    path = "/finance"
    guards = (requires(Permission.RECONCILE),)

    @get("/movements")
    async def movements(
        self,
        reader: Reader,
        first: FromQuery[date | None] = None,
        last: FromQuery[date | None] = None,
        after: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """Every movement that the book knows of, by value date."""
        begins, ends = _period(first, last)
        found, following = await movements(reader, begins, ends, after=after)
        asked = f"first={begins}&last={ends}"
        return page(
            "finance/movements.html",
            lines=found,
            first=begins,
            last=ends,
            asked=asked,
            next_url=f"?{asked}&after={following}" if following else None,
            first_url=f"?{asked}" if after else None,
        )

    @get("/movements.xlsx")
    async def movements_file(
        self, reader: Reader, first: FromQuery[date | None] = None, last: FromQuery[date | None] = None
    ) -> Response[bytes]:
        """The same for the whole period."""
        begins, ends = _period(first, last)
        found, _ = await movements(reader, begins, ends, limit=EXPORTED)
        rows = [
            (
                one.value_date, one.account_no, one.bank_serial, one.signed_fen, one.subject,
                "已核对" if one.agreed_by else "待对账单",
            )
            for one in found
        ]  # fmt: skip
        columns = ("起息日", "账号", "银行流水号", "金额（元）", "业务", "对账")
        return await spreadsheet(f"资金流水_{begins}_{ends}.xlsx", columns, rows, money=[3])

    @get("/receipts.xlsx")
    async def receipts_file(
        self, reader: Reader, first: FromQuery[date | None] = None, last: FromQuery[date | None] = None
    ) -> Response[bytes]:
        """What came in, with the notice that it paid."""
        begins, ends = _period(first, last)
        rows = [
            (
                told.paid_at, told.account_no, told.bank_serial, told.amount_fen, told.notice_no,
                bill.unit_code if bill else "", kept.words if kept else "",
            )
            for told, bill, kept in await receipts_of_period(reader, begins, ends)
        ]  # fmt: skip
        columns = ("缴款时间", "账号", "银行流水号", "金额（元）", "缴款通知书编号", "不动产单元号", "不明入账原因")
        return await spreadsheet(f"到账明细_{begins}_{ends}.xlsx", columns, rows, money=[3])

    @get("/differences.xlsx")
    async def differences_file(
        self, reader: Reader, first: FromQuery[date | None] = None, last: FromQuery[date | None] = None
    ) -> Response[bytes]:
        """Every difference of the period, with who closed it."""
        begins, ends = _period(first, last)
        rows = [
            (
                one.day, one.account_no, KIND_WORDS[DifferenceKind(one.kind)], one.reference, one.bank_fen,
                one.book_fen, one.words, "待处理" if one.state == "open" else "已关闭",
                RESOLUTION_WORDS[Resolution(one.resolution)] if one.resolution else "", one.closed_by,
                one.closing_words, one.closed_at,
            )
            for one in await differences_of_period(reader, begins, ends)
        ]  # fmt: skip
        columns = (
            "日期", "账号", "差异", "银行流水号", "银行金额（元）", "账上金额（元）", "说明", "状态", "处理方式",
            "处理人", "处理说明", "处理时间",
        )  # fmt: skip
        return await spreadsheet(f"对账差异_{begins}_{ends}.xlsx", columns, rows, money=[4, 5])


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    ends = last or today()
    return first or ends - timedelta(days=_USUAL_DAYS), ends
