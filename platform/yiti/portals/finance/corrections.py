"""冲正 by two persons: the finance clerk proposes with evidence, who approves looks at both and decides."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow.reconciliation import corrections, resolving
from escrow.reconciliation.models import KIND_WORDS, BookingCorrection, CorrectionState, DifferenceKind
from kernel.audit import audit
from kernel.db import WriteSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.banking import correcting
from yiti.portals.bank.views import shown_account, shown_name
from yiti.portals.housing.evidence import stored_evidence
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts, Resources

_LONGEST: Final = 500
_PAGE: Final = 50
_UPLOAD_LIMIT_BYTES: Final = 21 * 1024 * 1024
STATES: Final = {
    CorrectionState.PROPOSED: ("待核准", "info"),
    CorrectionState.APPROVED: ("已核准并冲正", "success"),
    CorrectionState.REFUSED: ("未核准", "danger"),
    CorrectionState.LAPSED: ("差异已另行核平", "neutral"),
}


class ProposeForm(Struct, kw_only=True):
    """Why, and what shows it."""

    reason: str = ""
    file: UploadFile | None = None


class DecideForm(Struct, kw_only=True):
    """The opinion of who approves, or the reason of who does not."""

    words: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A proposal as pages show it."""

    one: BookingCorrection
    state: str
    tone: str
    file_url: str


def correction_lines(found: list[BookingCorrection], base: str) -> list[CorrectionLine]:
    """In words; `base` is where the evidence of each is."""
    return [
        CorrectionLine(one, *STATES[CorrectionState(one.state)], file_url=f"{base}/{one.id}/evidence") for one in found
    ]


class ProposalsController(Controller):
    """What the clerk asks for."""

    path = "/finance/differences/{difference_id:uuid}/corrections"
    guards = (requires(Permission.RECONCILE),)

    @post("/", request_max_body_size=_UPLOAD_LIMIT_BYTES)
    async def propose(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        difference_id: FromPath[UUID],
        data: Annotated[ProposeForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> Response[Any]:
        """Ask for our booking to be taken back."""
        reason = _said(data.reason, "reason")
        if data.file is None or not data.file.filename:
            raise Invalid("请上传银行查询函、回单等凭证", field="file")
        kept = await stored_evidence(resources, data.file)
        proof = corrections.Proof(digest=kept.digest, name=kept.file_name, media_type=kept.media_type)
        await corrections.propose(tx, actor, difference_id, reason, proof)
        return redirect(request, f"/finance/differences/{difference_id}", "冲正已提出，请资金监管负责人核准")

    @get("/{correction_id:uuid}/evidence")
    async def evidence(
        self,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        difference_id: FromPath[UUID],
        correction_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What was brought."""
        return await _file(tx, actor, resources, correction_id, difference_id)


class CorrectionsController(Controller):
    """What waits for the second person."""

    path = "/finance/corrections"
    guards = (requires(Permission.CORRECTION_APPROVE),)

    @get("/")
    async def waiting(self, reader: Reader, after: FromQuery[UUID | None] = None) -> Response[Any]:
        """All of them, oldest first."""
        found = await corrections.open_corrections(reader, _PAGE + 1, after)
        return page(
            "finance/corrections.html",
            lines=found[:_PAGE],
            next_url=f"?after={found[_PAGE - 1][0].id}" if len(found) > _PAGE else None,
            first_url="?" if after else None,
        )

    @get("/{correction_id:uuid}")
    async def show(self, reader: Reader, actor: CurrentActor, correction_id: FromPath[UUID]) -> Response[Any]:
        """Both sides, the words and the evidence."""
        one = await corrections.correction(reader, correction_id)
        found = await resolving.difference(reader, one.difference_id)
        return page(
            "finance/correction.html",
            one=found,
            kind=KIND_WORDS[DifferenceKind(found.kind)],
            payer=shown_name(found.counterparty or ""),
            payer_account=shown_account(found.counterparty_account or ""),
            line=correction_lines([one], "/finance/corrections")[0],
            decides=one.state == CorrectionState.PROPOSED and one.proposed_by_id != actor.id,
        )

    @get("/{correction_id:uuid}/evidence")
    async def evidence(
        self, tx: Tx, actor: CurrentActor, resources: Parts, correction_id: FromPath[UUID]
    ) -> Response[bytes]:
        """What was brought."""
        return await _file(tx, actor, resources, correction_id)

    @post("/{correction_id:uuid}/approve")
    async def approve(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        correction_id: FromPath[UUID],
        data: URLEncodedBody[DecideForm],
    ) -> Response[Any]:
        """Put the book right."""
        await correcting.approve(tx, actor, correction_id, _said(data.words, "words"))
        return redirect(request, f"/finance/corrections/{correction_id}", "已核准，账已冲正")

    @post("/{correction_id:uuid}/refuse")
    async def refuse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        correction_id: FromPath[UUID],
        data: URLEncodedBody[DecideForm],
    ) -> Response[Any]:
        """The booking stands."""
        await corrections.refuse(tx, actor, correction_id, _said(data.reason, "reason"))
        return redirect(request, f"/finance/corrections/{correction_id}", "未核准，原因已告知财务人员", "warning")


def _said(words: str, field: str) -> str:
    if not 0 < len(words.strip()) <= _LONGEST:
        raise Invalid(f"请填写说明（不超过{_LONGEST}字）", field=field)
    return words.strip()


async def _file(
    tx: WriteSession, actor: Actor, resources: Resources, correction_id: UUID, difference_id: UUID | None = None
) -> Response[bytes]:
    one = await corrections.correction(tx, correction_id)
    if difference_id not in (None, one.difference_id):
        raise NotFound
    audit(tx, actor, "escrow.correction_evidence_opened", f"correction:{one.id}", {"digest": one.evidence_digest})
    data = await resources.blobs.get(one.evidence_digest)
    return file_response(data, one.evidence_name, one.evidence_type, download=False)
