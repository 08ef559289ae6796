"""The check functions of the four-property check: each takes the facts of a package and names what is wrong."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from e_archive import metadata
from e_archive.facts import Facts, read_json
from e_archive.package import (
    BAG_INFO,
    CATALOGUE,
    METADATA,
    PAYLOAD_MANIFEST,
    README,
    RENEWAL_REPORT,
    REPORT,
    SCHEMA,
    TAG_MANIFEST,
    bag_problems,
)
from e_archive.pdf import PdfFacts

_TAGS: Final = {"bagit.txt", BAG_INFO, PAYLOAD_MANIFEST, TAG_MANIFEST, README, SCHEMA}
_REPORTS: Final = {REPORT, RENEWAL_REPORT}
_LENGTH: Final = {"SCHEMAV_CVC_MAXLENGTH_VALID", "SCHEMAV_CVC_LENGTH_VALID"}
_EMPTY: Final = {"SCHEMAV_CVC_MINLENGTH_VALID"}
_RANGE: Final = {
    "SCHEMAV_CVC_ENUMERATION_VALID",
    "SCHEMAV_CVC_MININCLUSIVE_VALID",
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID",
    "SCHEMAV_CVC_ELT_5_2_2_2_2",
}
_MISSING: Final = {"SCHEMAV_ELEMENT_CONTENT", "SCHEMAV_CVC_ELT_1", "SCHEMAV_CVC_COMPLEX_TYPE_2_3"}
# Rare name characters may be newer than Python's Unicode tables, which call them unassigned; they are no fault.
_IDEOGRAPHIC_PLANES: Final = range(0x20000, 0x3FFFE)


def fixed_information(facts: Facts) -> list[str]:
    """1-1 固化信息有效性: digests, then signatures by arithmetic, then the validation reports on trust."""
    problems = _digest_problems(facts)
    for document in facts.each("documents/document"):
        key, path = metadata.text(document, "key"), metadata.text(document, "file/path")
        found = facts.pdfs.get(path, PdfFacts(problem="缺少文件"))
        problems += [f"{path}：签名域 {field} 的签名与内容不符" for field in found.broken_signatures]
        noted = len(metadata.each(document, "signatures/signature"))
        if noted > found.signatures:
            problems.append(f"{path}：元数据记载 {noted} 个签名，文件中只有 {found.signatures} 个")
        if found.signatures:
            report = facts.signature_reports.get(key)
            if report is None:
                problems.append(f"{path}：有签名但没有签名验证报告")
            elif report.get("digest") != metadata.text(document, "file/digest"):
                problems.append(f"{path}：签名验证报告不是对本文件作出的")
            elif report.get("valid") is not True:
                problems.append(f"{path}：签名验证报告结论为无效")
    return problems


def by_rules(rules: set[str]) -> Callable[[Facts], list[str]]:
    """Schema breaches of some kinds."""
    return lambda facts: [error.words for error in facts.schema_errors if error.rule in rules]


def data_types(facts: Facts) -> list[str]:
    """1-3 类型、格式: every schema breach that is not one of length, range or absence."""
    others = _LENGTH | _EMPTY | _RANGE | _MISSING
    return [error.words for error in facts.schema_errors if error.rule not in others]


def reasonable(facts: Facts) -> list[str]:
    """1-5 数据值合理性: nothing formed, signed or done after it was archived; steps in order."""
    try:
        archived = datetime.fromisoformat(facts.text("archived_at"))
        formed = date.fromisoformat(facts.text("formed_on"))
        days = [date.fromisoformat(metadata.text(d, "formed_on")) for d in facts.each("documents/document")]
        signed = [
            datetime.fromisoformat(e.text or "")
            for e in facts.each("documents/document/signatures/signature/signed_at")
        ]
        steps = [datetime.fromisoformat(e.text or "") for e in facts.each("process/step/at")]
        renewed = [datetime.fromisoformat(e.text or "") for e in facts.each("renewals/renewal/at")]
        late_moments = [moment for moment in [*signed, *steps] if moment > archived]
        ordered = steps == sorted(steps) and [archived, *renewed] == sorted([archived, *renewed])
    except (ValueError, TypeError):
        return ["日期或时间无法识别，不能判断合理性"]
    problems = [] if facts.text("year") == f"{formed.year:04d}" else ["年度与形成日期不一致"]
    # A calendar day in China may be one ahead of the same moment in UTC.
    if any((day - archived.date()).days > 1 for day in [formed, *days]):
        problems.append("有材料的形成日期晚于归档时间")
    if late_moments:
        problems.append("有签名或办理时间晚于归档时间")
    return problems if ordered else [*problems, "办理环节或者延续的时间先后颠倒"]


def special_characters(facts: Facts) -> list[str]:
    """1-6 特殊字符: nothing invisible, private, unassigned or replaced in metadata and file names."""
    texts = [text for element in ([] if facts.root is None else facts.root.iter()) for text in [element.text or ""]]
    found = {char for text in [*texts, *facts.package.files] for char in text if _is_special(char)}
    return [f"含有不允许的字符 U+{ord(char):04X}" for char in sorted(found)] + (
        [facts.unreadable] if facts.unreadable else []
    )


def archive_number(facts: Facts) -> list[str]:
    """1-7 档号规范性: fonds-category·year-retention-serial, agreeing with the fields and the folder."""
    number = facts.text("archive_no")
    head = f"{facts.text('fonds_no')}-{facts.text('category')}·{facts.text('year')}-{facts.text('retention')}-"
    problems = (
        []
        if re.fullmatch(re.escape(head) + r"\d{6}", number, re.ASCII)
        else ["档号与全宗号、门类、年度、保管期限不一致"]
    )
    return problems if facts.package.root == number.replace("·", ".") else [*problems, "信息包目录名与档号不一致"]


def no_duplicates(facts: Facts) -> list[str]:
    """1-8 重复性: archive number in the county, document keys and files in the package."""
    keys = [metadata.text(document, "key") for document in facts.each("documents/document")]
    paths = [
        e.text or "" for e in [*facts.each("documents/document/file/path"), *facts.each("records/record/file/path")]
    ]
    problems = [f"重复：{name}" for name, times in Counter([*keys, *paths]).items() if times > 1]
    return problems + (["档号与已有档案重复"] if facts.unique is False else [])


def file_attributes(facts: Facts) -> list[str]:
    """1-9 电子属性一致性: name, format and size as recorded."""
    problems = []
    for path, note in facts.files.items():
        data, kind = facts.payload.get(path, b""), metadata.text(note, "format")
        if metadata.text(note, "size") != str(len(data)):
            problems.append(f"{path}：大小与元数据记载不一致")
        fits = data.startswith(b"%PDF-") if kind == "PDF/A" else kind == "JSON" and read_json(data) is not None
        if not fits or not path.endswith({"PDF/A": ".pdf", "JSON": ".json"}.get(kind, "?")):
            problems.append(f"{path}：文件名、格式与内容不一致")
    return problems


def linked(facts: Facts) -> list[str]:
    """1-10 元数据关联内容数据: both ways."""
    content = {path for path in facts.payload if path not in {"metadata.xml", "catalogue.xml"}}
    return [f"{path}：元数据未记载" for path in sorted(content - set(facts.files))] + [
        f"{path}：元数据有记载而文件缺失" for path in sorted(set(facts.files) - content)
    ]


def guides(facts: Facts) -> list[str]:
    """1-11 说明文件和目录文件规范性."""
    number = facts.text("archive_no")
    readme = facts.package.files.get(README, b"").decode(errors="replace")
    problems = [] if number and number in readme else ["说明文件缺失或未写明档号"]
    try:
        catalogue = metadata.parse(facts.package.files.get(CATALOGUE, b""))
    except metadata.Unparsable:
        return [*problems, "目录文件缺失或无法解析"]
    listed = [(item.get("path"), item.get("digest")) for item in catalogue]
    recorded = [(path, metadata.text(note, "digest")) for path, note in facts.files.items()]
    return problems if listed == recorded else [*problems, "目录与元数据记载的文件不一致"]


def layout(facts: Facts) -> list[str]:
    """1-12 信息包目录结构规范性."""
    known = re.compile(r"data/(metadata\.xml|catalogue\.xml|(documents|records)/[^/]+)")
    files = set(facts.package.files)
    strays = sorted(f for f in files - _TAGS - _REPORTS if not known.fullmatch(f))
    missing = sorted((_TAGS | {METADATA, CATALOGUE}) - files)
    return [f"{path}：不应出现在信息包中" for path in strays] + [f"{path}：缺失" for path in missing]


def bag(facts: Facts) -> list[str]:
    """1-13 信息包一致性: the BagIt manifests."""
    return bag_problems(facts.package)


def item_count(facts: Facts) -> list[str]:
    """2-1 总件数相符."""
    there = sum(path.startswith("documents/") for path in facts.payload)
    noted = len(facts.each("documents/document"))
    return (
        [] if facts.text("document_count") == str(there) == str(noted) else [f"记载与实有件数不符（实有 {there} 件）"]
    )


def byte_count(facts: Facts) -> list[str]:
    """2-2 总字节数相符."""
    there = sum(len(data) for path, data in facts.payload.items() if "/" in path)
    return [] if facts.text("total_bytes") == str(there) else [f"记载与实有字节数不符（实有 {there} 字节）"]


def process_complete(facts: Facts) -> list[str]:
    """2-5 过程信息完整性: every required step is there."""
    done = {metadata.text(step, "name") for step in facts.each("process/step")}
    missing = [step.text or "" for step in facts.each("required/step") if step.text not in done]
    return [f"缺少办理环节：{name}" for name in missing] + ([] if done else ["没有办理过程信息"])


def content_complete(facts: Facts) -> list[str]:
    """2-7 内容数据完整性: every document has pages."""
    if not facts.each("documents/document"):
        return ["没有归档材料"]
    return [f"{path}：没有页面内容" for path, found in facts.pdfs.items() if found.pages < 1]


def attachments(facts: Facts) -> list[str]:
    """2-8 附件完整性: the records that every case has, and a report for every signed document."""
    must = {"evidence_report": "证据链报告", "decision_receipt": "决定回执", "action_log": "操作日志"}
    problems = [f"缺少{name}" for kind, name in must.items() if not _readable_records(facts, kind)]
    for document in facts.each("documents/document"):
        path, key = metadata.text(document, "file/path"), metadata.text(document, "key")
        if facts.pdfs.get(path, PdfFacts()).signatures and key not in facts.signature_reports:
            problems.append(f"{path}：缺少签名验证报告")
    return problems


def scope(facts: Facts) -> list[str]:
    """2-9 归档范围: every document that this business must archive."""
    there = {metadata.text(document, "key") for document in facts.each("documents/document")}
    required = [element.text or "" for element in facts.each("required/document")]
    if not required:
        return ["未给出本事项的归档范围"]
    return [f"缺少应归档材料：{key}" for key in required if key not in there]


def both_parts(facts: Facts) -> list[str]:
    """2-10 信息包元数据、内容数据完整性."""
    return [] if METADATA in facts.package.files and facts.pdfs else ["信息包缺少元数据或内容数据"]


def metadata_readable(facts: Facts) -> list[str]:
    """3-1 信息包元数据可读性."""
    return [facts.unreadable] if facts.unreadable else []


def formats(facts: Facts) -> list[str]:
    """3-3 and 3-7 内容格式: PDF, JSON and XML only, each really of its kind."""
    problems = []
    for path, data in facts.payload.items():
        if path.startswith("documents/"):
            good = data.startswith(b"%PDF-")
        elif path.startswith("records/"):
            good = read_json(data) is not None
        else:
            good = path in {"metadata.xml", "catalogue.xml"}
        if not good:
            problems.append(f"{path}：格式不符合归档要求")
    return problems


def readable(facts: Facts) -> list[str]:
    """3-4 内容数据可读性: opens without a password, every page's content decodes."""
    return [f"{path}：{found.problem}" for path, found in facts.pdfs.items() if found.problem]


def long_term(facts: Facts) -> list[str]:
    """3-5 格式长期可用性: marked as PDF/A, nothing that acts by itself."""
    return [f"{path}：没有PDF/A标识" for path, found in facts.pdfs.items() if not found.pdfa] + [
        f"{path}：含有自动执行内容 {name}" for path, found in facts.pdfs.items() for name in found.active
    ]


too_long, out_of_range = by_rules(_LENGTH), by_rules(_RANGE)
missing_items, empty_items = by_rules(_MISSING), by_rules(_EMPTY)


def _digest_problems(facts: Facts) -> list[str]:
    return [
        f"{path}：摘要与元数据记载不一致"
        for path, note in facts.files.items()
        if hashlib.sha256(facts.payload.get(path, b"")).hexdigest() != metadata.text(note, "digest")
    ]


def _readable_records(facts: Facts, kind: str) -> Iterator[str] | list[str]:
    return [path for path in facts.of_kind(kind) if read_json(facts.payload.get(path, b"")) is not None]


def _is_special(char: str) -> bool:
    if char in "\n\r\t" or ord(char) in _IDEOGRAPHIC_PLANES:
        return False
    return char == "\ufffd" or unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn"}
