"""“我要办”: what can be done, what it takes, and the beginning of an application."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from kernel import identifiers
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.accounts.sessions import Citizen
from yiti.cases import configuration
from yiti.cases.application import Side
from yiti.cases.declaration import Declaration
from yiti.cases.facts import UnitFact
from yiti.cases.lifecycle import Channel
from yiti.journeys.registration import desk
from yiti.journeys.registration.fees import tariff
from yiti.journeys.registration.units import units_of
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.applying import holdings, offers, starting
from yiti.portals.citizen.applying.forms import BeginForm
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.views import AnyRequest, page, redirect, several

_SEARCH_MAX = 40
_NAME_MAX = 60


class ChoosingController(Controller):
    """`/me/{county}/apply`."""

    path = "/me/{county:str}/apply"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def choose(
        self, request: AnyRequest, reader: Reader, tenant: Tenant, q: FromQuery[str] = ""
    ) -> Response[Any]:
        """Everything that can be applied for online, in plain words."""
        held = await holdings.of_person(reader, (await citizen(request, reader)).id_no)
        search = q.strip()[:_SEARCH_MAX]
        found = offers.groups(search, held)
        return page("citizen/apply.html", county=tenant, at_hand=offers.at_hand(found), groups=found, search=search)

    @get("/{business:str}")
    async def guide(
        self, request: AnyRequest, reader: Reader, tenant: Tenant, business: FromPath[str]
    ) -> Response[Any]:
        """What it takes, and the choice of one's own unit."""
        declared, person = _online(business), await citizen(request, reader)
        settings = await configuration.current(reader, declared.business, today())
        held = await holdings.of_person(reader, person.id_no)
        return page(
            "citizen/apply_begin.html",
            county=tenant,
            guide=offers.guide(declared, settings, await tariff(reader, today()), held),
            held=offers.fitting(declared, held),
            name=person.name,
        )

    @post("/{business:str}")
    async def begin(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        business: FromPath[str],
        data: URLEncodedBody[BeginForm],
    ) -> Response[Any]:
        """Open the draft with all that the platform knows already, and go on to the form."""
        declared = [_online(one) for one in (business, *several(data.following))]
        begun = await _beginning(tx, declared[0], await citizen(request, tx), data)
        case = await desk.start(tx, actor, tuple(one.business for one in declared), Channel.ONLINE)
        await desk.save(tx, actor, case.id, starting.application(declared, begun), case.version)
        return redirect(request, f"/me/{tenant}/cases/{case.id}/form", "已为您填好系统掌握的信息，请核对并补充")


def _online(code: str) -> Declaration:
    declared = offers.online(code)
    if declared is None:
        raise NotFound("没有这种网上业务，请到不动产登记窗口咨询")
    return declared


async def _beginning(
    reader: ReadSession, declared: Declaration, person: Citizen, data: BeginForm
) -> starting.Beginning:
    me = starting.Person(person.name, person.id_no)
    side = Side.OBLIGOR if data.side == "obligor" and declared.applicants == "both" else Side.HOLDER
    if data.acting == "agent":
        unit_id = await _typed_unit(reader, data.unit_code)
        return starting.Beginning(me, await _unit(reader, unit_id), side=side, principal=_principal(data))
    if not data.entry:
        unit_id = await _typed_unit(reader, data.unit_code)
        return starting.Beginning(me, await _unit(reader, unit_id), side=side)
    held = offers.fitting(declared, await holdings.of_person(reader, person.id_no))
    chosen = next((one for one in held if str(one.entry_id) == data.entry), None)
    if chosen is None:
        raise Invalid("请选择您自己名下的不动产", field="entry")
    return starting.Beginning(me, await _unit(reader, chosen.unit_id), entry_id=chosen.entry_id, side=side)


async def _typed_unit(reader: ReadSession, text: str) -> UUID:
    if not text.strip():
        raise Invalid("请选择名下的不动产，或者填写证书上的28位不动产单元号", field="unit_code")
    return (await holdings.unit_by_code(reader, identifiers.unit_code(text, field="unit_code"))).id


async def _unit(reader: ReadSession, unit_id: UUID) -> UnitFact:
    (unit,) = await units_of(reader, (unit_id,))
    return unit


def _principal(data: BeginForm) -> starting.Person:
    name = " ".join(data.principal_name.split())
    if not 0 < len(name) <= _NAME_MAX:
        raise Invalid("请填写委托人的姓名或者名称", field="principal_name")
    number = "".join(data.principal_id.upper().split())
    try:
        return starting.Person(name, identifiers.resident_id(number, field="principal_id"))
    except Invalid as wrong:
        try:
            return starting.Person(name, identifiers.credit_code(number, field="principal_id"), "credit_code")
        except Invalid:
            raise wrong from None
