"""A supervision agreement as its three parties see it: in words, and as the PDF."""

from litestar import Response

from escrow.agreements.document import agreement_html
from escrow.agreements.models import Origin, SupervisionAgreement
from kernel.db import ReadSession
from kernel.errors import Conflict
from yiti.journeys.agreements import sealing
from yiti.journeys.agreements.text import parties_of
from yiti.portals.housing.forms import MODES
from yiti.portals.housing.supervision_views import AgreementView, agreement_view
from yiti.portals.shell.files import pdf_response
from yiti.resources import Resources


class TextBeingMade(Conflict):
    """The job that makes the text has not come to it yet."""

    code = "supervision.text_being_made"
    default_message = "协议文本正在生成，请稍候再打开"


async def view_of(reader: ReadSession, terms: SupervisionAgreement) -> AgreementView:
    """In words, with what hinders a seal that is ordered."""
    if terms.origin != Origin.SEALED:
        return agreement_view(terms, MODES)
    text = await sealing.text_delay(reader, terms) if terms.document_digest is None else ""
    return agreement_view(terms, MODES, await sealing.delays(reader, terms), text)


async def agreement_pdf(reader: ReadSession, resources: Resources, terms: SupervisionAgreement) -> Response[bytes]:
    """The file with the seals that it has so far; what was agreed without seals is printed from its words, which never
    change. Raises TextBeingMade."""
    name = f"{terms.agreement_no}.pdf"
    if terms.origin != Origin.SEALED:
        rendered = await resources.renderer.pdf(agreement_html(terms, await parties_of(reader, terms)))
        return pdf_response(rendered.pdf, name)
    digest = terms.sealed_digest or terms.document_digest
    if digest is None:
        raise TextBeingMade
    return pdf_response(await resources.blobs.get(digest), name)
