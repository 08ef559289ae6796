"""查封: by order of a court or another authority; renewed, queued (轮候) and lifted."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import TRANSFERS, material
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import EntryKind, RegistrationType

_OFFICERS = material("officer_cards", "执行人员工作证和执行公务证", source="court")
_NOTICE = material(
    "assistance_notice", "协助执行通知书", source="court", basis="人民法院查封、扣押、冻结财产规定第一条、第七条"
)
_DELIVERED = Field(name="delivered_at", label="送达时间", kind="moment", help="轮候顺序以送达时间为准")
_ORDER = (
    Field(name="order_document", label="查封文件", kind="text", help="如：执行裁定书"),
    Field(name="order_number", label="文号", kind="text"),
    _DELIVERED,
    Field(name="term_months", label="查封期限（月）", kind="number", help="最长三年，36个月"),
)
_RULES = ("form.complete", "materials.present", "materials.unit", "applicants.authority", "materials.court")
_ORDERED: dict[str, Any] = {
    "group": "seizure",
    "registration_type": RegistrationType.SEIZURE,
    "right_type": "4",
    "applicants": "authority",
    "obligor_words": "被执行人",
    "documents": (),
    "limit_half_days": 1,
}
_BASIS = (
    "人民法院查封、扣押、冻结财产规定；民事诉讼法解释第四百八十五条；不动产登记暂行条例实施细则第九十条至第九十三条"
)

DECLARATIONS = (
    Declaration(
        **_ORDERED,
        business=Business.SEIZURE,
        name="查封登记",
        basis=_BASIS,
        books=EntryKind.SEIZURE,
        causes=("人民法院查封", "人民检察院查封", "公安机关查封", "监察机关查封", "税务等机关查封"),
        fields=(
            *_ORDER,
            Field(
                name="form",
                label="查封类型",
                kind="choice",
                required=False,
                choices=(("seizure", "查封"), ("pre_seizure", "预查封")),
            ),
            Field(name="scope", label="查封范围", kind="text", required=False, help="不填写为全部"),
        ),
        materials=(
            _OFFICERS,
            _NOTICE,
            material("ruling", "查封裁定书等文书", source="court"),
        ),
        rules=(*_RULES, "unit.exists", "seizure.object", "seizure.queue"),
    ),
    Declaration(
        **_ORDERED,
        business=Business.SEIZURE_RENEWAL,
        name="续行查封登记",
        basis=_BASIS,
        targets=(EntryKind.SEIZURE,),
        books=EntryKind.SEIZURE,
        causes=("续行查封",),
        fields=_ORDER,
        materials=(_OFFICERS, _NOTICE, material("ruling", "续行查封裁定书", source="court")),
        rules=(*_RULES, "target.current", "seizure.same_authority", "seizure.not_expired"),
    ),
    Declaration(
        **_ORDERED | {"registration_type": RegistrationType.CANCELLATION},
        business=Business.SEIZURE_LIFTING,
        name="查封登记注销（解封）",
        basis=_BASIS,
        targets=(EntryKind.SEIZURE,),
        causes=("解除查封", "案件执行完毕"),
        fields=(Field(name="document_number", label="解封文号", kind="text"), _DELIVERED),
        materials=(
            _OFFICERS,
            _NOTICE,
            material("ruling", "解除查封裁定书", required=False, source="court"),
        ),
        rules=(*_RULES, "target.current", "seizure.same_authority"),
        combines_with=TRANSFERS,
    ),
)
