"""What a PDF says about itself: PDF/A marker, readability, and whether its signatures still hold its bytes."""

import hashlib
from io import BytesIO
from typing import Final

from lxml import etree
from msgspec import Struct
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from e_archive.schemas import Proof

_PDFAID: Final = "{http://www.aiim.org/pdfa/ns/id/}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
# Whatever a broken or hostile PDF makes the parser raise is one fact here: it cannot be read.
_UNREADABLE: Final = (PdfError, KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError, OSError)


class PdfFacts(Struct, frozen=True, kw_only=True):
    """The findings about one PDF. `problem` is set when it cannot be read; the rest is then empty."""

    problem: str = ""
    pages: int = 0
    encrypted: bool = False
    pdfa: str = ""
    """PDF/A part and conformance, such as 3u; empty without a marker."""
    active: tuple[str, ...] = ()
    """Names of things that act by themselves (scripts, launch actions): not allowed in an archive."""
    signatures: int = 0
    broken_signatures: tuple[str, ...] = ()
    """Fields whose signature no longer fits the bytes, or is not the signer's."""
    proof: Proof | None = None
    """How long its newest signature (in an archive a document timestamp) can prove the file; None without any."""


def inspect(data: bytes) -> PdfFacts:
    """Look at a PDF; never raises for what is wrong with it. Trust in signers is not judged here."""
    if not data.startswith(b"%PDF-"):
        return PdfFacts(problem="不是PDF文件")
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        if reader.encrypted:
            return PdfFacts(encrypted=True, problem="文件已加密")
        return _facts(reader)
    except _UNREADABLE as error:
        return PdfFacts(problem=f"PDF结构无法解析（{type(error).__name__}）")


def _facts(reader: PdfFileReader) -> PdfFacts:
    signatures = [*reader.embedded_signatures]
    return PdfFacts(
        pages=_read_pages(reader.root["/Pages"]),
        pdfa=_pdfa(reader.root),
        active=_active(reader.root),
        signatures=len(signatures),
        broken_signatures=tuple(s.field_name for s in signatures if not _holds(s)),
        proof=_proof(max(signatures, key=lambda one: one.signed_revision)) if signatures else None,
    )


def _proof(newest: EmbeddedPdfSignature) -> Proof:
    """Judged as of the day, so the certificate and the one that issued it must both still run."""
    signer = newest.signer_cert
    issuers = [one for one in newest.other_embedded_certs if one.subject == signer.issuer]
    return Proof(until=min(one.not_valid_after for one in (signer, *issuers)), algorithm=newest.md_algorithm)


def _read_pages(node: DictionaryObject, depth: int = 0) -> int:
    """Count the pages, decoding the content of each: a page whose content cannot be decoded is not readable."""
    if depth > 50:
        message = "page tree too deep"
        raise ValueError(message)
    if node["/Type"] == "/Pages":
        return sum(_read_pages(kid.get_object(), depth + 1) for kid in node["/Kids"])
    contents = node["/Contents"] if "/Contents" in node else ArrayObject()
    for stream in contents if isinstance(contents, ArrayObject) else [contents]:
        _ = stream.get_object().data
    return 1


def _pdfa(root: DictionaryObject) -> str:
    if "/Metadata" not in root:
        return ""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        xmp = etree.fromstring(root["/Metadata"].data, parser)
    except etree.XMLSyntaxError:
        return ""
    for description in xmp.iter(f"{_RDF}Description"):
        part = description.get(f"{_PDFAID}part") or description.findtext(f"{_PDFAID}part")
        level = description.get(f"{_PDFAID}conformance") or description.findtext(f"{_PDFAID}conformance")
        if part:
            return f"{part.strip()}{(level or '').strip().lower()}"
    return ""


def _active(root: DictionaryObject) -> tuple[str, ...]:
    found = [name for name in ("/OpenAction", "/AA") if name in root and _acts(root[name])]
    if "/Names" in root and "/JavaScript" in root["/Names"]:
        found.append("/JavaScript")
    return tuple(found)


def _acts(value: object) -> bool:
    """A destination to open at is harmless; an action is not, unless it is only a jump inside the document."""
    return isinstance(value, DictionaryObject) and value.get("/S") != "/GoTo"


def _holds(signature: EmbeddedPdfSignature) -> bool:
    try:
        content = signature.signed_data["encap_content_info"]
        kind, digest = content["content_type"].native, signature.compute_digest()
        if kind == "tst_info":  # a document timestamp: its imprint is of the file, its signature of the token
            if content["content"].parsed["message_imprint"]["hashed_message"].native != digest:
                return False
            digest = hashlib.new(signature.md_algorithm, bytes(content["content"])).digest()
        if signature.evaluate_signature_coverage() < SignatureCoverageLevel.ENTIRE_REVISION:
            return False
        intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, kind, digest)
    except (SigningError, SignatureValidationError, *_UNREADABLE):
        return False
    return bool(intact and valid)
