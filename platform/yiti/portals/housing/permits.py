"""Presale permits: the conditions are looked at first, then the permit is issued or refused with its findings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from escrow.supervision import account_or_none
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import DomainError, Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.models import Building, Project
from yiti.estate.parameters import presale_rules
from yiti.estate.queries import buildings_of, get_project
from yiti.estate.schemas import Assessment
from yiti.estate.service import assess_permit, issue_permit
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.forms import MODES, PermitForm, permit_form
from yiti.portals.housing.rules import rule_sets, version_for
from yiti.portals.shell.views import AnyRequest, page, redirect


class FindingLine(Struct, frozen=True):
    """A finding as the page shows it."""

    level: str
    words: str
    basis: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of the last click: findings, or what is wrong in the form."""

    status: int = 200
    findings: tuple[FindingLine, ...] | None = None
    clear: bool = False
    """Nothing stands in the way: the permit may be issued."""
    errors: dict[str, str] = {}
    problem: str = ""


class IssuePermitsController(Controller):
    """Applying for, assessing and issuing a permit."""

    path = "/housing/projects/{project_id:uuid}/permits"
    guards = (requires(Permission.PERMIT_ISSUE), housing_department)

    @get("/new")
    async def new(self, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """The form."""
        return await _form(reader, project_id, PermitForm(), Outcome())

    @post("/assess", status_code=200)
    async def assess(self, request: AnyRequest, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """What stands in the way today; changes nothing."""
        typed, buildings = await _typed(request, reader, project_id)
        try:
            assessment = await assess_permit(reader, typed.application(project_id, buildings), today())
        except Invalid as wrong:
            return await _form(reader, project_id, typed, _wrong(wrong))
        return await _form(reader, project_id, typed, _assessed(assessment))

    @post("/")
    async def issue(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, project_id: FromPath[UUID]
    ) -> Response[Any]:
        """Issue the permit, by the rules of today; a refusal shows the form again with what stands in the way."""
        typed, buildings = await _typed(request, tx, project_id)
        try:
            # A savepoint: the page below still reads after a number turned out to be taken.
            async with tx.begin_nested():
                made = await issue_permit(tx, actor, typed.application(project_id, buildings))
        except DomainError as refused:
            return await _form(tx, project_id, typed, _wrong(refused))
        return redirect(request, f"/housing/permits/{made.id}", f"已核发预售许可证 {made.number}")


class PermitsController(Controller):
    """Looking at one."""

    path = "/housing/permits"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/{permit_id:uuid}")
    async def permit(self, reader: Reader, permit_id: FromPath[UUID]) -> Response[Any]:
        """The permit with the rules and the evidence on which it was issued."""
        permit, buildings = await queries.permit(reader, permit_id)
        sets = rule_sets(await presale_rules(reader), await queries.presale_sources(reader), permit.rule_version)
        return page(
            "housing/permit.html",
            permit=permit,
            project=await get_project(reader, permit.project_id),
            buildings=buildings,
            rules=next((one for one in sets if one.applies), None),
            evidence=permit.evidence,
            mode=MODES.get(permit.evidence.get("supervision_mode") or "", ""),
            findings=_lines(permit.findings),
        )


async def _typed(request: AnyRequest, reader: ReadSession, project_id: UUID) -> tuple[PermitForm, list[Building]]:
    """The form with the supervision of the registered account, and the buildings that may be chosen."""
    await get_project(reader, project_id)
    buildings = await _open_buildings(reader, project_id)
    typed = await permit_form(request, buildings)
    account = await account_or_none(reader, project_id)
    if account is not None:
        mode, agreement = account.mode or "", account.agreement_no or ""
        typed = replace(typed, supervision_mode=mode, supervision_agreement_no=agreement)
    return typed, buildings


async def _open_buildings(reader: ReadSession, project_id: UUID) -> list[Building]:
    covered = await queries.permits_by_building(reader, project_id)
    return [building for building in await buildings_of(reader, project_id) if building.id not in covered]


async def _form(reader: ReadSession, project_id: UUID, typed: PermitForm, outcome: Outcome) -> Response[Any]:
    project: Project = await get_project(reader, project_id)
    history = await presale_rules(reader)
    chosen = version_for(history, today(), project.planning_permit_on)
    return page(
        "housing/permit_new.html",
        status=outcome.status,
        project=project,
        buildings=await _open_buildings(reader, project_id),
        account=await account_or_none(reader, project_id),
        modes=MODES,
        rules=rule_sets(history, await queries.presale_sources(reader), chosen),
        typed=typed,
        outcome=outcome,
        today=today(),
    )


def _assessed(assessment: Assessment) -> Outcome:
    found = tuple(FindingLine(one.severity, one.words, one.legal_basis) for one in assessment.findings)
    return Outcome(findings=found, clear=not assessment.blocking)


def _wrong(refused: DomainError) -> Outcome:
    if "findings" in refused.extra:
        return Outcome(status=refused.status, findings=_lines(refused.extra["findings"]))
    named = {refused.field: refused.message} if refused.field else {}
    return Outcome(status=refused.status, errors=named, problem=refused.message)


def _lines(plain: Sequence[dict[str, str]]) -> tuple[FindingLine, ...]:
    return tuple(FindingLine(one["severity"], one["words"], one["legal_basis"]) for one in plain)
