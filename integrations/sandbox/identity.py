"""The identity service: a page on the phone that plays the face check, and codes for signed assertions."""

import secrets
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import uuid4

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template

from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import Envelope, sign
from integrations.identity import FINISH, START, AssertionClaims, CheckOpened, CodeGrant, Granted, IdentityCheck
from integrations.sandbox.callbacks import forger
from integrations.sandbox.state import Check
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from kernel.clock import now
from kernel.errors import Conflict, DomainError, Invalid, NotFound
from kernel.pii import mask_id, mask_name

_LIFETIME = timedelta(minutes=10)
_ME = Counterparty.IDENTITY


class Expired(DomainError):
    """The check was opened too long ago."""

    status = 410
    code = "expired"
    default_message = "本次核验已过期，请返回重新发起"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the (played) face check found. With `name` and `id_no` another person stands before the camera."""

    decision: Literal["pass", "fail"]
    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    id_no: Annotated[str, msgspec.Meta(max_length=40)] | None = None


@post("/requests")
async def open_check(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """Open a check."""
    base = str(request.base_url).rstrip("/")

    def act(envelope: Envelope, asked: IdentityCheck) -> CheckOpened:
        # The key holds the platform's nonce, so it names the check; the reference must not be guessable from it.
        known = {check.nonce: check for check in world.store.state.checks.values()}
        check = once(known, asked.nonce, envelope, lambda digest: _opened(envelope, asked, digest))
        world.store.state.checks.setdefault(check.reference, check)
        return CheckOpened(reference=check.reference, url=f"{base}/identity/verify/{check.reference}")

    return await world.take(request, _ME, START, IdentityCheck, act)


def _opened(envelope: Envelope, asked: IdentityCheck, digest: str) -> Check:
    return Check(
        county=envelope.county,
        digest=digest,
        reference=uuid4().hex,
        opened_at=now(),
        name=asked.name,
        id_no=asked.id_no,
        return_url=asked.return_url,
        state=asked.state,
        nonce=asked.nonce,
        code=secrets.token_urlsafe(24),
    )


@get("/verify/{reference:str}")
async def show_check(reference: FromPath[str], request: AnyRequest, world: Here) -> Template | dict[str, str]:
    """The page on the phone; JSON for a scripted client that asks for it."""
    check = _check(world, reference)
    shown = {"reference": reference, "name": mask_name(check.name), "id_no": mask_id(check.id_no)}
    if request.accept.best_match(["text/html", "application/json"]) == "application/json":
        return {**shown, "decision": check.decision or ""}
    context = {**shown, "decided": check.decision is not None}
    return Template("face.html", context=context, media_type=MediaType.HTML)


@post("/verify/{reference:str}")
async def decide(reference: FromPath[str], request: AnyRequest, world: Here) -> Redirect:
    """The buttons, as a form or as JSON; both are sent back to the platform by the same redirect."""
    check = _check(world, reference)
    decision = await _decision(request)
    if check.decision is None:
        check.decision = decision.decision
        check.decided_at = now()
        check.person = (decision.name or check.name, decision.id_no or check.id_no)
        await world.store.save()
    result = {"code": check.code} if check.decision == "pass" else {"error": "access_denied"}
    return Redirect(_with_query(check.return_url, {**result, "state": check.state}), status_code=303)


async def _decision(request: AnyRequest) -> Decision:
    is_json = request.content_type[0] == MediaType.JSON
    given = await request.json() if is_json else dict(await request.form())
    try:
        return msgspec.convert(given, Decision)
    except msgspec.ValidationError as error:
        raise Invalid("请选择“通过”或“不通过”") from error


@post("/token")
async def grant(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """Exchange a code for the signed assertion; once, except for the same request repeated."""

    def act(envelope: Envelope, asked: CodeGrant) -> Granted:
        check = _check(world, asked.reference)
        passed = check.decision == "pass" and check.county == envelope.county
        if not passed or not secrets.compare_digest(asked.code.encode(), check.code.encode()):
            raise Invalid("授权码无效，请重新发起人脸核验")
        if check.granted_to not in (None, envelope.key):
            raise Conflict("授权码已使用")
        check.granted_to = envelope.key
        check.assertion = check.assertion or _assertion(world, check)
        return Granted(assertion=check.assertion)

    return await world.take(request, _ME, FINISH, CodeGrant, act)


def _assertion(world: World, check: Check) -> str:
    moment = now()
    name, id_no = check.person or (check.name, check.id_no)
    claims = AssertionClaims(
        iss=_ME,
        aud=PLATFORM,
        iat=int(moment.timestamp()),
        exp=int((moment + timedelta(minutes=5)).timestamp()),
        jti=uuid4().hex,
        reference=check.reference,
        nonce=check.nonce,
        name=name,
        id_no=id_no,
        level="advanced",
        face="passed",
        evidence_id=new_reference("RZ"),
        verified_at=check.decided_at or moment,
    )
    keys = world.keys[_ME]
    signer = forger(keys) if world.faults(_ME).forged_signature else keys
    return sign(signer.own, msgspec.json.encode(claims))


def _check(world: World, reference: str) -> Check:
    check = world.store.state.checks.get(reference)
    if check is None:
        raise NotFound("没有找到该核验申请")
    if now() - check.opened_at > _LIFETIME:
        raise Expired
    return check


def _with_query(url: str, added: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(added))))
    return urlunsplit(parts._replace(query=query))


router = Router("/identity", route_handlers=[open_check, show_check, decide, grant])
