"""Pure decisions about agreements: what nodes may look like, and who may do what with a version of the terms."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from escrow.agreements.models import AgreementState
from escrow.models import SupervisionMode
from kernel.errors import Invalid

FIRST_REGISTRATION: Final = "first_registration"
"""The last node of every agreement: 房屋所有权首次登记 (建房〔2022〕16号)."""
WHOLE: Final = 1000
MOST_NODES: Final = 10
_LONGEST: Final = 40


class Node(Struct, frozen=True, kw_only=True):
    """A construction node (拨付节点) and how much of the supervised money may have left when it is reached."""

    code: str
    title: str
    ceiling_permille: int
    """Cumulative, of the money within the quota."""
    evidence: tuple[str, ...]
    """What proves that the node is reached, in words."""


def as_nodes(rows: Sequence[dict[str, Any]]) -> tuple[Node, ...]:
    """Nodes as they are kept."""
    return msgspec.convert(rows, tuple[Node, ...])


def checked_nodes(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, if an agreement may have them; Invalid with what is wrong.

    建房〔2022〕16号: the last node is first registration; a cumulative ceiling can only rise.
    """
    if not 1 <= len(nodes) <= MOST_NODES:
        raise Invalid(f"拨付节点应为1至{MOST_NODES}个", field="nodes")
    if len({node.code for node in nodes}) < len(nodes) or len({node.title for node in nodes}) < len(nodes):
        raise Invalid("拨付节点不能重复", field="nodes")
    before = 0
    for node in nodes:
        _check_words(node)
        if not before < node.ceiling_permille <= WHOLE:
            raise Invalid(f"“{node.title}”的累计拨付比例应高于前一节点，且不超过100%", field="nodes")
        before = node.ceiling_permille
    if nodes[-1].code != FIRST_REGISTRATION or before != WHOLE:
        raise Invalid("最后一个节点应为房屋所有权首次登记，累计拨付比例为100%", field="nodes")
    return tuple(nodes)


def _check_words(node: Node) -> None:
    for words in (node.title, *node.evidence):
        if not 0 < len(words) <= _LONGEST or not words.isprintable():
            raise Invalid(f"节点名称和证明材料应为1至{_LONGEST}个字", field="nodes")
    if not node.evidence or len(set(node.evidence)) < len(node.evidence):
        raise Invalid(f"请填写“{node.title}”需要的证明材料，每种一次", field="nodes")


def checked_terms(mode: SupervisionMode, quota_fen: int | None, basis: str, *, full_required: bool) -> None:
    """Whether mode and quota go together, and with the law. Raises Invalid.

    `full_required`: the project falls under the rules that demand full supervision (828新政, 建房规〔2026〕3号).
    """
    if mode is SupervisionMode.FULL:
        if quota_fen is not None:
            raise Invalid("全额监管不填监管额度", field="quota")
        return
    if full_required:
        raise Invalid("该项目适用预售资金全额监管的规定，不能按额度监管", field="mode")
    if quota_fen is None or quota_fen <= 0:
        raise Invalid("按额度监管须填写监管额度", field="quota")
    if not basis.strip():
        raise Invalid("请填写监管额度的核定依据", field="quota_basis")


class Side(StrEnum):
    """Who looks at an agreement."""

    DEPARTMENT = "department"
    DEVELOPER = "developer"
    BANK = "bank"


class AgreementAction(StrEnum):
    """What may be done with a proposed version."""

    AGREE = "agree"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    PUT_IN_FORCE = "put_in_force"


class Standing(Struct, frozen=True, kw_only=True):
    """How far a proposed version has come: the sides that agreed, and those whose seals are set."""

    text_made: bool
    agreed: frozenset[Side] = frozenset()
    sealed: frozenset[Side] = frozenset()


def available_actions(state: AgreementState, side: Side, standing: Standing) -> frozenset[AgreementAction]:
    """What this side may do now; pages and service ask the same.

    Developer and bank seal in any order, the department last. It may take the agreement back until its seal is set.
    """
    if state is not AgreementState.PROPOSED:
        return frozenset()
    if side is Side.DEPARTMENT:
        ready = standing.sealed >= {Side.DEVELOPER, Side.BANK} and side not in standing.agreed
        return frozenset({AgreementAction.WITHDRAW} | ({AgreementAction.PUT_IN_FORCE} if ready else set()))
    if side in standing.agreed:
        return frozenset()
    return frozenset({AgreementAction.DECLINE} | ({AgreementAction.AGREE} if standing.text_made else set()))


def seal_field(side: Side) -> str:
    """The place of a side's seal in the PDF: an element's id in the page, and the name of the signature field."""
    return f"sign-{side}"
