"""metadata.xml: written from the manifest, read back by everyone who checks a package (format: metadata.xsd)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from lxml import etree
from msgspec import Struct

from e_archive.schemas import ArchiveDocument, ArchiveManifest, ArchivePerson, ProcessStep

NAMESPACE: Final = "urn:yiti:e-archive:case:1"
_PREFIX: Final = f"{{{NAMESPACE}}}"
# lxml-stubs do not know that None names the default namespace.
_NSMAP: Final[Any] = {None: NAMESPACE}


class FileNote(Struct, frozen=True, kw_only=True):
    """What the metadata says about one file of the package."""

    path: str
    format: str
    size: int
    digest: str


class RecordNote(Struct, frozen=True, kw_only=True):
    """A record (not a document) of the package."""

    kind: str
    title: str
    file: FileNote


class SchemaError(Struct, frozen=True, kw_only=True):
    """One breach of metadata.xsd; `rule` is libxml2's name of the rule."""

    rule: str
    words: str


def schema_text() -> bytes:
    """The XML schema, also put into every package."""
    return files("e_archive").joinpath("metadata.xsd").read_bytes()


def write(
    manifest: ArchiveManifest,
    archive_no: str,
    archived_at: datetime,
    files_of: Mapping[str, FileNote],
    records: Iterable[RecordNote],
) -> bytes:
    """The metadata of a case; `files_of` maps document keys to their files."""
    root = etree.Element(f"{_PREFIX}archive", nsmap=_NSMAP)
    _add(root, "archive_no", archive_no)
    _head(root, manifest, archived_at)
    _people(root, "holders", manifest.holders)
    _people(root, "obligors", manifest.obligors)
    _texts(_add(root, "certificates"), "certificate_no", manifest.certificate_nos)
    _texts(_add(root, "relations"), "related", manifest.relations)
    required = _add(root, "required")
    _texts(required, "document", manifest.required_documents)
    _texts(required, "step", manifest.required_steps)
    notes = list(records)
    _add(root, "document_count", str(len(manifest.documents)))
    _add(root, "total_bytes", str(sum(note.size for note in files_of.values()) + sum(n.file.size for n in notes)))
    documents = _add(root, "documents")
    for document in manifest.documents:
        _document(documents, document, files_of[document.key])
    holder = _add(root, "records")
    for note in notes:
        record = _add(holder, "record")
        _fields(record, {"kind": note.kind, "title": note.title})
        _file(record, note.file)
    _process(root, manifest.process)
    return as_xml(root)


def write_catalogue(lines: Iterable[tuple[str, FileNote]]) -> bytes:
    """The catalogue (目录): title and file of everything, one line each, in order."""
    root = etree.Element(f"{_PREFIX}catalogue", nsmap=_NSMAP)
    for place, (title, note) in enumerate(lines, 1):
        line = _add(root, "item")
        line.attrib.update({"no": str(place), "title": title, "path": note.path, "digest": note.digest})
    return as_xml(root)


def add_renewal(
    root: etree._Element, at: datetime, reason: str, previous: str, documents: Iterable[tuple[str, str, str]]
) -> None:
    """Tell a renewal after all earlier ones. `documents`: key, old and new digest of each that was renewed."""
    holder = next(iter(each(root, "renewals")), None)
    renewal = _add(_add(root, "renewals") if holder is None else holder, "renewal")
    _fields(renewal, {"at": at.isoformat(), "reason": reason, "previous_package": previous})
    for key, old, new in documents:
        _fields(_add(renewal, "document"), {"key": key, "old_digest": old, "new_digest": new})


def as_xml(root: etree._Element) -> bytes:
    """The file; indented anew, so that what was read and what is written look the same."""
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


class Unparsable(Exception):
    """The XML cannot be read; the words say why."""


