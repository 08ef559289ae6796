"""The signing desk: what a buyer or applicant does behind the link of the SMS. The link's token is the credential to
come in; to read and to sign, the person must have been identified on this very browser.
"""

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody

from kernel.db import ReadSession
from kernel.errors import DomainError, NotFound
from kernel.permissions import anyone
from kernel.web.dependencies import Tenant, client_address
from signing import service as signing
from signing.errors import (
    AlreadySigned,
    CeremonyClosed,
    CeremonyExpired,
    LinkExpired,
    NotIdentified,
    NotYourTurn,
    UnknownLink,
)
from signing.schemas import ClientInfo
from yiti.accounts.rules import safe_return
from yiti.journeys import rounds
from yiti.portals.citizen import access, desk, identity
from yiti.portals.citizen.forms import ReasonForm, SignForm, ViewedForm, handwriting_png, viewing
from yiti.portals.public.throttle import LINKS, admit
from yiti.portals.shell.errors import SIGN_IN
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.pictures import HEIGHT, PICTURES, WIDTH, page_number, picture_response
from yiti.portals.shell.views import AnyRequest, is_htmx, page, redirect, several
from yiti.resources import Parts, Resources

_AGENT_LONGEST = 300


def link_is_dead(_request: AnyRequest, error: DomainError) -> Response[Any]:
    """A link that nobody knows or that is too old: where to get another one."""
    return page("citizen/link_dead.html", status=error.status, problem=error.message, sent=False)


@get("/s/again", guards=[anyone])
async def again(request: AnyRequest, next_: Annotated[str, QueryParameter(name="next")] = "") -> Response[Any]:
    """The session ended between reading and signing: back to the desk, which asks for a new identification."""
    then = safe_return(next_)
    words = "身份核验已超过时间，刚才的操作没有执行，请重新核验"
    return redirect(request, then if then.startswith("/s/") else "/me", words, "warning")


