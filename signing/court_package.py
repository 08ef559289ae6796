"""The court package: signed documents, evidence report, certificates, and a procedure that needs no software of ours.

Everything a signature rests on lies in it as single files, so that `openssl`, `pdfsig` and `sha256sum` can check it.
The procedure (`核验说明.txt`) names each command and what it must answer; the tests run it word by word.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.clock import SHANGHAI
from kernel.rendering import render_template
from signing.evidence_check import certificates_of, read_told
from signing.evidence_crypto import Certificates, fingerprint
from signing.evidence_document import EVIDENCE_TITLE

_UNFIT = re.compile(r"[\x00-\x1f/\\:*?\"<>|\s]+")
REPORT = f"{EVIDENCE_TITLE}.pdf"


def court_package(report: bytes, content: bytes, documents: Sequence[tuple[str, bytes]], made_at: datetime) -> bytes:
    """A zip. `documents`: titles and signed PDFs as the report names them; the same input gives the same bytes."""
    told = read_told(content)
    certificates = certificates_of(told)
    files: dict[str, bytes] = {REPORT: report}
    for number, (title, pdf) in enumerate(documents, start=1):
        files[f"文件/{number:02d}-{_UNFIT.sub('_', title)[:60]}.pdf"] = pdf
    digests = {name: fingerprint(data) for name, data in files.items()}
    files["摘要.txt"] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    files |= dict(_authorities(certificates))
    files |= dict(_signatures(told, certificates))
    files |= dict(_chain(told))
    procedure = render_template("signing", "court_procedure.txt", _context(told, certificates, digests, made_at))
    return _zipped({"核验说明.txt": procedure.encode()} | files, made_at)


def _authorities(certificates: Certificates) -> Iterator[tuple[str, bytes]]:
    roots = certificates.roots()
    above = [one for digest, one in certificates.authorities().items() if digest not in roots]
    yield "根证书.pem", b"".join(one.public_bytes(Encoding.PEM) for one in roots.values())
    yield "签发证书.pem", b"".join(one.public_bytes(Encoding.PEM) for one in above)


def _signatures(told: Mapping[str, Any], certificates: Certificates) -> Iterator[tuple[str, bytes]]:
    """Of each signature: certificate, what was signed, the signature's value, its timestamp and the time of it."""
    for number, one in enumerate(told["signatures"], start=1):
        name = f"签名/{number:02d}"
        certificate: x509.Certificate = certificates.get(one["certificate_digest"])
        stamped = int(datetime.fromisoformat(one["stamped_at"]).timestamp())
        yield f"{name}.crt", certificate.public_bytes(Encoding.PEM)
        yield f"{name}.attrs", base64.b64decode(one["signed_attributes"])
        yield f"{name}.sig", base64.b64decode(one["signature"])
        yield f"{name}.tst", base64.b64decode(one["timestamp"])
        yield f"{name}.time", f"{stamped}\n".encode()


def _chain(told: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each link as the very bytes whose SHA-256 is its digest."""
    digests = []
    for one in told["chain"]["events"]:
        name = f"证据链/{one['sequence']:03d}"
        yield name, f"{told['ceremony']}\n{one['sequence']}\n{one['previous']}\n{one['body']}".encode()
        digests.append(f"{one['digest']}  {name}\n")
    yield "证据链摘要.txt", "".join(digests).encode()


def _context(
    told: Mapping[str, Any], certificates: Certificates, digests: Mapping[str, str], made_at: datetime
) -> dict[str, Any]:
    titles = {one["key"]: one["title"] for one in told["documents"]}
    people = {one["key"]: one["organisation"] or one["name"] for one in told["signatories"]}
    return {
        "told": told,
        "report": REPORT,
        "made_at": f"{made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "roots": {digest: one.subject.rfc4514_string() for digest, one in certificates.roots().items()},
        "documents": [name for name in digests if name != REPORT],
        "signatures": [
            (f"{number:02d}", titles[one["document"]], people.get(one["signatory"], "平台"), one["message_digest"])
            for number, one in enumerate(told["signatures"], start=1)
        ],
        "links": len(told["chain"]["events"]),
        "head": told["chain"]["events"][-1]["digest"],
    }


def _zipped(files: Mapping[str, bytes], made_at: datetime) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = ZipInfo(name, made_at.astimezone(SHANGHAI).timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()
