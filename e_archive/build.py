"""From a manifest and its PDFs to a bag. Pure and deterministic: equal input gives equal bytes."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from e_archive import metadata
from e_archive.metadata import FileNote, RecordNote
from e_archive.package import README, REPORT, SCHEMA, Package, make_bag
from e_archive.schemas import ArchiveManifest, CheckReport, SignatureReport

_NAME: Final = re.compile(r"[0-9a-z][0-9a-z._-]{0,59}", re.ASCII)

_README: Final = """不动产登记业务电子档案包
档号：{archive_no}

一、内容
data/metadata.xml    元数据（格式说明见 metadata.xsd）
data/catalogue.xml   目录
data/documents/      业务材料（PDF/A）
data/records/        签名验证报告、证据链报告、决定回执、操作日志、交换记录（JSON）
check-report.json    归档时的四性检测报告；“not_checked”为人工或未检项目，不代表通过
renewal-report.json  最近一次长期保存延续后的四性检测报告（延续过的才有；历次延续见 metadata.xml 的 renewals）
manifest-sha256.txt  内容文件摘要清单；tagmanifest-sha256.txt 说明文件摘要清单（BagIt 1.0，RFC 8493）

二、脱机验证
在本目录执行 sha256sum -c manifest-sha256.txt tagmanifest-sha256.txt 可核对全部文件；
在装有一体化平台软件的计算机上执行 python -m e_archive.verify 档案包.zip 可重做四性检测。
"""


def root_name(archive_no: str) -> str:
    """The archive number as a folder name that every system accepts."""
    return archive_no.replace("·", ".")


def lay_out(
    manifest: ArchiveManifest,
    archive_no: str,
    archived_at: datetime,
    pdfs: Mapping[str, bytes],
    report: CheckReport | None,
) -> Package:
    """The bag of a case; `pdfs` maps document keys to bytes. Without a report it is what the report is made from.

    Raises ValueError or MsgspecError for what cannot be written at all.
    """
    _safe([document.key for document in manifest.documents] + [record.name for record in manifest.exchange_records])
    documents = {_path(place, key): pdfs[key] for place, key in _places(manifest)}
    files_of = {key: _note(_path(place, key), pdfs[key], "PDF/A") for place, key in _places(manifest)}
    records = _records(manifest)
    notes = [RecordNote(kind=k, title=t, file=_note(p, data, "JSON")) for p, (k, t, data) in records.items()]
    payload = documents | {path: data for path, (_, _, data) in records.items()}
    catalogue = _catalogue(manifest, files_of, notes)
    payload |= {
        "metadata.xml": metadata.write(manifest, archive_no, archived_at, files_of, notes),
        "catalogue.xml": catalogue,
    }
    tags = {README: _README.format(archive_no=archive_no).encode(), SCHEMA: metadata.schema_text()}
    if report is not None:
        tags[REPORT] = as_json(report)
    info = {
        "Source-Organization": manifest.author,
        "External-Identifier": archive_no,
        "Bagging-Date": archived_at.date().isoformat(),
        "Bag-Software-Agent": "yiti e_archive",
    }
    return make_bag(root_name(archive_no), payload, tags, info)


def signature_record(report: SignatureReport) -> bytes:
    """How a signature report is kept: its verdict beside the full report."""
    return as_json(
        {
            "document": report.document,
            "digest": report.digest,
            "valid": report.valid,
            "report": msgspec.Raw(report.report),
        }
    )


def signature_record_path(key: str) -> str:
    """Where the signature report of the document with this key lies."""
    return f"records/signatures-{key}.json"


def _safe(names: list[str]) -> None:
    """Keys become file names: nothing but lower-case ASCII, so that they stay inside the package everywhere."""
    for name in names:
        if not _NAME.fullmatch(name):
            message = f"文件标识“{name}”只能用小写字母、数字和 . _ -"
            raise ValueError(message)


def _places(manifest: ArchiveManifest) -> list[tuple[int, str]]:
    return [(place, document.key) for place, document in enumerate(manifest.documents, 1)]


def _path(place: int, key: str) -> str:
    return f"documents/{place:02d}-{key}.pdf"


def _records(manifest: ArchiveManifest) -> dict[str, tuple[str, str, bytes]]:
    """Path → kind, title, bytes."""
    records = {
        "records/evidence-report.json": ("evidence_report", "电子签名证据链报告", manifest.evidence_report),
        "records/decision-receipt.json": ("decision_receipt", "决定回执", manifest.decision_receipt),
        "records/action-log.json": ("action_log", "操作日志", manifest.action_log),
    }
    titles = {document.key: document.title for document in manifest.documents}
    for report in manifest.signature_reports:
        title = f"签名验证报告：{titles.get(report.document, report.document)}"
        records[signature_record_path(report.document)] = ("signature_report", title, signature_record(report))
    for place, exchange in enumerate(manifest.exchange_records, 1):
        path = f"records/exchange-{place:02d}-{exchange.name}.json"
        records[path] = ("exchange_record", exchange.title, exchange.content)
    return records


def _catalogue(manifest: ArchiveManifest, files_of: Mapping[str, FileNote], records: list[RecordNote]) -> bytes:
    lines = [(document.title, files_of[document.key]) for document in manifest.documents]
    return metadata.write_catalogue([*lines, *((record.title, record.file) for record in records)])


def _note(path: str, data: bytes, kind: str) -> FileNote:
    return FileNote(path=path, format=kind, size=len(data), digest=hashlib.sha256(data).hexdigest())


def as_json(value: object) -> bytes:
    """As records and reports are kept in a package."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2)
