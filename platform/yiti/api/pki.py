"""Revocation answers, lists, time and certificates, for whoever checks our signatures with their own tools."""

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from kernel.permissions import anyone
from signing.pki import OCSP_PATH, TIMESTAMP_PATH
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.resources import Parts

_LIMIT_BYTES = 4096
_LIST = "application/pkix-crl"


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


@post(
    TIMESTAMP_PATH,
    guards=[anyone],
    opt={NO_SESSION: True, EXEMPT: True},
    status_code=200,
    request_max_body_size=_LIMIT_BYTES,
)
async def answer_timestamp(resources: Parts, body: RawBody) -> Response[bytes]:
    """RFC 3161 over HTTP: this digest exists now."""
    return Response(await resources.signing.answer_timestamp(body), media_type="application/timestamp-reply")


@get("/pki/root.crl", guards=[anyone], opt={NO_SESSION: True})
async def root_list(resources: Parts) -> Response[bytes]:
    """Issuing authorities that are revoked."""
    return Response(await resources.signing.revocation_list(0), media_type=_LIST)


@get("/pki/issuing/{number:int}/ca.crl", guards=[anyone], opt={NO_SESSION: True})
async def issuing_list(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """Revoked certificates of one issuing authority; its first is number 1."""
    return Response(await resources.signing.revocation_list(max(number, 1)), media_type=_LIST)


@get("/pki/issuing/{number:int}/ca.cer", guards=[anyone], opt={NO_SESSION: True})
async def issuer_certificate(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """The certificate of one issuing authority."""
    return Response(await resources.signing.issuer_certificate(number), media_type="application/pkix-cert")


@get("/pki/root.pem", guards=[anyone], opt={NO_SESSION: True})
async def root_certificate(resources: Parts) -> Response[bytes]:
    """The trust anchor of this installation's signatures."""
    return Response(await resources.signing.root_certificate(), media_type="application/x-pem-file")


HANDLERS = (answer_ocsp, answer_timestamp, root_certificate, root_list, issuing_list, issuer_certificate)