class SigningDeskController(Controller):
    """`/s/{county}/{token}`."""

    path = "/s/{county:str}/{token:str}"
    guards = (anyone,)
    opt = {SIGN_IN: "/s/again"}  # noqa: RUF012 - Litestar's own type
    exception_handlers = {UnknownLink: link_is_dead, LinkExpired: link_is_dead}  # noqa: RUF012 - Litestar's own type

    @get("/")
    async def show(self, request: AnyRequest, resources: Parts, tenant: Tenant, token: FromPath[str]) -> Response[Any]:
        """The desk; while signatures are being made, the page asks for its inner part again and again."""
        return await _desk_page(request, resources, tenant, token)

    @post("/identify")
    async def identify(
        self, request: AnyRequest, resources: Parts, tenant: Tenant, token: FromPath[str]
    ) -> Response[Any]:
        """Off to the identity service."""
        try:
            async with resources.database.read(tenant) as reader:
                await _still_open(reader, token)
                name, id_no = await signing.identity_request(reader, token)
            started, cookie = await identity.start(
                resources, tenant, name=name, id_no=id_no, path=f"/s/{tenant}/{token}/identified", purpose=token
            )
            async with resources.database.transaction(tenant) as tx:
                await signing.begin_identification(tx, token, started)
        except (UnknownLink, LinkExpired):
            raise
        except DomainError as error:
            return await _desk_page(request, resources, tenant, token, error)
        return redirect(request, started.url, cookies=(cookie,))

    @get("/identified")
    async def identified(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
    ) -> Response[Any]:
        """Back from the identity service: its answer is fetched, compared with the signatory, and opens a session."""
        home, settings = f"/s/{tenant}/{token}", resources.settings
        try:
            pending = identity.pending_of(request, settings)
            if pending is None and await _done_before(request, resources, tenant, token):
                return redirect(request, home)
            if not identity.is_for(pending, token):
                raise identity.ForeignReturn
            found = await identity.finish(request, resources, tenant)
            async with resources.database.transaction(tenant) as tx:
                await signing.complete_identification(tx, token, found, _client(request))
                cookie = await access.open_session(
                    request, tx, settings, found.name, found.id_no, client_address(request)
                )
        except (UnknownLink, LinkExpired):
            raise
        except DomainError as problem:
            return await _desk_page(request, resources, tenant, token, problem)
        return redirect(request, home, cookies=(cookie, identity.forget_pending(settings)))

    @post("/shown", status_code=204)
    async def shown(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
        data: URLEncodedBody[ViewedForm],
    ) -> None:
        """The page reports every few seconds which pages were on the screen, and for how long."""
        async with resources.database.transaction(tenant) as tx:
            await _expect_signer(request, tx, tenant, token)
            await signing.record_viewing(tx, token, viewing(data.viewed), _client(request))

    @post("/sign")
    async def sign(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
        data: URLEncodedBody[SignForm],
    ) -> Response[Any]:
        """All consents and the handwriting in one request; the signatures themselves follow as a job.

        What was shown last is kept first, so that it need not be read again when something else is missing.
        """
        agreed = several(data.agreed)
        try:
            async with resources.database.transaction(tenant) as tx:
                await _expect_signer(request, tx, tenant, token)
                if data.viewed:
                    await signing.record_viewing(tx, token, viewing(data.viewed), _client(request))
            async with resources.database.transaction(tenant) as tx:
                picture = handwriting_png(data.handwriting)
                await signing.consent(tx, token, dict.fromkeys(agreed, True), picture, _client(request))
        except (UnknownLink, LinkExpired):
            raise
        except DomainError as error:
            return await _desk_page(request, resources, tenant, token, error, agreed, data.handwriting)
        return redirect(request, f"/s/{tenant}/{token}")

    @post("/decline")
    async def decline(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Not to sign, and why: the signing is over for everybody, and who asked for the signatures is told."""
        try:
            async with resources.database.transaction(tenant) as tx:
                await _expect_signer(request, tx, tenant, token)
                await signing.decline(tx, token, data.reason)
        except (UnknownLink, LinkExpired):
            raise
        except DomainError as error:
            return await _desk_page(request, resources, tenant, token, error)
        return redirect(
            request, f"/s/{tenant}/{token}", "您没有同意签署，本次签署已经停止，发起签署的人会看到原因", "info"
        )

    @post("/renew", status_code=200)
    async def renew(self, request: AnyRequest, resources: Parts, tenant: Tenant, token: FromPath[str]) -> Response[Any]:
        """A new link instead of one that is too old, to the number on file. The answer is the same for everybody."""
        await admit(resources.database, tenant, LINKS, client_address(request))
        async with resources.database.transaction(tenant) as tx:
            await rounds.send_again(tx, token)
        return page("citizen/link_dead.html", sent=True, problem="")

    @get("/documents/{key:str}/pages/{picture:str}")
    async def picture(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
        key: FromPath[str],
        picture: FromPath[str],
        v: FromQuery[str] = "",
    ) -> Response[bytes]:
        """A page of a document as a picture, `3.png`."""
        number = page_number(picture)
        _, digest = await _document(request, resources, tenant, token, key)
        return picture_response(await PICTURES.page(resources, digest, number), digest=digest, version=v)

    @get("/documents/{key:str}/pdf")
    async def download(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        token: FromPath[str],
        key: FromPath[str],
    ) -> Response[bytes]:
        """The document itself."""
        title, digest = await _document(request, resources, tenant, token, key)
        return pdf_response(await resources.blobs.get(digest), f"{title}.pdf", download=True)


async def _desk_page(
    request: AnyRequest,
    resources: Resources,
    county: str,
    token: str,
    error: DomainError | None = None,
    agreed: list[str] | None = None,
    handwriting: str = "",
) -> Response[Any]:
    """The desk as it now stands, with what went wrong and what had been filled in."""
    shown = await desk.load(resources, county, token, access.person_index(request, county))
    part = "#desk" if is_htmx(request) else ""
    return page(
        f"citizen/desk.html{part}",
        status=error.status if error else 200,
        desk=shown,
        steps=shown.words.steps,
        problem=error.message if error else "",
        agreed=agreed or [],
        handwriting=handwriting if error and error.field != "handwriting" else "",
        width=WIDTH,
        height=HEIGHT,
    )


async def _still_open(reader: ReadSession, token: str) -> None:
    """Whether there is still something to sign, before anybody is sent away for it."""
    found = await signing.by_token(reader, token)
    if found.step in {"applying", "done"}:
        raise AlreadySigned
    if found.step == "wait":
        raise NotYourTurn
    if found.step == "closed":
        raise CeremonyExpired if found.ended == "expired" else CeremonyClosed


async def _expect_signer(request: AnyRequest, reader: ReadSession, county: str, token: str) -> None:
    """Something is still to be signed, and the person behind the link was identified on this browser."""
    await _still_open(reader, token)
    if not await desk.identified_here(reader, token, access.person_index(request, county)):
        raise NotIdentified


async def _done_before(request: AnyRequest, resources: Resources, county: str, token: str) -> bool:
    """The return address opened again (a reload): the person is already identified here."""
    shown = await desk.load(resources, county, token, access.person_index(request, county))
    return shown.mine and shown.step != "identify"


async def _document(request: AnyRequest, resources: Resources, county: str, token: str, key: str) -> tuple[str, str]:
    """Title and digest of a document that this person may read now."""
    async with resources.database.read(county) as reader:
        found = await signing.by_token(reader, token)
        if found.step in {"wait", "identify", "closed"} or not await desk.identified_here(
            reader, token, access.person_index(request, county)
        ):
            raise NotIdentified
    document = next((one for one in found.documents if one.key == key), None)
    if document is None:
        raise NotFound("没有这份文件")
    return document.title, document.digest


def _client(request: AnyRequest) -> ClientInfo:
    agent = request.headers.get("User-Agent", "")[:_AGENT_LONGEST]
    return ClientInfo(address=client_address(request), agent=agent)
