"""An annotated copy as pages (HTML) and as data (XML inside the PDF): rendered anew, never an edited signed file."""

import hashlib

from lxml import etree

from kernel.rendering import Attachment
from yiti.certificates.copies.schemas import Annotation
from yiti.certificates.pages import content_attachment, content_html
from yiti.certificates.schemas import Content, Mark


def copy_html(content: Content, annotation: Annotation, plan: bytes | None = None) -> str:
    """The pages of the certificate under the watermark, with the annotation in the place of its QR code. Seal place:
    `sign-agency`."""
    digest = hashlib.sha256(copy_xml(content, annotation)).hexdigest()[:16].upper()
    mark = Mark(number=annotation.number, words=annotation.words, verify_url=annotation.verify_url, digest=digest)
    return content_html(content, plan, mark)


def copy_xml(content: Content, annotation: Annotation) -> bytes:
    """`<BDCZZJZJ>`: number, purpose (YT), recipient (SYDW), first and last day, address of verification; then the
    certificate's own data as it carries them itself."""
    root = etree.Element("BDCZZJZJ", version="1")
    wish = annotation.wish
    for name, value in (
        ("JZJBH", annotation.number),
        ("YT", wish.purpose),
        ("SYDW", wish.recipient),
        ("SQRQ", annotation.requested_on.isoformat()),
        ("YXQZ", wish.valid_until.isoformat()),
        ("YZDZ", annotation.verify_url),
    ):
        etree.SubElement(root, name).text = value
    root.append(etree.fromstring(content_attachment(content).data))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def copy_attachment(content: Content, annotation: Annotation) -> Attachment:
    """The same for machines."""
    return Attachment(
        name="annotated-copy.xml",
        data=copy_xml(content, annotation),
        created=annotation.requested_at,
        description="不动产权证书（登记证明）加注件数据",
        relationship="Data",
    )
