"""Materials that are obtainable are fetched, not asked for; what came is printed in a fixed form (核验结果)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import select

import contracts.service as contracts
from contracts.models import Contract
from integrations.sharing import PersonInquiry, RecordInquiry, RecordLine
from kernel.clock import SHANGHAI, now
from kernel.db import ReadSession, WriteSession
from kernel.money import yuan
from kernel.outbox import Park
from kernel.pii import blind_index, mask_id, mask_name
from kernel.rendering import render_template
from yiti.cases import service as cases
from yiti.cases.declaration import Material
from yiti.cases.facts import UnitFact
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.journeys.registration.errors import NotShared
from yiti.journeys.registration.facts import people_of
from yiti.journeys.registration.models import PersonCheck
from yiti.journeys.registration.units import units_of
from yiti.register.kinds import KIND_WORDS
from yiti.resources import Resources


class Fetched(Struct, frozen=True, kw_only=True):
    """A fetched record as a document."""

    reference: str
    pdf: bytes
    unit_codes: tuple[str, ...]


async def fetch(reader: ReadSession, resources: Resources, case: Case, material: Material) -> Fetched:
    """Ask the material's source. `NotShared` when there is none, it is not connected, or it knows nothing."""
    units = await units_of(reader, cases.application_of(case).unit_ids)
    codes = tuple(unit.code for unit in units)
    if material.source is None:
        raise NotShared(f"“{material.name}”没有共享来源，请上传")
    if not codes:
        raise NotShared("请先填写不动产单元，再获取共享材料")
    own = _OWN.get(material.source)
    if own is not None:
        keeper, gather = own
        reference, lines = f"BX{uuid4().hex[:12].upper()}", await gather(reader, units)
    else:
        reference, keeper, lines = await _asked(resources, case, material, codes)
    pdf = (
        await resources.renderer.pdf(
            render_template(
                __package__ or "",
                "shared_record.html",
                {
                    "title": material.name, "keeper": keeper, "reference": reference, "case_number": case.number,
                    "fetched_at": _legal(now()), "lines": lines,
                },
            )
        )
    ).pdf  # fmt: skip
    return Fetched(reference=reference, pdf=pdf, unit_codes=codes)


async def _asked(
    resources: Resources, case: Case, material: Material, codes: tuple[str, ...]
) -> tuple[str, str, list[RecordLine]]:
    platform = resources.connectors.sharing
    if platform is None:
        raise NotShared("本县尚未接入数据共享平台，请上传该材料")
    people = tuple(
        PersonInquiry(name=name, id_kind=kind, id_no=number)
        for name, kind, number in people_of(cases.application_of(case))
    )
    inquiry = RecordInquiry(
        source=material.source or "", code=material.code, title=material.name, case_no=case.number, people=people,
        unit_codes=codes,
    )  # fmt: skip
    found = await platform.record(
        inquiry, key=f"{case.number}:{material.code}:{uuid4().hex}", subject=f"case:{case.id}"
    )
    if not found.found:
        raise NotShared(f"共享来源没有查询到“{material.name}”，请上传")
    return found.reference, found.keeper, list(found.lines)


Lines = list[RecordLine]


async def _from_book(reader: ReadSession, units: tuple[UnitFact, ...]) -> Lines:
    """What our own book says of the units: rights, holders (masked), certificates."""
    lines: Lines = []
    numbers: dict[UUID, list[str]] = {}
    for one in await certificates.of_entries(reader, [entry.id for unit in units for entry in unit.entries]):
        numbers.setdefault(one.entry_id, []).append(one.number)
    for unit in units:
        lines.append(RecordLine(label="不动产单元", value=f"{unit.code} {unit.location}"))
        for entry in unit.entries:
            holders = "、".join(f"{mask_name(one.name)}（{mask_id(one.id_number)}）" for one in entry.holders)
            paper = "、".join(numbers.get(entry.id, []))
            lines.append(RecordLine(label=KIND_WORDS[entry.kind], value=f"{holders} {paper}".strip() or "—"))
        if not unit.entries:
            lines.append(RecordLine(label="登记情况", value="登记簿尚无现势登记"))
    return lines


async def _from_survey(_reader: ReadSession, units: tuple[UnitFact, ...]) -> Lines:
    """The areas and uses of the building table (楼盘表), which came from the survey."""
    lines: Lines = []
    for unit in units:
        inner = f"{unit.inner_area:.2f}㎡" if unit.inner_area is not None else "—"
        lines.append(RecordLine(label="不动产单元", value=f"{unit.code} {unit.location}"))
        lines.append(RecordLine(label="用途、结构", value=f"{unit.usage}，{unit.structure}，{unit.floor}层"))
        lines.append(RecordLine(label="建筑面积", value=f"{unit.building_area:.2f}㎡，其中套内{inner}"))
    return lines


async def _from_contracts(reader: ReadSession, units: tuple[UnitFact, ...]) -> Lines:
    """The filed contracts (网签备案) on the units. `NotShared` where there is none."""
    wanted = select(Contract).where(Contract.unit_id.in_([unit.id for unit in units]), Contract.status == "filed")
    found = list(await reader.scalars(wanted))
    if not found:
        raise NotShared("该不动产单元没有已备案的合同，请上传")
    lines: Lines = []
    for contract in found:
        content = await contracts.content_of(reader, contract)
        buyers = "、".join(mask_name(one.name) for one in content.buyers)
        lines.append(RecordLine(label="备案号", value=contract.filing_no or ""))
        lines.append(RecordLine(label="出卖人、买受人", value=f"{content.seller.name}；{buyers}"))
        lines.append(RecordLine(label="总价款", value=f"{yuan(content.price_fen or 0)}元"))
    return lines


_OWN: dict[str, tuple[str, Callable[[ReadSession, tuple[UnitFact, ...]], Awaitable[Lines]]]] = {
    "register": ("本登记机构登记簿", _from_book),
    "estate": ("本平台权籍调查成果（楼盘表）", _from_survey),
    "contracts": ("本平台合同网签备案", _from_contracts),
}
"""Sources within the platform."""


async def check_people(tx: WriteSession, resources: Resources, case_id: UUID) -> bool:
    """Have everybody of the case checked who was not yet; whether anything new was learnt. For a job.

    The answers are kept before the case is locked, so that nobody waits for the sharing platform.
    """
    platform = resources.connectors.sharing
    if platform is None:
        raise Park("本县尚未接入数据共享平台，请由窗口人员核对身份证件原件")
    case = await cases.get(tx, case_id)
    wanted = select(PersonCheck.id_index).where(PersonCheck.case_id == case_id, PersonCheck.reference != "")
    known = set(await tx.scalars(wanted))
    people = [one for one in people_of(cases.application_of(case)) if blind_index(one[2]) not in known]
    for name, kind, number in people:
        inquiry = PersonInquiry(name=name, id_kind=kind, id_no=number)
        key = f"{case.number}:{blind_index(number).hex()[:16]}:{case.submitted_at or case.opened_at}"
        record = await platform.person(inquiry, key=key, subject=f"case:{case.id}")
        tx.add(
            PersonCheck(
                case_id=case_id, id_index=blind_index(number), reference=record.reference, matched=record.matched,
                deceased=record.deceased, checked_at=now(),
            )
        )  # fmt: skip
    await tx.flush()
    return bool(people)


def _legal(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M:%S")
