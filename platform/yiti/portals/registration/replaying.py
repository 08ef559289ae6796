"""Deciding a case again from a receipt: the same facts must give the same findings (审核凭据复核)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath

from kernel.audit import audit
from kernel.errors import NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.cases import service as cases
from yiti.cases.replay import changed_inputs, replay
from yiti.portals.shell.views import page

_SHOWN = 30
_PLACES = {"rules_version": "规则版本", "facts_digest": "事实摘要", "outcome": "结论", "facts": "事实内容"}


class ReplayController(Controller):
    """For everybody who may see cases: nothing is changed, and places are named, never people."""

    path = "/registration/cases/{case_id:uuid}/receipts/{receipt_id:uuid}"
    guards = (requires(Permission.CASE_VIEW),)

    @post("/replay", status_code=200)
    async def again(
        self, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], receipt_id: FromPath[UUID]
    ) -> Response[Any]:
        """Whether the decision comes out the same; and what changed since the one before it."""
        case = await cases.get(tx, case_id)
        receipts = await cases.receipts(tx, case_id)
        place = next((place for place, one in enumerate(receipts) if one.id == receipt_id), None)
        if place is None:
            raise NotFound("该业务件没有这份审核凭据")
        answer = replay(receipts[place])
        audit(tx, actor, "case.replayed", f"case:{case_id}", {"number": case.number, "same": answer.same})
        changed = changed_inputs(receipts[place - 1], receipts[place]) if place else ()
        return page(
            "registration/replay.html",
            same=answer.same,
            differences=[(_words(one.path), one.path) for one in answer.differences[:_SHOWN]],
            more=max(0, len(answer.differences) - _SHOWN),
            changed=sorted({one.path for one in changed})[:_SHOWN],
        )


def _words(path: str) -> str:
    return _PLACES.get(path, "审核结论" if path.startswith("findings") else "事实")