def parse(data: bytes) -> etree._Element:
    """Parse XML from a stranger: no entities, no network, no DOCTYPE. Raises Unparsable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unparsable(f"XML无法解析：{error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unparsable("XML不得含有DOCTYPE")
    return root


def schema_errors(root: etree._Element) -> list[SchemaError]:
    """All breaches of metadata.xsd."""
    schema = etree.XMLSchema(_schema())
    schema.validate(root)
    return [
        SchemaError(rule=error.type_name, words=f"第{error.line}行：{error.message.replace(_PREFIX, '')}")
        for error in schema.error_log  # type: ignore[attr-defined]  # lxml-stubs
    ]


def text(root: etree._Element, path: str) -> str:
    """The text at a slash path of local names, or "" when there is none."""
    return root.findtext("/".join(_PREFIX + name for name in path.split("/"))) or ""


def put(root: etree._Element, name: str, value: str) -> None:
    """Change the value of an element that is there."""
    (element,) = each(root, name)
    element.text = value


def file_note(element: etree._Element) -> FileNote:
    """The `file` of a document or record."""
    path, form, size, digest = (text(element, f"file/{name}") for name in ("path", "format", "size", "digest"))
    return FileNote(path=path, format=form, size=int(size), digest=digest)


def each(root: etree._Element, path: str) -> list[etree._Element]:
    """The elements at a slash path of local names."""
    return root.findall("/".join(_PREFIX + name for name in path.split("/")))


@lru_cache(maxsize=1)
def _schema() -> etree._Element:
    return etree.fromstring(schema_text())


def _head(root: etree._Element, manifest: ArchiveManifest, archived_at: datetime) -> None:
    _fields(
        root,
        {
            "fonds_no": manifest.fonds_no,
            "category": manifest.category,
            "year": f"{manifest.formed_on.year:04d}",
            "retention": manifest.retention,
            "secrecy": manifest.secrecy,
            "title": manifest.title,
            "author": manifest.author,
            "formed_on": manifest.formed_on.isoformat(),
            "archived_at": archived_at.isoformat(),
            "item_name": manifest.item_name,
            "item_code": manifest.item_code,
            "case_no": manifest.case_no,
            "registration_type": manifest.registration_type,
            "registration_subtype": manifest.registration_subtype,
            "unit_code": manifest.unit_code,
            "location": manifest.location,
        },
    )


def _people(root: etree._Element, name: str, people: tuple[ArchivePerson, ...]) -> None:
    holder = _add(root, name)
    for person in people:
        _fields(_add(holder, "person"), {"name": person.name, "id_kind": person.id_kind, "id_no": person.id_no})


def _document(parent: etree._Element, document: ArchiveDocument, file: FileNote) -> None:
    element = _add(parent, "document")
    _fields(
        element,
        {
            "key": document.key,
            "title": document.title,
            "author": document.author,
            "formed_on": document.formed_on.isoformat(),
            "source": document.source,
            "verification": document.verification,
        },
    )
    signatures = _add(element, "signatures")
    for note in document.signatures:
        _fields(
            _add(signatures, "signature"),
            {
                "signer": note.signer,
                "certificate_serial": note.certificate_serial,
                "level": note.level,
                "signed_at": note.signed_at.isoformat(),
            },
        )
    _file(element, file)


def _file(parent: etree._Element, note: FileNote) -> None:
    _fields(
        _add(parent, "file"),
        {
            "path": note.path,
            "format": note.format,
            "size": str(note.size),
            "digest_algorithm": "SHA-256",
            "digest": note.digest,
        },
    )


def _process(root: etree._Element, steps: tuple[ProcessStep, ...]) -> None:
    holder = _add(root, "process")
    for step in steps:
        fields = {"name": step.name, "actor": step.actor, "at": step.at.isoformat(), "opinion": step.opinion}
        _fields(_add(holder, "step"), fields)


def _fields(parent: etree._Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        _add(parent, name, value)


def _texts(parent: etree._Element, name: str, values: Iterable[str]) -> None:
    for value in values:
        _add(parent, name, value)


def _add(parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, _PREFIX + name)
    element.text = value
    return element
