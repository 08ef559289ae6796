"""抵押权: general and maximum mortgages, on buildings and on construction in progress."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import (
    AUTHORITY_TO_ACT,
    CERTIFICATE,
    CONSENT,
    DISPOSAL,
    FORM,
    IDENTITY,
    MORTGAGES,
    PEOPLE,
    PROOF,
    RISK,
    TRANSFERS,
    material,
)
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import EntryKind, RegistrationType

_BASIS = "民法典第四百零二条；不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第六十六条"
_LOAN = material("mortgage_contract", "主债权合同和抵押合同", source="bank", basis="民法典第四百条")
_NUMBER = Field(name="contract_number", label="主债权及抵押合同编号", kind="text")
_SCOPE = Field(name="guarantee_scope", label="担保范围", kind="long_text", required=False)
_JOINT = Field(name="joint_object", label="共同担保的其他财产", kind="long_text", required=False)
_CLAIM: dict[str, Any] = {
    "group": "mortgage",
    "right_type": "37",
    "applicants": "both",
    "holder_words": "抵押权人",
    "obligor_words": "抵押人",
    "books": EntryKind.MORTGAGE,
    "price_words": "被担保主债权数额（元）",
    "term_words": "债务履行期限",
    "fee": "by_usage",
}
_NEW: dict[str, Any] = {
    **_CLAIM,
    "registration_type": RegistrationType.FIRST,
    "basis": _BASIS,
    "asks_price": True,
    "asks_term": True,
    "causes": ("抵押合同",),
    "online": True,
}
_RULES = (
    *FORM,
    *PEOPLE,
    "unit.built",
    "unit.owned",
    "applicants.disposers",
    *DISPOSAL,
    "mortgage.ranks",
    "term.right",
    "materials.certificate",
    "outside.fee",
)
_MATERIALS = (IDENTITY, AUTHORITY_TO_ACT, CERTIFICATE, _LOAN, CONSENT, RISK)


def _cancellation(business: Business, name: str, kind: EntryKind, following: tuple[Business, ...]) -> Declaration:
    return Declaration(
        business=business,
        name=name,
        group="cancellation",
        registration_type=RegistrationType.CANCELLATION,
        right_type="37",
        basis="民法典第三百九十三条；不动产登记暂行条例实施细则第七十条",
        applicants="holder",
        holder_words="抵押权人",
        targets=(kind,),
        causes=("主债权消灭", "抵押权已经实现", "抵押权人放弃抵押权"),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            PROOF,
            material("release", "抵押权消灭的材料（结清证明）", source="bank"),
        ),
        rules=(*FORM, *PEOPLE, "target.current", "applicants.holders"),
        automatic=True,
        online=True,
        combines_with=following,
    )


DECLARATIONS = (
    Declaration(
        **_NEW,
        business=Business.MORTGAGE,
        name="抵押权首次登记（一般抵押）",
        fields=(_NUMBER, _SCOPE, _JOINT),
        materials=_MATERIALS,
        rules=_RULES,
        automatic=True,
        combines_with=MORTGAGES,
    ),
    Declaration(
        **_NEW
        | {"price_words": "最高债权额（元）", "term_words": "债权确定期间", "basis": f"民法典第四百二十条；{_BASIS}"},
        business=Business.MAXIMUM_MORTGAGE,
        name="抵押权首次登记（最高额抵押）",
        fields=(_NUMBER, _SCOPE, _JOINT),
        materials=_MATERIALS,
        rules=_RULES,
        automatic=True,
        combines_with=MORTGAGES,
    ),
    Declaration(
        **_NEW
        | {
            "asks_price": False,
            "asks_term": False,
            "basis": f"{_BASIS}；最高人民法院关于适用民法典有关担保制度的解释第五十二条",
        },
        business=Business.MORTGAGE_FROM_NOTICE,
        name="预告登记转抵押权首次登记",
        targets=(EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE, EntryKind.CONSTRUCTION_MORTGAGE),
        fields=(),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            PROOF,
            material("mortgage_contract", "主债权合同和抵押合同", source="bank"),
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.built",
            "unit.owned",
            "target.current",
            "mortgage.same_parties",
            "book.seizure_noted",
            "book.notice",
            "book.objection",
            "book.pending",
            "outside.fee",
        ),
        automatic=True,
        combines_with=MORTGAGES,
    ),
    Declaration(
        **_CLAIM | {"holder_words": "受让债权的抵押权人", "obligor_words": "原抵押权人"},
        business=Business.MORTGAGE_TRANSFER,
        name="抵押权转移登记",
        registration_type=RegistrationType.TRANSFER,
        basis="民法典第四百零七条；不动产登记暂行条例实施细则第六十九条",
        targets=(EntryKind.MORTGAGE,),
        causes=("主债权转让",),
        fields=(_NUMBER,),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            PROOF,
            material("assignment", "债权转让协议"),
            material("debtor_notice", "债务人已收到债权转让通知的材料", basis="民法典第五百四十六条"),
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "target.current",
            "applicants.assignors",
            "mortgage.maximum_open",
            "book.pending",
            "outside.fee",
        ),
        online=True,
    ),
    Declaration(
        **_CLAIM | {"fee": "free"},
        business=Business.MORTGAGE_CHANGE,
        name="抵押权变更登记",
        registration_type=RegistrationType.CHANGE,
        basis="民法典第四百零九条；不动产登记暂行条例实施细则第六十八条",
        targets=(EntryKind.MORTGAGE,),
        causes=("被担保债权数额变更", "债务履行期限变更", "担保范围变更", "抵押人变更（带押过户）", "最高额债权确定"),
        fields=(
            _SCOPE,
            Field(name="maximum_basis", label="最高债权确定的事实", kind="long_text", required=False),
        ),
        materials=(IDENTITY, AUTHORITY_TO_ACT, PROOF, material("change_agreement", "抵押权变更协议"), CONSENT),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.owned",
            "target.current",
            "mortgage.parties",
            "mortgage.juniors_agree",
            "book.seizure_noted",
            "book.pending",
            "term.right",
        ),
        online=True,
        combines_with=MORTGAGES,
    ),
    _cancellation(
        Business.MORTGAGE_CANCELLATION,
        "抵押权注销登记",
        EntryKind.MORTGAGE,
        (
            Business.MORTGAGE_CANCELLATION,
            *TRANSFERS,
            *MORTGAGES,
            Business.CHANGE_HOLDER,
            Business.CHANGE_PROPERTY,
            Business.SPLIT,
            Business.MERGER,
            Business.OWNERSHIP_CANCELLATION,
        ),
    ),
    Declaration(
        **_NEW
        | {
            "basis": "民法典第三百九十五条；不动产登记暂行条例实施细则第七十五条、第七十六条",
            "books": EntryKind.CONSTRUCTION_MORTGAGE,
            "online": False,
        },
        business=Business.CONSTRUCTION_MORTGAGE,
        name="在建建筑物抵押权首次登记",
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            _LOAN,
            material("land_certificate", "建设用地使用权证书", source="register"),
            material("planning", "建设工程规划许可证", source="planning"),
        ),
        fields=(_NUMBER, _SCOPE),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.planned",
            "unit.unowned",
            "mortgage.no_presale",
            "book.seizure",
            "book.pending",
            "term.right",
            "mortgage.ranks",
            "outside.fee",
        ),
        limit_half_days=6,
    ),
    _cancellation(
        Business.CONSTRUCTION_MORTGAGE_CANCELLATION,
        "在建建筑物抵押权注销登记",
        EntryKind.CONSTRUCTION_MORTGAGE,
        (Business.PRESALE_NOTICE, Business.FIRST_REGISTRATION),
    ),
)
