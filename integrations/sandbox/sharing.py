"""The data-sharing platform: answers at once. Whom it should find dead or not know at all is set by API."""

from typing import Any

from litestar import Response, Router, post, put
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.sandbox.state import KnownPerson
from integrations.sandbox.world import AnyRequest, Here, new_reference
from integrations.sharing import PERSON, RECORD, PersonInquiry, PersonRecord, RecordInquiry, RecordLine, SharedRecord
from kernel.pii import mask_id

_ME = Counterparty.SHARING
KEEPERS = {
    "police": "公安机关",
    "civil_affairs": "民政部门",
    "court": "人民法院",
    "notary": "公证机构",
    "market": "市场监督管理部门",
    "tax": "税务机关",
    "housing": "住房和城乡建设部门",
    "planning": "自然资源主管部门",
}


@post("/people")
async def take_person(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """Does the name belong to the number?"""

    def act(_envelope: Envelope, asked: PersonInquiry) -> PersonRecord:
        usual = KnownPerson(deceased=False if asked.id_kind == "resident_id" else None)
        known = world.store.state.people.get(asked.id_no, usual)
        return PersonRecord(reference=new_reference("HY"), matched=known.matched, deceased=known.deceased)

    return await world.take(request, _ME, PERSON, PersonInquiry, act)


@post("/records")
async def take_record(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A record is fetched."""

    def act(_envelope: Envelope, asked: RecordInquiry) -> SharedRecord:
        if asked.source in world.store.state.absent:
            return SharedRecord(reference=new_reference("GX"), found=False)
        people = [RecordLine(label="当事人", value=f"{one.name}（{mask_id(one.id_no)}）") for one in asked.people]
        units = [RecordLine(label="不动产单元号", value=code) for code in asked.unit_codes]
        return SharedRecord(
            reference=new_reference("GX"),
            found=True,
            keeper=KEEPERS.get(asked.source, "共享单位"),
            lines=(RecordLine(label="材料名称", value=asked.title), *people, *units),
        )

    return await world.take(request, _ME, RECORD, RecordInquiry, act)


@put("/people/{id_no:str}")
async def know(world: Here, id_no: FromPath[str], data: JSONBody[KnownPerson]) -> KnownPerson:
    """Say what is known of a number from now on."""
    world.store.state.people[id_no] = data
    await world.store.save()
    return data


@put("/absent")
async def be_absent(world: Here, data: JSONBody[list[str]]) -> list[str]:
    """Say which sources have no record of anybody."""
    world.store.state.absent = data
    await world.store.save()
    return data


router = Router("/sharing", route_handlers=[take_person, take_record, know, be_absent])
