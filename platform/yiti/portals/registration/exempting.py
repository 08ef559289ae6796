"""The clerk claims an exemption from the registration fee for a case (登记费减免), with its evidence."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Struct

from kernel.clock import today
from kernel.db import ReadSession
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.journeys.registration import desk
from yiti.journeys.registration.facts import needs
from yiti.journeys.registration.fees import claims_of, exemptions
from yiti.portals.registration.guards import works_on_cases
from yiti.portals.shell.views import AnyRequest, redirect


@dataclass(frozen=True, slots=True)
class FeeDesk:
    """What is claimed for a case, and what may be."""

    claimed: tuple[tuple[str, str, str, str], ...]
    """Code, title, basis, evidence."""
    open: tuple[tuple[str, str], ...]
    """Code and title with basis."""
    may: bool


async def fee_desk(reader: ReadSession, actor: Actor, case: Case) -> FeeDesk | None:
    """For a case that owes a fee; None for any other, and where there is nothing to see or do."""
    if "fee" not in needs(case):
        return None
    claims = await claims_of(reader, case.id)
    taken = {one.code for one in claims}
    may = actor.may(Permission.CASE_ACCEPT) and case.status in (CaseStatus.SUBMITTED, CaseStatus.ACCEPTED)
    if not (claims or may):
        return None
    return FeeDesk(
        claimed=tuple((one.code, one.title, one.basis, one.evidence) for one in claims),
        open=tuple(
            (one.code, f"{one.title}（{one.basis}）")
            for one in await exemptions(reader, today())
            if one.claimed and one.code not in taken
        ),
        may=may,
    )


class ClaimForm(Struct, kw_only=True):
    """Which exemption, and on what evidence."""

    code: str = ""
    evidence: str = ""
    version: int | None = None


class ExemptionController(Controller):
    """`/registration/cases/{case}/fee-exemptions`."""

    path = "/registration/cases/{case_id:uuid}/fee-exemptions"
    guards = (requires(Permission.CASE_ACCEPT), works_on_cases)

    @post("/")
    async def claim(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[ClaimForm]
    ) -> Response[Any]:
        """It applies: an unpaid fee is worked out anew."""
        await desk.claim_exemption(tx, actor, case_id, data.code, data.evidence, version=data.version)
        return redirect(request, f"/registration/cases/{case_id}", "已登记减免事由，登记费已重新计算")

    @post("/withdraw")
    async def withdraw(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[ClaimForm]
    ) -> Response[Any]:
        """It does not apply after all."""
        await desk.withdraw_exemption(tx, actor, case_id, data.code, version=data.version)
        return redirect(request, f"/registration/cases/{case_id}", "已撤销减免事由，登记费已重新计算", "info")
