"""The further fields of an entry in words, by its kind. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from yiti.register.details import Details, read
from yiti.register.kinds import EntryKind

_LABELS: dict[str, str] = {
    "usage": "规划用途",
    "building_area": "建筑面积（㎡）",
    "inner_area": "套内建筑面积（㎡）",
    "shared_area": "分摊建筑面积（㎡）",
    "structure": "房屋结构",
    "floor": "所在层",
    "floors_total": "总层数",
    "completed_on": "竣工时间",
    "right_nature": "权利性质",
    "land_usage": "土地用途",
    "land_area": "共有宗地面积（㎡）",
    "shared_land_area": "分摊土地面积（㎡）",
    "land_from": "土地使用期限（起）",
    "land_until": "土地使用期限（止）",
    "held_separately": "分别持证",
    "name": "名称",
    "quantity": "数量",
    "area": "面积（㎡）",
    "form": "方式",
    "contract_number": "合同编号",
    "permit_number": "预售许可证号",
    "guarantee_scope": "担保范围",
    "maximum_basis": "最高债权确定事实",
    "joint_object": "共同担保财产",
    "authority": "查封机关",
    "order_document": "查封文件",
    "order_number": "文号",
    "term_months": "期限（月）",
    "scope": "范围",
    "renewal": "续行查封",
    "matter": "异议事项",
    "conditions": "居住条件和要求",
    "lifelong": "终身居住",
    "dominant_unit_code": "需役地不动产单元",
    "purpose": "利用目的和方法",
    "closes": "上手业务号",
    "lapse": "失效规则",
    "document_number": "文号",
    "notes": "附记",
}
_VALUES = {
    "general": "一般抵押",
    "maximum": "最高额抵押",
    "seizure": "查封",
    "pre_seizure": "预查封",
    "presale_notice_90_days": "预告登记满九十日",
    "objection_15_days": "异议登记满十五日",
    "seizure_term": "查封期限届满",
}


def detail_rows(kind: EntryKind, document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Label and value of everything that the entry says beyond its columns; empty fields are left out."""
    try:
        details: Details = read(kind, dict(document))
    except msgspec.ValidationError:
        # Booked before details were kept in this form: what stands there is shown as it is.
        return tuple((name, str(value)) for name, value in document.items() if value not in ("", None))
    rows = ((_LABELS.get(name, name), _words(value)) for name, value in msgspec.structs.asdict(details).items())
    return tuple((label, words) for label, words in rows if words)


def _words(value: object) -> str:
    if value is True:
        return "是"
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal | date | int):
        return str(value)
    return _VALUES.get(str(value), str(value))
