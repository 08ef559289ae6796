"""Operations pages: state, outbox, exchange log, audit log."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from integrations.breaker import Breaker
from integrations.counterparties import Counterparty
from integrations.exchange import exchanges
from integrations.models import Outcome
from integrations.overview import counterparty_states
from kernel.audit import audit, verify_chain
from kernel.clock import today
from kernel.errors import Conflict, Invalid
from kernel.outbox.delivery import retry_parked
from kernel.outbox.models import PARKED
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.alarms.service import open_alarms, open_count, resolved_alarms
from yiti.portals.admin import alarms, operations
from yiti.portals.admin.businesses import BusinessesController
from yiti.portals.admin.users import UsersController
from yiti.portals.shell.views import AnyRequest, page, redirect

_AUDIT_DAYS = 7


class OperationsController(Controller):
    """Whether the platform runs, and what it did."""

    path = "/admin"
    guards = (requires(Permission.OPERATIONS_VIEW),)

    @get("/")
    async def start(self, request: AnyRequest) -> Response[Any]:
        """Where people begin."""
        return redirect(request, "/admin/state")

    @get("/state")
    async def state(self, request: AnyRequest, reader: Reader) -> Response[Any]:
        """The figures an operator looks at first; the page refreshes them by itself."""
        breakers: Mapping[Counterparty, Breaker] = request.app.state.resources.connectors.breakers
        part = "#figures" if request.headers.get("HX-Request") else ""
        return page(
            f"admin/state.html{part}",
            alarms=alarms.lines(await open_alarms(reader)),
            cleared=alarms.lines(await resolved_alarms(reader)),
            figures=await operations.figures(reader),
            counterparties=await counterparty_states(reader, breakers),
        )

    @get("/alarms/badge")
    async def alarm_badge(self, reader: Reader) -> Response[Any]:
        """How many alarms are open, for the menu; nothing when all is well."""
        return page("admin/alarm_badge.html", count=await open_count(reader))

    @get("/outbox")
    async def outbox(
        self, reader: Reader, show: FromQuery[str] = PARKED, before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """Events by state; what is parked first, for it waits for a person."""
        if show not in operations.OUTBOX_STATES:
            raise Invalid("没有这种状态", field="show")
        found, following = await operations.jobs(reader, show, before)
        return page(
            "admin/outbox.html",
            jobs=found,
            state=show,
            states=operations.OUTBOX_STATES,
            next_url=_more(following, show=show),
            first_url=f"?{urlencode({'show': show})}" if before else None,
        )

    @post("/outbox/{event_id:uuid}/retry", guards=[requires(Permission.OPERATIONS_MANAGE)])
    async def retry(self, request: AnyRequest, tx: Tx, actor: CurrentActor, event_id: FromPath[UUID]) -> Response[Any]:
        """Give a parked event fresh tries."""
        if not await retry_parked(tx, event_id):
            raise Conflict("该任务已不在搁置状态，请刷新页面")
        audit(tx, actor, "outbox.retried", f"outbox:{event_id}")
        return redirect(request, f"/admin/outbox?show={PARKED}", "已重新排队，几秒内会再次处理")

    @get("/exchanges")
    async def exchange_log(
        self,
        reader: Reader,
        counterparty: FromQuery[str] = "",
        outcome: FromQuery[str] = "",
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """What was said to whom; bodies are not shown."""
        found = await exchanges(
            reader, counterparty=counterparty or None, outcome=outcome or None, before=before, limit=operations.PAGE
        )
        return page(
            "admin/exchanges.html",
            rows=found.rows,
            counterparties={each.value: each.words for each in Counterparty},
            outcomes={each.value: each.words for each in Outcome},
            counterparty=counterparty,
            outcome=outcome,
            next_url=_more(found.next_before, counterparty=counterparty, outcome=outcome),
            first_url=f"?{urlencode({'counterparty': counterparty, 'outcome': outcome})}" if before else None,
        )

    @get("/audit")
    async def audit_log(
        self,
        reader: Reader,
        since: FromQuery[str] = "",
        until: FromQuery[str] = "",
        action: FromQuery[str] = "",
        subject: FromQuery[str] = "",
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """Who did what, by day, action and subject."""
        first, last = _day(since, today() - timedelta(days=_AUDIT_DAYS), "since"), _day(until, today(), "until")
        lines, following = await operations.audit_lines(
            reader, since=first, until=last, action=action.strip(), subject=subject.strip(), before=before
        )
        search = {"since": first.isoformat(), "until": last.isoformat(), "action": action, "subject": subject}
        return page(
            "admin/audit.html",
            lines=lines,
            search=search,
            next_url=_more(following, **search),
            first_url=f"?{urlencode(search)}" if before else None,
        )

    @post("/audit/verify")
    async def verify(self, tx: Tx, actor: CurrentActor) -> Response[Any]:
        """Read the whole chain again; how it ended is itself written down."""
        found = await verify_chain(tx)
        audit(
            tx,
            actor,
            "audit.verified",
            f"audit_chain:{found.head.seq}",
            {"intact": found.intact, "checked": found.checked, "head": found.head.digest.hex()},
        )
        return page("admin/audit_verification.html", found=found)


ROUTES = (OperationsController, UsersController, BusinessesController)


def _more(following: UUID | None, **search: str) -> str | None:
    return f"?{urlencode({**search, 'before': str(following)})}" if following else None


def _day(text: str, default: date, field: str) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise Invalid("日期格式应为 2026-01-31", field=field) from None
