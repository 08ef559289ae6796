"""Filling in an application: its content and its materials."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from kernel.pii import blind_index
from kernel.web.problems import constraint_of
from yiti.cases.application import Applicant, Application
from yiti.cases.encoding import encode
from yiti.cases.lifecycle import Action
from yiti.cases.models import Case, CaseMaterial, CaseParty, CaseUnit
from yiti.cases.service.errors import MaterialNotFound, MaterialTwice
from yiti.cases.service.steps import act, count_laying, expect, expect_version
from yiti.estate.models import Unit


async def save(tx: WriteSession, actor: Actor, case: Case, application: Application, version: int) -> None:
    """Keep the application as it is now; it may be incomplete until it is submitted.

    `StalePage` when the case has moved on since the page was shown; `Invalid` when the parts are not the case's
    businesses or name units that this county does not have.
    """
    expect(actor, case, Action.SAVE)
    expect_version(case, version, actor)
    if [part.business for part in application.parts] != case.businesses:
        raise Invalid("申请内容与所选业务不一致", field="parts")
    units = await _units(tx, application.unit_ids)
    case.application = encode(application)
    case.applicants = "、".join(dict.fromkeys(one.name for part in application.parts for one in part.applicants))
    first = units[application.unit_ids[0]] if units else None
    case.unit_id, case.unit_code, case.location = (
        (first.id, first.code, first.location) if first is not None else (None, "", "")
    )
    await _replace(tx, case, application, units)
    await act(tx, actor, case, Action.SAVE)


async def _units(tx: WriteSession, unit_ids: tuple[UUID, ...]) -> dict[UUID, Unit]:
    units = {unit.id: unit for unit in await tx.scalars(select(Unit).where(Unit.id.in_(unit_ids)))}
    if len(units) != len(unit_ids):
        raise Invalid("没有找到所填的不动产单元", field="unit_ids")
    return units


async def _replace(tx: WriteSession, case: Case, application: Application, units: dict[UUID, Unit]) -> None:
    await tx.execute(delete(CaseUnit).where(CaseUnit.case_id == case.id))
    await tx.execute(delete(CaseParty).where(CaseParty.case_id == case.id))
    tx.add_all(
        CaseUnit(case_id=case.id, unit_id=one, position=place, unit_code=units[one].code, location=units[one].location)
        for place, one in enumerate(application.unit_ids, start=1)
    )
    tx.add_all(_parties(case, application))
    await tx.flush()


def _parties(case: Case, application: Application) -> Iterator[CaseParty]:
    position = 0
    for part, content in enumerate(application.parts):
        for applicant in content.applicants:
            position += 1
            yield _party(case, part, position, applicant)
            if agent := applicant.agent:
                position += 1
                yield CaseParty(
                    case_id=case.id, position=position, part=part, side="agent", name=agent.name,
                    id_kind=agent.id_kind, id_number=agent.id_number, id_index=blind_index(agent.id_number),
                    phone=agent.phone,
                )  # fmt: skip


def _party(case: Case, part: int, position: int, one: Applicant) -> CaseParty:
    return CaseParty(
        case_id=case.id, position=position, part=part, side=one.side, name=one.name, id_kind=one.id_kind,
        id_number=one.id_number, id_index=blind_index(one.id_number), phone=one.phone,
        share_numerator=one.share.numerator if one.share else None,
        share_denominator=one.share.denominator if one.share else None,
    )  # fmt: skip


async def add_material(
    tx: WriteSession, actor: Actor, case: Case, *, code: str, file_name: str, media_type: str, size: int,
    digest: str, source: str, verified: bool, reference: str = "", unit_codes: tuple[str, ...] = (),
) -> CaseMaterial:  # fmt: skip
    """Lay a material with the case; its bytes are in the blob store under `digest`. `MaterialTwice` for the same bytes.

    The applicant adds while the application may be saved; the window and the platform until the case is approved.
    """
    expect(actor, case, Action.ATTACH)
    material = CaseMaterial(
        case_id=case.id, code=code, file_name=file_name, media_type=media_type, size=size, digest=digest,
        source=source, verified=verified, reference=reference, unit_codes=list(unit_codes), added_by=actor.name,
        added_at=now(),
    )  # fmt: skip
    tx.add(material)
    count_laying(actor, case)
    try:
        await tx.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_case_materials_digest":
            raise MaterialTwice from error
        raise
    return material


async def remove_material(tx: WriteSession, actor: Actor, case: Case, material_id: UUID) -> None:
    """Take a material away again; that it was there stays visible."""
    expect(actor, case, Action.ATTACH)
    wanted = select(CaseMaterial).where(
        CaseMaterial.id == material_id, CaseMaterial.case_id == case.id, CaseMaterial.removed_at.is_(None)
    )
    material = await tx.scalar(wanted)
    if material is None:
        raise MaterialNotFound
    material.removed_by, material.removed_at = actor.name, now()
    count_laying(actor, case)
    await tx.flush()
