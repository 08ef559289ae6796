"""The archive package (电子档案) of a closed case: its check report and file, if it is whole, how long provable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select

import e_archive.service as e_archive
from e_archive.errors import UnknownArchive
from e_archive.models import Archive, ArchiveRenewal, FixityCheck
from e_archive.rules import REASON_WORDS
from e_archive.schemas import CheckItem, CheckReport, Result
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.portals.registration.rules import Tone
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_PROPERTIES = {"1": "真实性", "2": "完整性", "3": "可用性", "4": "安全性"}
_STAGES = {"GD": "归档检测", "YJ": "移交与接收检测", "BC": "长期保存检测"}
RESULTS: dict[Result, tuple[str, Tone]] = {
    Result.PASSED: ("通过", "success"),
    Result.FAILED: ("未通过", "danger"),
    Result.NOT_CHECKED: ("人工/未检", "neutral"),
}
_CHECKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one of the four properties. `counted` never adds what was not checked to what passed."""

    title: str
    counted: str
    items: tuple[CheckItem, ...]


class ArchiveController(Controller):
    """What was archived of a case."""

    path = "/registration/archives/{case_id:uuid}"
    guards = (requires(Permission.CASE_VIEW),)

    @get("/")
    async def archive(self, reader: Reader, case_id: FromPath[UUID]) -> Response[Any]:
        """The package and its four-property check, item by item."""
        case = await cases.get(reader, case_id)
        kept = await e_archive.by_subject(reader, f"case:{case_id}")
        if kept is None:
            return page("registration/archive_missing.html", case=case)
        report = msgspec.convert(kept.report, CheckReport)
        return page(
            "registration/archive.html",
            case=case,
            archive=kept,
            url=f"/registration/archives/{case_id}",
            stage=_STAGES[report.stage],
            standard=report.standard,
            groups=groups(report),
            results=RESULTS,
            checks=await _checks(reader, kept.id),
            keeping=keeping(kept),
            renewals=[_renewal(one) for one in await e_archive.renewals_of(reader, kept.id)],
        )

    @get("/package.zip", guards=[requires(Permission.PII_REVEAL)])
    async def package(self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID]) -> Response[bytes]:
        """The whole package. It holds every document of the case, so taking it is written down."""
        kept = await _kept(tx, case_id)
        detail = {"archive_no": kept.archive_no, "digest": kept.package_digest}
        audit(tx, actor, "archive.downloaded", f"case:{case_id}", detail)
        data = await resources.blobs.get(kept.package_digest)
        return file_response(data, f"{kept.archive_no}.zip", "application/zip")

    @post("/fixity", guards=[requires(Permission.CASE_DECIDE)])
    async def fixity(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Read the stored package again and check every byte; the outcome is kept."""
        kept = await _kept(tx, case_id)
        outcome = await e_archive.verify_fixity(tx, resources.blobs, kept.id)
        audit(tx, actor, "archive.fixity_requested", f"case:{case_id}", {"passed": outcome.passed})
        if outcome.passed:
            return redirect(request, f"/registration/archives/{case_id}", "校验完成，档案包与归档时一致")
        words = "档案包已损坏或者与归档时不一致，请立即报告管理员"
        return redirect(request, f"/registration/archives/{case_id}", words, "danger")


@dataclass(frozen=True, slots=True)
class Keeping:
    """Until when the package can be proved, and what is on its way."""

    until: datetime | None
    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class RenewalLine:
    """One renewal."""

    at: datetime
    reason: str
    documents: int
    until: datetime
    package_digest: str


def keeping(kept: Archive) -> Keeping:
    """In words; an order that stays is one that a person has to look at (parked jobs)."""
    if kept.proof_algorithm == "":
        return Keeping(None, "没有电子签名，无须延续", "neutral")
    if kept.renewal_ordered_at is not None:
        return Keeping(kept.provable_until, "正在检查和延续；长时间未完成的，请管理员查看挂起的任务", "warning")
    if kept.proof_algorithm is None or kept.provable_until is None:
        return Keeping(None, "尚未检查", "info")
    if kept.provable_until <= now():
        return Keeping(kept.provable_until, "已不能证明", "danger")
    return Keeping(kept.provable_until, "有效，到期前自动延续", "success")


def _renewal(one: ArchiveRenewal) -> RenewalLine:
    return RenewalLine(
        at=one.renewed_at,
        reason=REASON_WORDS[one.reason],
        documents=len(one.documents),
        until=one.provable_until,
        package_digest=one.new_package_digest,
    )


def groups(report: CheckReport) -> list[Group]:
    """The report by property, in the order of the standard (`GD-1-7` belongs to 1, 真实性)."""
    return [
        Group(title, _counted(items), items)
        for number, title in _PROPERTIES.items()
        if (items := tuple(one for one in report.items if one.id.split("-")[1] == number))
    ]


def _counted(items: Sequence[CheckItem]) -> str:
    counts = {words: sum(one.result == result for one in items) for result, (words, _) in RESULTS.items()}
    return "，".join(f"{words} {count} 项" for words, count in counts.items() if count)


async def _kept(reader: ReadSession, case_id: UUID) -> Archive:
    await cases.get(reader, case_id)
    kept = await e_archive.by_subject(reader, f"case:{case_id}")
    if kept is None:
        raise UnknownArchive
    return kept


async def _checks(reader: ReadSession, archive_id: UUID) -> Sequence[FixityCheck]:
    wanted = select(FixityCheck).where(FixityCheck.archive_id == archive_id).order_by(FixityCheck.id.desc())
    return (await reader.scalars(wanted.limit(_CHECKS_SHOWN))).all()
