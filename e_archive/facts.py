"""What the checks look at: one package, its metadata, its PDFs, computed once."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec
from lxml import etree

from e_archive import metadata
from e_archive.package import METADATA, Package
from e_archive.pdf import PdfFacts


class Facts:
    """`unique`, `continuous` and `catalogued` are known only beside the database; None elsewhere."""

    def __init__(
        self,
        package: Package,
        inspect: Callable[[bytes], PdfFacts],
        *,
        unique: bool | None = None,
        continuous: bool | None = None,
    ) -> None:
        self.package = package
        self.payload = package.payload
        self.unique, self.continuous = unique, continuous
        self.catalogued: bool | None = None
        self._inspect = inspect
        self.root: etree._Element | None = None
        self.unreadable = ""
        try:
            self.root = metadata.parse(package.files.get(METADATA, b""))
        except metadata.Unparsable as error:
            self.unreadable = f"元数据：{error}"

    def text(self, path: str) -> str:
        """One metadata value; "" when absent."""
        return "" if self.root is None else metadata.text(self.root, path)

    def each(self, path: str) -> list[etree._Element]:
        """Metadata elements."""
        return [] if self.root is None else metadata.each(self.root, path)

    @cached_property
    def schema_errors(self) -> list[metadata.SchemaError]:
        """Breaches of metadata.xsd."""
        if self.root is None:
            return [metadata.SchemaError(rule="SCHEMAV_ELEMENT_CONTENT", words=self.unreadable)]
        return metadata.schema_errors(self.root)

    @cached_property
    def files(self) -> dict[str, etree._Element]:
        """The metadata's `file` elements by path."""
        notes = [*self.each("documents/document/file"), *self.each("records/record/file")]
        return {metadata.text(note, "path"): note for note in notes}

    @cached_property
    def pdfs(self) -> dict[str, PdfFacts]:
        """Findings about every document, by path."""
        return {path: self._inspect(data) for path, data in self.payload.items() if path.startswith("documents/")}

    @cached_property
    def signature_reports(self) -> dict[str, Any]:
        """The kept signature reports by document key; unreadable ones are left out and found by another item."""
        reports = {}
        for path in self.of_kind("signature_report"):
            content = read_json(self.payload.get(path, b""))
            if isinstance(content, dict):
                reports[str(content.get("document"))] = content
        return reports

    def key_of(self, path: str) -> str:
        """The key of the document at this path."""
        documents = self.each("documents/document")
        return next(metadata.text(one, "key") for one in documents if metadata.text(one, "file/path") == path)

    def of_kind(self, kind: str) -> list[str]:
        """Paths of the records of a kind."""
        records = self.each("records/record")
        return [metadata.text(r, "file/path") for r in records if metadata.text(r, "kind") == kind]


def read_json(data: bytes) -> Any:
    """The content of a JSON record, or None when it is not one."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
