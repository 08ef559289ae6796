"""`yiti evidence verify FILE`: an evidence report checked by somebody who has nothing else at hand.

The answer rests on the report itself, the documents given with it, and the root certificates that are trusted. No
database, no network, no settings, no secrets.
"""

import argparse
import asyncio
import hashlib
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.embedded import EmbeddedSignatures, embedded_signatures
from signing.errors import BadPdf
from signing.evidence_check import (
    Finding,
    NoEvidence,
    Told,
    certificates_of,
    check_told,
    guarded,
    read_told,
)
from signing.evidence_crypto import Certificates, fingerprint
from signing.evidence_document import ATTACHMENT, DIGEST_MARK
from signing.pades import PLATFORM_FIELD
from signing.schemas import ValidationReport
from signing.validation import Trust, validate_pdf

HOLDS, FAILS, UNUSABLE = 0, 1, 2
_LARGEST = 200 * 1024 * 1024
_DEEPEST = 16
_END = re.compile(rb"%%EOF(?:\r\n|\r|\n)?")


def check_file(
    report: bytes, roots: Sequence[bytes] = (), documents: Sequence[tuple[str, bytes]] = ()
) -> list[Finding]:
    """All findings about a report (PDF, or the JSON alone) and the documents. `roots`: trusted certificates, DER.

    Raises NoEvidence where the file is no evidence report at all.
    """
    is_pdf = b"%PDF-" in report[:1024]
    content, printed = _attached(report) if is_pdf else (report, "")
    told = read_told(content)
    certificates = certificates_of(told, roots)
    trusted = list(roots) or [one.public_bytes(Encoding.DER) for one in certificates.roots().values()]
    found = [*_trust(certificates, bool(roots))]
    if is_pdf:
        found += [*guarded("报告的印章", lambda: _seal(report, roots)), *_digest(content, printed)]
    else:
        found.append(Finding(None, f"这是证据数据本身，没有平台印章；SHA-256 {hashlib.sha256(content).hexdigest()}"))
    found += check_told(told, certificates)
    for name, pdf in documents:
        found += guarded(name, partial(_document, name, pdf, told, trusted))
    return found


def _attached(pdf: bytes) -> tuple[bytes, str]:
    """The attached data, and its digest as the report names it."""
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        files = dict(_files(reader.root["/Names"]["/EmbeddedFiles"]))
        content = bytes(files[ATTACHMENT]["/EF"]["/F"].data)
        words = str(reader.trailer["/Info"].get("/Keywords", ""))
    except KeyError as error:
        raise NoEvidence("这个 PDF 不是签署证据报告：没有附带证据数据") from error
    except Exception as error:  # bytes made to confuse raise anything: zlib.error, AssertionError, ...
        raise NoEvidence("PDF 已损坏，无法打开") from error
    return content, words.removeprefix(DIGEST_MARK)


def _files(node: DictionaryObject, depth: int = 0) -> Iterator[tuple[str, DictionaryObject]]:
    """The names of a name tree with what they name."""
    pairs = node.get("/Names", ArrayObject())
    for place in range(0, len(pairs) - 1, 2):
        yield str(pairs[place]), pairs[place + 1]
    for kid in node.get("/Kids", ArrayObject()) if depth < _DEEPEST else ():
        yield from _files(kid, depth + 1)


def _trust(certificates: Certificates, named: bool) -> Iterator[Finding]:
    for digest, root in certificates.roots().items():
        yield Finding(None, f"根证书 {root.subject.rfc4514_string()}，SHA-256 指纹 {digest}")
    if named:
        yield Finding(None, "只信任用 --root 指定的根证书")
    else:
        yield Finding(None, "没有用 --root 指定所信任的根证书：请把上面的指纹与登记机构公布的指纹核对，一致才能采信")


def _seal(pdf: bytes, roots: Sequence[bytes]) -> Iterator[Finding]:
    trusted = roots or _embedded_roots(pdf)
    judged = asyncio.run(validate_pdf(pdf, Trust(tuple(trusted))))
    seals = [one for one in judged.signatures if one.kind == "certification"]
    if not judged.valid or len(seals) != 1 or seals[0].assertion is not None:
        yield Finding(False, f"报告的印章无效：{_fault(judged)}")
        return
    seal = seals[0]
    yield Finding(
        True, f"报告由「{seal.signer}」加盖电子印章，盖章后没有改动，时间 {seal.signed_at}，级别 {seal.level}"
    )


def _embedded_roots(pdf: bytes) -> list[bytes]:
    try:
        everything = embedded_signatures(pdf).everything.values()
    except BadPdf:
        return []
    found = Certificates(everything).roots()
    return [one.public_bytes(Encoding.DER) for one in found.values()]


def _fault(judged: ValidationReport) -> str:
    if judged.problem:
        return judged.problem
    words = []
    for one in judged.signatures:
        if not one.intact:
            words.append(f"签名 {one.field} 所签内容被改动")
        elif one.changes == "illegal":
            words.append(f"签名 {one.field} 以后文件被改动")
        elif not one.trusted:
            words.append(f"签名 {one.field} 的证书不受信任（{one.verdict}）")
    return "；".join(words) or "不是平台出具的报告"


