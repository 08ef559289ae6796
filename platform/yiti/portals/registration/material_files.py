"""The materials of an application: looked at page by page. Every opening is audited; a page's picture is given only to
who has opened the material, so that nothing is seen without a record, and no record is made per page."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import Forbidden, NotFound
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.cases.models import CaseMaterial
from yiti.journeys.registration import desk
from yiti.journeys.registration.documents import application_form, inquiry_record
from yiti.portals.registration.guards import works_on_cases
from yiti.portals.registration.openings import opened
from yiti.portals.shell.files import file_response, pdf_response
from yiti.portals.shell.pictures import PICTURES, page_number
from yiti.portals.shell.views import AnyRequest, is_htmx, page
from yiti.resources import Parts, Resources

VIEWED = "case.material_viewed"
_PDF = "application/pdf"
_FORMS = {"application_form": ("不动产登记申请书", application_form), "inquiry_record": ("询问笔录", inquiry_record)}


class MaterialFilesController(Controller):
    """For those who take, review or decide applications."""

    path = "/registration/cases/{case_id:uuid}"
    guards = (works_on_cases,)

    @get("/materials/{material_id:uuid}")
    async def material(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID],
        material_id: FromPath[UUID],
    ) -> Response[Any]:  # fmt: skip
        """A material; `#viewer` alone when it is opened inside the page of the case."""
        found = await _material(tx, case_id, material_id)
        case = await cases.get(tx, case_id)
        audit(tx, actor, VIEWED, f"case:{case_id}", {"number": case.number, "paper": str(material_id)})
        url = f"/registration/cases/{case_id}/materials/{material_id}"
        return page(
            "registration/material.html" + ("#viewer" if is_htmx(request) else ""),
            case_url=f"/registration/cases/{case_id}",
            number=case.number,
            title=found.file_name,
            removed=found.removed_at is not None,
            url=url,
            pages=await _pages(resources, found, url),
        )

    @get("/materials/{material_id:uuid}/pages/{picture:str}")
    async def picture(
        self, reader: Reader, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID],
        material_id: FromPath[UUID], picture: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """`3.png`: one page, for who has opened the material. Never kept by the browser."""
        found = await _material(reader, case_id, material_id)
        if not await opened(reader, actor, f"case:{case_id}", VIEWED, str(material_id)):
            raise Forbidden("请先在业务件页面打开该材料")
        drawn = await PICTURES.page(resources, found.digest, page_number(picture))
        return file_response(drawn, picture, "image/png", download=False)

    @get("/materials/{material_id:uuid}/file")
    async def file(
        self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID], material_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The file itself, in the browser."""
        found, data = await desk.material_file(tx, resources, actor, case_id, material_id)
        audit(tx, actor, "case.material_taken", f"case:{case_id}", {"digest": found.digest, "code": found.code})
        return file_response(data, found.file_name, found.media_type, download=False)

    @get("/forms/{key:str}")
    async def form(
        self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[bytes]:
        """申请书 or 询问笔录 from what is saved now, to be printed and signed."""
        if key not in _FORMS:
            raise NotFound("没有这种文书")
        title, make = _FORMS[key]
        case = await cases.get(tx, case_id)
        if case.contract_id is not None:
            raise NotFound("该业务件没有这份文件")
        rendered = await make(tx, resources, case)
        audit(tx, actor, "case.form_printed", f"case:{case_id}", {"number": case.number, "form": key})
        return pdf_response(rendered.pdf, f"{case.number}-{title}.pdf")


async def _pages(resources: Resources, found: CaseMaterial, url: str) -> list[str]:
    """Addresses of its pictures; none for a signed message, which is for machines."""
    if found.media_type == _PDF:
        count = await PICTURES.count(resources, found.digest)
        return [f"{url}/pages/{number}.png" for number in range(1, count + 1)]
    return [f"{url}/file"] if found.media_type.startswith("image/") else []


async def _material(reader: ReadSession, case_id: UUID, material_id: UUID) -> CaseMaterial:
    await cases.get(reader, case_id)
    for one in await cases.materials(reader, case_id, removed=True):
        if one.id == material_id:
            return one
    raise cases.MaterialNotFound
