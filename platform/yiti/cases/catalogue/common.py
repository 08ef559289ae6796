"""What many declarations share: materials and sets of rules."""

from yiti.cases.business import Business
from yiti.cases.declaration import Material

GENERAL = "不动产登记暂行条例第十六条"


def material(
    code: str, name: str, *, required: bool = True, source: str | None = None, basis: str = GENERAL
) -> Material:
    """A material, by default required and brought by the applicants."""
    return Material(code=code, name=name, required=required, source=source, basis=basis)


IDENTITY = material("identity", "申请人身份证明", source="identity")
AUTHORITY_TO_ACT = material("power_of_attorney", "授权委托书、监护关系证明", required=False)
CERTIFICATE = material("certificate", "不动产权属证书", source="register")
PROOF = material("proof", "不动产登记证明", source="register")
TAX = material("tax_proof", "契税完税或者减免税凭证", source="tax", basis="契税法第十一条")
FUND = material("fund_proof", "住宅专项维修资金缴存证明", source="housing", basis="河南省物业管理条例第六十五条")
CONSENT = material(
    "consent", "共有人、抵押权人、预告登记权利人等的书面同意", required=False, basis="民法典第三百零一条"
)
RISK = material(
    "objection_risk_statement",
    "知悉异议登记并自担风险的书面承诺",
    required=False,
    basis="不动产登记暂行条例实施细则第八十四条",
)
SURVEY = material("survey", "权籍调查表、宗地图和房屋平面图", source="estate")

FORM = ("form.complete", "form.inquiry", "materials.present", "materials.unit")
PEOPLE = ("people.identity", "people.document", "people.agent", "people.alive", "people.capacity")
PAID = ("outside.tax", "outside.housing", "outside.fee")
DISPOSAL = ("book.seizure", "book.notice", "book.objection", "book.pending")
"""What must not stand in the way of a disposal of the unit."""

MORTGAGES = (Business.MORTGAGE, Business.MAXIMUM_MORTGAGE)
AFTER_TRANSFER = (
    *MORTGAGES,
    Business.MORTGAGE_FROM_NOTICE,
    Business.MORTGAGE_TRANSFER,
    Business.MORTGAGE_CHANGE,
    Business.RESIDENCE,
)
TRANSFERS = (
    Business.TRANSFER_NEW_HOME,
    Business.TRANSFER_RESALE,
    Business.TRANSFER_GIFT,
    Business.TRANSFER_DIVISION,
    Business.TRANSFER_INHERITANCE,
    Business.TRANSFER_BEQUEST,
    Business.TRANSFER_EXCHANGE,
    Business.TRANSFER_JUDGMENT,
)
