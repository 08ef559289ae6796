"""The last step: what exactly is missing, what the rules say, and the one decision on acceptance (条例 art. 17)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.cases.findings import Finding, Level, blocking
from yiti.cases.lifecycle import CaseStatus
from yiti.journeys.registration import desk
from yiti.journeys.registration.checklist import Checklist
from yiti.portals.registration.case_parts import FindingView, finding
from yiti.portals.registration.forms import (
    REASON_MAX,
    ItemsForm,
    ReasonForm,
    VersionForm,
    lines,
    opinion,
)
from yiti.portals.registration.rules import worst_first
from yiti.portals.registration.window.desk import Desk, frame, names_in, on_desk, writable
from yiti.portals.shell.views import AnyRequest, page, redirect

_LATER = ("outside.", "form.", "materials.present")


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that is missing, and the step at which it is mended."""

    words: str
    url: str


class CheckingController(Controller):
    """The fifth step."""

    path = "/registration/window/{case_id:uuid}"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/check")
    async def check(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Everything that is lacking at once; and what the rules would say today."""
        on = await on_desk(reader, actor, case_id)
        if on is None:
            return redirect(request, f"/registration/cases/{case_id}")
        found = await desk.checklist(reader, case_id)
        lacking = _lacking(on, found)
        asked = await desk.findings(reader, actor, case_id) if on.units and not found.lacks else ()
        # What the case asks for after acceptance, and what the list above says already, is no news here.
        findings = tuple(one for one in asked if not one.code.startswith(_LATER))
        return page(
            "registration/window/check.html",
            frame=frame(on, "check"),
            lacking=lacking,
            findings=_shown(on, tuple(one for one in findings if one.level is not Level.CLEAR)),
            checked=len(findings),
            stopped=len(blocking(findings)),
            complete=not lacking,
            may_tell=not found.lacks,
            items="\n".join(f"补交{item.name}" for item in found.missing),
            missing="\n".join([*(one.words for one in found.lacks), *(item.name for item in found.missing)]),
            reason_max=REASON_MAX,
        )

    @post("/accept")
    async def accept(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[VersionForm],
    ) -> Response[Any]:  # fmt: skip
        """受理: handed in and accepted in one step; tax, housing and treasury are asked at once."""
        case = await desk.submit(tx, actor, case_id, version=data.version)
        await desk.accept(tx, actor, case_id)
        if case.status in (CaseStatus.BOOKED, CaseStatus.CLOSED):
            return redirect(request, f"/registration/cases/{case_id}", "已受理，全部事项通过，已即时登簿")
        return redirect(request, f"/registration/cases/{case_id}", "已受理，受理凭证正在制作")

    @post("/correct")
    async def correct(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[VersionForm],
    ) -> Response[Any]:  # fmt: skip
        """补正完成: the clock goes on."""
        await desk.correct(tx, actor, case_id, version=data.version)
        return redirect(request, f"/registration/cases/{case_id}", "补正完成，继续办理")

    @post("/request-correction")
    async def request_correction(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[ItemsForm],
    ) -> Response[Any]:  # fmt: skip
        """一次性告知: the application is taken in with its gaps, and told of all of them in one letter."""
        on = await writable(tx, actor, await cases.locked(tx, case_id))
        cases.expect_version(on.case, data.version, actor)
        if on.drafted:
            # Incomplete on purpose: the journey's own `submit` takes only what is complete.
            await cases.submit(tx, actor, on.case)
        await desk.request_correction(tx, actor, case_id, lines(data.items, "items"))
        return redirect(request, f"/registration/cases/{case_id}", "已一次性告知补正，补正告知书正在制作", "warning")

    @post("/discard")
    async def discard(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:  # fmt: skip
        """The applicant goes away again before anything was handed in."""
        await desk.withdraw(tx, actor, case_id, opinion(data.reason, "reason") or "申请人未提交申请，草稿作废")
        return redirect(request, "/registration/window", "草稿已作废", "info")


def _lacking(on: Desk, found: Checklist) -> list[Lacking]:
    fields = [Lacking(one.words, f"{on.url}/{_step(one.field)}") for one in found.lacks]
    return fields + [
        Lacking(f"缺材料：{one.name}" + ("（可共享获取）" if one.obtainable else ""), f"{on.url}/materials")
        for one in found.missing
    ]


def _step(path: str) -> str:
    """Where a field of the application is filled in."""
    if path.startswith("answers"):
        return "answers"
    return "units" if path.endswith("unit_ids") else "form"


def _shown(on: Desk, findings: tuple[Finding, ...]) -> list[FindingView]:
    names = names_in(on.application)
    return [finding(one, names) for one in worst_first(findings)]
