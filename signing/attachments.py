"""What a PDF carries beside its pages: the files that are attached to it, and the fields of those that are XML.

Read where strangers' files are examined (`signing.examining`); everything here has a limit of its own as well.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree
from msgspec import Struct
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.reports import plain

MOST_FILES = 16
MOST_BYTES = 512 * 1024
_MOST_FIELDS = 2_000
_LONGEST = 4_000
_DEEPEST = 8
_MOST_NODES = 200
_PLATFORMS = ("/F", "/UF", "/DOS", "/Mac", "/Unix")


class AttachedFile(Struct, frozen=True, kw_only=True):
    """One attached file. `root` and `fields` of well-formed XML: the outermost tag, and path to text in order; the
    second `QLR` below `BDCQZS` is `BDCQZS/QLR[2]`. `problem` says in Chinese why there are none."""

    name: str
    root: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def attached_files(reader: PdfFileReader) -> tuple[AttachedFile, ...]:
    """All of them, by the name tree and by /AF, each once. Raises on bytes made to confuse; too many are not read."""
    found: dict[int, tuple[str, Any]] = {}
    for name, specification in _named(reader.root):
        found.setdefault(_number(specification), (name, specification.get_object()))
        if len(found) > MOST_FILES:
            return (AttachedFile(name="", problem="附件过多，没有读取"),)
    return tuple(_read(name, specification) for name, specification in found.values())


def _number(specification: Any) -> int:
    return specification.idnum if isinstance(specification, generic.IndirectObject) else id(specification)


def _named(root: Any) -> Iterator[tuple[str, Any]]:
    names = root.get("/Names")
    files = names.get_object().get("/EmbeddedFiles") if names is not None else None
    if files is not None:
        yield from _leaves(files.get_object())
    for one in _items(root, "/AF"):
        yield str(one.get_object().get("/UF", "")), one


def _leaves(node: Any) -> Iterator[tuple[str, Any]]:
    """Of a name tree; broken or endless ones end early."""
    waiting, seen = [(node, 0)], 0
    while waiting and seen < _MOST_NODES:
        branch, depth = waiting.pop(0)
        seen += 1
        pairs = list(_items(branch, "/Names"))
        yield from ((str(name), value) for name, value in zip(pairs[::2], pairs[1::2], strict=False))
        if depth < _DEEPEST:
            waiting += [(kid.get_object(), depth + 1) for kid in _items(branch, "/Kids")]


def _items(holder: Any, key: str) -> Iterator[Any]:
    array = holder[key] if key in holder else ()  # noqa: SIM401 - `get` gives a reference
    if isinstance(array, generic.ArrayObject):
        yield from (array.raw_get(place) for place in range(min(len(array), _MOST_NODES)))


def _read(name: str, specification: Any) -> AttachedFile:
    name = plain(name)[:120]
    try:
        streams = {_number(specification["/EF"].raw_get(key)): key for key in _PLATFORMS if key in specification["/EF"]}
        if len(streams) > 1:  # which of them a reader takes is anybody's guess
            return AttachedFile(name=name, problem="附件在文件里有几个不同的版本")
        data = bytes(specification["/EF"][next(iter(streams.values()))].data)
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - bytes made to confuse raise anything: zlib.error, AssertionError, ...
        return AttachedFile(name=name, problem="附件不能读取")
    if not data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<") and not name.lower().endswith(".xml"):
        return AttachedFile(name=name, problem="附件不是 XML 数据")
    if len(data) > MOST_BYTES:
        return AttachedFile(name=name, problem="附件过大，没有读取")
    return xml_file(name, data)


def xml_file(name: str, data: bytes) -> AttachedFile:
    """The fields of XML. Nothing is fetched and no entity is replaced: what declares any is not read."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return AttachedFile(name=name, problem="附件不是有效的 XML 数据")
    if _declares(root):
        return AttachedFile(name=name, problem="附件的 XML 数据含有不应有的声明（DOCTYPE），没有读取")
    fields = []
    for path, text in _fields(root):
        fields.append((path, text))
        if len(fields) > _MOST_FIELDS:
            return AttachedFile(name=name, problem="附件的数据项过多，没有读取")
    return AttachedFile(name=name, root=_tag(root), fields=tuple(fields))


def _declares(root: etree._Element) -> bool:
    return root.getroottree().docinfo.internalDTD is not None


def _fields(root: etree._Element) -> Iterator[tuple[str, str]]:
    waiting = [(_tag(root), root)]
    while waiting:
        path, element = waiting.pop()
        yield from ((f"{path}/@{name}", plain(value)[:_LONGEST]) for name, value in _attributes(element).items())
        children, seen = list(element), dict[str, int]()
        text = element.text or ""
        if not children or text.strip():
            yield path, plain_text(text)
        below = []
        for child in children:
            tag = _tag(child)
            seen[tag] = seen.get(tag, 0) + 1
            below.append((f"{path}/{tag}" if seen[tag] == 1 else f"{path}/{tag}[{seen[tag]}]", child))
            if (child.tail or "").strip():
                yield f"{path}/#", plain_text(child.tail or "")
        waiting += reversed(below)


def plain_text(text: str) -> str:
    """Fit to be sent on and shown."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def _attributes(element: etree._Element) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _tag(element: etree._Element) -> str:
    return plain_text(str(element.tag))[:80]
