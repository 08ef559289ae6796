"""PDFs made to confuse, to exhaust or to deceive whoever checks them. Made here, never stored."""

import re
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.signing.material import document

_RANGE = re.compile(rb"/ByteRange \[[^\]]*\]")


def pdf_of(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, the catalog being number 1."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(data), entries, data)


_TRAILER = b"trailer\n<</Size 7 /Root 1 0 R>>\n"
CATALOG = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Count 1 /Kids [3 0 R]>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R>>"
PLAIN = {1: CATALOG, 2: PAGES, 3: PAGE, 4: _stream(b"q Q")}
FORM = {
    1: b"<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [5 0 R] /SigFlags 3>>>>",
    5: b"<</FT /Sig /T (s) /V 6 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R>>",
}


def encrypted() -> bytes:
    output = BytesIO()
    with pikepdf.open(BytesIO(document())) as pdf:
        pdf.save(output, encryption=pikepdf.Encryption(owner="o", user="u"))
    return output.getvalue()


def xref_loop() -> bytes:
    pdf = pdf_of(PLAIN)
    return pdf.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d" % pdf.rindex(b"xref\n0 1"))


def page_tree_cycle() -> bytes:
    return pdf_of(PLAIN | FORM | {2: b"<</Type /Pages /Count 9 /Kids [2 0 R 2 0 R]>>", 6: b"<</Type /Sig>>"})


def field_tree_cycle() -> bytes:
    return pdf_of(PLAIN | FORM | {5: b"<</T (s) /Kids [5 0 R]>>"})


def deep_nesting() -> bytes:
    return pdf_of(PLAIN | {1: b"<</Type /Catalog /Pages 2 0 R /AcroForm " + b"[" * 200_000 + b"]" * 200_000 + b">>"})


def many_revisions() -> bytes:
    pdf = pdf_of(PLAIN)
    start = pdf.rindex(b"xref\n0 1")
    return pdf + b"startxref\n%d\n%%%%EOF\n" % start * 100_000


def chained_revisions() -> bytes:
    """Each with a table of its own; few enough for a quick look at the bytes to let them pass."""
    pdf = bytearray(pdf_of(PLAIN))
    start = pdf.rindex(b"xref\n0 1")
    for _ in range(190):
        here = len(pdf)
        pdf += b"xref\n0 0\ntrailer\n<</Size 5 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (start, here)
        start = here
    return bytes(pdf)


def zip_bomb() -> bytes:
    """The validation data of a signature, a thousand times as large as it seems, twice over."""
    bomb = zlib.compress(zlib.compress(b"\0" * 120_000_000, 9), 9)
    objects = PLAIN | FORM | {
        1: FORM[1].replace(b"/AcroForm", b"/DSS <</Certs [7 0 R] /OCSPs [7 0 R] /CRLs [7 0 R]>> /AcroForm"),
        6: _signature(b"[0 1 2 3]", b"<3000>"),
        7: _stream(bomb, b"/Filter [/FlateDecode /FlateDecode]"),
    }  # fmt: skip
    return pdf_of(objects)


def object_stream_bomb() -> bytes:
    """The catalog itself lies in a stream that grows without end."""
    bomb = zlib.compress(b"2 0 " + b" " * 100_000_000, 9)
    body = _stream(bomb, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    head = b"%PDF-1.7\n9 0 obj\n" + body + b"\nendobj\n"
    rows = b"".join(row.to_bytes(1) + place.to_bytes(4) + b"\0" for row, place in ((2, 9), (1, 9)))
    table = _stream(rows, b"/Type /XRef /Size 10 /Root 1 0 R /W [1 4 1] /Index [1 1 9 1]")
    return head + b"8 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def endless_table() -> bytes:
    """Two thousand million objects, none of which takes a byte."""
    head = b"%PDF-1.7\n"
    table = _stream(b"", b"/Type /XRef /Size 2000000000 /Root 1 0 R /W [0 0 0] /Index [0 2000000000]")
    return head + b"8 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def many_objects() -> bytes:
    return pdf_of(PLAIN | dict.fromkeys(range(10, 90000), b"null"))


def one_long_string() -> bytes:
    return pdf_of(PLAIN | {1: b"<</Type /Catalog /Pages 2 0 R /AcroForm <" + b"4" * 4_000_000 + b">>>"})


def unclosed_strings() -> bytes:
    return pdf_of(PLAIN | {1: b"<</Type /Catalog /AcroForm [" + b"<4" * 400_000})


def _signature(span: bytes | None, contents: bytes | None, subfilter: bytes = b"/ETSI.CAdES.detached") -> bytes:
    parts = [b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter " + subfilter]
    parts += [b"/ByteRange " + span] if span else []
    parts += [b"/Contents " + contents] if contents else []
    return b"<<" + b" ".join(parts) + b">>"


def signature_of(span: bytes | None, contents: bytes | None, subfilter: bytes = b"/ETSI.CAdES.detached") -> bytes:
    return pdf_of(PLAIN | FORM | {6: _signature(span, contents, subfilter)})


def no_value() -> bytes:
    return pdf_of(PLAIN | FORM | {5: FORM[5].replace(b"/V 6 0 R ", b"")})


EXHAUSTING: dict[str, Callable[[], bytes]] = {
    "xref loop": xref_loop,
    "page tree cycle": page_tree_cycle,
    "field tree cycle": field_tree_cycle,
    "deep nesting": deep_nesting,
    "100,000 revisions": many_revisions,
    "190 tables": chained_revisions,
    "zip bomb": zip_bomb,
    "object stream bomb": object_stream_bomb,
    "endless table": endless_table,
    "40,000 objects": many_objects,
    "one long string": one_long_string,
    "unclosed strings": unclosed_strings,
}
MEANINGLESS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "only a head": lambda: b"%PDF-1.7",
    "a web page": lambda: b"<!DOCTYPE html><html><body>%PDF</body></html>",
    "an archive": lambda: b"PK\x03\x04" + b"x" * 500,
    "zeros": lambda: b"%PDF-1.7" + b"\0" * 9000,
    "encrypted": encrypted,
    "truncated": lambda: document()[: len(document()) // 2],
    "no catalog": lambda: pdf_of({1: b"null"}),
    "catalog is a number": lambda: pdf_of({1: b"42"}),
    "form is a number": lambda: pdf_of(PLAIN | {1: b"<</Type /Catalog /Pages 2 0 R /AcroForm 7>>"}),
}
UNVERIFIABLE: dict[str, Callable[[], bytes]] = {
    "no contents": lambda: signature_of(b"[0 10 20 30]", None),
    "no byte range": lambda: signature_of(None, b"<3000>"),
    "neither": lambda: signature_of(None, None),
    "garbage in the contents": lambda: signature_of(b"[0 10 20 30]", b"<" + b"DEADBEEF" * 40 + b">"),
    "contents of zeros": lambda: signature_of(b"[0 10 20 30]", b"<" + b"00" * 4000 + b">"),
    "contents are no string": lambda: signature_of(b"[0 10 20 30]", b"[1 2 3]"),
    "byte range of names": lambda: signature_of(b"[/a /b /c /d]", b"<3000>"),
    "unknown kind": lambda: signature_of(b"[0 10 20 30]", b"<3000>", b"/adbe.x509.rsa_sha1"),
}


def with_byte_range(pdf: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    """The signed file with another byte range written over the true one, everything else in its place."""
    found = list(_RANGE.finditer(pdf))[-1]
    span = [int(number) for number in re.findall(rb"\d+", found[0])]
    text = b"/ByteRange [%s]" % b" ".join(b"%d" % number for number in change(span))
    return pdf[: found.start()] + text.ljust(len(found[0]))[: len(found[0])] + pdf[found.end() :]


LYING_RANGES: dict[str, Callable[[list[int]], list[int]]] = {
    "overlapping": lambda r: [0, r[2], r[1], r[3]],
    "a gap too many": lambda r: [0, r[1] - 90, r[2], r[3]],
    "negative": lambda r: [0, -1, r[2], r[3]],
    "beyond the end": lambda r: [0, r[1], r[2], r[3] + 9],
    "before the end": lambda r: [0, r[1], r[2], r[3] - 90],
    "not from the start": lambda r: [9, r[1] - 9, r[2], r[3]],
    "three numbers": lambda r: r[:3],
    "huge": lambda r: [0, 10**15, 10**15, 1],
}


def wrapped(pdf: bytes) -> bytes:
    """Signature wrapping: the second half of what was signed is moved back, and where its table was stands another,
    with a catalog and a signature object of the attacker's, around the same signature."""
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    _, head, resume, rest = (int(number) for number in signature.byte_range)
    second, table = pdf[resume:], int(pdf.rsplit(b"startxref", 1)[1].split()[0])

    def evil(moved: int) -> bytes:
        span = b"[0 %d %d %d]" % (head, moved, rest)
        objects = PLAIN | FORM | {6: _signature(span.ljust(60), pdf[head:resume])}
        body, rows = bytearray(), []
        size = len(b"xref\n0 7\n") + 20 * 7 + len(_TRAILER)
        for number in range(1, 7):
            rows.append(b"%010d 00000 n \n" % (table + size + len(body)))
            body += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
        return b"xref\n0 7\n0000000000 65535 f \n" + b"".join(rows) + _TRAILER + body

    front = pdf[:resume].ljust(table)
    moved = len(front) + len(evil(0))
    return front + evil(moved) + second


def literal_contents(pdf: bytes) -> bytes:
    """The signature as a literal string takes half the room: in the other half stand entries that nobody signed."""
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    _, head, resume, _ = (int(number) for number in signature.byte_range)
    data = signature.pkcs7_content.rstrip(b"\0")
    escaped = re.sub(rb"([\\()\r])", lambda m: b"\\r" if m[1] == b"\r" else b"\\" + m[1], data)
    written = b"(" + escaped + b") /Name (somebody else)"
    return pdf[:head] + written.ljust(resume - head) + pdf[resume:]


def update(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """A revision appended in all form."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def two_faced() -> bytes:
    """A shadow document: an inconspicuous text is shown over another, and a second tree of pages lies ready."""
    objects = {
        1: CATALOG,
        2: PAGES,
        3: PAGE.replace(b"/Contents 4 0 R", b"/Contents 4 0 R /Resources <</XObject <</Cover 5 0 R>>>>"),
        4: _stream(b"0 0 1 rg 10 10 280 280 re f /Cover Do"),
        5: _stream(b"1 g 0 0 300 300 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 300 300]"),
        6: b"<</Type /Pages /Count 1 /Kids [7 0 R]>>",
        7: b"<</Type /Page /Parent 6 0 R /MediaBox [0 0 300 300] /Contents 8 0 R>>",
        8: _stream(b"1 0 0 rg 0 0 300 300 re f"),
    }
    return pdf_of(objects)


def hide(pdf: bytes) -> bytes:
    """The cover goes: what was under it when it was signed comes to light."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        resources = writer.root["/Pages"]["/Kids"][0]["/Resources"]
        cover = writer.add_object(generic.StreamObject(stream_data=b""))
        resources["/XObject"][generic.pdf_name("/Cover")] = cover
        writer.update_container(resources["/XObject"])

    return update(pdf, change)


def hide_and_replace(pdf: bytes) -> bytes:
    """The catalog turns to the other tree of pages; not one object of what was signed is touched."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root[generic.pdf_name("/Pages")] = generic.IndirectObject(6, 0, writer)
        writer.update_root()

    return update(pdf, change)


def with_text_field() -> bytes:
    look = _stream(b"BT ET", b"/Type /XObject /Subtype /Form /BBox [0 0 100 20]")
    field = (
        b"<</FT /Tx /T (price) /V (100) /Type /Annot /Subtype /Widget /Rect [0 0 100 20] /P 3 0 R /AP <</N 6 0 R>>>>"
    )
    objects = PLAIN | FORM | {3: PAGE.replace(b"/Contents", b"/Annots [5 0 R] /Contents"), 5: field, 6: look}
    return pdf_of(objects)


def replace_field(pdf: bytes) -> bytes:
    """The shadow attack by a form: another value is shown where one may be filled in."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field[generic.pdf_name("/V")] = generic.pdf_string("9")
        look = generic.StreamObject(stream_data=b"BT (9) Tj ET")
        look.update(field["/AP"]["/N"])
        field["/AP"][generic.pdf_name("/N")] = writer.add_object(look)
        writer.update_container(field)

    return update(pdf, change)
