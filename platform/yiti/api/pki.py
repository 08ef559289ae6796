"""Revocation answers and the root certificate, for whoever checks our signatures with their own tools."""

from litestar import Response, get, post
from litestar.params import RawBody

from kernel.permissions import anyone
from signing.pki import OCSP_PATH
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.resources import Parts

_LIMIT_BYTES = 4096


@post(
    OCSP_PATH,
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=_LIMIT_BYTES,
)
async def answer_ocsp(resources: Parts, body: RawBody) -> Response[bytes]:
    """RFC 6960 over HTTP: is this certificate still good?"""
    return Response(await resources.signing.answer_ocsp(body), media_type="application/ocsp-response")


@get("/pki/root.pem", guards=[anyone], opt={NO_SESSION: True})
async def root_certificate(resources: Parts) -> Response[bytes]:
    """The trust anchor of this installation's signatures."""
    return Response(await resources.signing.root_certificate(), media_type="application/x-pem-file")
