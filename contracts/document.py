"""From the data of a contract to the HTML of its document. Pure: the same value always gives the same text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from contracts.blanks import Blank, Kind, as_date, as_fen, filled
from contracts.loan_parts import LENDERS, lent_fen
from contracts.registry import Template, template_of
from contracts.schemas import Buyer, FrozenContract, Home, Instalment, Ownership
from contracts.signers import Signer, signers_of
from kernel.money import yuan, yuan_in_words
from kernel.rendering import render_template

OWNERSHIP_WORDS: dict[Ownership, str] = {"sole": "单独所有", "joint": "共同共有", "fractional": "按份共有"}
LOAN_METHODS = {"loan": "商业贷款", "fund_loan": "公积金贷款", "combined": "组合贷款（商业贷款和公积金贷款）"}
PAYMENT_METHODS = {"once": "一次性付款", "instalments": "分期付款", "loan": "贷款方式付款"}

Choices = list[tuple[str, bool]]


def contract_html(contract: FrozenContract) -> str:
    """The document of a contract by its own template version; a draft has gaps and the watermark 草稿.

    Signature places: ``sign-seller`` and ``sign-<key>`` of every one of ``signers_of``.
    """
    template = template_of(contract.template, contract.template_version)
    values = filled(template.blanks, contract.home, contract.blanks)
    context = {
        "draft": contract.frozen_on is None,
        "text_id": str(contract.contract_id),
        "contents": template.contents,
        "annexes": template.annexes,
        **_parties(contract),
        **_home(contract.home),
        **_money(contract, template, values),
        "loan_clause": template.loan_clause,
        "f": {blank.key: _words(blank, values[blank.key]) for blank in template.blanks},
        "chosen": {blank.key: values[blank.key] for blank in template.blanks if blank.kind is Kind.CHOICE},
        "options": {
            blank.key: _choices(dict(blank.choices), values[blank.key])
            for blank in template.blanks
            if blank.kind is Kind.CHOICE
        },
    }
    return render_template("contracts", template.path, context)


def _parties(contract: FrozenContract) -> dict[str, Any]:
    buyers = [_buyer(buyer, place) for place, buyer in enumerate(contract.buyers, start=1)]
    ownership = _choices({str(key): words for key, words in OWNERSHIP_WORDS.items()}, contract.ownership)
    signers = [_signer(signer, contract.buyers) for signer in signers_of(contract.buyers)]
    return {"seller": contract.seller, "buyers": buyers, "signers": signers, "ownership": ownership}


def _buyer(buyer: Buyer, place: int) -> dict[str, Any]:
    company = buyer.kind == "company"
    return {
        "place": place,
        "name": buyer.name,
        "kind": "单位" if company else "自然人",
        "id_label": "统一社会信用代码" if company else "居民身份证号码",
        "id_no": buyer.id_no,
        "phone": buyer.phone,
        "address": buyer.address,
        "share": "／" if buyer.share is None else f"{buyer.share.numerator}/{buyer.share.denominator}",
        "representative_label": buyer.represented_as,
        "representative_name": buyer.representative_name,
        "representative_id_no": buyer.representative_id_no,
    }


def _signer(signer: Signer, buyers: Sequence[Buyer]) -> dict[str, str]:
    return {
        "key": signer.key,
        "buyers": "、".join(f"买受人{place}" for place in signer.places),
        "signs": "；".join(_signs(buyers[place - 1]) for place in signer.places),
    }


def _signs(buyer: Buyer) -> str:
    if not buyer.representative_name:
        return buyer.name
    how = f"委托代理人：{buyer.representative_name}" if buyer.by_power else f"{buyer.representative_name}代"
    return f"{buyer.name}（{how}）"


def _home(home: Home) -> dict[str, Any]:
    code = home.unit_code
    permit = home.presale_permit_date
    return {
        "home": home,
        "unit_code": f"{code[:6]} {code[6:12]} {code[12:19]} {code[19:]}",
        "permit_date": f"{permit.year}年{permit.month}月{permit.day}日",
    }


def _money(contract: FrozenContract, template: Template, values: dict[str, str]) -> dict[str, Any]:
    total = sum(line.amount_fen for line in contract.instalments)
    deposit = as_fen(values["deposit"]) or 0
    base = {"inner_area": "套内建筑面积"}.get(values["pricing"], "建筑面积")
    return {
        "price": yuan(contract.price_fen) if contract.price_fen else "",
        "price_words": yuan_in_words(contract.price_fen) if contract.price_fen else "",
        "unit_price": _unit_price(contract, values["pricing"]),
        "pricing_base": base,
        "area_base": base,
        "deposit": yuan(deposit),
        "deposit_words": yuan_in_words(deposit),
        "payment_method": _choices(PAYMENT_METHODS, _method(contract.instalments)),
        "loan_method": _choices(LOAN_METHODS, _loan_method(contract.instalments)),
        "loans": {kind: yuan(fen) if (fen := lent_fen(contract.instalments, kind)) else "" for kind in LENDERS},
        "plan": [_line(line, template.instalments[line.kind]) for line in contract.instalments],
        "plan_total": yuan(total) if total else "",
        "plan_words": yuan_in_words(total) if total else "",
    }


def _unit_price(contract: FrozenContract, pricing: str) -> str:
    """Yuan per ㎡; empty when sold by the whole home or not priced yet."""
    area = contract.home.inner_area if pricing == "inner_area" else contract.home.building_area
    if pricing == "whole" or not contract.price_fen or area <= 0:
        return ""
    return yuan(int((Decimal(contract.price_fen) / area).quantize(Decimal(1), ROUND_HALF_UP)))


def _line(line: Instalment, kind: str) -> dict[str, str]:
    due = f"{line.due.year}年{line.due.month}月{line.due.day}日"
    words = yuan_in_words(line.amount_fen)
    return {"kind": kind, "due": due, "amount": yuan(line.amount_fen), "words": words}


def _method(plan: tuple[Instalment, ...]) -> str | None:
    if any(line.kind in LENDERS for line in plan):
        return "loan"
    return ("once" if len(plan) == 1 else "instalments") if plan else None


def _loan_method(plan: tuple[Instalment, ...]) -> str | None:
    kinds = {line.kind for line in plan} & set(LENDERS)
    return "combined" if len(kinds) > 1 else next(iter(kinds), None)


def _words(blank: Blank, value: str) -> str:
    """A blank as it is printed; text that is no valid date, amount or choice is printed as typed (drafts only)."""
    match blank.kind:
        case Kind.DATE if day := as_date(value):
            return f"{day.year}年{day.month}月{day.day}日"
        case Kind.MONEY if (fen := as_fen(value)) is not None:
            return yuan(fen)
        case Kind.CHOICE:
            return blank.choice_label(value)
    return value


def _choices(labels: dict[str, str], chosen: str | None) -> Choices:
    return [(words, key == chosen) for key, words in labels.items()]
