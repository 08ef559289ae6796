"""The county's dated parameters: presale conditions and dictionaries, each row with its source.

The rows below are what a new county starts with; afterwards a change is a new row, never an edit.
"""

from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from yiti.estate.errors import ParameterMissing
from yiti.estate.models import EstateParameter
from yiti.estate.rules import Condition, DatedRules, PresaleRules

PRESALE: Final = "presale_conditions"
USAGES: Final = "usages"
STRUCTURES: Final = "structures"

_LAW = "城市房地产管理法第45条"
_REGULATION = "城市房地产开发经营管理条例第22条"
_HENAN = "河南省城市房地产开发经营管理条例第27条"
_REFORM = "建房规〔2026〕3号"

_STATUTORY = (
    Condition("land_price_paid", f"{_LAW}第一项"),
    Condition("planning_permit", f"{_LAW}第二项"),
    Condition("construction_permit", _REGULATION),
    Condition("investment", f"{_LAW}第三项", "25"),
)
_BEFORE_REFORM = PresaleRules(
    (*_STATUTORY, Condition("progress", _HENAN, "1/2"), Condition("supervision", "建房〔2022〕16号"))
)
_SINCE_REFORM = PresaleRules(
    (*_STATUTORY, Condition("topped_out", _REFORM), Condition("full_supervision", _REFORM)),
    old_projects_keep_earlier_rules=False,
)

_USAGES = {
    "成套住宅": "11", "别墅": "111", "高档公寓": "112", "非成套住宅": "12", "集体宿舍": "13", "住宅": "10",
    "工业": "21", "公共设施": "22", "仓储": "27", "商业服务": "31", "经营": "32", "旅游": "33", "金融保险": "34",
    "教育": "41", "医疗卫生": "42", "科研": "43", "文化": "51", "体育": "55", "办公": "60", "物管用房": "84",
    "其它": "80", "车位": "201", "车库": "202", "储藏室": "203",
}  # fmt: skip
_STRUCTURES = {
    "钢结构": "1",
    "钢和钢筋混凝土结构": "2",
    "钢筋混凝土结构": "3",
    "混合结构": "4",
    "砖木结构": "5",
    "其它结构": "6",
}

_DEFAULTS: Final = (
    (PRESALE, date(1995, 1, 1), msgspec.to_builtins(_BEFORE_REFORM), f"{_LAW}；{_REGULATION}；{_HENAN}"),
    (PRESALE, date(2026, 8, 28), msgspec.to_builtins(_SINCE_REFORM), f"{_REFORM}《关于完善商品住房销售制度的通知》"),
    (USAGES, date(2015, 1, 1), _USAGES, "《不动产登记数据库标准（试行）》房屋用途字典；车位、车库、储藏室为本地扩展"),
    (STRUCTURES, date(2015, 1, 1), _STRUCTURES, "《不动产登记数据库标准（试行）》房屋结构字典"),
)


async def install_parameters(tx: WriteSession, actor: Actor) -> int:
    """Give a county the rows it starts with, where it has none of that name and date; returns how many were new."""
    rows = [
        {"tenant_id": tx.tenant, "name": name, "effective_from": start, "value": value, "source": source}
        for name, start, value, source in _DEFAULTS
    ]
    new = insert(EstateParameter).values(rows)
    new = new.on_conflict_do_nothing(index_elements=["tenant_id", "name", "effective_from"])
    count = len((await tx.execute(new.returning(EstateParameter.id))).all())
    if count:
        audit(tx, actor, "estate.parameters_installed", subject=f"county:{tx.tenant}", detail={"rows": count})
    return count


async def set_parameter(
    tx: WriteSession, actor: Actor, name: str, effective_from: date, value: dict[str, Any], source: str
) -> None:
    """Add a dated row, such as presale conditions with the county's own transition rule; `Invalid` if malformed."""
    try:
        msgspec.convert(value, PresaleRules if name == PRESALE else dict[str, str])
    except msgspec.ValidationError as error:
        raise Invalid(f"参数内容不符合要求：{error}", field="value") from error
    tx.add(EstateParameter(name=name, effective_from=effective_from, value=value, source=source))
    audit(tx, actor, "estate.parameter_set", subject=f"parameter:{name}", detail={"effective_from": effective_from})
    await tx.flush()


async def presale_rules(reader: ReadSession) -> list[DatedRules]:
    """Every version of the presale conditions."""
    rows = await reader.execute(_of(PRESALE))
    return [
        DatedRules(f"{PRESALE}/{row.effective_from}", row.effective_from, msgspec.convert(row.value, PresaleRules))
        for row in rows
    ]


async def dictionary(reader: ReadSession, name: str, on: date) -> dict[str, str]:
    """The words of a dictionary in force on that day, with their codes in the database standard."""
    in_force = _of(name).where(EstateParameter.effective_from <= on)
    row = (await reader.execute(in_force.order_by(EstateParameter.effective_from.desc()).limit(1))).first()
    if row is None:
        raise ParameterMissing(f"尚未配置字典“{name}”，请联系系统管理员")
    return dict(row.value)


def _of(name: str) -> Any:
    return select(EstateParameter.effective_from, EstateParameter.value).where(EstateParameter.name == name)
