"""The rules of a presale notice (预售商品房买卖预告登记), as pure functions over gathered facts."""

from collections.abc import Callable
from datetime import date

from msgspec import Struct

from yiti.cases.findings import Evidence, Finding, Level

VERSION = "presale_notice/2026.2"
ADULT_YEARS = 18
"""民法典 arts. 17 and 18: full legal capacity."""


class AgentFact(Struct, frozen=True, kw_only=True):
    """Who signed and applied for a buyer by power of attorney (授权委托书)."""

    name: str
    id_number: str
    power: str
    """What the power is, in words; empty where there is none."""
    power_digest: str
    """SHA-256 of its uploaded copy."""
    faults: tuple[str, ...]
    """Why it does not hold on the day of the application, in words."""
    namesake_at_seller: bool
    """Somebody of the seller's staff has this name."""


class BuyerFact(Struct, frozen=True, kw_only=True):
    """One buyer, as contract and identity service know them."""

    name: str
    id_kind: str
    id_number: str
    birth_date: date | None
    share: str | None
    identity_reference: str
    identity_matched: bool
    """Of the buyer, or of who signed for them."""
    agent: AgentFact | None = None


class PresaleFacts(Struct, frozen=True, kw_only=True):
    """All that the decision rests on. Gathered by the journey, from records of this platform and signed messages."""

    on: date
    contract_number: str
    contract_filed: bool
    contract_unit_code: str
    contract_digest: str
    price_fen: int
    sharing: str
    seller_name: str
    seller_credit_code: str
    unit_code: str
    permit_number: str
    permit_covers_unit: bool
    developer_of_permit: str
    buyers: tuple[BuyerFact, ...]
    money_missing: tuple[str, ...]
    money_references: tuple[str, ...]
    signatures_expected: int
    signatures_valid: int
    unsigned: tuple[str, ...]
    unfavourable_answers: tuple[str, ...]
    construction_mortgagee: str | None
    live_notices: tuple[str, ...]
    seizures: tuple[str, ...]
    objections: tuple[str, ...]
    other_rights: tuple[str, ...]


Rule = Callable[[PresaleFacts], Finding]

_BOOK = "登记簿"
_ESTATE = "楼盘表与预售许可"


def _finding(
    code: str,
    title: str,
    basis: str,
    evidence: Evidence,
    problem: str,
    level: Level = Level.BLOCK,
) -> Finding:
    return Finding(
        code=f"presale_notice.{code}",
        level=level if problem else Level.CLEAR,
        title=title,
        words=problem or "核验通过",
        basis=basis,
        evidence=evidence,
    )


def contract_is_filed(facts: PresaleFacts) -> Finding:
    """The filed contract is the source of the claim that the notice protects."""
    ok = facts.contract_filed and facts.contract_unit_code == facts.unit_code
    return _finding(
        "contract", "买卖合同已备案且与不动产单元一致", "城市房地产管理法第四十五条；不动产登记暂行条例第十六条",
        Evidence(source="网签备案", verified=facts.contract_filed, reference=facts.contract_number),
        "" if ok else "买卖合同尚未备案，或者合同中的不动产单元与申请不一致",
    )  # fmt: skip


def permit_covers_unit(facts: PresaleFacts) -> Finding:
    """No presale without a permit that covers the unit and belongs to the seller."""
    ok = facts.permit_covers_unit and facts.developer_of_permit == facts.seller_credit_code
    return _finding(
        "permit", "预售许可有效并包含该房屋", "城市房地产管理法第四十五条",
        Evidence(source=_ESTATE, verified=True, reference=facts.permit_number),
        "" if ok else "该房屋不在有效的预售许可范围内，或者出卖人不是许可证持有人",
    )  # fmt: skip


def money_is_paid(facts: PresaleFacts) -> Finding:
    """息政办〔2023〕41号 二（一）: supervised money and maintenance fund come before filing."""
    vouchers = "、".join(facts.money_references)
    return _finding(
        "money", "预售资金进入监管账户、维修资金已缴存", "息政办〔2023〕41号二（一）；河南省物业管理条例第六十五条",
        Evidence(source="监管银行缴款确认凭证", verified=bool(vouchers), reference=vouchers),
        "；".join(facts.money_missing),
    )  # fmt: skip


def parties_are_who_they_say(facts: PresaleFacts) -> Finding:
    """Every buyer was identified by real name and face."""
    unknown = [buyer.name for buyer in facts.buyers if not buyer.identity_matched]
    references = "、".join(buyer.identity_reference for buyer in facts.buyers)
    return _finding(
        "identity", "申请人实名实人核验", "不动产登记暂行条例第十六条；电子签名法第十三条",
        Evidence(source="统一身份认证", verified=not unknown, reference=references),
        f"身份未核验：{'、'.join(unknown)}" if unknown else "",
    )  # fmt: skip


def everybody_has_signed(facts: PresaleFacts) -> Finding:
    """All documents carry all signatures, and each signature is intact."""
    problem = ""
    if facts.unsigned:
        problem = f"尚未签署：{'、'.join(facts.unsigned)}"
    elif facts.signatures_valid != facts.signatures_expected or not facts.signatures_expected:
        problem = "电子签名数量不符或者未通过验证"
    return _finding(
        "signatures", "申请材料电子签名完整有效", "电子签名法第十三条、第十四条",
        Evidence(source="电子签名验证", verified=not problem, reference=facts.contract_digest[:16]), problem,
    )  # fmt: skip


