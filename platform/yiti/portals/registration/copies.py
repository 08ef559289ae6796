"""Annotated copies (加注件) at the window: asked for by a right holder, made by the clerk."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from kernel.audit import audit
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.certificates import service as certificates
from yiti.certificates.checking import mask_party
from yiti.certificates.copies import service as copies
from yiti.certificates.copies.errors import CopyNotFound
from yiti.certificates.copies.forms import CopyForm, wish_of
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.certificates.copies.showing import PURPOSES, copy_view, copy_views, usual_last_day
from yiti.certificates.models import ISSUED, Certificate
from yiti.certificates.schemas import HolderLine
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class CopiesController(Controller):
    """A copy names its holders in full, so taking it is written down."""

    path = "/registration/certificates/{certificate_id:uuid}/copies"
    guards = (requires(Permission.REGISTER_VIEW), requires(Permission.CASE_ACCEPT))

    @get("/")
    async def copies(self, reader: Reader, certificate_id: FromPath[UUID]) -> Response[Any]:
        """The form, and all copies of the certificate."""
        found = await certificates.get(reader, certificate_id)
        base = _base(certificate_id)
        return page(
            "registration/copies.html",
            number=found.number,
            back=base.removesuffix("/copies"),
            url=base,
            current=found.state == ISSUED,
            applicants=[(place, mask_party(one.name, one.id_kind)) for place, one in _places(found)],
            copies=copy_views(await copies.of_certificate(reader, certificate_id), found, base, today()),
            purposes=PURPOSES,
            last_day=usual_last_day(today()),
        )

    @post("/")
    async def ask(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        certificate_id: FromPath[UUID],
        data: URLEncodedBody[CopyForm],
    ) -> Response[Any]:
        """Ask for a copy in the name of the holder at the window."""
        applicant = dict(_places(await certificates.get(tx, certificate_id))).get(data.applicant)
        if applicant is None:
            raise Invalid("请选择申请人，须为证书或者证明记载的权利人", field="applicant")
        copy = await copies.request(tx, actor, certificate_id, applicant.name, wish_of(data))
        return redirect(request, f"{_base(certificate_id)}/{copy.id}", "加注件已受理，正在签章")

    @get("/{copy_id:uuid}")
    async def copy(self, reader: Reader, certificate_id: FromPath[UUID], copy_id: FromPath[UUID]) -> Response[Any]:
        """On its way, or ready to be printed."""
        certificate, found = await _copy_of(reader, certificate_id, copy_id)
        base = _base(certificate_id)
        view = copy_view(found, certificate, base, today())
        return page(
            "registration/copy.html",
            view=view,
            number=certificate.number,
            back=base,
            applicant=_applicant(certificate, found),
        )

    @get("/{copy_id:uuid}/file.pdf")
    async def pdf(
        self, tx: Tx, actor: CurrentActor, resources: Parts, certificate_id: FromPath[UUID], copy_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed copy."""
        _, found = await _copy_of(tx, certificate_id, copy_id)
        if found.pdf_digest is None:
            raise NotFound("加注件正在制作，请稍候")
        detail = {"number": found.number, "digest": found.pdf_digest}
        audit(tx, actor, "annotated_copy.downloaded", f"annotated_copy:{copy_id}", detail)
        return pdf_response(await resources.blobs.get(found.pdf_digest), f"{found.number}.pdf")


async def _copy_of(reader: ReadSession, certificate_id: UUID, copy_id: UUID) -> tuple[Certificate, AnnotatedCopy]:
    found = await copies.get(reader, copy_id)
    if found.certificate_id != certificate_id:
        raise CopyNotFound
    return await certificates.get(reader, certificate_id), found


def _places(certificate: Certificate) -> list[tuple[str, HolderLine]]:
    """Each right holder with their place in the certificate, as the form names it."""
    holders = certificates.content_of(certificate).holders
    return [(str(place), one) for place, one in enumerate(holders, start=1)]


def _applicant(certificate: Certificate, copy: AnnotatedCopy) -> str:
    holder = next((one for _, one in _places(certificate) if one.name == copy.applicant), None)
    return mask_party(copy.applicant, holder.id_kind if holder else "")


def _base(certificate_id: UUID) -> str:
    return f"/registration/certificates/{certificate_id}/copies"