def _digest(content: bytes, printed: str) -> Iterator[Finding]:
    real = hashlib.sha256(content).hexdigest()
    same = real == printed
    yield Finding(same, f"附件 {ATTACHMENT} 的 SHA-256 {real} 与报告{'所载一致' if same else '所载不一致'}")


def _document(name: str, pdf: bytes, told: Told, trusted: Sequence[bytes]) -> Iterator[Finding]:
    """A signed document: the very one that the report speaks of, whole, with the named signatures in it."""
    revisions = _revisions(pdf)
    row = next((one for one in told["documents"] if one["final_digest"] in revisions), None)
    if row is None:
        yield Finding(False, f"{name}：不是本报告所述的任何一份文件，或者已被改动")
        return
    what = f"{name}（《{row['title']}》）"
    if hashlib.sha256(pdf).hexdigest() == row["final_digest"]:
        yield Finding(True, f"{what}：就是签署完成时的文件，摘要一致")
    else:
        yield Finding(None, f"{what}：包含签署完成时的文件，其后有追加内容（归档时间戳等），是否允许见下面的结论")
    signed = [one for one in told["signatures"] if one["document"] == row["key"]]
    steps = [row["original_digest"], row["prepared_digest"], *(one["document_digest"] for one in signed)]
    whole = all(step in revisions for step in steps)
    yield Finding(whole, f"{what}：签署前和每次签署后的版本{'都完整地' if whole else '没有全部'}保存在文件中")
    try:
        yield _signers(what, embedded_signatures(pdf), signed, told)
    except BadPdf:
        yield Finding(False, f"{what}：文件中的签名无法读取")
    judged = asyncio.run(validate_pdf(pdf, Trust(tuple(trusted))))
    words = f"{len(judged.signatures)} 个签名和时间戳均有效，签署后没有不允许的改动" if judged.valid else _fault(judged)
    yield Finding(judged.valid, f"{what}：{words}")


def _revisions(pdf: bytes) -> set[str]:
    """The digests of the file as it was after each of its revisions; signing only ever appends."""
    digest, found, start = hashlib.sha256(), set(), 0
    for end in _END.finditer(pdf):
        for stop in {end.start() + 5, end.end()}:  # whoever wrote it may or may not have ended the line
            upto = digest.copy()
            upto.update(pdf[start:stop])
            found.add(upto.hexdigest())
        digest.update(pdf[start : end.end()])
        start = end.end()
    return found


def _signers(what: str, carried: EmbeddedSignatures, signed: Sequence[Told], told: Told) -> Finding:
    there = {one.field: (fingerprint(one.certificate), one.message_digest) for one in carried.signatures}
    certified = there.pop(PLATFORM_FIELD, None)
    # Format 1 names the certificates only.
    named = {
        one["field"]: (one["certificate_digest"], one.get("message_digest", there.get(one["field"], ("", ""))[1]))
        for one in signed
    }
    known = "certificates" not in told or (certified is not None and certified[0] in told["certificates"])
    same = there == named and certified is not None and known
    words = "与报告所载逐一相符" if same else "与报告所载不符"
    return Finding(same, f"{what}：文件中 {len(there)} 个签名的证书和所签内容{words}")


def main(arguments: Sequence[str]) -> int:
    """`yiti evidence verify FILE [--root PEM]… [--document PDF]…`; 0 all holds, 1 something does not, 2 unusable."""
    parser = argparse.ArgumentParser(prog="yiti evidence", description="核验签署证据报告")
    command = parser.add_subparsers(dest="command", required=True).add_parser("verify", help="离线核验签署证据报告")
    command.add_argument("file", type=Path, help="签署证据报告（PDF），或者其中的 evidence.json")
    command.add_argument("--root", type=Path, action="append", default=[], help="所信任的根证书（PEM 或 DER），可多次")
    command.add_argument("--document", type=Path, action="append", default=[], help="所签的文件（PDF），可多次")
    chosen = parser.parse_args(arguments)
    _be_quiet()
    try:
        roots = [root for path in chosen.root for root in _certificates(path)]
        documents = [(path.name, _read(path)) for path in chosen.document]
        found = check_file(_read(chosen.file), roots, documents)
    except (OSError, NoEvidence) as error:
        _say(f"无法核验：{error}")
        return UNUSABLE
    for one in found:
        _say(f"{'－' if one.ok is None else '✓' if one.ok else '✗'} {one.words}")
    faults = sum(one.ok is False for one in found)
    _say(f"结论：有 {faults} 项不符，不能采信" if faults else "结论：全部相符")
    return FAILS if faults else HOLDS


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise NoEvidence(f"{path.name} 过大")
    return path.read_bytes()


def _certificates(path: Path) -> list[bytes]:
    """A file in PEM may hold several: an installation publishes all its roots in one."""
    data = _read(path)
    try:
        pem = b"-----BEGIN" in data
        found = x509.load_pem_x509_certificates(data) if pem else [x509.load_der_x509_certificate(data)]
        return [one.public_bytes(Encoding.DER) for one in found]
    except ValueError as error:
        raise NoEvidence(f"{path.name} 不是证书") from error


def _be_quiet() -> None:
    """What is wrong is told in the findings; libraries would tell it again in their own words."""
    for library in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _say(words: str) -> None:
    """A name in the data may hold anything; a terminal shall not obey it."""
    sys.stdout.write("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words) + "\n")
