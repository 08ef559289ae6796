"""转移登记: ownership passes by sale, gift, division, succession, exchange or judgment."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import (
    AFTER_TRANSFER,
    AUTHORITY_TO_ACT,
    CERTIFICATE,
    CONSENT,
    DISPOSAL,
    FORM,
    FUND,
    IDENTITY,
    PAID,
    PEOPLE,
    RISK,
    TAX,
    material,
)
from yiti.cases.declaration import Declaration
from yiti.register.kinds import EntryKind, RegistrationType

_ALWAYS = (*FORM, *PEOPLE, "unit.built", "unit.owned", "shares.whole", "materials.certificate", "term.land")
_SOLD = (*_ALWAYS, "applicants.disposers", *DISPOSAL, "book.ban", "notice.buyer", *PAID)
_BASIS = "民法典第二百零九条；不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第三十八条"
_SHARED: dict[str, Any] = {
    "group": "transfer",
    "registration_type": RegistrationType.TRANSFER,
    "right_type": "4",
    "books": EntryKind.OWNERSHIP,
    "asks_sharing": True,
    "fee": "by_usage",
    "tax": True,
    "combines_with": AFTER_TRANSFER,
}
_SALE: dict[str, Any] = {
    **_SHARED,
    "basis": _BASIS,
    "applicants": "both",
    "holder_words": "受让人",
    "obligor_words": "转让人",
}
_SUCCESSION: dict[str, Any] = {
    **_SHARED,
    "basis": "民法典第二百三十条、第一千一百二十二条；不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第十四条",
    "applicants": "holder",
    "limit_half_days": 10,
    "review_levels": 2,
    "rules": (*_ALWAYS, "applicants.heirs", *DISPOSAL, "outside.tax", "outside.fee"),
}


def _materials(*own: Any, fund: bool = True) -> tuple[Any, ...]:
    return (IDENTITY, AUTHORITY_TO_ACT, CERTIFICATE, *own, TAX, *((FUND,) if fund else ()), CONSENT, RISK)


DECLARATIONS = (
    Declaration(
        **_SALE,
        business=Business.TRANSFER_NEW_HOME,
        name="新建商品房转移登记",
        asks_price=True,
        causes=("买卖",),
        materials=_materials(material("contract", "商品房买卖合同（已备案）", source="contracts")),
        rules=_SOLD,
        housing=True,
        automatic=True,
        online=True,
    ),
    Declaration(
        **_SALE,
        business=Business.TRANSFER_RESALE,
        name="存量房转移登记",
        asks_price=True,
        causes=("买卖",),
        materials=_materials(material("contract", "存量房买卖合同", source="contracts")),
        rules=_SOLD,
        housing=True,
        online=True,
    ),
    Declaration(
        **{**_SALE, "holder_words": "受赠人", "obligor_words": "赠与人"},
        business=Business.TRANSFER_GIFT,
        name="赠与转移登记",
        causes=("赠与",),
        materials=_materials(material("contract", "赠与合同", basis="民法典第六百五十七条")),
        rules=_SOLD,
        limit_half_days=6,
        housing=True,
    ),
    Declaration(
        **{**_SALE, "holder_words": "取得人", "obligor_words": "原共有人"},
        business=Business.TRANSFER_DIVISION,
        name="析产转移登记",
        causes=("共有物分割", "夫妻间权利人变更", "离婚析产", "共有性质或者份额变化"),
        materials=_materials(
            material("agreement", "分割协议、离婚协议或者生效法律文书", basis="民法典第三百零四条"), fund=False
        ),
        rules=(*_ALWAYS, "applicants.disposers", *DISPOSAL, "book.ban", "notice.buyer", "outside.tax", "outside.fee"),
        limit_half_days=6,
    ),
    Declaration(
        **{**_SUCCESSION, "holder_words": "继承人"},
        business=Business.TRANSFER_INHERITANCE,
        name="继承转移登记",
        causes=("法定继承", "遗嘱继承"),
        materials=_materials(
            material("death_proof", "被继承人死亡证明", source="civil_affairs"),
            material("kinship", "全部法定继承人的亲属关系证明"),
            material("agreement", "遗产分配协议，或者公证书、生效法律文书"),
            material("will", "遗嘱及其他继承人认可的材料", required=False, basis="民法典第一千一百二十三条"),
            fund=False,
        ),
    ),
    Declaration(
        **{**_SUCCESSION, "holder_words": "受遗赠人"},
        business=Business.TRANSFER_BEQUEST,
        name="受遗赠转移登记",
        causes=("受遗赠",),
        materials=_materials(
            material("death_proof", "遗赠人死亡证明", source="civil_affairs"),
            material("will", "遗嘱或者遗赠扶养协议", basis="民法典第一千一百二十四条、第一千一百五十八条"),
            material("acceptance", "接受遗赠的书面表示", basis="民法典第一千一百二十四条"),
            material("kinship", "全部法定继承人的亲属关系证明"),
            fund=False,
        ),
    ),
    Declaration(
        **_SHARED
        | {
            "basis": _BASIS,
            "applicants": "both",
            "holder_words": "换入人",
            "obligor_words": "换出人",
            "combines_with": (Business.TRANSFER_EXCHANGE, *AFTER_TRANSFER),
        },
        business=Business.TRANSFER_EXCHANGE,
        name="互换转移登记",
        causes=("互换",),
        materials=_materials(material("contract", "互换合同", basis="民法典第六百四十七条")),
        rules=_SOLD,
        limit_half_days=6,
        housing=True,
    ),
    Declaration(
        **_SHARED
        | {
            "basis": "民法典第二百二十九条；不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第十九条",
            "applicants": "holder",
            "holder_words": "取得人",
        },
        business=Business.TRANSFER_JUDGMENT,
        name="依生效法律文书转移登记",
        causes=("法院判决", "司法拍卖", "仲裁裁决", "以物抵债"),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            material("judgment", "生效法律文书及生效证明", source="court"),
            material("assistance_notice", "协助执行通知书", required=False, source="court"),
            TAX,
            FUND,
            RISK,
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.built",
            "unit.owned",
            "shares.whole",
            "term.land",
            "materials.court",
            *DISPOSAL,
            *PAID,
        ),
        limit_half_days=6,
        review_levels=2,
        housing=True,
    ),
)
