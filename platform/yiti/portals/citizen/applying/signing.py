"""Signing one's application: to the signing desk at once, links anew, back to the form, the signed papers."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from kernel.audit import audit
from kernel.errors import NotFound
from kernel.web.dependencies import CurrentActor, Tenant, Tx
from signing.evidence_document import EVIDENCE_TITLE
from signing.reporting import ReportNotMade
from yiti.cases import service as cases
from yiti.journeys.evidence import EVIDENCE, ceremony_of, report_of
from yiti.journeys.registration import desk
from yiti.portals.citizen.access import citizen_here
from yiti.portals.citizen.applying.owning import case_url, own_case
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, redirect
from yiti.resources import Parts


class ApplicationSigningController(Controller):
    """`/me/{county}/cases/{case_id}` while it is signed, and after."""

    path = "/me/{county:str}/cases/{case_id:uuid}"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @post("/sign")
    async def sign(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """To the signing desk, by one's own link."""
        await own_case(tx, actor, case_id)
        token = await desk.own_link(tx, actor, case_id)
        return redirect(request, f"/s/{tenant}/{token}")

    @post("/signers/{key:str}/invite")
    async def invite(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID],
        key: FromPath[str],
    ) -> Response[Any]:  # fmt: skip
        """A new link for one who has not signed; the old one is dead."""
        await own_case(tx, actor, case_id)
        await desk.invite_again(tx, actor, case_id, key)
        return redirect(request, case_url(tenant, case_id), "新的签署链接已发送，原来的链接不能再用")

    @post("/take-back")
    async def take_back(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Back to the form; what was signed counts for nothing."""
        await own_case(tx, actor, case_id)
        await desk.take_back(tx, actor, case_id)
        return redirect(
            request, f"{case_url(tenant, case_id)}/form", "已撤回，已签的名全部作废，修改后请重新提交签署", "info"
        )

    @get("/papers/{key:str}")
    async def paper(
        self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[bytes]:
        """A signed paper, for who began the application or signed it: it names everybody in full."""
        mine = await own_case(tx, actor, case_id)
        found = await desk.signing_of(tx, actor, case_id)
        signed = found is not None and found.state == "signed"
        if found is None or not signed or not (mine.began or any(one.own for one in found.signers)):
            raise NotFound("没有这份文件，或者文件尚未签署完毕")
        if key == EVIDENCE:
            report = await report_of(tx, await ceremony_of(tx, await cases.get(tx, case_id)))
            if report is None:
                raise ReportNotMade
            audit(tx, actor, "case.evidence_taken", f"case:{case_id}", {"digest": report.pdf_digest})
            return pdf_response(await resources.blobs.get(report.pdf_digest), f"{EVIDENCE_TITLE}.pdf", download=True)
        files = [one for item in (await desk.checklist(tx, case_id)).items if item.signed and item.code == key
                 for one in item.files]  # fmt: skip
        if not files:
            raise NotFound("没有这份文件，或者文件尚未签署完毕")
        material, data = await desk.material_file(tx, resources, actor, case_id, files[0].id)
        audit(tx, actor, "case.material_taken", f"case:{case_id}", {"digest": material.digest, "code": key})
        return pdf_response(data, material.file_name, download=True)
