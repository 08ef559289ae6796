"""An outside timestamp service: another PKI, over HTTP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from asn1crypto import tsp
from cryptography import x509

from kernel.clock import now
from kernel.settings import Settings
from signing import pades
from signing.errors import TimestampUnavailable
from signing.pades import Desk
from signing.pki import DevelopmentPki, create_pki
from signing.ports import Evidence
from signing.timestamps import HttpTimestamper, ResponderClient, ResponderTimestamper, open_timestamper
from signing.validation import Trust, validate_pdf
from tests.signing.material import OCSP, document, picture


class _Service(BaseHTTPRequestHandler):
    pki: ClassVar[DevelopmentPki]
    broken: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/ocsp":
            self._reply("application/ocsp-response", self.pki.answer_request(body))
        elif self.broken:
            self.send_error(503)
        else:
            self._reply("application/timestamp-reply", self._stamp(body))

    def _stamp(self, body: bytes) -> bytes:
        request = tsp.TimeStampReq.load(body)
        client = ResponderClient(self.pki)
        nonce = request["nonce"].native
        token = client.token(request["message_imprint"]["hashed_message"].native, nonce=nonce)
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": _load(token)}).dump())

    def _reply(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _load(token: bytes) -> object:
    from asn1crypto import cms

    return cms.ContentInfo.load(token)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    address = f"http://127.0.0.1:{server.server_port}"
    _Service.pki = create_pki(tmp_path / "outside", b"x", f"{address}/ocsp", label="某时间戳中心")
    _Service.broken = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


async def test_an_outside_service_dates_a_seal(service: str, pki: DevelopmentPki) -> None:
    outside = HttpTimestamper(f"{service}/tsa", (_Service.pki.root.der,))
    seal = pki.issue_seal("outside", "某公司", "91411528MA99999963", picture())
    pdf = await pades.seal_pdf(document(), "seal", None, seal, Desk(pki, outside), ink=None)
    fresh = await outside.evidence(now()) + Evidence((), (), (_Service.pki._root_crl(now()),))
    both = (pki.root.der, *outside.roots)
    report = await validate_pdf(pdf, Trust(both, fresh))
    assert report.valid
    assert report.signatures[0].level == "B-LT"
    (distrusted,) = (await validate_pdf(pdf, Trust((pki.root.der,), fresh))).signatures
    assert distrusted.signed_at is None  # the time is only worth what its signer is


async def test_a_service_that_is_down_signs_nothing(service: str, pki: DevelopmentPki) -> None:
    outside = HttpTimestamper(f"{service}/tsa", (_Service.pki.root.der,))
    _Service.broken = True
    seal = pki.issue_seal("outside", "某公司", "91411528MA99999963", picture())
    with pytest.raises(TimestampUnavailable):
        await pades.seal_pdf(document(), "seal", None, seal, Desk(pki, outside), ink=None)


def test_the_setting_chooses(tmp_path: Path) -> None:
    pki = create_pki(tmp_path, b"x", OCSP)
    own = open_timestamper(Settings.model_construct(timestamp_url=""), pki)
    assert isinstance(own, ResponderTimestamper)
    (tmp_path / "timestamp-roots.pem").write_bytes((tmp_path / "root.crt").read_bytes())
    outside = open_timestamper(Settings.model_construct(timestamp_url="http://x/", pki_dir=tmp_path), pki)
    assert isinstance(outside, HttpTimestamper)
    assert [x509.load_der_x509_certificate(der) for der in outside.roots] == [pki.root.certificate]
