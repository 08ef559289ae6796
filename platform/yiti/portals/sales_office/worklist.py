"""The work list: the contracts of one's own organisation, what each waits for, and who has to act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from contracts.models import Contract
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader
from yiti.journeys.models import Sale
from yiti.portals.sales_office import queries
from yiti.portals.sales_office.rules import LOOKS, Look, Stage, stage_of
from yiti.portals.shell.views import page


@dataclass(frozen=True, slots=True)
class Line:
    """One sale of the list."""

    url: str
    location: str
    buyers: str
    price_fen: int | None
    opened_at: datetime
    filing_no: str | None
    look: Look
    progress: str
    """How far a stage is that takes several people."""


class WorkListController(Controller):
    """Where everybody at the sales office begins."""

    path = "/sales"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/")
    async def work_list(
        self,
        reader: Reader,
        actor: CurrentActor,
        show: FromQuery[str] = "open",
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """One page of contracts, newest first, and the tiles."""
        if show not in queries.FILTERS:
            raise Invalid("没有这种状态", field="show")
        if actor.organisation_id is None:
            raise Invalid("您的账号不属于任何单位")
        found, following = await queries.work(reader, actor.organisation_id, show, before)
        return page(
            "sales_office/worklist.html",
            lines=await _lines(reader, found),
            tiles=_tiles(await queries.counts(reader, actor.organisation_id)),
            filters={key: words for key, (words, _) in queries.FILTERS.items()},
            show=show,
            next_url=f"?{urlencode({'show': show, 'before': str(following)})}" if following else None,
            first_url=f"?{urlencode({'show': show})}" if before else None,
        )


async def _lines(reader: ReadSession, found: Sequence[tuple[Sale, Contract]]) -> list[Line]:
    positions = await queries.positions(reader, found)
    names = await queries.buyer_names(reader, positions)
    lines = []
    for sale, contract in found:
        position = positions[contract.id]
        stage = stage_of(position)
        lines.append(
            Line(
                url=f"/sales/contracts/{contract.id}",
                location=sale.location,
                buyers="、".join(mask_name(name) for name in names.get(contract.id, [])),
                price_fen=contract.price_fen,
                opened_at=contract.created_at,
                filing_no=contract.filing_no,
                look=LOOKS[stage],
                progress=f"{position.signed}/{position.signers}人已签" if stage is Stage.SIGNING else "",
            )
        )
    return lines


def _tiles(counts: queries.Counts) -> list[dict[str, Any]]:
    shown = (
        ("draft", "拟定中", counts.draft, "pencil", "neutral"),
        ("paying", "待缴款", counts.paying, "coin-yuan", "warning"),
        ("signing", "签署中", counts.signing, "writing-sign", "info"),
        ("sealing", "待盖章", counts.sealing, "rubber-stamp", "warning"),
        ("filed", f"{today().month}月已备案", counts.filed, "certificate", "success"),
    )
    return [
        {"label": label, "value": value, "unit": "份", "icon": icon, "tone": tone, "url": f"/sales?show={key}"}
        for key, label, value, icon, tone in shown
    ]
