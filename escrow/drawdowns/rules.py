"""Pure decisions about drawing supervised money: the ceiling, what speaks against a drawdown, and who may do what."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from escrow.agreements.rules import FIRST_REGISTRATION, WHOLE, Node
from escrow.drawdowns.models import OPEN_TO_DEVELOPER, DrawdownState
from escrow.drawdowns.schemas import FundFacts
from kernel.money import yuan

PAYMENT_EVIDENCE: Final = "合同、发票等付款依据"
"""Wanted for every drawdown, whatever its node."""


def allowance(received_fen: int, quota_fen: int | None, permille: int, *, released: bool = False) -> int:
    """How much may have left the account in all: max(0, R − Q) + c · min(R, Q), floored to the fen; released: R.

    建房〔2022〕16号: above the quota the developer draws freely, within it by node. Without a quota
    (全额监管) all is within.
    """
    if released:
        return received_fen
    within = received_fen if quota_fen is None else min(received_fen, quota_fen)
    return received_fen - within + within * permille // WHOLE


def room(facts: FundFacts, permille: int) -> int:
    """What the ceiling still leaves to be drawn; never negative, and not bounded by what is available."""
    allowed = allowance(facts.received_fen, facts.quota_fen, permille, released=facts.released)
    return max(0, allowed - facts.drawn_fen - facts.ordered_fen)


def may_ask(facts: FundFacts, node: Node) -> int:
    """How much may be asked for now at this node."""
    return min(room(facts, node.ceiling_permille), max(0, facts.available_fen))


def node_of(facts: FundFacts, code: str) -> Node | None:
    """The node of that code in the terms in force."""
    return next((node for node in facts.nodes if node.code == code), None)


def reached(facts: FundFacts) -> Node | None:
    """The last node whose evidence has been approved."""
    return next((node for node in reversed(facts.nodes) if node.code in facts.established), None)


def must_stay(facts: FundFacts) -> int:
    """What must remain on the account at the node that is reached (留存资金)."""
    node = reached(facts)
    permille = node.ceiling_permille if node else 0
    return facts.received_fen - allowance(facts.received_fen, facts.quota_fen, permille, released=facts.released)


def shortfall(facts: FundFacts) -> int:
    """By how much the account is below what must remain; refunds after a drawdown can bring it there."""
    return max(0, facts.drawn_fen + facts.ordered_fen + must_stay(facts) - facts.received_fen)


class RefusalCode(StrEnum):
    """Why nothing is paid, in the order in which it is said."""

    NO_AGREEMENT = "no_agreement"
    NODE_GONE = "node_gone"
    NOT_REGISTERED = "not_registered"
    EVIDENCE = "evidence"
    CEILING = "ceiling"
    FROZEN = "frozen"
    BALANCE = "balance"
    DIFFERENCE = "difference"


AT_SUBMISSION: Final = frozenset(
    {
        RefusalCode.NO_AGREEMENT,
        RefusalCode.NODE_GONE,
        RefusalCode.NOT_REGISTERED,
        RefusalCode.EVIDENCE,
        RefusalCode.CEILING,
    }
)
"""What the developer itself can see and mend; the rest may have passed when it comes to the approval."""


class Refusal(Struct, frozen=True, kw_only=True):
    """One thing that speaks against a drawdown: what it is, and what to do."""

    code: RefusalCode
    words: str
    todo: str


def wanted_evidence(facts: FundFacts, code: str) -> tuple[str, ...]:
    """What a drawdown at this node has to bring: its payment's papers, and the node's unless approved before."""
    node = node_of(facts, code)
    if node is None or facts.released:
        return (PAYMENT_EVIDENCE,)
    # Who has reached a later node has reached the earlier ones.
    last = reached(facts)
    known = last is not None and facts.nodes.index(last) >= facts.nodes.index(node)
    return (PAYMENT_EVIDENCE,) if known else (PAYMENT_EVIDENCE, *node.evidence)


def refusals(facts: FundFacts, code: str, amount_fen: int, evidence: frozenset[str]) -> list[Refusal]:
    """Everything that speaks against paying this amount at this node now; empty: it may be paid."""
    return list(_refusals(facts, code, amount_fen, evidence))


def _refusals(facts: FundFacts, code: str, amount_fen: int, evidence: frozenset[str]) -> Iterator[Refusal]:
    node = node_of(facts, code)
    if not facts.released:
        if not facts.agreed:
            yield _no(
                RefusalCode.NO_AGREEMENT, "该项目没有生效的监管协议条款", "请住建部门拟定监管协议，各方同意后生效"
            )
            return
        if node is None:
            yield _no(RefusalCode.NODE_GONE, "所选拨付节点不在现行监管协议中", "请按现行协议重新选择节点")
            return
        if node.code == FIRST_REGISTRATION and not facts.registered:
            words = "预售许可范围内的房屋尚未全部办理首次登记"
            yield _no(RefusalCode.NOT_REGISTERED, words, "请先办结首次登记，或者按已达到的节点申请")
    missing = [title for title in wanted_evidence(facts, code) if title not in evidence]
    if missing:
        yield _no(RefusalCode.EVIDENCE, f"缺少证明材料：{'、'.join(missing)}", "请上传后再提交")
    left = room(facts, node.ceiling_permille if node else WHOLE)
    if amount_fen > left:
        words = f"申请 {yuan(amount_fen)} 元，超过本节点还可拨付的 {yuan(left)} 元"
        yield _no(RefusalCode.CEILING, words, "请减少金额，或者达到下一节点后再申请")
    yield from _about_money(facts, amount_fen)


def _about_money(facts: FundFacts, amount_fen: int) -> Iterator[Refusal]:
    if amount_fen > facts.available_fen:
        if facts.frozen_fen and amount_fen <= facts.available_fen + facts.frozen_fen:
            words = f"账户中 {yuan(facts.frozen_fen)} 元已被司法冻结，可用余额 {yuan(facts.available_fen)} 元"
            yield _no(RefusalCode.FROZEN, words, "请减少金额，或者待解除冻结后再办")
        else:
            kept = f"（已留出待退款 {yuan(facts.owed_fen)} 元）" if facts.owed_fen else ""
            words = f"账户可用余额 {yuan(facts.available_fen)} 元{kept}，不足支付"
            yield _no(RefusalCode.BALANCE, words, "请减少金额，或者待资金到账后再办")
    if facts.differences:
        words = f"监管账户与银行对账有 {facts.differences} 笔差异未处理"
        yield _no(RefusalCode.DIFFERENCE, words, "请财务人员处理差异后再核准")


def _no(code: RefusalCode, words: str, todo: str) -> Refusal:
    return Refusal(code=code, words=words, todo=todo)


class Term(Struct, frozen=True, kw_only=True):
    """One line of the sum: `sign` is +, −, or = for a result."""

    sign: str
    words: str
    fen: int


def sum_of(facts: FundFacts, node: Node) -> Sequence[Term]:
    """How the amount that may be asked for at this node comes about, line by line."""
    percent = f"{node.ceiling_permille / 10:g}%"
    allowed = allowance(facts.received_fen, facts.quota_fen, node.ceiling_permille, released=facts.released)
    lines = [Term(sign="+", words="累计进账（已扣除退款）", fen=facts.received_fen)]
    if facts.released:
        lines.append(Term(sign="=", words="已解除监管，可以全部使用", fen=allowed))
    elif facts.quota_fen is None:
        lines.append(Term(sign="=", words=f"按“{node.title}”累计可拨付（{percent}）", fen=allowed))
    else:
        within = min(facts.received_fen, facts.quota_fen)
        lines.append(Term(sign="+", words="其中：监管额度以外，可以自由使用", fen=facts.received_fen - within))
        words = f"其中：监管额度以内 {yuan(within)} 元，按“{node.title}”可拨付{percent}"
        lines.append(Term(sign="+", words=words, fen=within * node.ceiling_permille // WHOLE))
        lines.append(Term(sign="=", words="累计可拨付", fen=allowed))
    lines.append(Term(sign="−", words="已拨付", fen=facts.drawn_fen))
    lines.append(Term(sign="−", words="已核准、银行尚未付款", fen=facts.ordered_fen))
    lines.append(Term(sign="=", words="本节点还可拨付", fen=room(facts, node.ceiling_permille)))
    lines.append(Term(sign="+", words="账户余额", fen=facts.balance_fen))
    held = (
        ("已核准、银行尚未付款", facts.ordered_fen), ("司法冻结", facts.frozen_fen),
        ("待退购房人、贷款机构", facts.owed_fen),
    )  # fmt: skip
    lines += [Term(sign="−", words=f"其中：{words}", fen=fen) for words, fen in held if fen]
    lines.append(Term(sign="=", words="账户可用余额", fen=facts.available_fen))
    lines.append(Term(sign="=", words="现在可以申请", fen=may_ask(facts, node)))
    return lines


class DrawdownAction(StrEnum):
    """What can be done with a drawdown."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    SEND_BACK = "send_back"
    REFUSE = "refuse"
    APPROVE = "approve"


class Looker(Struct, frozen=True, kw_only=True):
    """Who looks at a drawdown. `asks`: for its own developer; `same_person`: who reviewed it."""

    asks: bool
    reviews: bool
    approves: bool
    same_person: bool = False


def available_actions(state: DrawdownState, looker: Looker) -> frozenset[DrawdownAction]:
    """What may be done now; the pages' buttons and the services ask the same."""
    found: set[DrawdownAction] = set()
    if looker.asks:
        if state in OPEN_TO_DEVELOPER:
            found |= {DrawdownAction.EDIT, DrawdownAction.SUBMIT}
        if state in OPEN_TO_DEVELOPER or state in {DrawdownState.SUBMITTED, DrawdownState.REVIEWED}:
            found.add(DrawdownAction.WITHDRAW)
    if looker.reviews and state is DrawdownState.SUBMITTED:
        found |= {DrawdownAction.REVIEW, DrawdownAction.SEND_BACK, DrawdownAction.REFUSE}
    if looker.approves and not looker.same_person and state is DrawdownState.REVIEWED:
        found |= {DrawdownAction.APPROVE, DrawdownAction.SEND_BACK, DrawdownAction.REFUSE}
    return frozenset(found)
