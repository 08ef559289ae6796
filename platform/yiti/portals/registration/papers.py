"""The documents of a case: as page pictures, as PDF, and the check of their signatures.

They name people in full, so they are for those who may see full personal data, and every opening is audited. A page's
picture is given only to who has opened the document: nothing is seen without a record, and no record is made per page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import Forbidden, NotFound
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing.schemas import SignatureReport
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.portals.registration import case_file
from yiti.portals.registration.case_file import Paper
from yiti.portals.registration.openings import opened
from yiti.portals.shell.files import file_response, pdf_response
from yiti.portals.shell.pictures import PICTURES, page_number
from yiti.portals.shell.views import AnyRequest, page
from yiti.resources import Parts

VIEWED = "case.paper_viewed"
_CHANGES: dict[str, str] = {"none": "无改动", "permitted": "仅追加签名或时间戳", "illegal": "签署后被改动"}


class PapersController(Controller):
    """Looking at what was signed."""

    path = "/registration/cases/{case_id:uuid}/papers/{key:str}"
    guards = (requires(Permission.CASE_VIEW), requires(Permission.PII_REVEAL))

    @get("/")
    async def paper(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        case_id: FromPath[UUID],
        key: FromPath[str],
    ) -> Response[Any]:
        """The document page by page; `#viewer` alone when it is opened inside the page of the case."""
        case, paper = await _paper(tx, case_id, key)
        audit(tx, actor, VIEWED, _subject(case_id), {"number": case.number, "paper": key, "digest": paper.digest})
        part = "#viewer" if request.headers.get("HX-Request") else ""
        return page(
            f"registration/paper.html{part}",
            case=case,
            paper=paper,
            url=f"/registration/cases/{case_id}/papers/{key}",
            pages=range(1, await PICTURES.count(resources, paper.digest) + 1),
        )

    @get("/pages/{picture:str}")
    async def picture(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        case_id: FromPath[UUID],
        key: FromPath[str],
        picture: FromPath[str],
    ) -> Response[bytes]:
        """`3.png`: one page. Never kept by the browser: the machine is shared with colleagues."""
        _, paper = await _paper(reader, case_id, key)
        if not await opened(reader, actor, _subject(case_id), VIEWED, key):
            raise Forbidden("请先在业务件页面打开该文件")
        drawn = await PICTURES.page(resources, paper.digest, page_number(picture))
        return file_response(drawn, f"{paper.title}-{picture}", "image/png", download=False)

    @get("/file.pdf")
    async def pdf(
        self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[bytes]:
        """The signed PDF itself, whose signatures any reader can check."""
        case, paper = await _paper(tx, case_id, key)
        audit(
            tx,
            actor,
            "case.paper_downloaded",
            _subject(case_id),
            {"number": case.number, "paper": key, "digest": paper.digest},
        )
        return pdf_response(await resources.blobs.get(paper.digest), f"{case.number}-{paper.title}.pdf")

    @get("/signatures")
    async def signatures(
        self, reader: Reader, resources: Parts, case_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[Any]:
        """Every signature in the file, checked now."""
        _, paper = await _paper(reader, case_id, key)
        report = await resources.signing.validate_pdf(await resources.blobs.get(paper.digest))
        return page(
            "registration/signatures.html", report=report, signatures=[_signature(one) for one in report.signatures]
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """One checked signature, its signer masked."""

    signer: str
    signed_at: datetime | None
    level: str
    intact: bool
    trusted: bool
    changes: str


def _signature(one: SignatureReport) -> Signature:
    signer = mask_name(one.signer) if one.organisation is None else one.organisation
    return Signature(signer, one.signed_at, one.level, one.intact, one.trusted, _CHANGES[one.changes])


async def _paper(reader: ReadSession, case_id: UUID, key: str) -> tuple[Case, Paper]:
    case = await cases.get(reader, case_id)
    sale = await case_file.sale_behind(reader, case)
    found = await case_file.papers(reader, sale, await certificates.of_case(reader, case_id))
    paper = next((one for one in found if one.key == key), None)
    if paper is None:
        raise NotFound("该业务件没有这份文件")
    return case, paper


def _subject(case_id: UUID) -> str:
    return f"case:{case_id}"
