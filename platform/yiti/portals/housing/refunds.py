"""Refunds that wait: in their order, each with what it waits for."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow import refund_queue
from escrow.models import Bill, BillState, Refund
from escrow.notices import title_of
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import line
from yiti.portals.shell.views import AnyRequest, page, redirect

PAGE = 30


class VerifiedForm(Struct, kw_only=True):
    """On what the cancellation was verified, where the platform could not see it."""

    verified: str = ""


class RefundsController(Controller):
    """The work list."""

    path = "/housing/money/refunds"
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def waiting(self, reader: Reader, after: FromQuery[UUID | None] = None) -> Response[Any]:
        """What waits, oldest first."""
        found = await refund_queue.waiting_list(reader, after, PAGE + 1)
        following = found[PAGE - 1][0].id if len(found) > PAGE else None
        return page(
            "housing/refunds.html",
            lines=[_line(refund, bill) for refund, bill in found[:PAGE]],
            next_url=f"?after={following}" if following else None,
            first_url="?" if after else None,
        )


class ResumeRefundsController(Controller):
    """To act on it."""

    path = "/housing/money/refunds"
    guards = (requires(Permission.SUPERVISION_MANAGE), housing_department)

    @post("/{refund_id:uuid}/resume")
    async def resume(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        refund_id: FromPath[UUID],
        data: URLEncodedBody[VerifiedForm],
    ) -> Response[Any]:
        """Try again, and all before it; with a verification where that is what it waits for."""
        verified = line(data.verified, "verified", 300, needed=False)
        found = await refund_queue.resume_one(tx, actor, refund_id, verified)
        if found.waiting_because:
            return redirect(request, "/housing/money/refunds", found.waiting_because, "warning")
        return redirect(request, "/housing/money/refunds", f"退款 {found.refund_no} 已交银行办理")


def _line(refund: Refund, bill: Bill) -> dict[str, Any]:
    payee = refund.payee
    return {
        "id": refund.id,
        "refund_no": refund.refund_no,
        "title": title_of(bill),
        "payee": payee if bill.loan_part else "、".join(mask_name(one) for one in payee.split("、")),
        "amount_fen": refund.amount_fen,
        "reason": refund.reason,
        "waits_for": refund.waiting_because or "",
        "set_aside": bill.state == BillState.REFUND_ORDERED,
        "verify": refund.waiting_because == refund_queue.NOT_VERIFIED,
        "since": refund.created_at,
    }
