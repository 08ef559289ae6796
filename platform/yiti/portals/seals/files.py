"""Files that an organisation's own people bring to be sealed (文件用印): upload, place, seal, download."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing.models import OrganisationSeal
from signing.seal_errors import SealRefused
from signing.seal_log import write_refusal
from signing.seal_policies import policy_of
from signing.seal_requests import approval_of, open_request
from yiti.portals.seals import file_views, queries, views
from yiti.portals.seals.pictures import seal_picture, with_place
from yiti.portals.seals.queries import house_of
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts, Resources
from yiti.seal_desk import service
from yiti.seal_desk.models import SealedFile
from yiti.seal_desk.rules import OPEN
from yiti.seal_desk.schemas import PLACES, Place, Placement

PAGE = 30
_WIDTH = 720


class BringForm(Struct, kw_only=True):
    """A PDF and what it is."""

    kind: str = ""
    file: UploadFile | None = None


class PlaceForm(Struct, kw_only=True):
    """Where the seal goes; empty where it was placed before."""

    sheet: str = ""
    place: str = ""
    closes: str = ""


class FilesController(Controller):
    """`/seals/files`: to other organisations a file does not exist; who keeps a seal does not see them either."""

    path = "/seals/files"
    guards = (requires(Permission.SEAL_USE),)

    @get("/")
    async def files(self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """The organisation's files, and the form for a new one."""
        house = await house_of(reader, actor)
        rows, following = await service.files_of(reader, house.employer.id, PAGE, before)
        name = views.naming(await queries.names(reader, {row.uploaded_by for row in rows}))
        seal = await queries.own_seal(reader, house.employer.id)
        kinds = service.kinds_for(await policy_of(reader, seal)) if seal else []
        return page(
            "seals/files.html",
            files=[file_views.file_line(row, name) for row in rows],
            kinds=[(kind, views.kind_words(kind)) for kind in kinds],
            next_url=f"?before={following}" if following else None,
            first_url="/seals/files" if before else None,
        )

    @post("/")
    async def bring(
        self,
        request: AnyRequest,
        actor: CurrentActor,
        resources: Parts,
        data: Annotated[BringForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> Response[Any]:
        """Take in a PDF: first look into it, which takes a while, and only then write it down."""
        async with resources.database.read(actor.tenant) as reader:
            await _seal_of(reader, actor)
        if data.file is None or not data.file.filename:
            raise Invalid("请选择要盖章的 PDF 文件", field="file")
        found = await service.examined(resources, await data.file.read(service.LIMIT_BYTES + 1))
        async with resources.database.transaction(actor.tenant) as tx:
            seal = await _seal_of(tx, actor)
            file = await service.bring(tx, actor, seal, data.kind, data.file.filename, found)
        return redirect(request, f"/seals/files/{file.id}", "文件已上传，请选择盖章的位置")

    @get("/{file_id:uuid}")
    async def file(
        self,
        reader: Reader,
        actor: CurrentActor,
        file_id: FromPath[UUID],
        sheet: FromQuery[str] = "",
        place: FromQuery[str] = "",
    ) -> Response[Any]:
        """One file: where the seal goes, or how far it is."""
        file = await service.file_in(reader, actor.organisation_id, file_id)
        number, chosen = _looked_at(file, sheet, place)
        return page(
            "seals/file.html",
            file=await _view(reader, actor, file),
            preview=file_views.preview(file, number, chosen) if file.state in OPEN else None,
        )

    @get("/{file_id:uuid}/page.png")
    async def picture(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        file_id: FromPath[UUID],
        sheet: FromQuery[str] = "",
        place: FromQuery[str] = "",
    ) -> Response[bytes]:
        """A page with the seal where it would be."""
        file = await service.file_in(reader, actor.organisation_id, file_id)
        drawn = await _drawn(reader, resources, file, *_looked_at(file, sheet, place))
        return Response(drawn, media_type="image/png", headers={"Cache-Control": "private, no-store"})

    @post("/{file_id:uuid}/seal")
    async def seal(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        file_id: FromPath[UUID],
        data: URLEncodedBody[PlaceForm],
    ) -> Response[Any]:
        """Order the seal, or ask for it."""
        try:
            async with tx.begin_nested():
                file = await service.submit(tx, actor, file_id, _placement(data))
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        words = "已申请用印，请本单位另一名用印人批准" if file.state == "asked" else "已提交盖章"
        return redirect(request, f"/seals/files/{file_id}", words)

    @post("/{file_id:uuid}/discard")
    async def discard(self, request: AnyRequest, tx: Tx, actor: CurrentActor, file_id: FromPath[UUID]) -> Response[Any]:
        """It will not be sealed."""
        await service.discard(tx, actor, file_id)
        return redirect(request, "/seals/files", "文件已作废")

    @get("/{file_id:uuid}/original.pdf")
    async def original(self, tx: Tx, actor: CurrentActor, resources: Parts, file_id: FromPath[UUID]) -> Response[bytes]:
        """As it was brought."""
        file = await service.file_in(tx, actor.organisation_id, file_id)
        audit(tx, actor, "sealed_file.opened", service.subject_of(file), {"digest": file.original_digest})
        return pdf_response(await resources.blobs.get(file.original_digest), f"{file.title}.pdf")

    @get("/{file_id:uuid}/sealed.pdf")
    async def sealed(self, tx: Tx, actor: CurrentActor, resources: Parts, file_id: FromPath[UUID]) -> Response[bytes]:
        """As it was sealed."""
        file = await service.file_in(tx, actor.organisation_id, file_id)
        if file.sealed_digest is None:
            raise NotFound("文件还没有盖章")
        audit(tx, actor, "sealed_file.opened", service.subject_of(file), {"digest": file.sealed_digest})
        return pdf_response(await resources.blobs.get(file.sealed_digest), f"{file.title}（已盖章）.pdf", download=True)


async def _seal_of(reader: ReadSession, actor: Actor) -> OrganisationSeal:
    seal = await queries.own_seal(reader, (await house_of(reader, actor)).employer.id)
    if seal is None:
        raise NotFound("本单位还没有电子印章")
    return seal


async def _view(reader: ReadSession, actor: Actor, file: SealedFile) -> file_views.FileView:
    request = await open_request(reader, file.seal_id, service.subject_of(file))
    approval = approval_of(request) if request else None
    return file_views.file_view(
        file,
        views.naming(await queries.names(reader, {file.uploaded_by})),
        approved=approval is not None and now() < approval.expires_at,
        mine=request is not None and request.requested_by == actor.id,
        delayed=await service.delayed_by(reader, file),
        turned_down=await service.turned_down(reader, file),
    )


def _looked_at(file: SealedFile, number: str, place: str) -> tuple[int, Place]:
    """What the form shows; without a wish the end of the file, where signatures are."""
    known = number.isascii() and number.isdigit() and len(number) < 5
    wished = int(number) if known else file.page or len(file.shapes)
    chosen = next((one for one in PLACES if one == (place or file.place)), PLACES[0])
    return min(max(wished, 1), len(file.shapes)), chosen


async def _drawn(reader: ReadSession, resources: Resources, file: SealedFile, number: int, place: Place) -> bytes:
    pdf = await resources.blobs.get(file.sealed_digest or file.original_digest)
    drawn = await resources.renderer.page_image(pdf, number - 1, _WIDTH)
    if file.sealed_digest is not None:
        return drawn
    seal = await queries.own_seal(reader, file.organisation_id)
    if seal is None:
        return drawn
    stamp = await asyncio.to_thread(seal_picture, seal.organisation, resources.settings.assets_dir)
    return await asyncio.to_thread(with_place, drawn, stamp, service.shape_of(file, number), place)


def _placement(data: PlaceForm) -> Placement | None:
    """None where the form says nothing. Raises Invalid."""
    if not data.sheet and not data.place:
        return None
    if not (data.sheet.isascii() and data.sheet.isdigit() and len(data.sheet) < 5):
        raise Invalid("请填写页码", field="sheet")
    place = next((one for one in PLACES if one == data.place), None)
    if place is None:
        raise Invalid("请选择盖章的位置", field="place")
    return Placement(page=int(data.sheet), place=place, closes=bool(data.closes))
