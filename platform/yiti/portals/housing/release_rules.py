"""When lenders may pay out (放款条件): the nation's versions and the county's own, each from a day on."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Controller, Response, get, post

from escrow.loans import rules
from escrow.loans import service as loans
from escrow.loans.rules import CONDITIONS, NATIONAL, Condition, Reach, ReleaseRule
from kernel.clock import today
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import day, line
from yiti.portals.shell.views import AnyRequest, page, redirect

_BASE = "/housing/money/loan-rules"


@dataclass(frozen=True, slots=True)
class RuleView:
    """One version: what it does, who set it, and for which projects it holds today."""

    effect: str
    national: bool
    source: str
    conditions: tuple[str, ...]
    keeps: bool
    state: str
    tone: str


class ReleaseRulesController(Controller):
    """Looking, and setting anew from a day on; a version is never changed."""

    path = _BASE
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def all(self, reader: Reader) -> Response[Any]:
        """Every version, newest first."""
        versions, on = await loans.release_rules(reader), today()
        reaches = rules.reaches(versions, on)
        views = [_view(rule, reaches.get(rule.valid_from), on) for rule in reversed(versions)]
        return page("housing/release_rules.html", rules=views)

    @get("/new", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def new(self) -> Response[Any]:
        """The form."""
        return page("housing/release_rule_new.html", conditions=[(key, words, "") for key, words in CONDITIONS.items()])

    @post("/", guards=[requires(Permission.SUPERVISION_MANAGE)])
    async def add(self, request: AnyRequest, tx: Tx, actor: CurrentActor) -> Response[Any]:
        """Set it."""
        sent = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
        typed, chosen = dict(sent), {value for name, value in sent if name == "conditions"}
        rule = ReleaseRule(
            valid_from=day(typed.get("valid_from", ""), "valid_from"),
            conditions=tuple(one for one in Condition if one in chosen),
            earlier_permits_keep=typed.get("keeps") == "yes",
            source=line(typed.get("source", ""), "source", 200),
        )
        await loans.set_release_rule(tx, actor, rule)
        return redirect(request, _BASE, f"已设定：{rules.effect(rule)}；已开具的放款通知书不受影响")


def _view(rule: ReleaseRule, reach: Reach | None, on: date) -> RuleView:
    state, tone = _state(rule, reach, on)
    return RuleView(
        effect=rules.effect(rule),
        national=rule in NATIONAL,
        source=rule.source,
        conditions=tuple(CONDITIONS[one] for one in rule.conditions),
        keeps=rule.earlier_permits_keep,
        state=state,
        tone=tone,
    )


def _state(rule: ReleaseRule, reach: Reach | None, on: date) -> tuple[str, str]:
    if rule.valid_from > on:
        return "尚未执行", "info"
    if reach is None:
        return "已被替代", "neutral"
    match reach.permits_from, reach.permits_before:
        case None, None:
            return "现行，适用于全部项目", "success"
        case since, None:
            return f"现行，适用于{since}起取得规划许可的项目", "success"
        case None, before:
            return f"仍适用于{before}以前取得规划许可的项目", "success"
    return f"仍适用于{reach.permits_from}至{reach.permits_before}以前取得规划许可的项目", "success"
