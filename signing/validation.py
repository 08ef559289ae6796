"""Is a signed PDF what its signers signed? Judged against our trust roots, without any network access.

poppler's pdfsig calls a document valid after its text was replaced by an incremental update; only the analysis of what
was added after each signed revision shows it. The report keeps the two apart.

Time and memory are the caller's to limit: strangers' files are judged in `signing.examiners`.
"""

import logging
import re
from io import BytesIO
from typing import Any, Literal

import structlog
from msgspec.structs import replace
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing import additions, hexstrings  # noqa: F401 - quick reading of signatures
from signing.judging import Judge, Trust
from signing.reports import is_stamp, plain, unreadable
from signing.schemas import Addition, SignatureReport, ValidationReport

__all__ = ["DECODE_LIMITS", "MAX_BYTES", "Trust", "refused", "unsuitable", "validate_pdf"]

_log = structlog.get_logger(__name__)

MAX_BYTES = 20 * 1024 * 1024
MAX_SIGNATURES = 64
MAX_REVISIONS = 200
_MB = 1024 * 1024
DECODE_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MB),
    document_budget=DocumentDecodeBudget(base_allowance=128 * _MB, max_ratio=40),
)
_NEVER_PERMITTED = frozenset({"form", "signature_removed"})
"""ISO 32000-2 lets a certified form be filled in, and it shows another text than was signed; pyHanko does not miss a
signature that was taken away after it."""
_SUBFILTERS = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/ETSI.RFC3161", "/PBAD.PAdES"})
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+\d{1,10}\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_END = b"%%EOF"

# Their warnings quote certificate subjects, which are people's names.
for _library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


async def validate_pdf(pdf: bytes, trust: Trust) -> ValidationReport:
    """Judge every signature. Never raises on bad input: what cannot be judged is reported as not valid."""
    if problem := unsuitable(pdf):
        return refused(problem)
    try:
        return await _report(pdf, trust)
    except MemoryError:
        return refused("文件展开后过大，无法核验")
    except RecursionError:
        return refused("文件的结构嵌套过深，无法核验")
    except Exception as error:  # noqa: BLE001 - bytes made to confuse raise anything: zlib.error, AssertionError, ...
        _log.warning("signing.pdf_unreadable", error=type(error).__name__)
    return await _inner_revision(pdf, trust) or refused("文件不是有效的 PDF，或已损坏")


def refused(problem: str) -> ValidationReport:
    """No verdict on signatures, and why."""
    return ValidationReport(valid=False, signatures=(), unsigned_tail=False, problem=problem)


def unsuitable(pdf: bytes) -> str:
    """Why a file is not even opened, in Chinese; empty where it is worth a try."""
    if not pdf:
        return "文件是空的"
    if len(pdf) > MAX_BYTES:
        return "文件过大，无法核验"
    if b"%PDF-" not in pdf[:1024]:
        return "文件不是 PDF"
    if pdf.count(b"startxref") > MAX_REVISIONS or pdf.count(_END) > 2 * MAX_REVISIONS:
        return "文件的修订版本过多，无法核验"
    return ""


async def _inner_revision(pdf: bytes, trust: Trust) -> ValidationReport | None:
    """What was added made the whole unreadable; the revision that was signed last may still be judged, apart."""
    ends = {int(match[1]) + int(match[2]) for match in _BYTE_RANGE.finditer(pdf)}
    for end in sorted((end for end in ends if end < len(pdf)), reverse=True)[:3]:
        try:
            report = await _report(pdf[:end], trust)
        except Exception as error:  # noqa: BLE001 - as above
            _log.info("signing.revision_unreadable", error=type(error).__name__)
            continue
        rubble = Addition(kind="bytes")
        rows = tuple(
            replace(one, changes="illegal", covers_whole_file=False, added=(*one.added, rubble))
            for one in report.signatures
        )
        return replace(report, valid=False, signatures=rows, unsigned_tail=True)
    return None


async def _report(pdf: bytes, trust: Trust) -> ValidationReport:
    reader = PdfFileReader(BytesIO(pdf), strict=False, decode_limits=DECODE_LIMITS)
    if reader.encrypted:
        return refused("文件已加密，无法核验")
    if reader.total_revisions > MAX_REVISIONS:
        return refused("文件的修订版本过多，无法核验")
    signatures, rows = _opened(reader)
    if len(signatures) + len(rows) > MAX_SIGNATURES:
        return refused("文件中的电子签名过多，无法核验")
    if not signatures and not rows:
        return _unsigned(reader)
    judge = Judge(pdf, reader, trust)
    latest_first = sorted(filter(is_stamp, signatures), key=lambda one: -one.signed_revision)
    stamps = [await _guarded(judge, one, None) for one in latest_first]
    good = [stamp.revision for stamp in stamps if stamp.trusted and stamp.intact]
    rows += stamps + [await _guarded(judge, one, good) for one in signatures if not is_stamp(one)]
    return _summary(pdf, reader, sorted(rows, key=lambda one: one.revision))


