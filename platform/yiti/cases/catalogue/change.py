"""变更登记: the right stays with its holder; name, property or term change, or units are split and merged."""

from typing import Any

from yiti.cases.business import Business
from yiti.cases.catalogue.common import (
    AFTER_TRANSFER,
    AUTHORITY_TO_ACT,
    CERTIFICATE,
    CONSENT,
    FORM,
    IDENTITY,
    PEOPLE,
    SURVEY,
    TRANSFERS,
    material,
)
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import EntryKind, RegistrationType

_RULES = (
    *FORM,
    *PEOPLE,
    "unit.built",
    "unit.owned",
    "applicants.holders",
    "materials.certificate",
    "book.seizure_noted",
    "book.objection",
    "book.pending",
    "outside.fee",
)
_SHARED: dict[str, Any] = {
    "group": "change",
    "registration_type": RegistrationType.CHANGE,
    "right_type": "4",
    "applicants": "holder",
    "books": EntryKind.OWNERSHIP,
    "basis": "不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第二十六条",
}
_NEXT = (*TRANSFERS, *AFTER_TRANSFER)
_NEW_UNITS: dict[str, Any] = {
    **_SHARED,
    "fee": "half",
    "limit_half_days": 6,
    "review_levels": 2,
    "materials": (
        IDENTITY,
        AUTHORITY_TO_ACT,
        CERTIFICATE,
        material("approval", "规划等主管部门同意分割、合并的材料"),
        SURVEY,
        CONSENT,
    ),
}

DECLARATIONS = (
    Declaration(
        **_SHARED,
        business=Business.CHANGE_HOLDER,
        name="权利人姓名、名称或者证件变更登记",
        causes=("姓名变更", "名称变更", "身份证件类型或者号码变更"),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("change_proof", "姓名、名称或者证件变更的证明", source="identity"),
        ),
        rules=_RULES,
        online=True,
        combines_with=_NEXT,
    ),
    Declaration(
        **_SHARED,
        business=Business.CHANGE_PROPERTY,
        name="房屋坐落、用途、面积等变更登记",
        causes=("坐落变更", "用途变更", "面积变更", "界址变更"),
        fields=(
            Field(name="usage", label="变更后的规划用途", kind="text", required=False),
            Field(name="building_area", label="变更后的建筑面积", kind="area", required=False),
            Field(name="inner_area", label="变更后的套内建筑面积", kind="area", required=False),
            Field(name="structure", label="变更后的房屋结构", kind="text", required=False),
            Field(name="notes", label="变更说明", kind="long_text", help="坐落以楼盘表变更后的记载为准"),
        ),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("change_proof", "变更的批准文件或者证明"),
            SURVEY,
        ),
        rules=_RULES,
        limit_half_days=6,
        combines_with=_NEXT,
    ),
    Declaration(
        **_SHARED,
        business=Business.CHANGE_TERM,
        name="土地使用期限、权利性质变更登记",
        causes=("土地使用权续期", "权利性质变更", "期限变更"),
        fields=(
            Field(name="land_from", label="变更后的起始日期", kind="date", required=False),
            Field(name="land_until", label="变更后的终止日期", kind="date"),
            Field(name="right_nature", label="变更后的权利性质", kind="text", required=False),
        ),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            CERTIFICATE,
            material("approval", "续期、变更的批准文件或者补充出让合同"),
            material("land_fee", "土地价款缴纳凭证", required=False, source="treasury"),
        ),
        rules=_RULES,
        limit_half_days=6,
        combines_with=_NEXT,
    ),
    Declaration(
        **_NEW_UNITS,
        business=Business.SPLIT,
        name="房屋分割变更登记",
        causes=("房屋分割",),
        rules=(*_RULES, "book.seizure", "book.encumbered", "unit.split"),
    ),
    Declaration(
        **_NEW_UNITS,
        business=Business.MERGER,
        name="房屋合并变更登记",
        causes=("房屋合并",),
        rules=(*_RULES, "book.seizure", "book.encumbered", "unit.merger"),
    ),
)
