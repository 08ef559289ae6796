"""Changed copies of a signed PDF: bytes flipped, revisions appended, text replaced, seals redrawn, fields added."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.signing.hostile import update

Edit = Callable[[IncrementalPdfFileWriter, random.Random], None]
name = generic.pdf_name
_END = re.compile(rb"%%EOF\n?")


@dataclass(frozen=True)
class Copy:
    """`visible`: a reader shows something else than was signed, or bytes under a signature differ."""

    kind: str
    pdf: bytes
    visible: bool


def _page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][0]
    assert isinstance(page, generic.DictionaryObject)
    return page


def _text(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    data = b"BT /F1 %d Tf (%d) Tj ET" % (chance.randint(6, 60), chance.getrandbits(40))
    _page(writer)[name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=data))
    writer.update_container(_page(writer))


def _text_in_place(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    content = _page(writer)["/Contents"]
    content._data, content._encoded_data = b"%d w" % chance.getrandbits(30), None
    writer.mark_update(_page(writer).raw_get("/Contents"))


def _page_added(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    stream = writer.add_object(generic.StreamObject(stream_data=b"%d w" % chance.getrandbits(30)))
    writer.insert_page(PageObject(contents=stream, media_box=(0, 0, 595, 842)))


def _page_gone(writer: IncrementalPdfFileWriter, _: random.Random) -> None:
    pages = writer.root["/Pages"]
    pages[name("/Kids")], pages[name("/Count")] = generic.ArrayObject(), generic.NumberObject(0)
    writer.update_container(pages)


def _page_turned(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    _page(writer)[name("/Rotate")] = generic.NumberObject(90 * chance.randint(1, 3))
    writer.update_container(_page(writer))


def _note(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    box = generic.ArrayObject(generic.NumberObject(chance.randint(0, 500)) for _ in range(4))
    note = {name("/Type"): name("/Annot"), name("/Subtype"): name("/FreeText"), name("/Rect"): box}
    reference = writer.add_object(generic.DictionaryObject(note))
    notes = _page(writer)["/Annots"] if "/Annots" in _page(writer) else generic.ArrayObject()
    _page(writer)[name("/Annots")] = generic.ArrayObject([*(notes.raw_get(i) for i in range(len(notes))), reference])
    writer.update_container(_page(writer))


def _fields(writer: IncrementalPdfFileWriter) -> list[generic.DictionaryObject]:
    return [field.get_object() for field in writer.root["/AcroForm"]["/Fields"]]


def _seal_redrawn(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    field = chance.choice([one for one in _fields(writer) if "/AP" in one])
    look = generic.StreamObject(stream_data=b"%d w" % chance.getrandbits(30))
    look[name("/BBox")] = field["/AP"]["/N"].raw_get("/BBox")
    field[name("/AP")] = generic.DictionaryObject({name("/N"): writer.add_object(look)})
    writer.update_container(field)


def _seal_repainted(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    """The same appearance object with other contents."""
    field = chance.choice([one for one in _fields(writer) if "/AP" in one])
    look = field["/AP"]["/N"]
    look._data, look._encoded_data = b"%d w" % chance.getrandbits(30), None
    writer.mark_update(field["/AP"].raw_get("/N"))


def _seal_moved(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    field = chance.choice(_fields(writer))
    field[name("/Rect")] = generic.ArrayObject(generic.NumberObject(chance.randint(1, 500)) for _ in range(4))
    writer.update_container(field)


def _signature_swapped(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    signed = [one for one in _fields(writer) if "/V" in one]
    value = generic.DictionaryObject(dict(chance.choice(signed)["/V"].items()))
    value[name("/Name")] = generic.pdf_string(str(chance.getrandbits(30)))
    field = chance.choice(signed)
    field[name("/V")] = writer.add_object(value)
    writer.update_container(field)


def _signature_gone(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    field = chance.choice([one for one in _fields(writer) if "/V" in one])
    del field["/V"]
    writer.update_container(field)


def _fields_gone(writer: IncrementalPdfFileWriter, _: random.Random) -> None:
    writer.root["/AcroForm"][name("/Fields")] = generic.ArrayObject()
    writer.update_container(writer.root["/AcroForm"])


def _text_field(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    look = writer.add_object(generic.StreamObject(stream_data=b"%d w" % chance.getrandbits(30)))
    box = generic.ArrayObject(generic.NumberObject(number) for number in (0, 0, 500, 800))
    field = generic.DictionaryObject({
        name("/FT"): name("/Tx"), name("/T"): generic.pdf_string(f"t{chance.getrandbits(30)}"),
        name("/Type"): name("/Annot"), name("/Subtype"): name("/Widget"), name("/Rect"): box,
        name("/AP"): generic.DictionaryObject({name("/N"): look}),
    })  # fmt: skip
    reference = writer.add_object(field)
    writer.root["/AcroForm"]["/Fields"].append(reference)
    writer.update_container(writer.root["/AcroForm"]["/Fields"])
    _page(writer)["/Annots"].append(reference)
    writer.update_container(_page(writer)["/Annots"])


def _signature_field(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    append_signature_field(writer, SigFieldSpec(f"s{chance.getrandbits(30)}", box=(10, 10, 300, 300)))


def _catalog(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    script = generic.DictionaryObject(
        {name("/S"): name("/JavaScript"), name("/JS"): generic.pdf_string("app.alert(1)")}
    )
    writer.root[name(chance.choice(("/OpenAction", "/AA", "/OCProperties", "/Collection")))] = writer.add_object(script)
    writer.update_root()


def _attachment(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    data = generic.StreamObject(stream_data=b"%d" % chance.getrandbits(30))
    writer.root[name("/Names")] = generic.DictionaryObject({name("/EmbeddedFiles"): writer.add_object(data)})
    writer.update_root()


def _title(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    writer.set_info(generic.DictionaryObject({name("/Title"): generic.pdf_string(str(chance.getrandbits(30)))}))


def _orphan(writer: IncrementalPdfFileWriter, chance: random.Random) -> None:
    writer.add_object(generic.pdf_string(str(chance.getrandbits(30))))


def _perms(writer: IncrementalPdfFileWriter, _: random.Random) -> None:
    del writer.root["/Perms"]
    writer.update_root()


SHOWN: dict[str, Edit] = {
    "text": _text, "text in place": _text_in_place, "page added": _page_added, "page gone": _page_gone,
    "page turned": _page_turned, "note": _note, "seal redrawn": _seal_redrawn, "seal repainted": _seal_repainted,
    "seal moved": _seal_moved, "signature swapped": _signature_swapped, "signature gone": _signature_gone,
    "fields gone": _fields_gone, "text field": _text_field, "catalog": _catalog, "attachment": _attachment,
    "permissions gone": _perms,
}  # fmt: skip
UNSEEN: dict[str, Edit] = {"title": _title, "orphan": _orphan, "signature field": _signature_field}
"""Nobody sees them on the page; ISO 32000-2 lets most of them pass. They are named all the same."""


def flipped(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """One byte each, anywhere."""
    for _ in range(times):
        copy = bytearray(pdf)
        copy[chance.randrange(len(pdf))] ^= chance.randint(1, 255)
        yield Copy("flipped", bytes(copy), visible=True)


def flipped_in_signatures(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """One hexadecimal digit each of what no byte range covers: the last signature, or what pads it."""
    *_, last = PdfFileReader(BytesIO(pdf)).embedded_signatures
    _, head, resume, _ = (int(number) for number in last.byte_range)
    for _ in range(times):
        copy = bytearray(pdf)
        place = chance.randrange(head, resume)
        copy[place] = chance.choice(b"0123456789abcdefABCDEF <>(".replace(copy[place : place + 1], b""))
        yield Copy("flipped in signature", bytes(copy), visible=True)


def replaced(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """Some bytes in a row overwritten, put in or taken out."""
    for _ in range(times):
        place, size = chance.randrange(9, len(pdf) - 40), chance.randint(1, 40)
        new = chance.choice((chance.randbytes(size), b"", pdf[place : place + size] + chance.randbytes(3)))
        yield Copy("replaced", pdf[:place] + new + pdf[place + size :], visible=True)


def appended(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """Behind the end, without form; a few blanks at the least."""
    tails = (
        b"\n", b" \r\n", b"% a comment\n", b"\0" * 9, b"%%EOF\n", b"startxref\n0\n%%EOF\n",
        b"1 0 obj\n42\nendobj\n%%EOF",
    )  # fmt: skip
    for number in range(times):
        tail = tails[number % len(tails)] * chance.randint(1, 3)
        if number % 3 == 0:
            tail = chance.randbytes(chance.randint(1, 2000))
        yield Copy("appended", pdf + tail, visible=bool(tail.strip()))


def updated(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """A revision in all form; a third of them with two changes, or followed by one more."""
    kinds = SHOWN | UNSEEN
    for number in range(times):
        kind = list(kinds)[number % len(kinds)]
        copy = update(pdf, lambda writer, edit=kinds[kind]: edit(writer, chance))  # type: ignore[misc]
        if number % 7 == 6:
            copy = update(copy, lambda writer: _orphan(writer, chance))
        yield Copy(kind, copy, visible=kind in SHOWN)


def cut(pdf: bytes, chance: random.Random, times: int) -> Iterator[Copy]:
    """Shortened: first at the end of each earlier revision, then anywhere."""
    ends = [found.end() for found in _END.finditer(pdf)][:-1]
    places = ends + [chance.randrange(len(pdf) - 1) for _ in range(times - len(ends))]
    for place in places[:times]:
        yield Copy("cut", pdf[:place], visible=False)
