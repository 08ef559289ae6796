"""Where the finance clerk begins: each account's state today; and the statements that have come."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from escrow.reconciliation.overview import Today, account_days, statements, suspense
from kernel.permissions import Permission, requires
from kernel.web.dependencies import Reader
from yiti.portals.shell.views import page


class AccountsController(Controller):
    """The day's work."""

    path = "/finance"
    guards = (requires(Permission.RECONCILE),)

    @get("/")
    async def today(self, reader: Reader, after: FromQuery[str] = "") -> Response[Any]:
        """Every account: is its statement there, does it agree, what is open."""
        found = await account_days(reader, after=after)
        waiting, more = await suspense(reader)
        count = f"{len(waiting)}{'+' if more else ''}"
        return page(
            "finance/today.html",
            days=found.days,
            differences=found.differences,
            missing=found.missing,
            waiting=count if waiting else "",
            tiles=_tiles(found, count),
            next_url=f"?{urlencode({'after': found.following})}" if found.following else None,
            first_url="?" if after else None,
        )

    @get("/statements")
    async def statements(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """Statements as they came, with what they agreed on."""
        found, following = await statements(reader, before=before)
        return page(
            "finance/statements.html",
            lines=found,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )


def _tiles(found: Today, waiting: str) -> list[dict[str, Any]]:
    return [
        {"label": "账户", "value": found.accounts, "unit": "个", "icon": "building-bank", "tone": "info"},
        {
            "label": "待处理差异", "value": found.differences, "unit": "笔", "icon": "arrows-diff",
            "tone": "danger" if found.differences else "success", "url": "/finance/differences",
        },
        {
            "label": "缺少对账单", "value": found.missing, "unit": "个账户", "icon": "file-alert",
            "tone": "warning" if found.missing else "success", "url": "/finance/statements",
        },
        {
            "label": "不明入账", "value": waiting, "unit": "笔", "icon": "help-hexagon",
            "tone": "warning" if waiting != "0" else "success", "url": "/finance/suspense",
        },
    ]  # fmt: skip
