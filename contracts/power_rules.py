"""What a power of attorney (授权委托书) must say so that an agent may sign. Pure: frozen values in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from contracts.schemas import Act, Buyer, Finding, Power

ACT_WORDS: dict[Act, str] = {
    "sign_contract": "代为签订商品房买卖合同",
    "apply_notice": "代为申请预告登记",
    "cancel_contract": "代为解除合同、注销预告登记",
}
KIND_WORDS = {"notarised": "经公证", "on_site": "在登记机构现场签订"}
NEEDED: tuple[Act, ...] = ("sign_contract", "apply_notice")
"""An agent signs the whole envelope, so the power must cover all of it."""

_IN_WRITING = "《中华人民共和国民法典》第一百六十五条"
_SCOPE = "《中华人民共和国民法典》第一百六十二条、第一百六十五条"
_ENDED = "《中华人民共和国民法典》第一百七十三条"
_FORM = "《不动产登记暂行条例实施细则》第十二条"


def power_words(power: Power) -> str:
    """A power as documents and registrars name it."""
    number = f"，公证书编号{power.number}" if power.number else ""
    until = f"{power.valid_until.year}年{power.valid_until.month}月{power.valid_until.day}日"
    return f"授权委托书（{KIND_WORDS[power.kind]}，{power.certified_by}{number}，委托期限至{until}）"


def power_findings(buyers: Sequence[Buyer], powers: Mapping[int, Power], on: date) -> Iterator[Finding]:
    """What is wrong on a day with the powers of all agents; ``powers`` by the buyer's place, from 1."""
    for place, buyer in enumerate(buyers, start=1):
        if buyer.by_power:
            yield from _of_buyer(powers.get(place), place, on)


def _of_buyer(power: Power | None, place: int, on: date) -> Iterator[Finding]:
    if power is None:
        words = f"请上传第{place}名买受人的授权委托书"
        yield Finding("contracts.power_missing", words, "file", _FORM)
        return
    for finding in faults(power, on):
        yield Finding(
            finding.code, f"第{place}名买受人的{finding.message}", finding.field, finding.legal_basis, finding.level
        )


def faults(power: Power, on: date) -> Iterator[Finding]:
    """What is wrong with one power on a day."""
    if not power.certified_by:
        office = "公证机构" if power.kind == "notarised" else "现场签订委托书的登记机构"
        yield Finding("contracts.power_office", f"授权委托书须填写{office}", "certified_by", _FORM)
    if power.kind == "notarised" and not power.number:
        yield Finding("contracts.power_number", "授权委托书经公证的，须填写公证书编号", "number", _FORM)
    if power.signed_on > on:
        yield Finding("contracts.power_future", "授权委托书的签署日期晚于今天，请核对", "signed_on", _IN_WRITING)
    if power.valid_until < power.signed_on:
        words = "授权委托书的委托期限早于签署日期，请核对"
        yield Finding("contracts.power_term", words, "valid_until", _IN_WRITING)
    elif power.valid_until < on:
        words = f"授权委托书已于{power.valid_until:%Y-%m-%d}到期，须重新委托并上传有效的授权委托书"
        yield Finding("contracts.power_expired", words, "valid_until", _ENDED)
    for act in NEEDED:
        if act not in power.acts:
            words = f"授权委托书的委托事项须包括“{ACT_WORDS[act]}”"
            yield Finding("contracts.power_scope", words, "acts", _SCOPE)


def who_dissolves(buyer: Buyer, power: Power | None, on: date) -> str:
    """Identity number of who may agree to cancel the filed contract for a buyer.

    Signing does not imply it: an agent needs it in the power, which must still hold; else the adult buyer acts
    (民法典 arts. 162, 165, 173).
    """
    if not buyer.by_power:
        return buyer.signatory_id_no
    holds = power is not None and "cancel_contract" in power.acts and power.valid_until >= on
    return buyer.signatory_id_no if holds else buyer.id_no
