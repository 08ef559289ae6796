"""The list of materials of a case as pages show it. Pure."""

from dataclasses import dataclass
from uuid import UUID

from yiti.journeys.registration.checklist import Checklist, Item, Lying
from yiti.portals.registration.rules import Tone

SOURCE_WORDS = {
    "upload": "窗口或者网上上传",
    "signed": "申请人电子签署",
    "register": "登记簿",
    "tax": "税务部门",
    "housing": "住建部门",
    "identity": "公安人口信息",
    "civil_affairs": "民政部门",
    "contracts": "网签备案系统",
    "planning": "规划部门",
    "estate": "楼盘表和测绘成果",
    "court": "法院",
    "bank": "金融机构",
    "treasury": "财政部门",
}
_TYPES = {"application/pdf": "PDF", "image/jpeg": "JPG图片", "image/png": "PNG图片", "application/jose": "签名电子凭证"}


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file."""

    id: UUID
    url: str
    name: str
    words: str
    """Type, size, and who laid it here."""
    verified: bool
    fetched: bool
    reference: str


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """One line of the list (收件清单)."""

    code: str
    name: str
    required: bool
    missing: bool
    state: str
    tone: Tone
    source: str
    """From where it is fetched; empty where it is asked for."""
    accept: str
    accept_words: str
    basis: str
    files: tuple[FileLine, ...]


def material_lines(found: Checklist, case_id: UUID) -> list[MaterialLine]:
    """The list: what is required and missing first, then the order of the catalogue."""
    return [_line(one, case_id) for one in sorted(found.items, key=lambda one: not one.missing)]


def _line(item: Item, case_id: UUID) -> MaterialLine:
    state, tone = _state(item)
    return MaterialLine(
        code=item.code,
        name=item.name,
        required=item.required,
        missing=item.missing,
        state=state,
        tone=tone,
        source=SOURCE_WORDS.get(item.source, "共享平台") if item.obtainable else "",
        accept=",".join(item.accepts),
        accept_words="、".join(_TYPES.get(one, one) for one in item.accepts),
        basis=item.basis,
        files=tuple(_file(one, case_id) for one in item.files),
    )


def _state(item: Item) -> tuple[str, Tone]:
    if item.files:
        return f"已收 {len(item.files)} 份", "success"
    if not item.required:
        return "需要时提供", "neutral"
    return ("可以共享获取", "info") if item.obtainable else ("缺", "danger")


def _file(one: Lying, case_id: UUID) -> FileLine:
    fetched = one.source != "upload"
    size = f"{one.size / 1024 / 1024:.1f} MB" if one.size >= 1024 * 1024 else f"{max(one.size // 1024, 1)} KB"
    way = f"来自{SOURCE_WORDS.get(one.source, '共享平台')}" if fetched else f"{one.added_by}收取"
    return FileLine(
        id=one.id,
        url=f"/registration/cases/{case_id}/materials/{one.id}",
        name=one.file_name,
        words=f"{_TYPES.get(one.media_type, one.media_type)} · {size} · {way}",
        verified=one.verified,
        fetched=fetched,
        reference=one.reference,
    )
