"""居住权、地役权."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import (
    AUTHORITY_TO_ACT,
    CERTIFICATE,
    CONSENT,
    DISPOSAL,
    FORM,
    IDENTITY,
    PEOPLE,
    PROOF,
    RISK,
    material,
)
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import EntryKind, RegistrationType

_NEW: dict[str, Any] = {
    "group": "other_right",
    "registration_type": RegistrationType.FIRST,
    "applicants": "both",
    "asks_term": True,
    "fee": "by_usage",
    "limit_half_days": 6,
}
_RULES = (
    *FORM,
    *PEOPLE,
    "unit.built",
    "unit.owned",
    "applicants.disposers",
    *DISPOSAL,
    "term.right",
    "materials.certificate",
    "outside.fee",
)


def _cancellation(
    business: Business, name: str, kind: EntryKind, right_type: str, basis: str, causes: tuple[str, ...]
) -> Declaration:
    return Declaration(
        business=business,
        name=name,
        group="cancellation",
        registration_type=RegistrationType.CANCELLATION,
        right_type=right_type,
        basis=basis,
        applicants="holder",
        targets=(kind,),
        causes=causes,
        materials=(IDENTITY, AUTHORITY_TO_ACT, PROOF, material("ground", "权利消灭的材料", source="civil_affairs")),
        rules=(*FORM, *PEOPLE, "target.current", "applicants.holders_or_owner"),
    )


DECLARATIONS = (
    Declaration(
        **_NEW,
        business=Business.RESIDENCE,
        name="居住权首次登记",
        right_type="99",
        basis="民法典第三百六十六条至第三百七十一条",
        holder_words="居住权人",
        obligor_words="住宅所有权人",
        books=EntryKind.RESIDENCE,
        term_words="居住权期限",
        causes=("居住权合同", "遗嘱设立居住权", "生效法律文书"),
        fields=(
            Field(name="contract_number", label="居住权合同编号", kind="text", required=False),
            Field(name="scope", label="居住的范围", kind="text", required=False, help="不填写为全部房屋"),
            Field(name="conditions", label="居住的条件和要求", kind="long_text", required=False),
            Field(name="lifelong", label="终身居住", kind="yes_no", required=False),
        ),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("contract", "居住权合同或者遗嘱", basis="民法典第三百六十七条"),
            CONSENT,
            RISK,
        ),
        rules=(*_RULES, "residence.home", "residence.person", "residence.mortgaged"),
    ),
    _cancellation(
        Business.RESIDENCE_CANCELLATION,
        "居住权注销登记",
        EntryKind.RESIDENCE,
        "99",
        "民法典第三百七十条",
        ("居住权期限届满", "居住权人死亡", "居住权人放弃"),
    ),
    Declaration(
        **_NEW,
        business=Business.EASEMENT,
        name="地役权首次登记",
        right_type="19",
        basis="民法典第三百七十二条至第三百八十五条；不动产登记暂行条例实施细则第六十条",
        holder_words="需役地权利人",
        obligor_words="供役地权利人",
        books=EntryKind.EASEMENT,
        term_words="地役权期限",
        causes=("地役权合同",),
        fields=(
            Field(name="dominant_unit_code", label="需役地不动产单元代码", kind="unit_code"),
            Field(name="purpose", label="利用目的和方法", kind="long_text"),
        ),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("contract", "地役权合同", basis="民法典第三百七十三条"),
            CONSENT,
            RISK,
        ),
        rules=(*_RULES, "easement.units"),
    ),
    _cancellation(
        Business.EASEMENT_CANCELLATION,
        "地役权注销登记",
        EntryKind.EASEMENT,
        "19",
        "民法典第三百八十四条、第三百八十五条；不动产登记暂行条例实施细则第六十三条",
        ("地役权期限届满", "地役权人放弃", "供役地、需役地归于同一人", "地役权合同解除"),
    ),
)
