"""How the papers of a case were signed: the sealed evidence report, and the package for a court.

Both name people in full: for those who may see full personal data, every taking written down with its purpose.
"""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody

import signing.service as signing
from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing.court_package import court_package
from signing.evidence_document import EVIDENCE_TITLE
from signing.models import EvidenceFile
from signing.reporting import ReportNotMade
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.journeys.evidence import ceremony_of, report_of
from yiti.portals.registration.forms import PURPOSES, RevealForm, stated_purpose
from yiti.portals.shell.files import file_response, pdf_response
from yiti.portals.shell.views import page
from yiti.resources import Parts


class EvidenceController(Controller):
    """Of one case, once everybody has signed."""

    path = "/registration/cases/{case_id:uuid}/evidence"
    guards = (requires(Permission.CASE_VIEW), requires(Permission.PII_REVEAL))

    @get("/report.pdf")
    async def report(self, tx: Tx, actor: CurrentActor, resources: Parts, case_id: FromPath[UUID]) -> Response[bytes]:
        """The sealed report."""
        case, found = await _report(tx, case_id)
        detail = {"number": case.number, "digest": found.pdf_digest}
        audit(tx, actor, "evidence.report_taken", f"case:{case_id}", detail)
        return pdf_response(await resources.blobs.get(found.pdf_digest), f"{case.number}-{EVIDENCE_TITLE}.pdf")

    @get("/package")
    async def ask(self, reader: Reader, case_id: FromPath[UUID]) -> Response[Any]:
        """The form that asks for the purpose."""
        case, _ = await _report(reader, case_id)
        return _form(case, RevealForm())

    @post("/package", status_code=200)
    async def package(
        self,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        case_id: FromPath[UUID],
        data: URLEncodedBody[RevealForm],
    ) -> Response[Any]:
        """Everything that a court needs to check the signatures offline, as a zip."""
        case, found = await _report(tx, case_id)
        try:
            purpose, reference = stated_purpose(data)
        except Invalid as error:
            return _form(case, data, error)
        signed = await signing.documents_of(tx, found.ceremony_id)
        detail = {
            "number": case.number,
            "purpose": purpose,
            "reference": reference,
            "digest": found.pdf_digest,
            "documents": [one.current_digest for one in signed],
        }
        audit(tx, actor, "evidence.package_taken", f"case:{case_id}", detail)
        get_blob = resources.blobs.get
        documents = [(one.title, await get_blob(one.current_digest)) for one in signed]
        report, content = await get_blob(found.pdf_digest), await get_blob(found.content_digest)
        packed = await asyncio.to_thread(court_package, report, content, documents, found.made_at)
        return file_response(packed, f"{case.number}-司法核验包.zip", "application/zip")


async def _report(reader: ReadSession, case_id: UUID) -> tuple[Case, EvidenceFile]:
    case = await cases.get(reader, case_id)
    found = await report_of(reader, await ceremony_of(reader, case))
    if found is None:
        raise ReportNotMade
    return case, found


def _form(case: Case, form: RevealForm, error: Invalid | None = None) -> Response[Any]:
    return page(
        "registration/court_package.html",
        status=error.status if error else 200,
        case=case,
        url=f"/registration/cases/{case.id}",
        form=form,
        purposes=[(code, words, hint) for code, (words, hint) in PURPOSES.items()],
        errors={error.field: error.message} if error else {},
    )
