"""An outside timestamp service: another PKI, over HTTP."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.clock import now
from kernel.settings import Settings
from signing import pades
from signing.errors import TimestampUnavailable
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pades import Desk
from signing.pki import Pki
from signing.timestamps import HttpTimestamper, ResponderTimestamper, answer_request, open_timestamper
from signing.validation import Trust, validate_pdf
from tests.signing.material import OCSP, document, picture
from tests.tools import needs


class _Service(BaseHTTPRequestHandler):
    pki: ClassVar[Pki]
    broken: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/ocsp":
            self._reply("application/ocsp-response", self.pki.answer_request(body))
        elif self.broken:
            self.send_error(503)
        else:
            self._reply("application/timestamp-reply", answer_request(self.pki, body))

    def do_GET(self) -> None:
        assert self.path == "/root.crl"
        self._reply("application/pkix-crl", self.pki.root_list(now()))

    def _reply(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    address = f"http://127.0.0.1:{server.server_port}"
    _Service.pki = create_pki(tmp_path / "outside", SoftwareKeys(b"x"), f"{address}/ocsp", label="某时间戳中心")
    _Service.broken = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


async def test_an_outside_service_dates_a_seal(service: str, pki: Pki) -> None:
    outside = HttpTimestamper(f"{service}/tsa", (_Service.pki.root.der,))
    seal = pki.issue_seal("outside", "某公司", "91411528MA99999963", picture())
    pdf = await pades.seal_pdf(document(), "seal", None, seal, Desk(pki, outside), ink=None)
    fresh = await outside.evidence(now())
    assert fresh.crls
    both = (pki.root.der, *outside.roots)
    report = await validate_pdf(pdf, Trust(both, fresh))
    assert report.valid
    assert report.signatures[0].level == "B-LT"
    (distrusted,) = (await validate_pdf(pdf, Trust((pki.root.der,), fresh))).signatures
    assert distrusted.signed_at is None  # the time is only worth what its signer is


async def test_a_service_that_is_down_signs_nothing(service: str, pki: Pki) -> None:
    outside = HttpTimestamper(f"{service}/tsa", (_Service.pki.root.der,))
    _Service.broken = True
    seal = pki.issue_seal("outside", "某公司", "91411528MA99999963", picture())
    with pytest.raises(TimestampUnavailable):
        await pades.seal_pdf(document(), "seal", None, seal, Desk(pki, outside), ink=None)


def test_the_setting_chooses(tmp_path: Path) -> None:
    pki = create_pki(tmp_path, SoftwareKeys(b"x"), OCSP)
    own = open_timestamper(Settings.model_construct(timestamp_url=""), pki)
    assert isinstance(own, ResponderTimestamper)
    (tmp_path / "timestamp-roots.pem").write_bytes((tmp_path / "root.crt").read_bytes())
    outside = open_timestamper(Settings.model_construct(timestamp_url="http://x/", pki_dir=tmp_path), pki)
    assert isinstance(outside, HttpTimestamper)
    assert [x509.load_der_x509_certificate(der) for der in outside.roots] == [pki.root.certificate]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"hash": ("sha1", bytes(20))}, "bad_alg"),
        ({"hash": ("sha256", bytes(20))}, "bad_data_format"),
        ({"req_policy": "1.2.3"}, "unaccepted_policy"),
    ],
)
def test_a_request_that_cannot_be_met_is_told_why(pki: Pki, asked: dict[str, Any], why: str) -> None:
    algorithm, digest = asked.pop("hash", ("sha256", bytes(32)))
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **asked}).dump()
    assert _fault(answer_request(pki, request)) == {why}


@pytest.mark.parametrize("junk", [b"", b"\x30\x00", b"nonsense" * 9, b"\x30\x03\x02\x01\x01", b"\x30\x82\xff\xff"])
def test_what_is_no_request_is_refused(pki: Pki, junk: bytes) -> None:
    assert _fault(answer_request(pki, junk)) == {"bad_data_format"}


def _fault(answer: bytes) -> set[str]:
    status = core.Sequence.load(answer)[0]
    found: set[str] = tsp.PKIStatusInfo.load(status.dump())["fail_info"].native
    return found


@needs("openssl")
@pytest.mark.parametrize("options", [["-cert"], ["-cert", "-no_nonce"]])
def test_openssl_asks_and_believes(pki: Pki, tmp_path: Path, options: list[str]) -> None:
    def openssl(*arguments: str) -> str:
        done = subprocess.run(["openssl", "ts", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    (tmp_path / "data").write_bytes(b"what is dated")
    for name, credential in (("root", pki.root), ("issuer", pki.issuer)):
        (tmp_path / f"{name}.pem").write_bytes(credential.certificate.public_bytes(Encoding.PEM))
    openssl("-query", "-data", "data", "-sha256", *options, "-out", "query")
    (tmp_path / "reply").write_bytes(answer_request(pki, (tmp_path / "query").read_bytes()))
    trust = ("-CAfile", "root.pem", "-untrusted", "issuer.pem")
    assert "Verification: OK" in openssl("-verify", "-in", "reply", "-queryfile", "query", *trust)
