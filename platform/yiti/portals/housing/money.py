"""Supervised money: accounts, a project's fund, unmatched receipts (不明入账), and the maintenance fund's rates."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from escrow.agreements import plans
from escrow.drawdowns.freezes import freezes
from escrow.drawdowns.fund import fund_line
from escrow.drawdowns.overview import waiting
from escrow.service import project_fund, suspense_list
from escrow.supervision import (
    account_or_none,
    register_account,
    register_maintenance_account,
    set_rate,
)
from kernel.clock import today
from kernel.errors import Conflict
from kernel.money import yuan
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.queries import get_project
from yiti.journeys.loans.lending import release_effect
from yiti.journeys.supervision import register_of
from yiti.portals.housing import funds
from yiti.portals.housing.access import housing_department, in_housing_department, own_projects_of, visible_project
from yiti.portals.housing.drawdown_lists import drawdown_page_of
from yiti.portals.housing.forms import MODES, USAGE_CLASSES, YES_NO, AccountForm, RateForm
from yiti.portals.housing.supervision_views import agreement_view, alarms, county_alarms, money_parts, staircase
from yiti.portals.shell.spreadsheet import MAX_ROWS, Cell, spreadsheet
from yiti.portals.shell.views import AnyRequest, page, redirect

SUSPENSE_SHOWN = 200
_LATEST = 10
_COLUMNS = (
    "项目", "监管银行", "账号", "监管方式", "监管额度（元）", "累计进账（元）", "已拨付（元）", "已核准待付款（元）",
    "司法冻结（元）", "余额（元）", "可用（元）", "提醒",
)  # fmt: skip
_MONEY_COLUMNS = range(4, 11)


class FundsController(Controller):
    """Supervision accounts and what is in them; a developer sees its own projects."""

    path = "/housing"
    guards = (requires(Permission.ESCROW_VIEW),)

    @get("/money")
    async def money(self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """Projects with their accounts and balances."""
        owner = await own_projects_of(reader, actor)
        found, following = await funds.supervised(reader, owner, before)
        sums = await funds.sums(reader) if owner is None else None
        work = await waiting(reader, today()) if owner is None else None
        return page(
            "housing/money.html",
            lines=found,
            modes=MODES,
            tiles=_tiles(sums) if sums else [],
            waiting=work,
            alarms=county_alarms(work, sums.suspense_fen) if work and sums else [],
            whole_county=owner is None,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )

    @get("/money.xlsx")
    async def export(self, reader: Reader, actor: CurrentActor) -> Response[bytes]:
        """All of them as an Excel file."""
        owner = await own_projects_of(reader, actor)
        found, _ = await funds.supervised(reader, owner, None, limit=MAX_ROWS)
        rows = [_row(one) for one in found]
        return await spreadsheet("预售监管资金.xlsx", _COLUMNS, rows, money=_MONEY_COLUMNS)

    @get("/projects/{project_id:uuid}/fund")
    async def fund(
        self,
        reader: Reader,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """A project's money: what came, what is still to come, what goes back."""
        project = await visible_project(reader, actor, project_id)
        fund = await project_fund(reader, project_id, limit=0)
        found, following = await funds.receipts(reader, project_id, before)
        own = await in_housing_department(reader, actor)
        line = await fund_line(reader, project_id, await register_of(reader, project_id))
        facts = line.facts
        latest, _ = await drawdown_page_of(
            reader,
            _drawdowns_at(actor, own=own),
            project_id=project_id,
            organisation_id=None if own else project.organisation_id,
            limit=_LATEST,
        )
        return page(
            "housing/fund.html",
            project=project,
            own=own,
            fund=fund,
            facts=facts,
            alarms=alarms(line),
            money_bar=money_parts(facts),
            stairs=staircase(facts),
            agreements=[agreement_view(one, MODES) for one in await plans.versions(reader, project_id)],
            drawdowns=latest,
            freezes=await freezes(reader, project_id),
            mode=MODES.get(fund.mode, fund.mode),
            bar=funds.fund_bar(fund),
            release=await release_effect(reader, project),
            receipts=found,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )


class MoneyController(Controller):
    """What only the housing department sees."""

    path = "/housing"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/money/suspense")
    async def suspense(self, reader: Reader) -> Response[Any]:
        """Money that came and could not be matched, with the reason."""
        found = await suspense_list(reader, limit=SUSPENSE_SHOWN)
        return page("housing/suspense.html", lines=found, full=len(found) == SUSPENSE_SHOWN)


class RegisterAccountsController(Controller):
    """Setting up accounts and rates."""

    path = "/housing"
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @get("/projects/{project_id:uuid}/account/new")
    async def new_account(self, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """The form for a project's supervision account."""
        project = await get_project(reader, project_id)
        if await account_or_none(reader, project_id) is not None:
            raise Conflict("该项目已登记监管账户，登记后不得变更")
        return page("housing/account_new.html", project=project, modes=MODES)

    @post("/projects/{project_id:uuid}/account")
    async def register_account(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        project_id: FromPath[UUID],
        data: URLEncodedBody[AccountForm],
    ) -> Response[Any]:
        """Register it from the three-party agreement."""
        await get_project(tx, project_id)
        bank, (agreement, mode, quota) = data.bank(), data.agreement()
        await register_account(tx, actor, project_id, *bank, agreement, mode, quota)
        return redirect(request, f"/housing/projects/{project_id}", "监管账户已登记")

    @post("/money/maintenance/account")
    async def register_maintenance(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[AccountForm]
    ) -> Response[Any]:
        """Register the county's maintenance-fund account."""
        await register_maintenance_account(tx, actor, *data.bank())
        return redirect(request, "/housing/money/maintenance", "维修资金专户已登记")

    @get("/money/maintenance/rates/new")
    async def new_rate(self) -> Response[Any]:
        """The form for a rate."""
        return page("housing/rate_new.html", usage_classes=USAGE_CLASSES, yes_no=YES_NO)

    @post("/money/maintenance/rates")
    async def add_rate(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[RateForm]
    ) -> Response[Any]:
        """Set a rate from a day on."""
        await set_rate(tx, actor, data.new())
        return redirect(request, "/housing/money/maintenance", "缴存标准已设定，从执行日期起适用")


def _drawdowns_at(actor: Actor, *, own: bool) -> str:
    """Where the person finds a drawdown's page; nowhere where it is none of theirs."""
    if own:
        mine = actor.may(Permission.DRAWDOWN_REVIEW) or actor.may(Permission.DRAWDOWN_APPROVE)
        return "/housing/drawdowns" if mine else ""
    return "/developer/drawdowns" if actor.may(Permission.DRAWDOWN_REQUEST) else ""


def _row(one: funds.Supervised) -> tuple[Cell, ...]:
    facts = one.line.facts
    return (
        one.project.name, one.account.bank_name, one.account.account_no, MODES[one.account.mode or ""],
        facts.quota_fen, facts.received_fen, facts.drawn_fen, facts.ordered_fen, facts.frozen_fen, facts.balance_fen,
        facts.available_fen, "；".join(alarm.words for alarm in one.alarms),
    )  # fmt: skip


def _tiles(sums: funds.Sums) -> list[dict[str, Any]]:
    tone = "warning" if sums.suspense_fen else "success"
    return [
        {
            "label": "预售监管资金余额", "value": yuan(sums.presale_fen), "unit": "元", "icon": "building-bank",
            "tone": "success",
        },
        {"label": "待退款", "value": yuan(sums.refunding_fen), "unit": "元", "icon": "receipt-refund", "tone": "info"},
        {
            "label": "不明入账", "value": yuan(sums.suspense_fen), "unit": "元", "icon": "help-hexagon", "tone": tone,
            "url": "/housing/money/suspense",
        },
    ]  # fmt: skip
