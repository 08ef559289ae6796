"""Verification for machines: the same answers as the public page, as JSON; errors as problem details (RFC 9457)."""

import hashlib
from datetime import datetime
from typing import Any, Literal

from litestar import Controller, Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, RawBody
from msgspec import Struct

from kernel.errors import Invalid, NotFound
from kernel.permissions import anyone
from kernel.web.dependencies import Tenant, client_address
from kernel.web.problems import problem_response
from signing.schemas import Outcome, SignatureReport
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.certificates.checking import Additions, DataCheck, PublicView, Validity, Verification
from yiti.portals.public import verdicts
from yiti.portals.public.verifying import FILE_LIMIT, by_code, by_file
from yiti.resources import Parts


class UnknownCode(NotFound):
    """No paper of this county has this code."""

    code = "verify.unknown_code"
    default_message = "本县登记机构没有签发过这个验证码的证书、证明或者文书"


class Added(Struct, frozen=True, kw_only=True):
    """What was added to the file after a signature, see `signing.schemas.Addition`; `words` in Chinese."""

    kind: str
    name: str
    words: str


class Signature(Struct, frozen=True, kw_only=True):
    """One signature. `intact` and `trusted` speak of the bytes that it covers, `changes` and `added` of what followed.

    `signed_at` is proven by a timestamp that is trusted here; `claimed_at` only said. `timestamp`: none, trusted,
    untrusted, broken. `level`: B-B, B-T, B-LT, B-LTA, or DTS for a document timestamp. `indication`: the name of
    EN 319 102-1; `words` the same in Chinese.
    """

    field: str
    kind: Literal["certification", "signature", "timestamp"]
    signer: str
    organisation: str | None
    issuer: str
    signed_at: datetime | None
    claimed_at: datetime | None
    timestamp: Literal["none", "trusted", "untrusted", "broken"]
    timestamp_by: str
    level: str
    intact: bool
    trusted: bool
    covers_whole_file: bool
    changes: Literal["none", "permitted", "illegal"]
    added: tuple[Added, ...]
    indication: str
    words: str


class Answer(Struct, frozen=True, kw_only=True):
    """`register`: what the books say today of the paper: valid, cancelled, replaced, expired (an annotated copy),
    pending, not_ours. `paper`: what they hold, personal data masked.

    Only for a file: its SHA-256; `original`: none (exactly as issued), permitted or illegal (the paper is inside, and
    what was added), null where the file is no paper of ours; `verdict` on its signatures: valid, changed, broken,
    untrusted, unsigned, unreadable, null where a file of ours could not be examined just now; the signatures;
    `data`: of a file that is not known to the byte but is or claims to be a certificate, proof or annotated copy: the
    attached data, read from the file, against the register's (same, different with each field, missing, unreadable);
    `unfilled`: signature places that nobody has signed; `notes` in Chinese.
    """

    register: Validity
    register_words: str
    paper: PublicView | None = None
    sha256: str | None = None
    original: Additions | None = None
    verdict: Outcome | None = None
    verdict_words: str | None = None
    signatures: tuple[Signature, ...] = ()
    data: DataCheck | None = None
    unfilled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class VerificationApi(Controller):
    """`/api/verify`. Open to everybody, as often from one address as the page."""

    path = "/api/verify"
    guards = (anyone,)
    opt = {NO_SESSION: True, EXEMPT: True}  # noqa: RUF012 - Litestar's own annotation is missing
    exception_handlers = {Exception: problem_response, HTTPException: problem_response}  # noqa: RUF012

    @get("/{county:str}/{code:str}")
    async def of_code(
        self, request: Request[Any, Any, Any], resources: Parts, tenant: Tenant, code: FromPath[str]
    ) -> Answer:
        """What the books say of the paper with this code; 404 where there is none, 429 after too many of those."""
        found = await by_code(resources, tenant, code, client_address(request))
        if found.view is None:
            raise UnknownCode
        return answer(found)

    @post("/", status_code=200, request_max_body_size=FILE_LIMIT)
    async def of_file(
        self, request: Request[Any, Any, Any], resources: Parts, body: RawBody, county: FromQuery[str] = ""
    ) -> Answer:
        """The PDF is the body. `county`: look it up there only. 413 above 5 MB, 422 for what is no PDF, 429, 503."""
        counties = list(request.app.state.counties)
        if county and county not in counties:
            raise Invalid("没有这个县", field="county")
        found = await by_file(resources, [county] if county else counties, body, client_address(request))
        return answer(found, hashlib.sha256(body).hexdigest())


def answer(found: Verification, digest: str | None = None) -> Answer:
    """As machines get it."""
    report = found.report
    return Answer(
        register=found.validity,
        register_words=found.words,
        paper=found.view,
        sha256=digest,
        original=found.additions,
        verdict=report.outcome if report else None,
        verdict_words=verdicts.VERDICTS[report.outcome][2] if report else None,
        signatures=tuple(_signature(one) for one in report.signatures) if report else (),
        data=found.data,
        unfilled=report.unfilled if report else (),
        notes=verdicts.notes(report) if report else (),
    )


def _signature(one: SignatureReport) -> Signature:
    return Signature(
        field=one.field,
        kind=one.kind,
        signer=one.signer,
        organisation=one.organisation,
        issuer=one.issuer,
        signed_at=one.signed_at,
        claimed_at=one.claimed_at,
        timestamp=one.stamp,
        timestamp_by=one.stamped_by,
        level=one.level,
        intact=one.intact,
        trusted=one.trusted,
        covers_whole_file=one.covers_whole_file,
        changes=one.changes,
        added=tuple(Added(kind=what.kind, name=what.name, words=verdicts.added(what, {})) for what in one.added),
        indication=one.verdict,
        words=verdicts.reason(one),
    )
