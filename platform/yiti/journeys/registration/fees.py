"""The county's schedule of registration fees by date, and what a case owes by it.

Tariff (`registration_fees`) and exemptions (`registration_fee_exemptions`) are dated parameters of the county; where it
has set none, the national ones hold. What a clerk claims for a case is kept with the evidence, and stays readable.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from yiti.cases import service as cases
from yiti.cases.application import Part, Side
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.configuration import settings_of
from yiti.cases.models import Case
from yiti.estate.models import EstateParameter
from yiti.journeys.registration.fee_schedule import (
    NATIONAL,
    NATIONAL_EXEMPTIONS,
    Exemption,
    FeeLine,
    Item,
    Tariff,
    assess,
    fee_fen,
)
from yiti.journeys.registration.models import FeeClaim
from yiti.journeys.registration.units import units_of

__all__ = ["NATIONAL", "Tariff", "claims_of", "exemptions", "fee_fen", "fee_lines", "tariff"]

PARAMETER = "registration_fees"
EXEMPTIONS = "registration_fee_exemptions"


async def tariff(reader: ReadSession, on: date) -> Tariff:
    """The tariff in force on a day."""
    row = await parameter(reader, PARAMETER, on)
    return NATIONAL if row is None else tariff_of(row)


def tariff_of(row: EstateParameter) -> Tariff:
    """A row of the tariff."""
    return Tariff(
        residential_fen=int(row.value["residential"]),
        other_fen=int(row.value["other"]),
        book_fen=int(row.value["book"]),
        effective_from=row.effective_from,
        source=row.source,
    )


async def exemptions(reader: ReadSession, on: date) -> tuple[Exemption, ...]:
    """The reasons for which less is due, in force on a day; a county's row is a list of them under `rows`, as JSON."""
    row = await parameter(reader, EXEMPTIONS, on)
    return NATIONAL_EXEMPTIONS if row is None else reasons_of(row)


def reasons_of(row: EstateParameter) -> tuple[Exemption, ...]:
    """A row of the exemptions."""
    return msgspec.json.decode(row.value["rows"], type=tuple[Exemption, ...])


async def parameter(reader: ReadSession, name: str, on: date) -> EstateParameter | None:
    """The row of a dated parameter in force on a day."""
    wanted = select(EstateParameter).where(EstateParameter.name == name, EstateParameter.effective_from <= on)
    found: EstateParameter | None = await reader.scalar(wanted.order_by(EstateParameter.effective_from.desc()).limit(1))
    return found


async def fee_lines(reader: ReadSession, case: Case, on: date) -> tuple[FeeLine, ...]:
    """What the case owes: one line per business and unit, by what holds on that day."""
    application, settings = cases.application_of(case), settings_of(case)
    usages = {unit.id: unit.usage for unit in await units_of(reader, application.unit_ids)}
    items = [
        Item(
            title=CATALOGUE[part.business].name,
            group=CATALOGUE[part.business].group,
            rule=settings[part.business].fee,
            usage=usages[unit_id],
            books=_books(part),
        )
        for part in application.parts
        for unit_id in part.unit_ids
    ]
    claimed = [one.code for one in await claims_of(reader, case.id)]
    return assess(items, await tariff(reader, on), await exemptions(reader, on), claimed)


def _books(part: Part) -> int:
    """分别持证: one certificate for each holder; else one for all of them."""
    holders = sum(one.side is Side.HOLDER for one in part.applicants)
    return max(holders, 1) if part.held_separately else 1


async def claims_of(reader: ReadSession, case_id: UUID) -> Sequence[FeeClaim]:
    """The exemptions that are claimed for a case, oldest first."""
    wanted = select(FeeClaim).where(FeeClaim.case_id == case_id, FeeClaim.withdrawn_at.is_(None))
    return (await reader.scalars(wanted.order_by(FeeClaim.id))).all()


async def claim(tx: WriteSession, actor: Actor, case: Case, code: str, evidence: str, on: date) -> None:
    """Write down that an exemption applies, and on what evidence. The case is locked. `Invalid` for an unknown one."""
    known = next((one for one in await exemptions(tx, on) if one.claimed and one.code == code), None)
    if known is None:
        raise Invalid("请选择减免事由", field="code")
    if not 0 < len(evidence.strip()) <= 200:
        raise Invalid("请写明减免的证明材料（不超过200字）", field="evidence")
    if any(one.code == code for one in await claims_of(tx, case.id)):
        raise Invalid("该减免事由已登记", field="code")
    row = FeeClaim(
        case_id=case.id, code=code, title=known.title, basis=known.basis, evidence=evidence.strip(),
        claimed_by=actor.name, claimed_at=now(),
    )  # fmt: skip
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "case.fee_exemption_claimed", f"case:{case.id}", {"code": code})


async def withdraw_claim(tx: WriteSession, actor: Actor, case: Case, code: str) -> None:
    """It does not apply after all. The case is locked."""
    row = next((one for one in await claims_of(tx, case.id) if one.code == code), None)
    if row is None:
        raise Invalid("没有登记该减免事由", field="code")
    row.withdrawn_at = now()
    await tx.flush()
    audit(tx, actor, "case.fee_exemption_withdrawn", f"case:{case.id}", {"code": code})
