"""A certification authority that speaks EST (RFC 7030) and OCSP (RFC 6960): `YITI_CA_URL=…/ca`, user and password
`yiti`. Its root for `outside-ca-roots.pem` is at `/ca/root.pem`. Keys live as long as the process's folder.
"""

import base64

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath

from integrations.sandbox.state import Other
from integrations.sandbox.world import AnyRequest, Here

_SIGN_IN = "Basic " + base64.b64encode(b"yiti:yiti").decode()


@get("/root.pem", media_type=MediaType.TEXT)
async def root_pem(world: Here) -> bytes:
    """What the platform is to trust."""
    return world.authority.root.public_bytes(Encoding.PEM)


@get("/root.crl")
async def root_crl(world: Here) -> Response[bytes]:
    """The list of the root."""
    return Response(world.authority.root_list(), media_type="application/pkix-crl")


@get("/cacerts")
async def cacerts(world: Here) -> Response[bytes]:
    """RFC 7030, 4.1."""
    return await _enrolled(world, [world.authority.issuer, world.authority.root])


@post("/simpleenroll", status_code=200)
async def simpleenroll(world: Here, request: AnyRequest) -> Response[bytes]:
    """RFC 7030, 4.2."""
    if request.headers.get("authorization") != _SIGN_IN:
        return Response(b"", status_code=401, headers={"www-authenticate": "Basic"})
    asked = x509.load_der_x509_csr(base64.b64decode(await request.body()))
    if not asked.is_signature_valid:
        return Response(b"", status_code=400)
    return await _enrolled(world, [world.authority.issue(asked, str(request.url).rsplit("/", 1)[0])])


async def _enrolled(world: Here, certificates: list[x509.Certificate]) -> Response[bytes]:
    strike = await world.struck(Other.CERTIFICATION)
    if strike is not None:
        return strike
    content = base64.encodebytes(pkcs7.serialize_certificates(certificates, Encoding.DER))
    kind = "application/pkcs7-mime; smime-type=certs-only"
    return Response(content, media_type=kind, headers={"content-transfer-encoding": "base64"})


@post("/ocsp", status_code=200)
async def answer_ocsp(world: Here, request: AnyRequest) -> Response[bytes]:
    """RFC 6960."""
    strike = await world.struck(Other.CERTIFICATION)
    if strike is not None:
        return strike
    return Response(world.authority.answer(await request.body()), media_type="application/ocsp-response")


@post("/revoke/{serial:str}", status_code=204)
async def revoke(world: Here, serial: FromPath[str]) -> None:
    """For tests and trials: from now on the answer is `revoked`. Serial number in hex."""
    world.authority.revoked.add(int(serial, 16))


router = Router(path="/ca", route_handlers=[root_pem, root_crl, cacerts, simpleenroll, answer_ocsp, revoke])
