"""What the county sets for a business from a day on: limit, levels of review, fee, automatic decision, materials."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Forbidden, Invalid
from kernel.permissions import Actor, Permission
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.clocks import Limits
from yiti.cases.declaration import Settings
from yiti.cases.encoding import builtins, convert
from yiti.cases.models import Case, CaseConfiguration

STATUTE_HALF_DAYS = 60
"""30 working days (条例 art. 20)."""
MOST_LEVELS = 3
_CHANGEABLE = frozenset(Settings.__struct_fields__)


async def current(reader: ReadSession, business: Business, on: date) -> Settings:
    """The settings in force on a day: the newest row that has begun, else what the catalogue declares."""
    row = (await versions(reader, business, until=on))[:1]
    return convert(row[0].values, Settings) if row else CATALOGUE[business].settings


async def versions(reader: ReadSession, business: Business, *, until: date | None = None) -> list[CaseConfiguration]:
    """Every row of the business, the one that counts last first; with `until`, only those begun by then."""
    wanted = select(CaseConfiguration).where(CaseConfiguration.business == business)
    if until is not None:
        wanted = wanted.where(CaseConfiguration.effective_from <= until)
    wanted = wanted.order_by(CaseConfiguration.effective_from.desc(), CaseConfiguration.id.desc())
    return list(await reader.scalars(wanted))


async def change(
    tx: WriteSession, actor: Actor, business: Business, effective_from: date, values: dict[str, Any]
) -> CaseConfiguration:
    """Set what `values` names (fields of `Settings`) from a day on; the rest stays as it is on that day.

    Not before today: what has been accepted keeps its settings. `Invalid` names the field at fault.
    """
    if not actor.may(Permission.CASE_CONFIGURE):
        raise Forbidden
    if effective_from < today():
        raise Invalid("生效日期不能早于今天", field="effective_from")
    settings = _changed(await current(tx, business, effective_from), values)
    _check(business, settings)
    row = CaseConfiguration(
        business=business, effective_from=effective_from, values=builtins(settings), changed_by=actor.name,
        changed_at=now(),
    )  # fmt: skip
    tx.add(row)
    audit(
        tx, actor, "case.configured", subject=f"business:{business}",
        detail={"effective_from": effective_from.isoformat(), "changed": sorted(values)},
    )  # fmt: skip
    await tx.flush()
    return row


def _changed(settings: Settings, values: dict[str, Any]) -> Settings:
    if unknown := sorted(set(values) - _CHANGEABLE):
        raise Invalid(f"没有这项设置：{'、'.join(unknown)}", field=unknown[0])
    for name, value in values.items():
        try:
            settings = convert({**builtins(settings), name: builtins(value)}, Settings)
        except msgspec.ValidationError:
            raise Invalid("设置的内容有误，请检查后重试", field=name) from None
    return settings


def _check(business: Business, settings: Settings) -> None:
    if not 1 <= settings.limit_half_days <= STATUTE_HALF_DAYS:
        raise Invalid("办理时限应当在半个工作日至法定三十个工作日之间", field="limit_half_days")
    if not 1 <= settings.acceptance_half_days <= STATUTE_HALF_DAYS:
        raise Invalid("受理时限应当在半个工作日至三十个工作日之间", field="acceptance_half_days")
    if not 1 <= settings.review_levels <= MOST_LEVELS:
        raise Invalid("审核层级为一至三级", field="review_levels")
    if settings.automatic and not CATALOGUE[business].automatic:
        raise Invalid("该业务依法须由登记人员审核，不能设为自动审核", field="automatic")
    codes = [material.code for material in settings.materials]
    if len(set(codes)) != len(codes):
        raise Invalid("材料清单中有重复的项目", field="materials")
    if any(not (one.code.strip() and one.name.strip()) for one in settings.materials):
        raise Invalid("请填写每项材料的编码和名称", field="materials")


async def snapshot(reader: ReadSession, businesses: list[str], on: date) -> dict[str, Any]:
    """The settings of every business of a case on the day it is accepted, for `Case.configuration`."""
    return {one: builtins(await current(reader, Business(one), on)) for one in businesses}


def settings_of(case: Case) -> dict[str, Settings]:
    """The settings of a case by business: those it was accepted under, else (before that) the catalogue's."""
    kept = case.configuration or {}
    return {
        one: convert(kept[one], Settings) if one in kept else CATALOGUE[Business(one)].settings
        for one in case.businesses or [case.business]
    }


def limits_of(case: Case) -> Limits:
    """The limits of a case: of several businesses the longest."""
    settings = settings_of(case).values()
    return Limits(
        handling=max(one.limit_half_days for one in settings),
        acceptance=max(one.acceptance_half_days for one in settings),
    )


def levels_of(case: Case) -> int:
    """The levels of review of a case: of several businesses the most."""
    return max(one.review_levels for one in settings_of(case).values())
