"""One's own property by the book, and proofs of it under seal: 有房/无房证明, the extract of one's own unit."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select

from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.accounts.sessions import Citizen
from yiti.journeys.registration import searches, statements
from yiti.journeys.registration.models import SearchRecord
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.portals.citizen import property_view
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.forms import PurposeForm
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

OWN_LOOK = "本人网上查看名下不动产"
_PURPOSE_MAX = 60


class PropertyController(Controller):
    """`/me/{county}/property`."""

    path = "/me/{county:str}/property"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def own(self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant) -> Response[Any]:
        """What the book holds in one's name; looking is itself written down."""
        person = await citizen(request, tx)
        found = await searches.own_property(tx, actor, _asker(person), OWN_LOOK)
        return page(
            "citizen/property.html",
            county=tenant,
            rights=property_view.rights(tenant, found),
            papers=property_view.papers(tenant, await _papers(tx, actor)),
            purposes=property_view.PURPOSES,
        )

    @post("/statement")
    async def statement(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, data: URLEncodedBody[PurposeForm]
    ) -> Response[Any]:
        """有房证明, or 无房证明 where the county's book has none."""
        person = await citizen(request, tx)
        letter = await statements.ownership_statement(tx, actor, [_asker(person)], _purpose(data))
        return redirect(request, f"/me/{tenant}/property/letters/{letter.id}", "证明已生成，正在签章")

    @post("/extract")
    async def extract(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, data: URLEncodedBody[PurposeForm]
    ) -> Response[Any]:
        """The entries of one's own unit."""
        person = await citizen(request, tx)
        letter = await statements.register_extract(tx, actor, _asker(person), _unit(data), _purpose(data))
        return redirect(request, f"/me/{tenant}/property/letters/{letter.id}", "查询结果证明已生成，正在签章")

    @get("/letters/{letter_id:uuid}")
    async def letter(
        self, reader: Reader, actor: CurrentActor, tenant: Tenant, letter_id: FromPath[UUID]
    ) -> Response[Any]:
        """A proof of one's own: on its way, or ready to be saved and shown to others."""
        found = await _own_letter(reader, actor, letter_id)
        return page("citizen/letter.html", view=property_view.letter(tenant, found), county=tenant)

    @get("/letters/{letter_id:uuid}/pdf")
    async def letter_pdf(
        self, reader: Reader, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The proof under seal."""
        found = await _own_letter(reader, actor, letter_id)
        if found.pdf_digest is None:
            raise NotFound("证明正在签章，请稍后再看")
        data = await resources.blobs.get(found.pdf_digest)
        return pdf_response(data, f"{found.title}（{found.number}）.pdf", download=True)


async def _papers(reader: ReadSession, actor: Actor) -> list[Letter]:
    """What one has asked for oneself, newest first."""
    mine = select(SearchRecord.letter_id).where(SearchRecord.actor_id == actor.id, SearchRecord.letter_id.is_not(None))
    wanted = select(Letter).where(Letter.id.in_(mine)).order_by(Letter.id.desc()).limit(property_view.SHOWN)
    return list(await reader.scalars(wanted))


async def _own_letter(reader: ReadSession, actor: Actor, letter_id: UUID) -> Letter:
    wanted = select(SearchRecord.id).where(SearchRecord.letter_id == letter_id, SearchRecord.actor_id == actor.id)
    if actor.id is None or await reader.scalar(wanted) is None:
        raise letters.LetterNotFound
    return await letters.get(reader, letter_id)


def _asker(person: Citizen) -> searches.Asker:
    return searches.Asker(name=person.name, id_kind="resident_id", id_number=person.id_no)


def _purpose(data: PurposeForm) -> str:
    purpose = " ".join(data.purpose.split())
    if len(purpose) > _PURPOSE_MAX:
        raise Invalid(f"用途最多{_PURPOSE_MAX}个字", field="purpose")
    return purpose


def _unit(data: PurposeForm) -> UUID:
    try:
        return UUID(data.unit_id)
    except ValueError:
        raise Invalid("请选择要查询的不动产", field="unit_id") from None
