"""Filling in an application: its content, its materials, what is fetched instead of asked for, who was looked at."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.permissions import Actor, ActorKind
from kernel.pii import blind_index
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.business import Business
from yiti.cases.configuration import current, settings_of
from yiti.cases.declaration import Material
from yiti.cases.lifecycle import Channel
from yiti.cases.models import Case, CaseMaterial
from yiti.journeys.registration import envelope, sharing, uploads
from yiti.journeys.registration.access import locked, readable
from yiti.journeys.registration.errors import MaterialUnknown, UploadTwice
from yiti.journeys.registration.facts import people_of
from yiti.journeys.registration.models import PersonCheck
from yiti.resources import Resources

OTHER = Material(code="other", name="其他材料", required=False)


async def start(tx: WriteSession, actor: Actor, businesses: Sequence[Business], channel: Channel) -> Case:
    """Begin an application for one business, or several that are booked together in this order (合并办理)."""
    return await cases.draft(tx, actor, tuple(businesses), channel)


async def save(tx: WriteSession, actor: Actor, case_id: UUID, application: Application, version: int) -> Case:
    """Keep the form as it is now; it may be incomplete. `StalePage` when somebody was faster.

    Other words than those being signed end the signing (`AllSigned` when it is too late for that); so does every
    change of the materials.
    """
    case = await locked(tx, actor, case_id)
    before = envelope.form_digest(case)
    await cases.save(tx, actor, case, application, version)
    if envelope.form_digest(case) != before:
        await envelope.void(tx, actor, case, "changed")
    return case


async def attach(
    tx: WriteSession, resources: Resources, actor: Actor, case_id: UUID, code: str, file_name: str, data: bytes
) -> CaseMaterial:
    """Lay an uploaded file with the case, at most 20 MB, its type read from its content.

    Raises UploadTooLarge, UploadMislabelled, UploadRefused, UploadTwice, MaterialUnknown.
    """
    await readable(tx, actor, case_id)
    declared = await declared_material(tx, await cases.get(tx, case_id), code)
    found = await uploads.inspected(file_name, data, declared.accepts)
    digest = sha256(data).hexdigest()
    if twin := next((one for one in await cases.materials(tx, case_id) if one.digest == digest), None):
        raise UploadTwice(f"该文件已作为“{await name_of(tx, await cases.get(tx, case_id), twin)}”上传，请勿重复上传")
    await resources.blobs.put(data)
    case = await locked(tx, actor, case_id)
    material = await cases.add_material(
        tx, actor, case, code=code, file_name=found.file_name, media_type=found.media_type, size=len(data),
        digest=digest, source="upload", verified=False,
    )  # fmt: skip
    await envelope.void(tx, actor, case, "changed")
    return material


async def detach(tx: WriteSession, actor: Actor, case_id: UUID, material_id: UUID) -> None:
    """Take a material away again; that it was there stays in the file. What has been signed stays."""
    case = await locked(tx, actor, case_id)
    lying = await cases.materials(tx, case_id)
    if any(one.id == material_id and one.source == envelope.SIGNED for one in lying):
        raise Conflict("已签署的文件不能删除；修改申请信息后会重新签署")
    await cases.remove_material(tx, actor, case, material_id)
    await envelope.void(tx, actor, case, "changed")


async def fetch_shared(tx: WriteSession, resources: Resources, actor: Actor, case_id: UUID, code: str) -> CaseMaterial:
    """Fetch a material from its shared source instead of asking for it; what came is shown for confirmation.

    `NotShared` when it cannot be fetched: then it is asked for.
    """
    case = await readable(tx, actor, case_id)
    declared = await declared_material(tx, case, code)
    record = await sharing.fetch(tx, resources, case, declared)
    digest = await resources.blobs.put(record.pdf)
    case = await locked(tx, actor, case_id)
    material = await cases.add_material(
        tx, actor, case, code=code, file_name=f"{declared.name}（共享获取）.pdf", media_type="application/pdf",
        size=len(record.pdf), digest=digest, source=declared.source or "", verified=True, reference=record.reference,
        unit_codes=record.unit_codes,
    )  # fmt: skip
    await envelope.void(tx, actor, case, "changed")
    return material


async def material_file(
    reader: ReadSession, resources: Resources, actor: Actor, case_id: UUID, material_id: UUID
) -> tuple[CaseMaterial, bytes]:
    """A material and its bytes, for who may see the case; the caller audits who looked."""
    await readable(reader, actor, case_id)
    found = next((one for one in await cases.materials(reader, case_id, removed=True) if one.id == material_id), None)
    if found is None:
        raise cases.MaterialNotFound
    return found, await resources.blobs.get(found.digest)


async def compare_identity(tx: WriteSession, actor: Actor, case_id: UUID, id_numbers: Sequence[str]) -> None:
    """The clerk has compared the originals of these people's documents with the people (人证一致)."""
    if actor.kind is not ActorKind.STAFF:
        raise Invalid("身份证件原件由窗口人员核对")
    await _checked(tx, actor, case_id, id_numbers, reference="", checked_by=actor.name)


async def identified(tx: WriteSession, actor: Actor, case_id: UUID, id_number: str, reference: str) -> None:
    """The identity service has identified an applicant or agent of an online case; `reference` is its answer's."""
    if not reference:
        raise Invalid("缺少身份核验编号", field="reference")
    await _checked(tx, actor, case_id, [id_number], reference=reference, checked_by="")


async def _checked(
    tx: WriteSession, actor: Actor, case_id: UUID, id_numbers: Sequence[str], *, reference: str, checked_by: str
) -> None:
    case = await locked(tx, actor, case_id)
    known = {number for _, _, number in people_of(cases.application_of(case))}
    for number in id_numbers:
        if number not in known:
            raise Invalid("该证件号码不在申请信息中", field="id_number")
        tx.add(
            PersonCheck(
                case_id=case.id, id_index=blind_index(number), reference=reference, matched=True,
                deceased=False if reference else None, checked_by=checked_by, checked_at=now(),
            )
        )  # fmt: skip
    case.version += 1
    await tx.flush()


async def declared_material(reader: ReadSession, case: Case, code: str) -> Material:
    """What the county asks for under this code. `MaterialUnknown` when it asks for no such thing."""
    if code == OTHER.code:
        return OTHER
    for material in await materials_wanted(reader, case):
        if material.code == code:
            return material
    raise MaterialUnknown(field="code")


async def name_of(reader: ReadSession, case: Case, material: CaseMaterial) -> str:
    """What a material that lies with the case is called."""
    if material.source == envelope.SIGNED:
        return envelope.PAPERS[material.code]
    return (await declared_material(reader, case, material.code)).name


async def materials_wanted(reader: ReadSession, case: Case) -> tuple[Material, ...]:
    """The list of materials of the whole case, each once; of two businesses that want one, the stricter counts."""
    if case.configuration is None:
        day = today()
        lists = [(await current(reader, Business(one), day)).materials for one in case.businesses]
    else:
        lists = [one.materials for one in settings_of(case).values()]
    wanted: dict[str, Material] = {}
    for material in (one for materials in lists for one in materials):
        if material.code not in wanted or material.required:
            wanted[material.code] = material
    return tuple(wanted.values())
