"""The county's own nodes by mode and date, and the terms that come without an agreement on the platform."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from escrow.agreements.models import AgreementState, NodePlan, Origin, SupervisionAgreement
from escrow.agreements.rules import FIRST_REGISTRATION, Node, as_nodes, checked_nodes
from escrow.models import SupervisionAccount, SupervisionMode
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.permissions import Actor

UNDERGROUND: Final = Node(
    code="underground", title="地下结构完成", ceiling_permille=300, evidence=("监理单位出具的进度证明", "现场照片")
)
TOPPED_OUT: Final = Node(
    code="topped_out", title="主体结构封顶", ceiling_permille=600, evidence=("主体结构封顶证明", "现场照片")
)
COMPLETED: Final = Node(code="completed", title="竣工验收备案", ceiling_permille=950, evidence=("竣工验收备案表",))
REGISTERED: Final = Node(
    code=FIRST_REGISTRATION, title="房屋所有权首次登记", ceiling_permille=1000, evidence=("不动产首次登记证明材料",)
)
_SOURCE: Final = "节点：建房〔2022〕16号；比例：平台起始值，以县住建部门核定为准"
_STARTING: Final = (
    (SupervisionMode.QUOTA, date(2022, 1, 1), (UNDERGROUND, TOPPED_OUT, COMPLETED, REGISTERED), _SOURCE),
    # 828新政: sold after topping out only, so the first node is that.
    (SupervisionMode.FULL, date(2022, 1, 1), (TOPPED_OUT, COMPLETED, REGISTERED), f"{_SOURCE}；建房规〔2026〕3号"),
)


class PlanTaken(Conflict):
    """Nodes of that mode and day exist; they are never changed, only followed by later ones."""

    code = "supervision.plan_taken"
    default_message = "该日期的拨付节点已设定，如需调整请另设新的执行日期"


async def install_plans(tx: WriteSession, actor: Actor) -> int:
    """Give a county the nodes that it starts with, where it has none of that mode and day; how many were new."""
    rows = [
        {
            "tenant_id": tx.tenant,
            "mode": mode,
            "valid_from": start,
            "nodes": msgspec.to_builtins(nodes),
            "source": source,
        }
        for mode, start, nodes, source in _STARTING
    ]
    new = insert(NodePlan).values(rows).on_conflict_do_nothing(index_elements=["tenant_id", "mode", "valid_from"])
    count = len((await tx.execute(new.returning(NodePlan.id))).all())
    if count:
        audit(tx, actor, "supervision.plans_installed", f"county:{tx.tenant}", {"rows": count})
    return count


async def set_plan(
    tx: WriteSession, actor: Actor, mode: SupervisionMode, valid_from: date, nodes: Sequence[Node], source: str
) -> None:
    """Add dated nodes; agreements in force keep theirs. Raises PlanTaken, Invalid."""
    if not source.strip():
        raise Invalid("请填写文件依据", field="source")
    checked = msgspec.to_builtins(checked_nodes(nodes))
    same = select(NodePlan.id).where(NodePlan.mode == mode, NodePlan.valid_from == valid_from)
    if await tx.scalar(same):
        raise PlanTaken
    row = NodePlan(mode=mode, valid_from=valid_from, nodes=checked, source=source.strip())
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "supervision.plan_set", f"node_plan:{row.id}", {"mode": mode, "valid_from": str(valid_from)})


async def plans(reader: ReadSession) -> list[NodePlan]:
    """All nodes that the county has ever set, newest first."""
    return list(await reader.scalars(select(NodePlan).order_by(NodePlan.valid_from.desc(), NodePlan.mode)))


async def plan_for(reader: ReadSession, mode: SupervisionMode, on: date) -> tuple[tuple[Node, ...], str] | None:
    """The county's nodes of a mode in force on that day, and their source; None when it has set none."""
    row = await reader.scalar(
        select(NodePlan)
        .where(NodePlan.mode == mode, NodePlan.valid_from <= on)
        .order_by(NodePlan.valid_from.desc())
        .limit(1)
    )
    return (as_nodes(row.nodes), row.source) if row else None


async def adopt_paper(
    tx: WriteSession, actor: Actor, account: SupervisionAccount, nodes: Sequence[Node] | None
) -> SupervisionAgreement | None:
    """The terms of an agreement concluded on paper: its nodes, or the county's where it leaves them to the county.

    None when it names none and the county has none: then nothing can be drawn until terms are agreed.
    """
    assert account.project_id is not None
    assert account.mode is not None
    mode = SupervisionMode(account.mode)
    if nodes is not None:
        found, source = checked_nodes(nodes), f"监管协议{account.agreement_no}"
    elif plan := await plan_for(tx, mode, today()):
        found, source = plan
    else:
        return None
    terms = SupervisionAgreement(
        project_id=account.project_id,
        version=1,
        origin=Origin.PAPER,
        agreement_no=account.agreement_no or "",
        account_no=account.account_no,
        account_name=account.account_name,
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        mode=mode,
        quota_fen=account.quota_fen,
        quota_basis="",
        nodes=msgspec.to_builtins(found),
        source=source,
        state=AgreementState.IN_FORCE,
        proposed_by=actor.id,
        in_force_at=now(),
        in_force_by=actor.id,
    )
    tx.add(terms)
    await tx.flush()
    audit(tx, actor, "supervision.adopted", f"supervision_agreement:{terms.id}", {"nodes": len(found)})
    return terms


async def in_force(reader: ReadSession, project_id: UUID) -> SupervisionAgreement | None:
    """The terms that hold for a project now."""
    return await reader.scalar(
        select(SupervisionAgreement).where(
            SupervisionAgreement.project_id == project_id, SupervisionAgreement.state == AgreementState.IN_FORCE
        )
    )


async def versions(reader: ReadSession, project_id: UUID) -> list[SupervisionAgreement]:
    """Every version of a project's terms, newest first."""
    wanted = select(SupervisionAgreement).where(SupervisionAgreement.project_id == project_id)
    return list(await reader.scalars(wanted.order_by(SupervisionAgreement.version.desc())))
