"""The four-property check (四性检测): every item of DA/T 70-2018 that we know, passed, failed or honestly not checked.

Which ids are confirmed and which are from memory is said in the domain notes; texts of the standard were not at hand.
"""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

from e_archive import checks
from e_archive.facts import Facts
from e_archive.schemas import CheckItem, CheckReport, Result

STANDARD: Final = "DA/T 70-2018"
Stage = Literal["GD", "YJ", "BC"]
"""归档, 移交与接收, 长期保存."""

_SHOWN: Final = 5
_BY_HAND: Final = "人工检测项目，系统未检"
_NEEDS_STORE: Final = "须在档案库中核对，脱机未检"


class Item(Struct, frozen=True):
    """One item: its number, its name, its check (None: nothing was checked) and why not."""

    number: str
    name: str
    check: Callable[[Facts], list[str]] | None = None
    unchecked: str = _BY_HAND
    decided_by: str | None = None
    """The fact beside the database without which the item cannot be called passed."""


ITEMS: Final = (
    Item("1-1", "固化信息有效性", checks.fixed_information),
    Item("1-2", "元数据项数据长度", checks.too_long),
    Item("1-3", "元数据项数据类型、格式", checks.data_types),
    Item("1-4", "元数据项值域符合度", checks.out_of_range),
    Item("1-5", "元数据项数据值合理性", checks.reasonable),
    Item("1-6", "元数据项特殊字符", checks.special_characters),
    Item("1-7", "档号规范性", checks.archive_number),
    Item("1-8", "元数据项数据重复性", checks.no_duplicates, _NEEDS_STORE, "unique"),
    Item("1-9", "内容数据电子属性一致性", checks.file_attributes),
    Item("1-10", "元数据是否关联内容数据", checks.linked),
    Item("1-11", "说明文件和目录文件规范性", checks.guides),
    Item("1-12", "信息包目录结构规范性", checks.layout),
    Item("1-13", "信息包一致性", checks.bag),
    Item("2-1", "总件数相符性", checks.item_count),
    Item("2-2", "总字节数相符性", checks.byte_count),
    Item("2-3", "元数据项完整性", checks.missing_items),
    Item("2-4", "元数据必填著录项目", checks.empty_items),
    Item("2-5", "过程信息完整性", checks.process_complete),
    Item(
        "2-6",
        "连续性（档号）",
        lambda f: ["前一档号不存在"] if f.continuous is False else [],
        _NEEDS_STORE,
        "continuous",
    ),
    Item("2-7", "内容数据完整性", checks.content_complete),
    Item("2-8", "附件数据完整性", checks.attachments),
    Item("2-9", "归档范围", checks.scope),
    Item("2-10", "信息包元数据、内容数据完整性", checks.both_parts),
    Item("3-1", "信息包元数据可读性", checks.metadata_readable),
    Item(
        "3-2",
        "目标库元数据可访问性",
        lambda f: ["档案库记载与信息包不一致"] if f.catalogued is False else [],
        "入库后检测，本次未检",
        "catalogued",
    ),
    Item("3-3", "内容数据格式", checks.formats),
    Item("3-4", "内容数据可读性", checks.readable),
    Item("3-5", "内容数据格式长期可用性", checks.long_term),
    Item("3-6", "软硬件环境合规性"),
    Item("3-7", "信息包内容数据格式合规性", checks.formats),
    Item("4-1", "系统杀毒软件环境", unchecked="病毒检测须由运行环境完成，系统未检"),
    Item("4-2", "病毒感染", unchecked="病毒检测须由运行环境完成，系统未检"),
    Item("4-3", "载体多余文件", unchecked="在线归档无移交载体，未检"),
    Item("4-4", "载体读取速度", unchecked="在线归档无移交载体，未检"),
    Item("4-5", "载体外观", unchecked="在线归档无移交载体，未检"),
    Item("4-6", "光盘合格性", unchecked="在线归档无移交载体，未检"),
    Item("4-7", "操作过程安全性"),
)


def check(facts: Facts, stage: Stage) -> CheckReport:
    """Check a package item by item."""
    return CheckReport(standard=STANDARD, stage=stage, items=tuple(_judge(item, facts, stage) for item in ITEMS))


def _judge(item: Item, facts: Facts, stage: Stage) -> CheckItem:
    problems = item.check(facts) if item.check else []
    known = item.check is not None and (item.decided_by is None or getattr(facts, item.decided_by) is not None)
    if problems:
        result, reason = Result.FAILED, _words(problems)
    elif known:
        result, reason = Result.PASSED, ""
    else:
        result, reason = Result.NOT_CHECKED, item.unchecked
    return CheckItem(id=f"{stage}-{item.number}", name=item.name, result=result, reason=reason)


def _words(problems: list[str]) -> str:
    more = f"；等共 {len(problems)} 处" if len(problems) > _SHOWN else ""
    return "；".join(problems[:_SHOWN]) + more
