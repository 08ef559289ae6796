"""The way to the identity service and back, bound to the browser that set out.

A cookie of this browser holds the state; the address that comes back must bring the same one. So nobody can make
another person's browser accept an identification that was started elsewhere.
"""

import base64
import binascii
import hmac
import secrets

import msgspec
from litestar.datastructures import Cookie

from integrations.errors import BadSignature, CounterpartyRefused, MalformedMessage, StaleMessage
from kernel.errors import Forbidden, Invalid, Unavailable
from kernel.settings import Settings
from kernel.tenancy import as_tenant
from signing.schemas import IdentityAssertion, IdentityStarted
from yiti.accounts.cookies import cookie_name
from yiti.portals.shell.views import AnyRequest
from yiti.resources import Resources

_COOKIE = "yiti-identity"
_SECONDS = 600
"""As long as the identity service keeps a check open."""


class NotPassed(Invalid):
    """The person was refused by the identity service, or gave up there."""

    code = "citizen.identity_not_passed"
    default_message = "人脸核验没有通过或已取消，请重新核验"


class ForeignReturn(Forbidden):
    """The answer belongs to an identification of another browser, another page or another time."""

    code = "citizen.foreign_return"
    default_message = "这次核验不是从本页面发起的，或者已经超时，请重新核验"


class AnswerUnclear(Unavailable):
    """The identity service's answer cannot be trusted or understood."""

    code = "citizen.identity_unclear"
    default_message = "身份认证服务返回的结果无法确认，请稍后重新核验"


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An identification under way. `purpose` is a digest of what it is for, `next` the page to open afterwards."""

    state: str
    reference: str
    purpose: str
    next: str = ""


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser brought back from the identity service."""

    code: str
    state: str
    error: str


async def start(
    resources: Resources, county: str, *, name: str, id_no: str, path: str, purpose: str, then: str = ""
) -> tuple[IdentityStarted, Cookie]:
    """Open a check; send the browser to `url` with the cookie. `path` is our page to come back to.

    HTTP happens here: call it outside of a transaction. Raises CounterpartyUnavailable, CounterpartyRefused.
    """
    state = secrets.token_urlsafe(32)
    return_url = f"{resources.settings.public_url.rstrip('/')}{path}"
    with as_tenant(county):
        opened = await resources.connectors.identity.start(name, id_no, return_url, state)
    pending = Pending(state=state, reference=opened.reference, purpose=_digest(state, purpose), next=then)
    value = base64.urlsafe_b64encode(msgspec.json.encode(pending)).decode()
    started = IdentityStarted(reference=opened.reference, url=opened.url)
    return started, _cookie(value, _SECONDS, resources.settings)


def returned_by(request: AnyRequest) -> Returned:
    """What stands in the address that the identity service sent the browser to."""
    query = request.query_params
    return Returned(code=query.get("code", ""), state=query.get("state", ""), error=query.get("error", ""))


async def finish(request: AnyRequest, resources: Resources, county: str) -> IdentityAssertion:
    """Fetch the result of the check that this browser started. Check `is_for` as well.

    Raises ForeignReturn, NotPassed, ForeignIdentity, IdentityUsed, AnswerUnclear, CounterpartyUnavailable.
    """
    pending, returned = pending_of(request, resources.settings), returned_by(request)
    if pending is None or not hmac.compare_digest(pending.state.encode(), returned.state.encode()):
        raise ForeignReturn
    if returned.error or not returned.code:
        raise NotPassed
    try:
        with as_tenant(county):
            found = await resources.connectors.identity.finish(pending.reference, returned.code, state=returned.state)
    except CounterpartyRefused as error:
        raise NotPassed from error
    except (BadSignature, StaleMessage, MalformedMessage) as error:
        raise AnswerUnclear from error
    return IdentityAssertion(
        reference=found.reference,
        name=found.name,
        id_no=found.id_no,
        method=found.method,
        provider=found.provider,
        verified_at=found.verified_at,
        digest=found.digest,
    )


def pending_of(request: AnyRequest, settings: Settings) -> Pending | None:
    """The identification that this browser started, if any; the browser may have sent anything."""
    value = request.cookies.get(cookie_name(_COOKIE, settings), "")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value), type=Pending) if value else None
    except (binascii.Error, ValueError):
        return None


def is_for(pending: Pending | None, purpose: str) -> bool:
    """Whether it was started for this purpose: a signing link's token, or the ID number typed at sign-in."""
    return pending is not None and hmac.compare_digest(pending.purpose, _digest(pending.state, purpose))


def forget_pending(settings: Settings) -> Cookie:
    """Takes the cookie away."""
    return _cookie("", 0, settings)


def _digest(state: str, purpose: str) -> str:
    return hmac.new(state.encode(), purpose.encode(), "sha256").hexdigest()


def _cookie(value: str, max_age: int, settings: Settings) -> Cookie:
    return Cookie(
        key=cookie_name(_COOKIE, settings),
        value=value,
        max_age=max_age,
        path="/",
        secure=settings.secure,
        httponly=True,
        # Lax: the way back from the identity service is a link from another site.
        samesite="lax",
    )
