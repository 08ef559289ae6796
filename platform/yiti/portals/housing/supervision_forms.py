"""The forms of supervision: agreements with their nodes, freezes, words of decisions."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from msgspec import Struct

from escrow.agreements.rules import MOST_NODES, Node
from escrow.agreements.service import NewTerms
from escrow.models import SupervisionMode
from kernel.errors import Invalid
from yiti.portals.housing.fields import fen, line, percent_or_none
from yiti.portals.housing.forms import MODES

_NODE_FIELDS = ("code", "title", "percent", "evidence")


class WordsForm(Struct, kw_only=True):
    """An opinion or a reason."""

    words: str = ""


class FreezeForm(Struct, kw_only=True):
    """A court's document."""

    court: str = ""
    document_no: str = ""
    amount: str = ""


class LiftForm(Struct, kw_only=True):
    """The document that lifts it."""

    document_no: str = ""


@dataclass(frozen=True, slots=True)
class TypedNode:
    """A line of the form, as typed."""

    code: str
    title: str
    percent: str
    evidence: str


def typed_nodes(nodes: tuple[Node, ...]) -> list[TypedNode]:
    """Nodes as the form begins with them, and an empty line or two."""
    filled = [
        TypedNode(node.code, node.title, f"{node.ceiling_permille / 10:g}", "、".join(node.evidence)) for node in nodes
    ]
    return filled + [TypedNode("", "", "", "")] * min(2, MOST_NODES - len(filled))


async def agreement_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The form as it came."""
    return {name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)}


def terms_in(typed: dict[str, str], project_id: UUID, developer_id: UUID, banks: list[UUID]) -> NewTerms:
    """The terms to propose; Invalid at the field."""
    bank = next((one for one in banks if str(one) == typed.get("bank_organisation_id")), None)
    if bank is None:
        raise Invalid("请选择监管银行", field="bank_organisation_id")
    if typed.get("mode") not in MODES:
        raise Invalid("请选择监管方式", field="mode")
    mode = SupervisionMode(typed["mode"])
    quota = typed.get("quota", "").strip()
    return NewTerms(
        project_id=project_id,
        developer_id=developer_id,
        bank_organisation_id=bank,
        account_no=line(typed.get("account_no", ""), "account_no", 60),
        account_name=line(typed.get("account_name", ""), "account_name", 120),
        bank_code=line(typed.get("bank_code", ""), "bank_code", 20),
        bank_name=line(typed.get("bank_name", ""), "bank_name", 120),
        mode=mode,
        quota_fen=fen(quota, "quota") if quota else None,
        quota_basis=line(typed.get("quota_basis", ""), "quota_basis", 300, needed=False),
        nodes=nodes_in(typed),
        source="监管协议",
    )


def nodes_in(typed: dict[str, str]) -> tuple[Node, ...]:
    """The lines that are filled in, in their order; Invalid says which line is wrong."""
    found = []
    for place in range(MOST_NODES):
        code, title, percent, evidence = (typed.get(f"{name}_{place}", "").strip() for name in _NODE_FIELDS)
        if not (title or percent or evidence):
            continue
        field = f"percent_{place}"
        share = percent_or_none(percent, field)
        if share is None or share * 10 != int(share * 10):
            raise Invalid("请填写累计拨付比例，最多一位小数", field=field)
        wanted = tuple(part.strip() for part in evidence.replace("，", "、").replace(",", "、").split("、"))
        found.append(
            Node(
                code=code or f"node_{place + 1}",
                title=line(title, f"title_{place}", 40),
                ceiling_permille=int(share * 10),
                evidence=tuple(part for part in wanted if part),
            )
        )
    return tuple(found)
