"""Reading lists of drawdowns with the names of their projects and nodes."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response
from sqlalchemy import select

from escrow.agreements.models import AgreementState, SupervisionAgreement
from escrow.drawdowns.models import Drawdown, DrawdownState
from escrow.drawdowns.overview import drawdowns
from kernel.db import ReadSession
from yiti.estate.models import Project
from yiti.portals.housing.drawdown_views import COLUMNS, MONEY_COLUMNS, DrawdownLine, as_row, lines_of, nodes_by_project
from yiti.portals.housing.queries import PAGE
from yiti.portals.shell.spreadsheet import MAX_ROWS, spreadsheet


async def drawdown_lines(reader: ReadSession, found: Sequence[Drawdown], base: str) -> list[DrawdownLine]:
    """The drawdowns as lists show them: two statements for all of them."""
    projects = {one.project_id for one in found}
    names = dict((await reader.execute(select(Project.id, Project.name).where(Project.id.in_(projects)))).all())
    terms = await reader.execute(
        select(SupervisionAgreement.project_id, SupervisionAgreement.nodes).where(
            SupervisionAgreement.project_id.in_(projects), SupervisionAgreement.state == AgreementState.IN_FORCE
        )
    )
    return lines_of(found, names, nodes_by_project((project, nodes) for project, nodes in terms), base)


async def drawdown_page_of(
    reader: ReadSession,
    base: str,
    *,
    states: frozenset[DrawdownState] | None = None,
    project_id: UUID | None = None,
    organisation_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> tuple[list[DrawdownLine], UUID | None]:
    """One page, newest first, and where the next page begins."""
    found = await drawdowns(
        reader,
        states=states,
        project_id=project_id,
        organisation_id=organisation_id,
        before=before,
        limit=limit + 1,
    )
    lines = await drawdown_lines(reader, found[:limit], base)
    return lines, found[limit - 1].id if len(found) > limit else None


async def drawdown_sheet(reader: ReadSession, base: str, organisation_id: UUID | None = None) -> Response[bytes]:
    """All drawdowns that were handed in, or all of one developer, as an Excel file."""
    found = await drawdowns(reader, organisation_id=organisation_id, limit=MAX_ROWS + 1)
    lines = await drawdown_lines(reader, found, base)
    rows = [as_row(*pair) for pair in zip(found, lines, strict=True)]
    return await spreadsheet("用款申请.xlsx", COLUMNS, rows, money=MONEY_COLUMNS)
