"""Annotated copies (加注件) of one's own certificates: asked for with a purpose, watched, saved."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.certificates.copies import service as copies
from yiti.certificates.copies.errors import CopyNotFound
from yiti.certificates.copies.forms import CopyForm, wish_of
from yiti.certificates.copies.models import AnnotatedCopy
from yiti.certificates.copies.showing import PURPOSES, copy_view, copy_views, usual_last_day
from yiti.certificates.models import ISSUED, Certificate
from yiti.portals.citizen import own
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class CopiesController(Controller):
    """`/me/{county}/proofs/{proof_id}/copies`: of what one holds oneself; anything else does not exist."""

    path = "/me/{county:str}/proofs/{proof_id:uuid}/copies"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def copies(
        self, request: AnyRequest, reader: Reader, tenant: Tenant, proof_id: FromPath[UUID]
    ) -> Response[Any]:
        """The form, and all copies there are."""
        proof = await own.proof(reader, await citizen(request, reader), proof_id)
        base = _base(tenant, proof_id)
        return page(
            "citizen/copies.html",
            number=proof.number,
            back=base.removesuffix("/copies"),
            url=base,
            current=proof.state == ISSUED,
            copies=copy_views(await copies.of_certificate(reader, proof_id), proof, base, today()),
            purposes=PURPOSES,
            last_day=usual_last_day(today()),
        )

    @post("/")
    async def ask(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        proof_id: FromPath[UUID],
        data: URLEncodedBody[CopyForm],
    ) -> Response[Any]:
        """Ask for a copy; it is ready some seconds later."""
        person = await citizen(request, tx)
        await own.proof(tx, person, proof_id)
        copy = await copies.request(tx, actor, proof_id, person.name, wish_of(data))
        return redirect(request, f"{_base(tenant, proof_id)}/{copy.id}", "加注件已受理，正在签章")

    @get("/{copy_id:uuid}")
    async def copy(
        self, request: AnyRequest, reader: Reader, tenant: Tenant, proof_id: FromPath[UUID], copy_id: FromPath[UUID]
    ) -> Response[Any]:
        """On its way, or ready to be saved."""
        proof, found = await _own_copy(request, reader, proof_id, copy_id)
        base = _base(tenant, proof_id)
        return page("citizen/copy.html", view=copy_view(found, proof, base, today()), number=proof.number, back=base)

    @get("/{copy_id:uuid}/pdf")
    async def pdf(
        self, request: AnyRequest, reader: Reader, resources: Parts, proof_id: FromPath[UUID], copy_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed copy."""
        _, found = await _own_copy(request, reader, proof_id, copy_id)
        if found.pdf_digest is None:
            raise NotFound("加注件正在制作，请稍后再看")
        return pdf_response(await resources.blobs.get(found.pdf_digest), f"{found.number}.pdf", download=True)


async def _own_copy(
    request: AnyRequest, reader: ReadSession, proof_id: UUID, copy_id: UUID
) -> tuple[Certificate, AnnotatedCopy]:
    proof = await own.proof(reader, await citizen(request, reader), proof_id)
    found = await copies.get(reader, copy_id)
    if found.certificate_id != proof.id:
        raise CopyNotFound
    return proof, found


def _base(county: str, proof_id: UUID) -> str:
    return f"/me/{county}/proofs/{proof_id}/copies"
