"""Configuration of the businesses by the county: what holds on a day, the picture of the flow, versions, a change."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from sqlalchemy import select

from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import configuration
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, Material, Settings
from yiti.cases.encoding import convert
from yiti.cases.models import CaseConfiguration
from yiti.portals.admin import business_view as views
from yiti.portals.admin.forms import BusinessForm
from yiti.portals.shell.views import AnyRequest, page, redirect, several

_FIELDS = {"limit_half_days": "limit_days", "materials": "required"}
"""Where the form says it otherwise than the settings."""


@dataclass(frozen=True)
class Filled:
    """The form as it is shown first."""

    effective_from: str
    limit_days: str
    review_levels: str
    fee: str
    automatic: bool
    required: frozenset[str]


class BusinessesController(Controller):
    """`/admin/businesses`."""

    path = "/admin/businesses"
    guards = (requires(Permission.CASE_CONFIGURE),)

    @get("/")
    async def catalogue(self, reader: Reader, on: FromQuery[str] = "") -> Response[Any]:
        """Every business with what holds on a day."""
        day = _day(on, today(), "on")
        settings, set_here = await _all_settings(reader, day)
        return page("admin/businesses.html", groups=views.groups(settings, set_here), on=day)

    @get("/{business:str}")
    async def business(self, reader: Reader, business: FromPath[str], on: FromQuery[str] = "") -> Response[Any]:
        """One business: its flow, what holds on a day, the form, all versions."""
        declared, day = _declared(business), _day(on, today(), "on")
        here = await configuration.current(reader, declared.business, day)
        rows = await configuration.versions(reader, declared.business)
        return page(
            "admin/business.html",
            declared=declared,
            url=f"/admin/businesses/{declared.business}",
            here=here,
            on=day,
            group=views.GROUPS[declared.group],
            stations=views.flow(declared, here),
            facts=views.facts(declared, here),
            versions=views.versions(declared, rows, day),
            form=_filled(here),
            earliest=today(),
            levels=views.LEVELS,
            fees=views.FEES,
        )

    @post("/{business:str}")
    async def change(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        business: FromPath[str],
        data: URLEncodedBody[BusinessForm],
    ) -> Response[Any]:
        """Set it otherwise from a day on; running cases keep what they were accepted under."""
        declared = _declared(business)
        starts = _day(data.effective_from, None, "effective_from")
        before = await configuration.current(tx, declared.business, starts)
        values = _changed(before, _values(before, data))
        if not values and starts >= today():
            raise Invalid("与该日执行的设置相同，没有需要保存的更改")
        try:
            await configuration.change(tx, actor, declared.business, starts, values)
        except Invalid as refused:
            refused.field = _FIELDS.get(refused.field or "", refused.field)
            raise
        return redirect(
            request, f"/admin/businesses/{declared.business}", f"已保存，自{starts}起受理的业务按新设置办理"
        )


def _declared(business: str) -> Declaration:
    found = next((one for one in CATALOGUE.values() if one.business == business), None)
    if found is None:
        raise NotFound("没有这种业务")
    return found


async def _all_settings(reader: ReadSession, on: date) -> tuple[dict[Business, Settings], frozenset[Business]]:
    """What holds on a day for every business, and what the county has ever set; one query."""
    order = (CaseConfiguration.effective_from, CaseConfiguration.id)
    rows = list(await reader.scalars(select(CaseConfiguration).order_by(*order)))
    settings = {business: declared.settings for business, declared in CATALOGUE.items()}
    begun = {Business(row.business): convert(row.values, Settings) for row in rows if row.effective_from <= on}
    return settings | begun, frozenset(Business(row.business) for row in rows)


def _filled(here: Settings) -> Filled:
    return Filled(
        effective_from=(today() + timedelta(days=1)).isoformat(),
        limit_days=f"{Decimal(here.limit_half_days) / 2:f}",
        review_levels=str(here.review_levels),
        fee=here.fee,
        automatic=here.automatic,
        required=frozenset(one.code for one in here.materials if one.required),
    )


def _values(before: Settings, data: BusinessForm) -> dict[str, Any]:
    """The form as settings. Raises Invalid at the field; whether they make sense is decided by the engine."""
    if data.fee not in views.FEES:
        raise Invalid("请选择登记费的收取方式", field="fee")
    return {
        "limit_half_days": _half_days(data.limit_days),
        "review_levels": _levels(data.review_levels),
        "fee": data.fee,
        "automatic": bool(data.automatic),
        "materials": _materials(before.materials, frozenset(several(data.required))),
    }


def _changed(before: Settings, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(before, name) != value}


def _half_days(text: str) -> int:
    try:
        halves = Decimal(text.strip()) * 2
    except InvalidOperation:
        raise Invalid("请填写工作日数，例如 3 或 0.5", field="limit_days") from None
    if not halves.is_finite() or halves != halves.to_integral_value():
        raise Invalid("办理时限按半个工作日计算，例如 1.5", field="limit_days")
    return int(halves)


def _levels(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Invalid("请选择审核层级", field="review_levels")
    return int(text)


def _materials(before: tuple[Material, ...], required: frozenset[str]) -> tuple[Material, ...]:
    if unknown := required - {one.code for one in before}:
        raise Invalid(f"本业务没有这项材料：{'、'.join(sorted(unknown))}", field="required")
    return tuple(msgspec.structs.replace(one, required=one.code in required) for one in before)


def _day(text: str, default: date | None, field: str) -> date:
    try:
        return date.fromisoformat(text) if text or default is None else default
    except ValueError:
        raise Invalid("请填写日期，例如 2026-01-31", field=field) from None
