"""The page of a proof (不动产登记证明), and the sealed file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

from kernel.audit import audit
from kernel.errors import NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.certificates import service as certificates
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate
from yiti.portals.registration import people
from yiti.portals.registration.rules import Tone
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.templating import moment
from yiti.portals.shell.views import page
from yiti.resources import Parts

PROOF_STATES: dict[str, tuple[str, Tone]] = {
    NUMBERED: ("正在制证", "info"),
    ISSUED: ("有效", "success"),
    CANCELLED: ("已注销", "danger"),
}


@dataclass(frozen=True, slots=True)
class CertificateView:
    """What the page says; holders masked."""

    url: str
    number: str
    item: str
    state: str
    tone: Tone
    has_pdf: bool
    cancelled_at: datetime | None
    cancel_reason: str | None
    unit_url: str
    unit_code: str
    case_url: str
    facts: tuple[tuple[str, str], ...]
    verify_url: str
    people: tuple[people.Person, ...]


def _view(found: Certificate) -> CertificateView:
    content = certificates.content_of(found)
    parties = (("权利人", content.holders), ("义务人", content.obligors))
    return CertificateView(
        url=f"/registration/certificates/{found.id}",
        number=found.number,
        item=content.item,
        state=PROOF_STATES[found.state][0],
        tone=PROOF_STATES[found.state][1],
        has_pdf=found.pdf_digest is not None,
        cancelled_at=found.cancelled_at,
        cancel_reason=found.cancel_reason,
        unit_url=f"/registration/units/{found.unit_id}",
        unit_code=grouped_unit_code(found.unit_code),
        case_url=f"/registration/cases/{found.case_id}",
        facts=(
            ("坐落", content.location),
            ("证明权利或事项", content.item),
            ("业务号", content.case_number),
            ("登簿日期", content.booked_on.isoformat()),
            ("签发时间", moment(found.sealed_at, "%Y-%m-%d %H:%M:%S")),
            ("登记机构", content.agency_name),
            ("证照标识", found.licence_id),
            ("文件摘要（SHA-256）", found.pdf_digest or ""),
        ),
        verify_url=content.verify_url,
        people=tuple(people.line(role, one) for role, lines in parties for one in lines),
    )


class CertificateController(Controller):
    """One proof, with its holders masked."""

    path = "/registration/certificates/{certificate_id:uuid}"
    guards = (requires(Permission.REGISTER_VIEW),)

    @get("/")
    async def certificate(self, reader: Reader, certificate_id: FromPath[UUID]) -> Response[Any]:
        """What it says, whether it holds, and where anybody may check it."""
        return page("registration/certificate.html", proof=_view(await certificates.get(reader, certificate_id)))

    @get("/proof.pdf", guards=[requires(Permission.PII_REVEAL)])
    async def pdf(
        self, tx: Tx, actor: CurrentActor, resources: Parts, certificate_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed file as it was issued. It names its holders in full, so taking it is written down."""
        found = await certificates.get(tx, certificate_id)
        if found.pdf_digest is None:
            raise NotFound("证明尚未签发，没有可以下载的文件")
        detail = {"number": found.number, "digest": found.pdf_digest}
        audit(tx, actor, "certificate.downloaded", f"certificate:{found.id}", detail)
        return pdf_response(await resources.blobs.get(found.pdf_digest), f"{found.number}.pdf")
