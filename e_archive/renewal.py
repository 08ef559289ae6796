"""From a package and its renewed documents to the package that takes its place. Pure and deterministic.

Everything else in it stays byte for byte; metadata and catalogue follow the new files, and the metadata tells the
renewal as an event, after all earlier ones.
"""

import hashlib
from datetime import datetime
from typing import Final

from lxml import etree
from msgspec import Struct

from e_archive import build, metadata
from e_archive.errors import UnreadablePackage
from e_archive.metadata import FileNote
from e_archive.package import METADATA, RENEWAL_REPORT, SCHEMA, TAG_MANIFEST, Package, make_bag
from e_archive.schemas import CheckReport, SignatureReport

_STAMPED: Final = "Bagging-Date"
_COUNTED: Final = "Payload-Oxum"


class Renewed(Struct, frozen=True, kw_only=True):
    """A document with one more archive timestamp, and what the validation of it said."""

    path: str
    """Below data/."""
    pdf: bytes
    report: SignatureReport
    old_digest: str


class Event(Struct, frozen=True, kw_only=True):
    """What the metadata says of a renewal."""

    at: datetime
    reason: str
    previous_package: str
    """Digest of the package before."""


def rebuild(old: Package, renewed: list[Renewed], event: Event, report: CheckReport | None) -> Package:
    """The new package. Without a report it is what the report is made from."""
    root = metadata.parse(old.files[METADATA])
    payload = old.payload | {one.path: one.pdf for one in renewed} | _reports(root, renewed)
    for note in _notes(root):
        _follow(note, payload[metadata.text(note, "path")])
    metadata.put(root, "total_bytes", str(sum(len(data) for path, data in payload.items() if "/" in path)))
    changed = [(one.report.document, one.old_digest, one.report.digest) for one in renewed]
    metadata.add_renewal(root, event.at, event.reason, event.previous_package, changed)
    payload["metadata.xml"] = metadata.as_xml(root)
    payload["catalogue.xml"] = metadata.write_catalogue(_lines(root))
    tags = {path: data for path, data in old.files.items() if not path.startswith("data/") and path != TAG_MANIFEST}
    tags[SCHEMA] = metadata.schema_text()
    tags.pop(RENEWAL_REPORT, None)
    if report is not None:
        tags[RENEWAL_REPORT] = build.as_json(report)
    info = {name: value for name, value in old.info.items() if name != _COUNTED}
    return make_bag(old.root, payload, tags, info | {_STAMPED: event.at.date().isoformat()})


def _reports(root: etree._Element, renewed: list[Renewed]) -> dict[str, bytes]:
    """The validation reports of the renewed documents, in the places of the old ones."""
    paths = [metadata.text(one, "file/path") for one in metadata.each(root, "records/record")]
    reports = {build.signature_record_path(one.report.document): build.signature_record(one.report) for one in renewed}
    if strays := reports.keys() - paths:
        raise UnreadablePackage(f"信息包缺少签名验证报告：{'、'.join(sorted(strays))}")
    return reports


def _notes(root: etree._Element) -> list[etree._Element]:
    return [*metadata.each(root, "documents/document/file"), *metadata.each(root, "records/record/file")]


def _follow(note: etree._Element, data: bytes) -> None:
    metadata.put(note, "size", str(len(data)))
    metadata.put(note, "digest", hashlib.sha256(data).hexdigest())


def _lines(root: etree._Element) -> list[tuple[str, FileNote]]:
    """The catalogue as `build` writes it: documents, then records."""
    titled = [*metadata.each(root, "documents/document"), *metadata.each(root, "records/record")]
    return [(metadata.text(one, "title"), metadata.file_note(one)) for one in titled]
