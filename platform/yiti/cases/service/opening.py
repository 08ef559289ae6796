"""How a case begins: from a filed contract, or as the draft of an application."""

from uuid import UUID

from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.errors import Forbidden, Invalid
from kernel.permissions import Actor, ActorKind, Permission
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE, combinable
from yiti.cases.configuration import snapshot
from yiti.cases.lifecycle import Action, CaseStatus, Channel
from yiti.cases.models import Case, CaseUnit
from yiti.cases.service.steps import act, case_number


async def open_case(
    tx: WriteSession, actor: Actor, business: Business, *, unit_id: UUID, unit_code: str, location: str,
    contract_id: UUID, applicants: list[str],
) -> Case:  # fmt: skip
    """Open and accept a case that follows a filed contract; its clock starts now. One per contract and business."""
    moment = now()
    case = Case(
        number=await case_number(tx, moment),
        business=business,
        businesses=[business],
        channel=Channel.SYSTEM,
        status=CaseStatus.SUBMITTED,
        unit_id=unit_id,
        unit_code=unit_code,
        location=location,
        contract_id=contract_id,
        applicants="、".join(applicants),
        opened_by=actor.id,
        opened_at=moment,
        submitted_at=moment,
        flags=[], reviewers=[], outside={}, review_level=0, review_levels=1, version=1,
    )  # fmt: skip
    tx.add(case)
    await tx.flush()
    tx.add(CaseUnit(case_id=case.id, unit_id=unit_id, position=1, unit_code=unit_code, location=location))
    case.accepted_at = moment
    case.configuration = await snapshot(tx, case.businesses, today())
    await act(tx, actor, case, Action.ACCEPT, "申请材料齐全，系统受理")
    return case


async def draft(tx: WriteSession, actor: Actor, businesses: tuple[Business, ...], channel: Channel) -> Case:
    """Begin an application for one business, or for several that are booked together in this order (合并办理).

    `Forbidden` where the actor may not begin one on this channel, `Invalid` where the businesses do not combine or
    are not offered there.
    """
    _may_begin(actor, businesses, channel)
    if problem := combinable(businesses):
        raise Invalid(problem, field="businesses")
    moment = now()
    case = Case(
        number=await case_number(tx, moment),
        business=businesses[0],
        businesses=list(businesses),
        channel=channel,
        status=CaseStatus.DRAFT,
        opened_by=actor.id,
        opened_at=moment,
        flags=[], reviewers=[], outside={}, review_level=0, review_levels=1, version=1,
        unit_code="", location="", applicants="",
    )  # fmt: skip
    tx.add(case)
    await tx.flush()
    return case


def _may_begin(actor: Actor, businesses: tuple[Business, ...], channel: Channel) -> None:
    declared = [CATALOGUE[one] for one in businesses]
    match channel:
        case Channel.SYSTEM:
            if actor.kind is not ActorKind.SYSTEM:
                raise Forbidden
        case Channel.WINDOW:
            if not actor.may(Permission.CASE_ACCEPT):
                raise Forbidden
            if closed := [one.name for one in declared if not one.window]:
                raise Invalid(f"{'、'.join(closed)}不在窗口受理", field="businesses")
        case Channel.ONLINE:
            if actor.id is None:
                raise Forbidden
            if closed := [one.name for one in declared if not one.online]:
                raise Invalid(f"{'、'.join(closed)}不能网上申请，请到窗口办理", field="businesses")
