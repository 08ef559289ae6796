"""The statement of a project's supervised money (资金明细账), page by page and as an Excel file."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from sqlalchemy import select

from escrow import ledger
from escrow.ledger.models import AccountKind, LedgerAccount
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader
from yiti.portals.housing.access import in_housing_department, visible_project
from yiti.portals.housing.fields import day
from yiti.portals.shell.spreadsheet import MAX_ROWS, TooManyRows, spreadsheet
from yiti.portals.shell.views import page

_PAGE: Final = 50
_CHUNK: Final = 1000
_USUAL: Final = timedelta(days=31)


class StatementsController(Controller):
    """Of every project whose money the person may see."""

    path = "/housing/projects/{project_id:uuid}/fund"
    guards = (requires(Permission.ESCROW_VIEW),)

    @get("/statement")
    async def statement(
        self,
        reader: Reader,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[Any]:
        """A period by value dates, a page at a time."""
        project = await visible_project(reader, actor, project_id)
        since, until = _period(first, last)
        account_id = await _account(reader, project_id)
        shown = None
        if account_id is not None:
            shown = await ledger.statement(reader, account_id, since, until, after=_place(after), limit=_PAGE)
        asked = {"first": since.isoformat(), "last": until.isoformat()}
        following = shown.following if shown else None
        return page(
            "housing/statement.html",
            project=project,
            own=await in_housing_department(reader, actor),
            first=asked["first"],
            last=asked["last"],
            shown=shown,
            export_url=f"statement.xlsx?{urlencode(asked)}",
            next_url=f"?{urlencode({**asked, 'after': _written(following)})}" if following else None,
            first_url=f"?{urlencode(asked)}" if after else None,
        )

    @get("/statement.xlsx")
    async def export(
        self,
        reader: Reader,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        first: FromQuery[str] = "",
        last: FromQuery[str] = "",
    ) -> Response[bytes]:
        """The whole period as an Excel file."""
        project = await visible_project(reader, actor, project_id)
        since, until = _period(first, last)
        account_id = await _account(reader, project_id)
        rows = await _rows(reader, account_id, since, until) if account_id else []
        columns = ("起息日", "记账时间", "摘要", "业务", "收入（元）", "支出（元）", "余额（元）")
        return await spreadsheet(f"{project.name}监管资金明细.xlsx", columns, rows, money=(4, 5, 6))


async def _rows(reader: ReadSession, account_id: UUID, since: date, until: date) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    place: ledger.Place | None = None
    while True:
        part = await ledger.statement(reader, account_id, since, until, after=place, limit=_CHUNK)
        rows += [
            (
                one.value_date, one.booked_at, one.words, one.subject, max(one.amount_fen, 0) or None,
                max(-one.amount_fen, 0) or None, one.balance_fen,
            )
            for one in part.lines
        ]  # fmt: skip
        if len(rows) > MAX_ROWS:
            raise TooManyRows
        if part.following is None:
            return rows
        place = part.following


async def _account(reader: ReadSession, project_id: UUID) -> UUID | None:
    """The project's ledger account; None before the first receipt."""
    return await reader.scalar(
        select(LedgerAccount.id).where(
            LedgerAccount.kind == AccountKind.PROJECT_FUND, LedgerAccount.owner == str(project_id)
        )
    )


def _period(first: str, last: str) -> tuple[date, date]:
    until = day(last, "last") if last else today()
    since = day(first, "first") if first else until - _USUAL
    if until < since:
        raise Invalid("起始日期应不晚于截止日期", field="first")
    return since, until


def _written(place: ledger.Place) -> str:
    return f"{place.value_date}|{place.booked_at.isoformat()}|{place.transfer_id}"


def _place(text: str) -> ledger.Place | None:
    if not text:
        return None
    try:
        value_date, booked_at, transfer_id = text.split("|")
        return ledger.Place(date.fromisoformat(value_date), datetime.fromisoformat(booked_at), UUID(transfer_id))
    except ValueError:
        raise Invalid("翻页地址不正确，请重新查询", field="after") from None
