"""What outsiders fetch to check a signature with their own tools: answers, lists, time and certificates."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.di import Provide

from kernel.settings import Settings
from kernel.web.problems import problem_response
from tests.signing.material import Resources
from yiti.api import pki as pages
from yiti.resources import Resources as PlatformResources


@pytest.fixture(params=[""])
async def outsider(
    request: pytest.FixtureRequest, resources: Resources, settings: Settings
) -> AsyncIterator[AsyncClient]:
    """The pages, with the outside timestamp service that the parameter names."""
    unused: Any = None
    chosen = settings.model_copy(update={"timestamp_url": request.param})
    parts = PlatformResources(chosen, unused, unused, unused, resources.signing, unused)
    app = Litestar(
        pages.HANDLERS,
        dependencies={"resources": Provide(lambda: parts, sync_to_thread=False)},
        exception_handlers={Exception: problem_response},
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://yiti") as client:  # type: ignore[arg-type]
        yield client


async def test_the_chain_and_its_lists_hold_together(outsider: AsyncClient) -> None:
    root = x509.load_pem_x509_certificate((await outsider.get("/pki/root.pem")).content)
    issuer = x509.load_der_x509_certificate((await outsider.get("/pki/issuing/1/ca.cer")).content)
    issuer.verify_directly_issued_by(root)
    (place,) = issuer.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert place.full_name
    assert urlsplit(place.full_name[0].value).path == "/pki/root.crl"
    for url, signer in (("/pki/root.crl", root), ("/pki/issuing/1/ca.crl", issuer)):
        answer = await outsider.get(url)
        assert answer.headers["Content-Type"] == "application/pkix-crl"
        crl = x509.load_der_x509_crl(answer.content)
        assert crl.issuer == signer.subject
        assert crl.is_signature_valid(signer.public_key())  # type: ignore[arg-type]
    for number in (0, 99, -1):
        assert (await outsider.get(f"/pki/issuing/{number}/ca.cer")).status_code == 404


async def test_each_root_has_its_pages(outsider: AsyncClient) -> None:
    root = x509.load_pem_x509_certificate((await outsider.get("/pki/root.pem")).content)
    first = x509.load_der_x509_certificate((await outsider.get("/pki/roots/1/ca.cer")).content)
    assert first == root
    crl = x509.load_der_x509_crl((await outsider.get("/pki/roots/1/ca.crl")).content)
    assert crl.is_signature_valid(root.public_key())  # type: ignore[arg-type]
    for missing in ("roots/1/by-former.cer", "roots/2/ca.cer", "roots/2/ca.crl", "roots/0/ca.crl", "roots/-1/ca.cer"):
        assert (await outsider.get(f"/pki/{missing}")).status_code == 404, missing


async def test_questions_about_certificates_are_answered(outsider: AsyncClient) -> None:
    issuer = x509.load_der_x509_certificate((await outsider.get("/pki/issuing/1/ca.cer")).content)
    builder = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, hashes.SHA256())
    answer = await outsider.post("/pki/ocsp", content=builder.build().public_bytes(Encoding.DER))
    assert answer.headers["Content-Type"] == "application/ocsp-response"
    assert ocsp.load_der_ocsp_response(answer.content).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert (await outsider.post("/pki/ocsp", content=b"x" * 5000)).status_code == 413


async def test_the_time_is_given(outsider: AsyncClient) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    asked = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": 7, "cert_req": True}).dump()
    answer = await outsider.post("/pki/tsa", content=asked)
    assert answer.headers["Content-Type"] == "application/timestamp-reply"
    reply = core.Sequence.load(answer.content)
    assert tsp.PKIStatusInfo.load(reply[0].dump())["status"].native == "granted"
    info = cms.ContentInfo.load(reply[1].dump())["content"]["encap_content_info"]["content"].parsed
    assert info["nonce"].native == 7


@pytest.mark.parametrize("outsider", ["http://time.example/"], indirect=True)
async def test_nobody_is_given_our_time_where_documents_bear_another(outsider: AsyncClient) -> None:
    answer = await outsider.post("/pki/tsa", content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (404, "pki.time_from_elsewhere")
    assert "外部时间戳服务" in answer.text
