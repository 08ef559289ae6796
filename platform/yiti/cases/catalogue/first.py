"""首次登记: land use right and building of a completed project, with the owners' common parts."""

from yiti.cases.business import Business
from yiti.cases.catalogue.common import AUTHORITY_TO_ACT, FORM, IDENTITY, PEOPLE, SURVEY, material
from yiti.cases.declaration import Declaration, Field
from yiti.register.kinds import EntryKind, RegistrationType

DECLARATIONS = (
    Declaration(
        business=Business.FIRST_REGISTRATION,
        name="国有建设用地使用权及房屋所有权首次登记",
        group="first",
        registration_type=RegistrationType.FIRST,
        right_type="4",
        basis="民法典第二百三十一条；不动产登记暂行条例第十四条；不动产登记暂行条例实施细则第三十五条",
        applicants="holder",
        books=EntryKind.OWNERSHIP,
        asks_sharing=True,
        causes=("合法建造", "其他"),
        fields=(
            Field(name="land_from", label="土地使用权起始日期", kind="date"),
            Field(name="land_until", label="土地使用权终止日期", kind="date"),
            Field(name="right_nature", label="权利性质", kind="text", help="如：出让/市场化商品房"),
            Field(name="land_usage", label="土地用途", kind="text", help="如：城镇住宅用地"),
            Field(name="land_area", label="共有宗地面积", kind="area", required=False),
            Field(name="completed_on", label="竣工日期", kind="date", required=False),
            Field(
                name="common_parts",
                label="业主共有部分的不动产单元代码",
                kind="long_text",
                required=False,
                help="每行一个；一并登记，不发证（实施细则第三十六条）",
            ),
        ),
        materials=(
            IDENTITY,
            AUTHORITY_TO_ACT,
            material("land_source", "土地权属来源材料或者土地权属证书", source="register"),
            material("planning", "建设工程符合规划的证明", source="planning"),
            material("completion", "房屋已经竣工的材料（竣工验收备案）", source="housing"),
            SURVEY,
            material("first_tax", "相关税费缴纳凭证", source="tax"),
            material("common_parts_list", "业主共有部分清单", required=False, source="estate"),
        ),
        rules=(
            *FORM,
            *PEOPLE,
            "unit.built",
            "unit.unowned",
            "shares.whole",
            "term.land",
            "book.pending",
            "outside.fee",
        ),
        limit_half_days=6,
        review_levels=2,
        fee="by_usage",
        combines_with=(
            Business.TRANSFER_NEW_HOME,
            Business.MORTGAGE_FROM_NOTICE,
            Business.MORTGAGE,
            Business.MAXIMUM_MORTGAGE,
        ),
    ),
)
