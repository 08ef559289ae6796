"""A supervision agreement as a PDF, for all three parties."""

from litestar import Response

from escrow.agreements.document import Parties, agreement_html
from escrow.agreements.models import SupervisionAgreement
from kernel.db import ReadSession
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisation, organisations
from yiti.estate.queries import get_project
from yiti.portals.shell.files import pdf_response
from yiti.resources import Resources


async def agreement_pdf(reader: ReadSession, resources: Resources, terms: SupervisionAgreement) -> Response[bytes]:
    """Made anew each time from the version, whose words never change."""
    project = await get_project(reader, terms.project_id)
    departments = await organisations(reader, OrganisationKind.HOUSING_DEPARTMENT)
    bank = terms.bank_name
    if terms.bank_organisation_id is not None:
        bank = (await organisation(reader, terms.bank_organisation_id)).name
    parties = Parties(
        department=departments[0].name if departments else "",
        developer=(await organisation(reader, project.organisation_id)).name,
        bank=bank,
        project=project.name,
    )
    rendered = await resources.renderer.pdf(agreement_html(terms, parties))
    return pdf_response(rendered.pdf, f"{terms.agreement_no}.pdf")
