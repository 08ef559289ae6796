"""Buyers at their phones: the real pages on the stage's county, and the sandbox's identity service over HTTP."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

import signing.service as signing
from contracts.schemas import Buyer
from kernel.permissions import system_actor
from tests.journeys.stage import HOME, Stage, handwriting
from tests.portals.pages import HOST, PageClient
from tests.portals.platforms import pages_of
from yiti.accounts import sessions
from yiti.accounts.cookies import SESSION
from yiti.certificates.models import Certificate
from yiti.portals import citizen, public

PICTURE = "data:image/png;base64," + base64.b64encode(handwriting()).decode()
UPLOAD_LIMIT = 6 * 1024 * 1024
ME = f"/me/{HOME}"
PAPERS = ["contract", "notice_application", "inquiry_record", "handover_agreement"]


def make_platform(stage: Stage) -> Litestar:
    """The citizens' and the public's pages, on the stage's own resources."""
    return pages_of(stage, citizen, public, request_max_body_size=UPLOAD_LIMIT)


def viewed(desk: str) -> str:
    """The report of the desk's script on the pages that are in its page; none where there is nothing to read."""
    documents: dict[str, dict[str, int]] = {}
    for key, page in re.findall(r"/documents/(\w+)/pages/(\d+)\.png", desk):
        documents.setdefault(key, {})[page] = 1000
    return json.dumps({"visit": uuid4().hex, "documents": documents}) if documents else ""


@dataclass(frozen=True)
class Sold:
    """A finished sale."""

    contract_id: UUID
    proof: Certificate
    buyers: tuple[Buyer, ...]

    @property
    def url(self) -> str:
        return f"{ME}/contracts/{self.contract_id}"

    @property
    def proof_url(self) -> str:
        return f"{ME}/proofs/{self.proof.id}"


@dataclass
class Phone:
    """A buyer's browser."""

    stage: Stage
    page: PageClient

    async def get(self, url: str, **named: Any) -> Response:
        return await self.page.get(url, **named)

    async def face(self, form: Response, **decision: str) -> str:
        """Do the face check that a form led to; returns the address that the browser is sent back to."""
        assert form.status_code == 303, form.text
        path = urlsplit(form.headers["Location"]).path
        answer = self.stage.sandbox.post(path, data={"decision": "pass"} | decision)
        assert answer.status_code == 303
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"

    async def identify(self, link: str, **decision: str) -> Response:
        """Open the link, start the identification, and come back."""
        await self.get(link)
        return await self.get(await self.face(await self.page.post(f"{link}/identify"), **decision))

    async def read(self, link: str) -> str:
        """Open the desk; what its script tells when every page has been on the screen for a second."""
        return viewed((await self.get(link)).text)

    async def sign(self, link: str, **changes: Any) -> Response:
        told = {} if "viewed" in changes else {"viewed": await self.read(link)}
        data = {"agreed": PAPERS, "handwriting": PICTURE} | told | changes
        return await self.page.post(f"{link}/sign", data, headers={"Referer": f"http://{HOST}{link}"})

    async def signed_in(self, person: Buyer) -> "Phone":
        """As if the person had been identified before."""
        async with self.stage.resources.database.transaction(HOME) as tx:
            cookie = await sessions.open_citizen_session(tx, person.signatory_name, person.signatory_id_no)
        self.page.http.cookies.set(SESSION, cookie, domain=HOST)
        return self


MakePhone = Callable[[], Phone]


def make_phone(app: Litestar, stage: Stage) -> Phone:
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return Phone(stage, PageClient(AsyncClient(transport=transport, base_url=f"http://{HOST}")))


async def invited(stage: Stage, contract_id: UUID) -> dict[str, str]:
    """Money paid and submitted: the signing links by signatory."""
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.ceremony_id is not None)
    assert sale.ceremony_id is not None
    return await links_of(stage, sale.ceremony_id)


async def links_of(stage: Stage, ceremony_id: UUID) -> dict[str, str]:
    async with stage.resources.database.transaction(HOME) as tx:
        people = [one.key for one in await signing.signatories_of(tx, ceremony_id) if one.kind == "person"]
        tokens = {key: await signing.link_token(tx, system_actor(HOME), ceremony_id, key) for key in people}
    return {key: f"/s/{HOME}/{token}" for key, token in tokens.items()}
