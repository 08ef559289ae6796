"""A frozen content as a page (HTML) and as data (XML inside the PDF)."""

import hashlib

from lxml import etree

from kernel.rendering import Attachment, qr_png, render_template
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.frame import FRAME
from yiti.certificates.schemas import HolderLine, Mark, ProofContent

_TEMPLATES = {"presale_notice_proof/1": "presale_notice_proof_1.html"}
# How many characters the variable cells may hold at each size before the page would run over.
_SIZES = ((85, "roomy"), (480, "dense"))


def proof_html(content: ProofContent, mark: Mark | None = None) -> str:
    """The page of the proof by the template version it was frozen with. Seal place: `sign-agency`."""
    context = {
        "proof": content,
        "unit_code": grouped_unit_code(content.unit_code),
        "date": f"{content.booked_on.year}年{content.booked_on.month}月{content.booked_on.day}日",
        "size": _size(content),
        "qr": qr_png(mark.verify_url if mark else content.verify_url),
        "digest": content_digest(content),
        "mark": mark,
        "frame": FRAME,
    }
    return render_template("yiti.certificates", _TEMPLATES[content.template], context)


def proof_attachment(content: ProofContent) -> Attachment:
    """The same content for machines, in the field names of the registration database standard (TD/T 1066)."""
    return Attachment(
        name="proof.xml",
        data=proof_xml(content),
        created=content.frozen_at,
        description="不动产登记证明数据",
        relationship="Data",
    )


def proof_xml(content: ProofContent) -> bytes:
    """`<BDCDJZM>` with one `<QLR>` a right holder and one `<YWR>` an obligor; `QDJG` in yuan, `JZMJ` in ㎡."""
    root = etree.Element("BDCDJZM", version="1")
    for name, value in (
        ("ZZBS", content.licence_id),
        ("BDCDJZMH", content.number),
        ("ZMQLHSX", content.item),
        ("BDCDYH", content.unit_code),
        ("ZL", content.location),
        ("GYQK", content.sharing),
        ("GHYT", content.usage),
        ("JZMJ", content.building_area),
        ("QDJG", f"{content.price_fen // 100}.{content.price_fen % 100:02d}"),
        ("HTBAH", content.filing_number),
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


def content_digest(content: ProofContent) -> str:
    """The first 16 hex digits of the SHA-256 of the XML, printed so that paper and data can be matched."""
    return hashlib.sha256(proof_xml(content)).hexdigest()[:16].upper()


def _party(root: etree._Element, tag: str, party: HolderLine) -> None:
    element = etree.SubElement(root, tag)
    for name, value in (
        ("MC", party.name),
        ("ZJZL", party.id_kind),
        ("ZJH", party.id_number),
        ("QLBL", party.share),
    ):
        if value is not None:
            etree.SubElement(element, name).text = value


def _size(content: ProofContent) -> str:
    names = sum(len(party.name) + 1 for party in (*content.holders, *content.obligors))
    length = names + len(content.sharing) + len(content.location)
    return next((size for limit, size in _SIZES if length <= limit), "tight")
