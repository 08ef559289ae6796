"""People at their desks and a resale on its way, for tests of the case service."""

from typing import Any
from uuid import UUID, uuid4

import msgspec

from kernel.db import WriteSession
from kernel.permissions import Actor, ActorKind, system_actor
from tests.cases import world as w
from tests.cases.world import B, holder, obligor
from tests.register.world import make_unit
from yiti.accounts.roles import ROLES
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.inquiry import questions_of
from yiti.cases.lifecycle import Channel
from yiti.cases.models import Case, CaseMaterial

COUNTY = "411528"
SYSTEM = system_actor(COUNTY)


def staff(role: str) -> Actor:
    """Somebody with this role; another person each time."""
    found = ROLES[role]
    return Actor(kind=ActorKind.STAFF, name=found.title, tenant=COUNTY, id=uuid4(), permissions=found.permissions)


def citizen() -> Actor:
    return Actor(kind=ActorKind.CITIZEN, name="张三", tenant=COUNTY, id=uuid4())


CLERK, REVIEWER, REGISTRAR = staff("window_clerk"), staff("reviewer"), staff("registrar")


def resale(unit_id: UUID, business: B = B.TRANSFER_RESALE) -> Application:
    """张三 sells to 李四, everything filled in."""
    one = msgspec.structs.replace(w.part(business, holder(w.LI), obligor(w.ZHANG)), unit_ids=(unit_id,))
    asked = questions_of([w.CATALOGUE[business]])
    return Application(parts=(one,), answers={each.code: each.clear for each in asked})


async def drafted(tx: WriteSession, actor: Actor = CLERK, channel: Channel = Channel.WINDOW) -> Case:
    """A complete draft on a new unit."""
    unit = await make_unit(tx)
    case = await cases.draft(tx, actor, (B.TRANSFER_RESALE,), channel)
    await cases.save(tx, actor, case, resale(unit.id), case.version)
    return case


async def submitted(tx: WriteSession, actor: Actor = CLERK, channel: Channel = Channel.WINDOW) -> Case:
    case = await drafted(tx, actor, channel)
    await cases.submit(tx, actor, case)
    return case


async def accepted(tx: WriteSession) -> Case:
    case = await submitted(tx)
    await cases.accept(tx, CLERK, case)
    return case


async def attach(tx: WriteSession, case: Case, actor: Actor = CLERK, **more: Any) -> CaseMaterial:
    """An upload that was looked at."""
    told: dict[str, Any] = {
        "code": "contract",
        "file_name": "合同.pdf",
        "media_type": "application/pdf",
        "size": 10,
        "digest": uuid4().hex * 2,
        "source": "upload",
        "verified": False,
    }
    return await cases.add_material(tx, actor, case, **told | more)
