"""预告登记: notices of claims on homes, and their cancellation (民法典 art. 221)."""

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

_CONTRACT = Field(name="contract_number", label="合同编号（备案号）", kind="text")
_NOTICE: dict[str, Any] = {
    "group": "notice",
    "registration_type": RegistrationType.NOTICE,
    "applicants": "both",
    "right_type": "4",
    "asks_price": True,
}
_MORTGAGE: dict[str, Any] = {
    **_NOTICE,
    "right_type": "37",
    "holder_words": "抵押权人",
    "obligor_words": "抵押人",
    "price_words": "被担保主债权数额（元）",
    "asks_term": True,
    "term_words": "债务履行期限",
    "fields": (
        Field(name="contract_number", label="主债权及抵押合同编号", kind="text"),
        Field(name="guarantee_scope", label="担保范围", kind="long_text", required=False),
    ),
}
_LOAN = material("mortgage_contract", "主债权合同和抵押合同", source="bank", basis="民法典第四百条")
_AGREED = material("notice_agreement", "关于预告登记的约定", source="contracts", basis="民法典第二百二十一条")


def _cancellation(
    business: Business, name: str, kind: EntryKind, right_type: str, following: tuple[Business, ...]
) -> Declaration:
    return Declaration(
        business=business,
        name=name,
        group="cancellation",
        registration_type=RegistrationType.CANCELLATION,
        right_type=right_type,
        basis="民法典第二百二十一条；不动产登记暂行条例实施细则第八十九条",
        applicants="holder",
        holder_words="预告登记权利人",
        targets=(kind,),
        causes=("权利人放弃预告登记", "债权消灭"),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            PROOF,
            material("ground", "权利人放弃或者债权消灭的材料"),
            CONSENT,
        ),
        rules=(*FORM, *PEOPLE, "target.current", "applicants.holders", "notice.dependent", "book.seizure_noted"),
        automatic=True,
        online=True,
        combines_with=following,
    )


DECLARATIONS = (
    Declaration(
        **_NOTICE,
        business=Business.PRESALE_NOTICE,
        name="预售商品房买卖预告登记",
        basis="民法典第二百二十一条；不动产登记暂行条例第三条",
        holder_words="预购人",
        obligor_words="出卖人",
        books=EntryKind.PRESALE_NOTICE,
        asks_sharing=True,
        causes=("预售商品房买卖",),
        fields=(_CONTRACT, Field(name="permit_number", label="预售许可证号", kind="text")),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            material("contract", "预售商品房买卖合同（已备案）", source="contracts"),
            _AGREED,
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.planned",
            "unit.unowned",
            "shares.whole",
            "book.seizure",
            "notice.free",
            "mortgage.construction_released",
            "book.objection",
            "book.pending",
        ),
        automatic=True,
        combines_with=(Business.PRESALE_MORTGAGE_NOTICE,),
    ),
    _cancellation(
        Business.PRESALE_NOTICE_CANCELLATION,
        "预售商品房买卖预告登记注销",
        EntryKind.PRESALE_NOTICE,
        "4",
        (Business.PRESALE_NOTICE,),
    ),
    Declaration(
        **_MORTGAGE,
        business=Business.PRESALE_MORTGAGE_NOTICE,
        name="预购商品房抵押预告登记",
        basis="民法典第二百二十一条；不动产登记暂行条例实施细则第八十五条",
        books=EntryKind.PRESALE_MORTGAGE_NOTICE,
        causes=("预购商品房抵押",),
        materials=(IDENTITY, AUTHORITY_TO_ACT, _LOAN, PROOF, _AGREED),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.planned",
            "notice.presale_live",
            "book.seizure",
            "book.objection",
            "book.pending",
            "term.right",
        ),
        automatic=True,
        online=True,
    ),
    _cancellation(
        Business.PRESALE_MORTGAGE_NOTICE_CANCELLATION,
        "预购商品房抵押预告登记注销",
        EntryKind.PRESALE_MORTGAGE_NOTICE,
        "37",
        (Business.PRESALE_NOTICE_CANCELLATION, Business.PRESALE_MORTGAGE_NOTICE, Business.TRANSFER_NEW_HOME),
    ),
    Declaration(
        **_NOTICE,
        business=Business.SALE_NOTICE,
        name="不动产买卖预告登记",
        basis="民法典第二百二十一条；不动产登记暂行条例实施细则第八十七条",
        holder_words="受让人",
        obligor_words="转让人",
        books=EntryKind.SALE_NOTICE,
        asks_sharing=True,
        causes=("不动产买卖",),
        fields=(_CONTRACT,),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("contract", "买卖合同", source="contracts"),
            _AGREED,
            CONSENT,
            RISK,
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.built",
            "unit.owned",
            "shares.whole",
            "applicants.disposers",
            "notice.free",
            *DISPOSAL,
            "book.ban",
        ),
        online=True,
        combines_with=(Business.MORTGAGE_NOTICE,),
    ),
    _cancellation(Business.SALE_NOTICE_CANCELLATION, "不动产买卖预告登记注销", EntryKind.SALE_NOTICE, "4", TRANSFERS),
    Declaration(
        **_MORTGAGE,
        business=Business.MORTGAGE_NOTICE,
        name="不动产抵押预告登记",
        basis="民法典第二百二十一条；不动产登记暂行条例实施细则第八十八条",
        books=EntryKind.MORTGAGE_NOTICE,
        causes=("不动产抵押",),
        materials=(IDENTITY, AUTHORITY_TO_ACT, CERTIFICATE, _LOAN, _AGREED, CONSENT, RISK),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.built",
            "unit.owned",
            "notice.mortgagor",
            *DISPOSAL,
            "mortgage.ranks",
            "term.right",
        ),
        online=True,
    ),
    _cancellation(
        Business.MORTGAGE_NOTICE_CANCELLATION,
        "不动产抵押预告登记注销",
        EntryKind.MORTGAGE_NOTICE,
        "37",
        (*MORTGAGES, Business.SALE_NOTICE_CANCELLATION),
    ),
)
