"""One's own contracts and proofs: state, documents, history, and the cancellation of a filed contract."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

import contracts.service as contracts
import signing.service as signing
from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.web.dependencies import CurrentActor, Reader, Tenant, Tx
from yiti.certificates.models import Certificate
from yiti.portals.citizen import own, views
from yiti.portals.citizen.access import citizen, citizen_here
from yiti.portals.citizen.forms import ReasonForm
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.pictures import PICTURES, page_number, picture_response, version_of
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class MineController(Controller):
    """`/me/{county}`. Whatever is not the citizen's own does not exist (404)."""

    path = "/me/{county:str}"
    guards = (citizen_here,)
    opt = {SIGN_IN: "/me/login"}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def home(self, request: AnyRequest, reader: Reader, tenant: Tenant) -> Response[Any]:
        """My contracts and my proofs."""
        person = await citizen(request, reader)
        return page("citizen/home.html", view=await views.home(reader, tenant, person))

    @get("/contracts/{contract_id:uuid}")
    async def contract(
        self, request: AnyRequest, reader: Reader, tenant: Tenant, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """One contract: where it stands, what to do, its papers and all that happened."""
        mine = await own.contract(reader, await citizen(request, reader), contract_id)
        return page("citizen/contract.html", view=await views.contract_page(reader, tenant, mine))

    @post("/contracts/{contract_id:uuid}/sign")
    async def to_the_desk(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """To the signing desk, also when the SMS was lost or its link has expired."""
        mine = await own.contract(tx, await citizen(request, tx), contract_id)
        ceremony_id, key = await own.open_signature(tx, mine)
        token = await signing.link_token(tx, actor, ceremony_id, key)
        return redirect(request, f"/s/{tenant}/{token}")

    @get("/contracts/{contract_id:uuid}/documents/{key:str}")
    async def document(
        self,
        request: AnyRequest,
        reader: Reader,
        resources: Parts,
        contract_id: FromPath[UUID],
        key: FromPath[str],
    ) -> Response[bytes]:
        """A signed document."""
        mine = await own.contract(reader, await citizen(request, reader), contract_id)
        title, digest = await own.document(reader, mine, key)
        return pdf_response(await resources.blobs.get(digest), f"{title}.pdf", download=True)

    @post("/contracts/{contract_id:uuid}/cancellation")
    async def ask_cancellation(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        tenant: Tenant,
        contract_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Ask for the cancellation of a filed contract, and thereby agree to it."""
        parties = (await own.contract(tx, await citizen(request, tx), contract_id)).acts_for()
        await contracts.request_cancellation(tx, actor, contract_id, parties[0], data.reason)
        for party in parties[1:]:
            await contracts.agree_cancellation(tx, actor, contract_id, party)
        return _back(request, tenant, contract_id, "已提出注销申请，等待其他各方同意")

    @post("/contracts/{contract_id:uuid}/cancellation/agree")
    async def agree(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Agree for every buyer whom this citizen is or represents; the last consent cancels the contract."""
        for party in (await own.contract(tx, await citizen(request, tx), contract_id)).acts_for():
            contract = await contracts.agree_cancellation(tx, actor, contract_id, party)
        done = contract.status == "cancelled"
        return _back(request, tenant, contract_id, "各方均已同意，合同备案已注销" if done else "已同意，等待其他各方")

    @post("/contracts/{contract_id:uuid}/cancellation/withdraw")
    async def withdraw(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, tenant: Tenant, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Refuse a cancellation, or take one's own request back."""
        parties = (await own.contract(tx, await citizen(request, tx), contract_id)).acts_for()
        await contracts.withdraw_cancellation(tx, actor, contract_id, parties[0])
        return _back(request, tenant, contract_id, "注销申请已撤回，合同继续有效")

    @get("/proofs/{proof_id:uuid}")
    async def proof(
        self, request: AnyRequest, reader: Reader, resources: Parts, tenant: Tenant, proof_id: FromPath[UUID]
    ) -> Response[Any]:
        """A proof as a picture, with the QR code by which anybody verifies it."""
        mine = await own.proof(reader, await citizen(request, reader), proof_id)
        digest = mine.pdf_digest
        view = views.proof_page(tenant, mine, await PICTURES.count(resources, digest) if digest else 0)
        version = version_of(digest) if digest else ""
        return page("citizen/proof.html", view=view, version=version)

    @get("/proofs/{proof_id:uuid}/pdf")
    async def proof_pdf(
        self, request: AnyRequest, reader: Reader, resources: Parts, proof_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed proof."""
        mine, digest = await _sealed(request, reader, proof_id)
        return pdf_response(await resources.blobs.get(digest), f"{mine.number}.pdf", download=True)

    @get("/proofs/{proof_id:uuid}/pages/{picture:str}")
    async def proof_picture(
        self,
        request: AnyRequest,
        reader: Reader,
        resources: Parts,
        proof_id: FromPath[UUID],
        picture: FromPath[str],
        v: FromQuery[str] = "",
    ) -> Response[bytes]:
        """A page of the sealed proof."""
        _, digest = await _sealed(request, reader, proof_id)
        return picture_response(await PICTURES.page(resources, digest, page_number(picture)), digest=digest, version=v)


async def _sealed(request: AnyRequest, reader: ReadSession, proof_id: UUID) -> tuple[Certificate, str]:
    mine = await own.proof(reader, await citizen(request, reader), proof_id)
    if mine.pdf_digest is None:
        raise NotFound("证明正在制作，请稍后再看")
    return mine, mine.pdf_digest


def _back(request: AnyRequest, county: str, contract_id: UUID, words: str) -> Response[Any]:
    return redirect(request, f"/me/{county}/contracts/{contract_id}", words)
