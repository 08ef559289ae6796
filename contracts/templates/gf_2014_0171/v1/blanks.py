"""Blanks of the presale contract, article by article (annexes: the article that refers to them)."""

from decimal import Decimal
from functools import partial

from contracts.blanks import Blank, Kind

_text = partial(Blank, kind=Kind.TEXT)
_date = partial(Blank, kind=Kind.DATE)
_money = partial(Blank, kind=Kind.MONEY)
_number = partial(Blank, kind=Kind.NUMBER)
_days = partial(_number, unit="日", minimum=Decimal(1), maximum=Decimal(365))
_rate = partial(_number, unit="‱/日", decimals=2, maximum=Decimal(50))
_percent = partial(_number, unit="%", decimals=2, maximum=Decimal(30))


def _choice(key: str, article: int, label: str, *choices: tuple[str, str]) -> Blank:
    """The first choice is the default."""
    return Blank(key, article, label, Kind.CHOICE, default=choices[0][0], choices=choices)


BLANKS: tuple[Blank, ...] = (
    _text("mortgagee", 4, "抵押权人（房屋已抵押时填写）", required=False),
    _text("mortgage_no", 4, "抵押登记证明号（房屋已抵押时填写）", required=False),
    _text(
        "mortgagee_consent",
        4,
        "抵押权人同意转让的证明及解押约定",
        required=False,
        max_length=1000,
    ),
    _choice(
        "pricing",
        6,
        "计价方式",
        ("building_area", "建筑面积"),
        ("inner_area", "套内建筑面积"),
        ("whole", "套"),
    ),
    _money("deposit", 7, "定金（已付并抵作首付款）", required=False, unit="元"),
    _text("loan_bank", 7, "贷款机构（贷款方式付款时填写）", required=False),
    _days("loan_apply_days", 7, "办理贷款手续的期限", default="30"),
    _days("late_payment_days", 8, "逾期付款的宽限期限", default="90"),
    _rate("late_payment_rate", 8, "逾期付款违约金", default="1"),
    _percent("late_payment_penalty", 8, "逾期付款解除合同的违约金", default="5"),
    _text("delivery_extra", 9, "其他交付条件", default="无", max_length=1000),
    _choice("gas", 10, "燃气", ("piped", "管道燃气"), ("none", "不供应管道燃气")),
    _choice(
        "heating",
        10,
        "采暖",
        ("none", "不集中供暖"),
        ("central", "集中供暖"),
        ("own", "分户独立采暖"),
    ),
    _date(
        "facilities_date",
        10,
        "公共设施和配套设施投入使用日期",
        default="$planned_handover",
    ),
    _text(
        "facilities",
        10,
        "设施设备的具体约定（附件五）",
        default="无其他约定",
        max_length=2000,
    ),
    _date("handover_date", 11, "交付日期", default="$planned_handover"),
    _days("handover_notice_days", 11, "交付前书面通知期限", default="10"),
    _text("handover_place", 11, "办理交付手续的地点", default="该商品房所在项目现场"),
    _days("late_handover_days", 12, "逾期交付的宽限期限", default="90"),
    _rate("late_handover_rate", 12, "逾期交付违约金", default="1"),
    _percent("late_handover_penalty", 12, "逾期交付解除合同的违约金", default="5"),
    _choice(
        "area_rule",
        13,
        "面积差异处理",
        ("statute", "按误差比处理"),
        ("no_change", "总价款不变"),
    ),
    _number(
        "area_deviation",
        13,
        "面积误差比的限度",
        default="3",
        unit="%",
        decimals=2,
        maximum="area_deviation_max",
        legal_basis="《商品房销售管理办法》第二十条",
    ),
    _days(
        "planning_notice_days",
        14,
        "规划、设计变更的通知期限",
        default="10",
        maximum="design_notice_days_max",
    ),
    _days(
        "planning_answer_days",
        14,
        "买受人答复期限",
        default="15",
        minimum="design_answer_days_min",
    ),
    _days("refund_days", 14, "合同解除后的退款期限", default="15", maximum=Decimal(30)),
    _choice("decoration", 16, "交付时装修状况", ("bare", "毛坯"), ("decorated", "全装修")),
    _text(
        "decoration_standard",
        16,
        "装饰装修及设备标准（附件六）",
        default="按施工图设计文件及国家标准执行",
        max_length=2000,
    ),
    _days(
        "repair_days",
        17,
        "出卖人收到报修后的维修响应期限",
        default="7",
        maximum=Decimal(30),
    ),
    _text(
        "warranty_extra",
        17,
        "保修的补充约定（附件七）",
        default="无其他约定",
        max_length=2000,
    ),
    _choice(
        "guarantee",
        18,
        "质量担保方式",
        ("seller", "出卖人自行承担"),
        ("guarantor", "第三方连带责任保证"),
        ("insurance", "工程质量保险"),
    ),
    _text("guarantor", 18, "保证人或保险人（第三方担保、保险时填写）", required=False),
    _days(
        "filing_days",
        19,
        "办理登记备案的期限",
        default="1",
        maximum="filing_days_max",
        legal_basis="《城市房地产开发经营管理条例》第二十六条",
    ),
    _days("registration_days", 20, "交付后取得不动产权证书的期限", default="90"),
    _rate("late_registration_rate", 20, "逾期办证违约金", default="0.5"),
    _text("property_company", 21, "前期物业服务企业"),
    _money("property_fee", 21, "物业服务费", default="1.00", unit="元/㎡·月"),
    _choice(
        "property_charging",
        21,
        "物业服务计费方式",
        ("package", "包干制"),
        ("remuneration", "酬金制"),
    ),
    _text(
        "parking",
        22,
        "规划用于停放汽车的车位、车库的约定",
        default="另行订立合同约定",
        max_length=500,
    ),
    _days(
        "delivery_change_days",
        25,
        "送达信息变更的通知期限",
        default="5",
        maximum=Decimal(30),
    ),
    _choice(
        "dispute",
        27,
        "争议解决方式",
        ("court", "向法院起诉"),
        ("arbitration", "申请仲裁"),
    ),
    _text("arbitration_body", 27, "仲裁委员会（选择仲裁时填写）", required=False),
    _text(
        "obstructions",
        9,
        "遮挡或妨碍房屋正常使用情况的说明（附件十）",
        default="无",
        max_length=1000,
    ),
    _text("supplement", 28, "补充协议（附件十一）", required=False, max_length=4000),
)
