"""The list of materials as the citizen's page shows it. Pure."""

from dataclasses import dataclass
from uuid import UUID

from yiti.journeys.registration.desk import Checklist, Item, Lying

_SOURCES = {
    "identity": "公安部门",
    "register": "本县不动产登记簿",
    "tax": "税务部门",
    "housing": "住建部门",
    "contracts": "网签备案系统",
    "bank": "银行",
    "civil_affairs": "民政部门",
    "court": "人民法院",
    "estate": "权籍调查成果",
    "treasury": "财政部门",
}
_TYPES = {"application/pdf": "PDF", "image/jpeg": "照片", "image/png": "照片"}


@dataclass(frozen=True)
class FileLine:
    """A file that lies with the application."""

    id: UUID
    name: str
    about: str
    fetched: bool
    opens: bool
    """A browser can show it."""


@dataclass(frozen=True)
class MaterialLine:
    """One material: there, to be fetched, to be uploaded, or not needed."""

    code: str
    name: str
    basis: str
    required: bool
    fetchable: bool
    source: str
    accept: str
    files: tuple[FileLine, ...]
    label: str
    tone: str
    missing: bool
    """Required now and not there."""
    later: bool
    """It comes by itself after acceptance."""


def items(checklist: Checklist, failed: frozenset[str] = frozenset()) -> list[MaterialLine]:
    """In the order of the declaration; what was signed is told with the case. `failed`: what its source did not have,
    so that it has to be uploaded."""
    return [_item(one, failed) for one in checklist.items if not one.signed]


def _item(one: Item, failed: frozenset[str]) -> MaterialLine:
    label, tone = _state(one, failed)
    return MaterialLine(
        code=one.code,
        name=one.name,
        basis=one.basis,
        required=one.required,
        fetchable=one.obtainable and not one.later and not one.files and one.code not in failed,
        source=_SOURCES.get(one.source, "共享平台"),
        accept=",".join(one.accepts),
        files=tuple(_file(each) for each in one.files),
        label=label,
        tone=tone,
        missing=one.missing,
        later=one.later and not one.files,
    )


def _state(one: Item, failed: frozenset[str]) -> tuple[str, str]:
    if one.files:
        return ("已获取", "success") if all(each.source != "upload" for each in one.files) else ("已上传", "success")
    if one.later:
        return "受理后核验", "info"
    if not one.required:
        return "没有可不交", "neutral"
    return ("系统获取", "info") if one.obtainable and one.code not in failed else ("待上传", "warning")


def _file(one: Lying) -> FileLine:
    kind = _TYPES.get(one.media_type, "电子凭证")
    size = f"{one.size / 1024 / 1024:.1f} MB" if one.size >= 1024 * 1024 else f"{max(1, one.size // 1024)} KB"
    return FileLine(
        id=one.id,
        name=one.file_name,
        about=f"{kind}，{size}" + ("，已由系统核验" if one.verified else ""),
        fetched=one.source != "upload",
        opens=one.media_type in _TYPES,
    )