def _unsigned(reader: PdfFileReader) -> ValidationReport:
    if additions.signed_before(reader):
        return refused("文件原有的电子签名已被移除")
    return ValidationReport(
        valid=False,
        signatures=(),
        unsigned_tail=False,
        unsigned=True,
        problem="文件中没有电子签名",
        unfilled=_unfilled(reader),
    )


def _opened(reader: PdfFileReader) -> tuple[list[EmbeddedPdfSignature], list[SignatureReport]]:
    """The signatures, and rows for those that nobody can read."""
    opened, rows = [], []
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        try:
            opened.append(_open(reader, str(name), value, field))
        except Exception as error:  # noqa: BLE001 - as above; the other signatures are still judged
            rows.append(unreadable(str(name), error))
        if len(opened) + len(rows) > MAX_SIGNATURES:
            break
    return opened, rows


def _open(reader: PdfFileReader, name: str, value: Any, field: Any) -> EmbeddedPdfSignature:
    if value.get_object()["/SubFilter"] not in _SUBFILTERS:
        raise ValueError("a kind of signature that nobody here can check")
    signature = EmbeddedPdfSignature(reader, field, name)
    signature.signer_cert  # noqa: B018 - raises where nobody is named as signer
    return signature


async def _guarded(judge: Judge, signature: EmbeddedPdfSignature, stamps: list[int] | None) -> SignatureReport:
    try:
        return await (judge.stamp(signature) if stamps is None else judge.signature(signature, stamps))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - as above; the other signatures are still judged
        return unreadable(str(signature.field_name), error, signature.signed_revision)


def _summary(pdf: bytes, reader: PdfFileReader, rows: list[SignatureReport]) -> ValidationReport:
    tail = not any(one.covers_whole_file for one in rows)
    behind = _behind(pdf, reader, rows[-1].revision) if tail else b""
    rubble = (Addition(kind="bytes"),) if behind else ()
    named = _additions(reader, rows) if any(one.intact for one in rows) else {}
    told = []
    for one in rows:
        later = tuple(dict.fromkeys(what for number, found in named.items() if number > one.revision for what in found))
        beyond = bool(behind.strip()) or any(what.kind in _NEVER_PERMITTED for what in later)
        told.append(replace(one, changes="illegal" if beyond else one.changes, added=later + rubble))
    signed = any(one.kind != "timestamp" for one in told)
    sound = all(one.sound and one.changes != "illegal" for one in told)
    return ValidationReport(
        valid=signed and sound, signatures=tuple(told), unsigned_tail=tail, unfilled=_unfilled(reader)
    )


def _behind(pdf: bytes, reader: PdfFileReader, last: int) -> bytes:
    """Bytes at the end of the file that belong to no revision."""
    if reader.total_revisions - 1 > last:
        end = pdf.rfind(_END) + len(_END)
        return pdf[end:].strip()
    ends = (int(match[1]) + int(match[2]) for match in _BYTE_RANGE.finditer(pdf))
    return pdf[max((end for end in ends if end <= len(pdf)), default=0) :]


def _additions(reader: PdfFileReader, rows: list[SignatureReport]) -> dict[int, tuple[Addition, ...]]:
    signed: dict[int, list[Addition]] = {}
    for one in rows:
        kind: Literal["timestamp", "signature"] = "timestamp" if one.kind == "timestamp" else "signature"
        signed.setdefault(one.revision, []).append(Addition(kind=kind, name=one.field))
    closely = any(one.intact and one.changes == "illegal" for one in rows)
    try:
        return additions.by_revision(reader, rows[0].revision + 1, signed, closely=closely)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - as above; that something was added is told anyway
        _log.info("signing.additions_unnamed", error=type(error).__name__)
        return {reader.total_revisions - 1: (Addition(kind="structure"),)}


def _unfilled(reader: PdfFileReader) -> tuple[str, ...]:
    """Signature places that nobody has signed: the file may be the draft of one that has more signatures."""
    return tuple(plain(name) for name, _, _ in enumerate_sig_fields(reader, filled_status=False))[:MAX_SIGNATURES]
