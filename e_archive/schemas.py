"""Values at the edges of the archive: what a closed case hands over, and what a check found."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

IdKind = Literal["resident_id", "credit_code", "passport", "other"]
Source = Literal["申请人上传", "共享获取", "系统生成"]
Retention = Literal["Y", "D30", "D10"]


class ArchivePerson(Struct, frozen=True, kw_only=True):
    """A right holder (权利人) or obligor (义务人)."""

    name: str
    id_kind: IdKind
    id_no: str


class SignatureNote(Struct, frozen=True, kw_only=True):
    """A signature or seal on a document, as the metadata names it."""

    signer: str
    certificate_serial: str
    level: str
    signed_at: datetime


class ArchiveDocument(Struct, frozen=True, kw_only=True):
    """One PDF/A document of the case; `key` (lower-case ASCII, unique in the case) also names its file."""

    key: str
    title: str
    digest: str
    """Blob of the final, signed PDF."""
    author: str
    formed_on: date
    source: Source
    verification: str
    """How it was verified (核验方式), in words."""
    signatures: tuple[SignatureNote, ...] = ()


class SignatureReport(Struct, frozen=True, kw_only=True):
    """The validation of one document's signatures, made by who can judge trust."""

    document: str
    digest: str
    """Digest of the PDF that was validated: a report about other bytes proves nothing."""
    valid: bool
    report: bytes
    """The full report as JSON."""


class ExchangeRecord(Struct, frozen=True, kw_only=True):
    """One exchange with a counterparty that the case rests on (核验结果); `name` is lower-case ASCII."""

    name: str
    title: str
    content: bytes
    """JSON."""


class ProcessStep(Struct, frozen=True, kw_only=True):
    """One step of the handling (处理过程)."""

    name: str
    actor: str
    at: datetime
    opinion: str = ""


class ArchiveManifest(Struct, frozen=True, kw_only=True):
    """Everything a closed case hands to the archive. Field meanings: metadata.xsd."""

    subject: str
    """What is archived, once: `case:<uuid>`."""
    fonds_no: str
    category: str
    retention: Retention
    secrecy: Literal["公开", "内部", "工作秘密"]
    title: str
    author: str
    formed_on: date
    item_name: str
    item_code: str
    case_no: str
    registration_type: str
    registration_subtype: str
    unit_code: str
    location: str
    holders: tuple[ArchivePerson, ...]
    obligors: tuple[ArchivePerson, ...]
    certificate_nos: tuple[str, ...]
    relations: tuple[str, ...]
    required_documents: tuple[str, ...]
    """Keys of the documents that this business must archive (归档范围), from the catalogue, not from what is there."""
    required_steps: tuple[str, ...]
    documents: tuple[ArchiveDocument, ...]
    signature_reports: tuple[SignatureReport, ...]
    evidence_report: bytes
    decision_receipt: bytes
    action_log: bytes
    exchange_records: tuple[ExchangeRecord, ...]
    process: tuple[ProcessStep, ...]


class Proof(Struct, frozen=True, kw_only=True):
    """Until when something can be proved, and by which digest algorithm."""

    until: datetime
    algorithm: str


class Result(StrEnum):
    """The outcome of one check item. `not_checked` (人工/未检) is never counted as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


class CheckItem(Struct, frozen=True, kw_only=True):
    """One item of the four-property check, with the id of DA/T 70."""

    id: str
    name: str
    result: Result
    reason: str


class CheckReport(Struct, frozen=True, kw_only=True):
    """The four-property check (四性检测) of one package."""

    standard: str
    stage: Literal["GD", "YJ", "BC"]
    items: tuple[CheckItem, ...]

    @property
    def failed(self) -> tuple[CheckItem, ...]:
        """The items that failed; none means that the package is acceptable."""
        return tuple(item for item in self.items if item.result == Result.FAILED)


class Verification(Struct, frozen=True, kw_only=True):
    """What anyone can find out from a package alone."""

    archive_no: str | None
    package_digest: str
    report: CheckReport

    @property
    def ok(self) -> bool:
        """Nothing failed. Items not checked are listed in the report."""
        return not self.report.failed