def buyers_have_full_capacity(facts: PresaleFacts) -> Finding:
    """A minor is represented by guardians, whose authority only a person can check."""
    minors = [
        buyer.name for buyer in facts.buyers if buyer.birth_date and _age(buyer.birth_date, facts.on) < ADULT_YEARS
    ]
    return _finding(
        "capacity", "买受人具有完全民事行为能力", "民法典第十七条至第二十三条",
        Evidence(source="身份证件号码", verified=True),
        f"买受人为未成年人，须由登记人员核对监护关系：{'、'.join(minors)}" if minors else "", Level.WARN,
    )  # fmt: skip


def agents_are_authorised(facts: PresaleFacts) -> Finding:
    """细则 art. 12: an agent hands in a power of attorney; whether it is genuine and reaches so far a person checks."""
    agents = [(buyer.name, buyer.agent) for buyer in facts.buyers if buyer.agent is not None]
    faults = [words for _, agent in agents for words in agent.faults]
    digests = "、".join(agent.power_digest[:16] for _, agent in agents)
    return _finding(
        "agents", "委托代理人有有效的授权", "民法典第一百六十一条至第一百六十八条；不动产登记暂行条例实施细则第十二条",
        Evidence(source="授权委托书", verified=False, reference=digests),
        "；".join(faults or [_to_check(name, agent) for name, agent in agents]), Level.BLOCK if faults else Level.WARN,
    )  # fmt: skip


def _to_check(principal: str, agent: AgentFact) -> str:
    words = f"{principal}由委托代理人{agent.name}代为签约和申请，须核对{agent.power}"
    return f"{words}；代理人与出卖人工作人员同名，须核对是否同时代理双方" if agent.namesake_at_seller else words


def no_construction_mortgage(facts: PresaleFacts) -> Finding:
    """细则 art. 75 and the practice behind it: a construction mortgage must leave the unit before it is sold."""
    mortgagee = facts.construction_mortgagee
    return _finding(
        "construction_mortgage", "在建建筑物抵押", "民法典第四百零六条；不动产登记暂行条例实施细则第七十五条",
        Evidence(source=_ESTATE, verified=True),
        f"该幢存在在建建筑物抵押（{mortgagee}），须核对抵押权人同意销售的证明" if mortgagee else "", Level.WARN,
    )  # fmt: skip


def answers_are_clear(facts: PresaleFacts) -> Finding:
    """民法典 art. 212: the registry asks; an answer that raises doubt is weighed by a person."""
    asked = "；".join(facts.unfavourable_answers)
    return _finding(
        "inquiry", "询问结果无异常", "民法典第二百一十二条",
        Evidence(source="询问笔录（电子签名）", verified=True),
        f"询问中有需要核对的回答：{asked}" if asked else "", Level.WARN,
    )  # fmt: skip


def unit_is_free(facts: PresaleFacts) -> Finding:
    """民法典 art. 221: one live notice a unit. 防止一房二卖."""
    return _finding(
        "live_notice", "无其他有效预告登记", "民法典第二百二十一条",
        Evidence(source=_BOOK, verified=True),
        f"该不动产单元已有有效的预告登记（{'、'.join(facts.live_notices)}）" if facts.live_notices else "",
    )  # fmt: skip


def unit_is_not_seized(facts: PresaleFacts) -> Finding:
    """城市房地产管理法 art. 38."""
    return _finding(
        "seizure", "无查封等限制", "城市房地产管理法第三十八条；不动产登记暂行条例第二十二条",
        Evidence(source=_BOOK, verified=True),
        f"该不动产单元已被查封（{'、'.join(facts.seizures)}）" if facts.seizures else "",
    )  # fmt: skip


def nobody_objects(facts: PresaleFacts) -> Finding:
    """民法典 art. 220: while an objection stands, the applicants must know and a person must weigh it."""
    return _finding(
        "objection", "无异议登记", "民法典第二百二十条",
        Evidence(source=_BOOK, verified=True),
        f"该不动产单元存在异议登记（{'、'.join(facts.objections)}）" if facts.objections else "", Level.WARN,
    )  # fmt: skip


def unit_is_not_yet_owned(facts: PresaleFacts) -> Finding:
    """A unit that already has its first registration is sold as an existing home, not by presale."""
    return _finding(
        "other_rights", "房屋尚未办理所有权登记", "民法典第二百二十一条",
        Evidence(source=_BOOK, verified=True),
        f"登记簿已有其他权利（{'、'.join(facts.other_rights)}），不适用预售" if facts.other_rights else "",
    )  # fmt: skip


RULES: tuple[Rule, ...] = (
    contract_is_filed,
    permit_covers_unit,
    money_is_paid,
    parties_are_who_they_say,
    everybody_has_signed,
    buyers_have_full_capacity,
    answers_are_clear,
    no_construction_mortgage,
    unit_is_free,
    unit_is_not_seized,
    nobody_objects,
    unit_is_not_yet_owned,
)


def examine(facts: PresaleFacts) -> tuple[Finding, ...]:
    """Run every rule; the answer depends on the facts alone. Agents are looked at only where there are any."""
    represented = any(buyer.agent is not None for buyer in facts.buyers)
    return tuple(rule(facts) for rule in (*RULES, *((agents_are_authorised,) if represented else ())))


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
