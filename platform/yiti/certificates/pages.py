"""Any frozen content as pages (HTML) and as data (XML inside the PDF), by the template it was frozen with."""

import base64
import hashlib
from math import ceil
from typing import Final, NamedTuple

from lxml import etree

from kernel.rendering import Attachment, qr_png, render_template
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.document import proof_attachment, proof_html
from yiti.certificates.frame import FRAME
from yiti.certificates.schemas import CertificateContent, Content, EntryProofContent, HolderLine, Mark, ProofContent
from yiti.certificates.wording import long_date

_TEMPLATES: Final = {"certificate/1": "certificate_1.html", "proof/1": "proof_1.html"}
_NOTHING: Final = "／"
_HEIGHT: Final = 147.0  # mm that the table may fill below the number


class _Size(NamedTuple):
    """How much a cell holds: characters a line, mm a line, mm beside the lines, least mm of a row."""

    name: str
    characters: int
    line: float
    beside: float
    least: float


_SIZES: Final = (
    _Size("roomy", 28, 5.5, 1.8, 8.5),
    _Size("dense", 33, 4.2, 1.2, 7.4),
    _Size("tight", 39, 3.4, 0.8, 5.4),
)
Row = tuple[str, tuple[str, ...]]
"""A label and its lines."""


def content_html(content: Content, plan: bytes | None = None, mark: Mark | None = None) -> str:
    """The pages. Seal place: `sign-agency`. `plan`: the picture of the 附图页, where the content names one; `mark`: of
    an annotated copy."""
    if isinstance(content, ProofContent):
        return proof_html(content, mark)
    rows, size, annex = _fitted(rows_of(content))
    slack = _HEIGHT - _height(rows, size)
    context = {
        "content": content,
        "rows": rows,
        "size": size.name,
        "slack": f"{max(0.0, slack) / 4:.1f}mm",
        "annex": annex,
        "date": long_date(content.booked_on),
        "qr": qr_png(mark.verify_url if mark else content.verify_url),
        "digest": content_digest(content),
        "mark": mark,
        "plan": _picture(plan) if plan else "",
        "frame": FRAME,
    }
    return render_template("yiti.certificates", _TEMPLATES[content.template], context)


def content_attachment(content: Content) -> Attachment:
    """The same content for machines, in the field names of the registration database standard (TD/T 1066)."""
    if isinstance(content, ProofContent):
        return proof_attachment(content)
    certificate = isinstance(content, CertificateContent)
    return Attachment(
        name="certificate.xml" if certificate else "proof.xml",
        data=content_xml(content),
        created=content.frozen_at,
        description="不动产权证书数据" if certificate else "不动产登记证明数据",
        relationship="Data",
    )


def content_xml(content: CertificateContent | EntryProofContent) -> bytes:
    """`<BDCQZS>` or `<BDCDJZM>` with one `<QLR>` a right holder, one `<YWR>` an obligor; money in yuan, areas in ㎡."""
    certificate = isinstance(content, CertificateContent)
    root = etree.Element("BDCQZS" if certificate else "BDCDJZM", version="1")
    for name, value in (
        ("ZZBS", content.licence_id),
        ("BDCQZH" if certificate else "BDCDJZMH", content.number),
        ("QLLXMC" if certificate else "ZMQLHSX", content.item),
        ("BDCDYH", content.unit_code),
        ("ZL", content.location),
        ("GYQK", content.sharing),
        *content.data,
        *(("QLQTZK", line) for line in content.others),
        *(("FJ", line) for line in content.remarks),
        ("YWH", content.case_number),
        ("QXDM", content.county_code),
        ("DJJG", content.agency_name),
        ("DJJGDM", content.agency_code),
        ("DJSJ", content.booked_on.isoformat()),
        ("YZDZ", content.verify_url),
    ):
        etree.SubElement(root, name).text = value
    for tag, parties in (("QLR", content.holders), ("YWR", content.obligors)):
        for party in parties:
            _party(root, tag, party)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def content_digest(content: CertificateContent | EntryProofContent) -> str:
    """The first 16 hex digits of the SHA-256 of the XML, printed so that paper and data can be matched."""
    return hashlib.sha256(content_xml(content)).hexdigest()[:16].upper()


def rows_of(content: CertificateContent | EntryProofContent) -> list[Row]:
    """The table as people read it; 附记 last."""
    holders = ("、".join(party.name for party in content.holders),)
    place: list[Row] = [
        ("坐　　落", (content.location,)),
        ("不动产单元号", (grouped_unit_code(content.unit_code),)),
    ]
    if isinstance(content, CertificateContent):
        return [
            ("权 利 人", holders),
            ("共有情况", (content.sharing,)),
            *place,
            ("权利类型", (content.item,)),
            ("权利性质", (content.right_nature,)),
            ("用　　途", (content.usage,)),
            ("面　　积", (content.area,)),
            ("使用期限", (content.term,)),
            ("权利其他状况", content.others),
            ("附　　记", content.remarks),
        ]
    obligors = "、".join(party.name for party in content.obligors)
    return [
        ("证明权利或事项", (content.item,)),
        ("权利人\n（申请人）", holders),
        ("义 务 人", (obligors or _NOTHING,)),
        *([("共有情况", (content.sharing,))] if content.sharing else []),
        *place,
        ("其　　他", content.others),
        ("附　　记", content.remarks),
    ]


def _fitted(rows: list[Row]) -> tuple[list[Row], _Size, list[Row]]:
    """The rows at the largest size that stays within the frame; the last ones go to a 附页 where none does."""
    kept, annex = list(rows), list[Row]()
    while (size := next((one for one in _SIZES if _height(kept, one) <= _HEIGHT), None)) is None:
        row = kept[-len(annex) - 1]
        kept[-len(annex) - 1] = (row[0], ("见附页",))
        annex.insert(0, row)
    return kept, size, annex


def _height(rows: list[Row], size: _Size) -> float:
    """Of the table in mm, rather too much than too little."""
    return sum(max(size.least, size.beside + size.line * _lines(row, size.characters)) for row in rows)


def _lines(row: Row, characters: int) -> int:
    label, words = row
    filled = sum(max(1, ceil(_width(line) / characters)) for line in words)
    return max(filled, label.count("\n") + 1)


def _width(text: str) -> float:
    """In characters of full width."""
    return sum(0.58 if character < "\u2000" else 1.0 for character in text)


def _picture(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _party(root: etree._Element, tag: str, party: HolderLine) -> None:
    element = etree.SubElement(root, tag)
    for name, value in (("MC", party.name), ("ZJZL", party.id_kind), ("ZJH", party.id_number), ("QLBL", party.share)):
        if value is not None:
            etree.SubElement(element, name).text = value
