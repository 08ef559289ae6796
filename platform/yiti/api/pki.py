"""Revocation answers, lists, time and certificates, for whoever checks our signatures with their own tools."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from kernel.errors import NotFound
from kernel.permissions import anyone
from kernel.web.problems import problem_response
from signing.errors import UnknownCertificate
from signing.pki import OCSP_PATH, TIMESTAMP_PATH
from yiti.accounts.csrf import EXEMPT
from yiti.accounts.middleware import NO_SESSION
from yiti.resources import Parts, Resources

_LIMIT_BYTES = 4096
_LIST = "application/pkix-crl"
_CERTIFICATE = "application/pkix-cert"


class TimeFromElsewhere(NotFound):
    """The documents of this installation bear an outside service's time; ours beside it would only confuse."""

    code = "pki.time_from_elsewhere"
    default_message = "本平台的可信时间由外部时间戳服务机构提供，此处不签发时间戳"


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
    exception_handlers={TimeFromElsewhere: problem_response},
)
async def answer_timestamp(resources: Parts, body: RawBody) -> Response[bytes]:
    """RFC 3161 over HTTP: this digest exists now. 404 where an outside service gives the time."""
    if resources.settings.timestamp_url:
        raise TimeFromElsewhere
    return Response(await resources.signing.answer_timestamp(body), media_type="application/timestamp-reply")


@get("/pki/root.crl", guards=[anyone], opt={NO_SESSION: True})
async def root_list(resources: Parts) -> Response[bytes]:
    """Issuing authorities that are revoked, of the first root."""
    return Response(await resources.signing.root_list(1), media_type=_LIST)


@get("/pki/roots/{number:int}/ca.crl", guards=[anyone], opt={NO_SESSION: True})
async def later_root_list(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """The same of any root."""
    return Response(await resources.signing.root_list(number), media_type=_LIST)


@get("/pki/issuing/{number:int}/ca.crl", guards=[anyone], opt={NO_SESSION: True})
async def issuing_list(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """Revoked certificates of one issuing authority; its first is number 1."""
    return Response(await resources.signing.revocation_list(max(number, 1)), media_type=_LIST)


@get("/pki/issuing/{number:int}/ca.cer", guards=[anyone], opt={NO_SESSION: True})
async def issuer_certificate(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """The certificate of one issuing authority."""
    return Response(await resources.signing.issuer_certificate(number), media_type=_CERTIFICATE)


@get("/pki/root.pem", guards=[anyone], opt={NO_SESSION: True})
async def root_certificates(resources: Parts) -> Response[bytes]:
    """The trust anchors of this installation's signatures, the newest first."""
    found = [x509.load_der_x509_certificate(root) for root, _ in await resources.signing.root_certificates()]
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in reversed(found))
    return Response(pem, media_type="application/x-pem-file")


@get("/pki/roots/{number:int}/ca.cer", guards=[anyone], opt={NO_SESSION: True})
async def root_certificate(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """One root."""
    return Response((await _root(resources, number))[0], media_type=_CERTIFICATE)


@get("/pki/roots/{number:int}/by-former.cer", guards=[anyone], opt={NO_SESSION: True})
async def bridge(resources: Parts, number: FromPath[int]) -> Response[bytes]:
    """The same key, certified by the root before: for who trusts only that one."""
    certified = (await _root(resources, number))[1]
    if not certified:
        raise UnknownCertificate
    return Response(certified, media_type=_CERTIFICATE)


async def _root(resources: Resources, number: int) -> tuple[bytes, bytes]:
    found = await resources.signing.root_certificates()
    if not 1 <= number <= len(found):
        raise UnknownCertificate
    return found[number - 1]


HANDLERS = (
    answer_ocsp,
    answer_timestamp,
    root_certificates,
    root_list,
    later_root_list,
    root_certificate,
    bridge,
    issuing_list,
    issuer_certificate,
)
