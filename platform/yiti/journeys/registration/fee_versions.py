"""Every version of the county's fee schedule, and the next one: a row holds from a day on and is never changed.

A new version holds for what is asked for from its first day, which is never the day it is set: whoever was told an
amount pays that amount.
"""

from datetime import date
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.money import yuan
from kernel.permissions import Actor
from yiti.estate.models import EstateParameter
from yiti.journeys.registration.fee_schedule import NATIONAL, NATIONAL_EXEMPTIONS, Exemption, Tariff
from yiti.journeys.registration.fees import EXEMPTIONS, PARAMETER, reasons_of, tariff_of

NATIONAL_SINCE: Final = date(2019, 7, 1)
"""财税〔2019〕45号, the latest of what the national list rests on."""
MOST_FEN: Final = 100_000_00
"""A fee above is a slip of the pen."""
_LIMITS: Final = {"code": 30, "title": 100, "basis": 200}
_SOURCE: Final = 300


class Exemptions(Struct, frozen=True, kw_only=True):
    """A list of reasons for which less is due, as a whole, from a day on."""

    rows: tuple[Exemption, ...]
    effective_from: date
    source: str


async def tariffs(reader: ReadSession) -> list[Tariff]:
    """All versions, the newest first; the national one is the oldest."""
    return [*(tariff_of(row) for row in await _rows(reader, PARAMETER)), NATIONAL]


async def exemption_lists(reader: ReadSession) -> list[Exemptions]:
    """All versions, the newest first; the national one is the oldest."""
    own = [
        Exemptions(rows=reasons_of(row), effective_from=row.effective_from, source=row.source)
        for row in await _rows(reader, EXEMPTIONS)
    ]
    source = "；".join(dict.fromkeys(one.basis for one in NATIONAL_EXEMPTIONS))
    return [*own, Exemptions(rows=NATIONAL_EXEMPTIONS, effective_from=NATIONAL_SINCE, source=source)]


async def set_tariff(tx: WriteSession, actor: Actor, new: Tariff) -> None:
    """Fees of one item from a day on. Raises Invalid."""
    value = {"residential": new.residential_fen, "other": new.other_fen, "book": new.book_fen}
    for field, amount_fen in value.items():
        if not 0 <= amount_fen <= MOST_FEN:
            raise Invalid(f"金额应在 0 至 {yuan(MOST_FEN)} 元之间", field=field)
    await _add(tx, actor, PARAMETER, new.effective_from, {name: str(fen) for name, fen in value.items()}, new.source)


async def set_exemptions(tx: WriteSession, actor: Actor, new: Exemptions) -> None:
    """The whole list from a day on: what is not on it is exempt no more. Raises Invalid."""
    codes = [one.code for one in new.rows]
    if len(set(codes)) != len(codes) or len({one.title for one in new.rows}) != len(codes):
        raise Invalid("减免事由重复", field="title")
    for one in new.rows:
        for field, limit in _LIMITS.items():
            text = getattr(one, field)
            if not (0 < len(text) <= limit and text.isprintable()):
                raise Invalid(f"请填写减免事由和依据（不超过{limit}字）", field=field)
    value = {"rows": msgspec.json.encode(new.rows).decode()}
    await _add(tx, actor, EXEMPTIONS, new.effective_from, value, new.source)


async def _rows(reader: ReadSession, name: str) -> list[EstateParameter]:
    wanted = select(EstateParameter).where(EstateParameter.name == name)
    return list(await reader.scalars(wanted.order_by(EstateParameter.effective_from.desc())))


async def _add(
    tx: WriteSession, actor: Actor, name: str, effective_from: date, value: dict[str, str], source: str
) -> None:
    if effective_from <= today():
        raise Invalid("执行日期最早为明天，当日已按原标准通知缴款", field="effective_from")
    if not 0 < len(source.strip()) <= _SOURCE:
        raise Invalid(f"请填写文件依据（不超过{_SOURCE}字）", field="source")
    same = select(EstateParameter.id).where(
        EstateParameter.name == name, EstateParameter.effective_from == effective_from
    )
    if await tx.scalar(same) is not None:
        raise Invalid("该日期的标准已设定，如需调整请另设执行日期", field="effective_from")
    tx.add(EstateParameter(name=name, effective_from=effective_from, value=value, source=source.strip()))
    await tx.flush()
    audit(tx, actor, "fees.version_set", f"parameter:{name}", {"effective_from": effective_from.isoformat(), **value})
