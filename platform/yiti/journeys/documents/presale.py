"""Context builders of the three documents; what is said in them is in `templates/`."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from msgspec import Struct

from contracts.power_rules import power_words
from contracts.schemas import Buyer, FrozenContract, Power
from contracts.signers import Signer, signers_of
from kernel.errors import Invalid
from kernel.money import yuan, yuan_in_words
from kernel.rendering import render_template
from yiti.certificates.content import grouped_unit_code
from yiti.journeys.documents.inquiry import ANSWER_WORDS, QUESTIONS, check_answers

_PACKAGE = "yiti.journeys.documents"
_OWNERSHIP_QUESTION = "申请登记的不动产是共有，还是单独所有？如为共有，是共同共有还是按份共有，各占多少份额？"
_OWNERSHIP_WORDS = {"sole": "单独所有", "joint": "共同共有", "fractional": "按份共有"}
_ID_WORDS = {"resident_id": "居民身份证", "credit_code": "统一社会信用代码"}
_ORDINALS = "一二三四五六七八九十"
_FEN_IN_TEN_THOUSAND_YUAN = 1_000_000


class PresaleFacts(Struct, frozen=True, kw_only=True):
    """What the three documents are made from. `inquirer` asked the questions at `place`; `dated` is printed."""

    contract: FrozenContract
    county_name: str
    agency_name: str
    answers: dict[str, str]
    inquirer: str
    place: str
    dated: date
    powers: Mapping[int, Power] = {}
    """Of the agents, by the place of their buyer."""


def notice_application(facts: PresaleFacts) -> str:
    """不动产登记申请书 for the presale notice (预告登记), both parties applying together."""
    return render_template(_PACKAGE, "notice_application.html", _common(facts))


def inquiry_record(facts: PresaleFacts) -> str:
    """询问笔录: the standard questions with the answers that were given. `AnswersIncomplete` when one lacks."""
    check_answers(facts.answers)
    dialogue = [
        (
            "申请登记的不动产是共有，还是单独所有？如为共有，是共同共有还是按份共有，各占多少份额？",
            _ownership_words(facts.contract),
        ),
        *((question.text, ANSWER_WORDS[facts.answers[question.key]]) for question in QUESTIONS),
    ]
    return render_template(_PACKAGE, "inquiry_record.html", {**_common(facts), "dialogue": dialogue})


def handover_agreement(facts: PresaleFacts) -> str:
    """The agreement on 交房即交证 (息政办〔2023〕41号 二、三): who applies, who pays, when the certificate comes."""
    context = {**_common(facts), "handover": _day(facts.contract.home.planned_handover)}
    return render_template(_PACKAGE, "handover_agreement.html", context)


def _common(facts: PresaleFacts) -> Mapping[str, Any]:
    contract = facts.contract
    if not contract.buyers or contract.ownership is None or contract.price_fen is None:
        raise Invalid("合同尚未填写完整，不能生成申请文书")
    return {
        "county": facts.county_name,
        "agency": facts.agency_name,
        "home": contract.home,
        "unit_code": grouped_unit_code(contract.home.unit_code),
        "seller": contract.seller,
        "buyers": _buyers(contract.buyers, facts.powers),
        "signers": [_signer(signer, contract.buyers) for signer in signers_of(contract.buyers)],
        "ownership": contract.ownership,
        "ownership_words": _ownership_words(contract),
        "price": yuan(contract.price_fen),
        "price_ten_thousand": _ten_thousands(contract.price_fen),
        "price_words": yuan_in_words(contract.price_fen),
        "inquirer": facts.inquirer,
        "place": facts.place,
        "date": _day(facts.dated),
    }


def _buyers(buyers: tuple[Buyer, ...], powers: Mapping[int, Power]) -> list[dict[str, str]]:
    return [
        {
            "label": "买受人" if len(buyers) == 1 else f"买受人{_ORDINALS[number - 1]}",
            "name": buyer.name,
            "id_kind": _ID_WORDS[buyer.id_kind],
            "id_no": buyer.id_no,
            "phone": buyer.phone,
            "address": buyer.address,
            "share": _share(buyer.share),
            "representative": buyer.representative_name or "",
            "representative_id_no": buyer.representative_id_no or "",
            "role": _role(buyer),
            "power": power_words(powers[number]) if number in powers else "",
        }
        for number, buyer in enumerate(buyers, start=1)
    ]


def _role(buyer: Buyer) -> str:
    return "法定代表人或经办人" if buyer.kind == "company" else buyer.represented_as


def _signer(signer: Signer, buyers: tuple[Buyer, ...]) -> dict[str, str]:
    theirs = [buyers[place - 1] for place in signer.places]
    return {
        "key": signer.key,
        "places": "、".join(str(place) for place in signer.places) if len(buyers) > 1 else "",
        "words": "；".join(
            f"{one.name}，{_role(one)}：{one.representative_name}" if one.representative_name else one.name
            for one in theirs
        ),
    }


def _ownership_words(contract: FrozenContract) -> str:
    words = _OWNERSHIP_WORDS[contract.ownership or "sole"]
    if contract.ownership == "fractional":
        words += "：" + "、".join(f"{buyer.name}占{_share(buyer.share)}" for buyer in contract.buyers)
    elif contract.ownership == "joint":
        words += "：" + "、".join(buyer.name for buyer in contract.buyers)
    return words + "。"


def _share(share: Fraction | None) -> str:
    return "" if share is None else f"{share.numerator}/{share.denominator}"


def _ten_thousands(fen: int) -> str:
    """万元 as the form asks, exact: 733832.00 元 is 73.3832."""
    whole, rest = divmod(fen, _FEN_IN_TEN_THOUSAND_YUAN)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
