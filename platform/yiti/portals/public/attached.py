"""The machine-readable data in a file against what the register's own content says, field by field. Pure.

A forger may change the data and leave the page, or the other way round: the page is judged by its signatures, the data
here. What the register says is shown as the public may see it; which fields differ is told of all.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from kernel.pii import mask_id_public
from signing.attachments import AttachedFile, xml_file
from yiti.certificates.checking import (
    VERIFY_CODE,
    DataCheck,
    Difference,
    mask_location,
    mask_party,
    mask_unit_code,
)
from yiti.portals.public.stored import StoredData

ROOTS = frozenset({"BDCQZS", "BDCDJZM", "BDCZZJZJ"})
"""The outermost tags of the data of certificates, proofs and annotated copies."""
NAMES = frozenset({"certificate.xml", "proof.xml", "annotated-copy.xml"})
_ABSENT = "（没有这一项）"
_WITHHELD = "与文件不同（不公开）"
_LONGEST = 60
_LABELS = {
    "ZZBS": "证照标识", "BDCQZH": "不动产权证号", "BDCDJZMH": "不动产登记证明号", "QLLXMC": "权利类型",
    "ZMQLHSX": "证明权利或事项", "BDCDYH": "不动产单元号", "ZL": "坐落", "GYQK": "共有情况", "GHYT": "规划用途",
    "JZMJ": "建筑面积", "QDJG": "取得价格", "HTBAH": "合同备案号", "YWH": "业务号", "QXDM": "区县代码",
    "DJJG": "登记机构", "DJJGDM": "登记机构代码", "DJSJ": "登簿日期", "YZDZ": "验证地址", "QLQTZK": "权利其他状况",
    "FJ": "附记", "DJLX": "登记类型", "DJYY": "登记原因", "QLXZ": "权利性质", "MC": "姓名（名称）", "ZJZL": "证件种类",
    "ZJH": "证件号码", "QLBL": "权利份额", "JZJBH": "加注件编号", "YT": "用途", "SYDW": "使用单位", "SQRQ": "申请日期",
    "YXQZ": "有效期至", "QLR": "权利人", "YWR": "义务人", "BDBZZQSE": "被担保主债权数额", "ZGZQSE": "最高债权数额",
    "DYFS": "抵押方式", "DBFW": "担保范围",
}  # fmt: skip
_PUBLIC = frozenset({
    "ZZBS", "BDCQZH", "BDCDJZMH", "QLLXMC", "ZMQLHSX", "GHYT", "JZMJ", "QXDM", "DJJG", "DJJGDM", "DJSJ", "DJLX", "QLXZ",
    "JZJBH", "YT", "SYDW", "SQRQ", "YXQZ", "ZJZL",
})  # fmt: skip


def ours(files: Sequence[AttachedFile]) -> list[AttachedFile]:
    """Those of the attached files that are, or pretend to be, the data of a paper of ours."""
    return [one for one in files if one.root in ROOTS or one.name in NAMES or (not one.name and one.problem)]


def code_in(file: AttachedFile) -> str:
    """The verification code in the data; empty where there is none."""
    address = next((text for path, text in file.fields if path.count("/") == 1 and path.endswith("/YZDZ")), "")
    code = address.rpartition("/")[2]
    return code if VERIFY_CODE.fullmatch(code) else ""


def compared(stored: StoredData, files: Sequence[AttachedFile]) -> DataCheck:
    """`files`: those that are `ours`; `stored`: the paper that they are, or claim to be."""
    if not files:
        return _told(stored, "missing", "文件里没有签发时所附的数据，数据已被移除")
    if len(files) > 1:
        return _told(stored, "unreadable", "文件附有多份同类数据，签发时只有一份，所附数据不可信")
    (file,) = files
    if file.problem:
        return _told(stored, "unreadable", f"文件所附的数据不能核对：{file.problem}")
    found = _differences(dict(file.fields), dict(xml_file("", stored.data).fields))
    if not found:
        return _told(stored, "same", "文件所附的数据与登记机构的记载一致")
    return _told(stored, "different", f"文件所附的数据有{len(found)}项与登记机构的记载不同，所附数据不可信", found)


def _told(
    stored: StoredData,
    outcome: Literal["same", "different", "missing", "unreadable"],
    words: str,
    differences: tuple[Difference, ...] = (),
) -> DataCheck:
    return DataCheck(
        outcome=outcome, number=stored.number, register=stored.register, words=words, differences=differences
    )


def _differences(file: Mapping[str, str], stored: Mapping[str, str]) -> tuple[Difference, ...]:
    paths = [*stored, *(path for path in file if path not in stored)]
    return tuple(
        _difference(path, file.get(path), stored.get(path), stored)
        for path in paths
        if file.get(path) != stored.get(path)
    )


def _difference(path: str, in_file: str | None, in_register: str | None, stored: Mapping[str, str]) -> Difference:
    paper = _ABSENT if in_file is None else in_file[:_LONGEST]
    if in_register is None:
        return Difference(field=_label(path), paper=paper, register=_ABSENT)
    told = _masked(path, in_register, stored)
    return Difference(field=_label(path), paper=paper, register=f"{told}（与文件不同）" if told == paper else told)


def _masked(path: str, value: str, stored: Mapping[str, str]) -> str:
    """The register's value as the public may see it."""
    above, _, tag = path.rpartition("/")
    match _bare(tag):
        case "MC":
            return mask_party(value, stored.get(f"{above}/ZJZL", ""))
        case "ZJH":
            return mask_id_public(value)
        case "ZL":
            return mask_location(value)
        case "BDCDYH":
            return mask_unit_code(value)
        case bare:
            return value[:_LONGEST] if bare in _PUBLIC else _WITHHELD


def _label(path: str) -> str:
    """`BDCQZS/QLR[2]/MC` → 权利人2的姓名（名称）."""
    parts = [part for part in path.split("/")[1:] if _bare(part) not in ROOTS]
    words = [_LABELS.get(_bare(part), f"数据项{_bare(part)[:20]}") + _order(part) for part in parts]
    return "的".join(words) or "数据种类"


def _bare(part: str) -> str:
    return part.partition("[")[0]


def _order(part: str) -> str:
    return part.partition("[")[2].removesuffix("]")
