"""The text of an agreement: rendered once when it is proposed; every one of the three seals this file."""

from uuid import UUID

from escrow.agreements import concluding, service
from escrow.agreements.document import Parties, agreement_html
from escrow.agreements.models import SupervisionAgreement
from escrow.agreements.rules import Side, seal_field
from escrow.supervision import account_or_none
from kernel.db import ReadSession, WriteSession
from kernel.outbox import Park
from kernel.rendering import MissingGlyph, Rendered
from signing.pades import FieldPlan
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisation, organisations
from yiti.estate.queries import get_project
from yiti.journeys.agreements.sealing import AgreementResources


async def make_text(tx: WriteSession, resources: AgreementResources, agreement_id: UUID) -> None:
    """Render the agreement, make the places of its seals and certify it. Repeating it does nothing.

    `Park` names a character that cannot be printed.
    """
    terms = await service.agreement(tx, agreement_id)
    if terms.document_digest is not None:
        return
    amends = await account_or_none(tx, terms.project_id) is not None
    html = agreement_html(terms, await parties_of(tx, terms), amends=amends)
    try:
        rendered = await resources.renderer.pdf(html)
    except MissingGlyph as error:
        raise Park(error.message) from error
    pdf = await resources.signing.prepare(rendered.pdf, _places(rendered))
    await concluding.keep_text(tx, agreement_id, await resources.blobs.put(pdf))


def _places(rendered: Rendered) -> list[FieldPlan]:
    """The department seals last: its place locks the file."""
    fields = [(side, seal_field(side)) for side in Side]
    return [FieldPlan(field, rendered.boxes[field], locks_all=side is Side.DEPARTMENT) for side, field in fields]


async def parties_of(reader: ReadSession, terms: SupervisionAgreement) -> Parties:
    """The three by their names of today."""
    project = await get_project(reader, terms.project_id)
    departments = await organisations(reader, OrganisationKind.HOUSING_DEPARTMENT)
    bank = terms.bank_name
    if terms.bank_organisation_id is not None:
        bank = (await organisation(reader, terms.bank_organisation_id)).name
    return Parties(
        department=departments[0].name if departments else "",
        developer=(await organisation(reader, project.organisation_id)).name,
        bank=bank,
        project=project.name,
    )
