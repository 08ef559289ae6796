"""Tax bureau, housing department and treasury as a registration case meets them: asked, and answering by report.

The housing department looks into its own books and answers at once, and the treasury pays back at once; tax and fee
wait until somebody pays on the page or by API. A report already given is given again, never changed.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect, Stream, Template

from integrations import housing, tax, treasury
from integrations.case_requests import ANSWERED, CaseAnswered, TaxLine
from integrations.counterparties import Counterparty
from integrations.envelope import Envelope
from integrations.http import Operation
from integrations.sandbox.assessing import assess
from integrations.sandbox.state import CaseRequest
from integrations.sandbox.world import AnyRequest, Here, World, new_reference, once
from integrations.wire import Accepted
from kernel.clock import now, today
from kernel.errors import Conflict, Invalid, NotFound

P = TypeVar("P", tax.DeclarationPush, housing.FundPush, treasury.FeePush, treasury.RefundPush)
WORDS = {"clear": "已缴清", "exempt": "免征（无需缴纳）", "refused": "不予通过", "assessed": "已核税，待一码缴款"}
_WRONG_BY_FEN = 100
_AT_ONCE = {housing.INQUIRE.name: "维修资金已缴存", treasury.REFUND.name: "已退还"}
"""What is answered without waiting for anybody, and the words."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the counterparty answers."""

    state: Literal["clear", "exempt", "refused", "assessed"] = "clear"
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    amount_fen: Annotated[int, msgspec.Meta(ge=0)] | None = None
    lines: tuple[TaxLine, ...] | None = None
    """For `assessed`; without them the bureau computes them by its tables."""
    homes: Annotated[int, msgspec.Meta(ge=1)] = 1
    """How many homes the buyer's family has with this one (家庭住房套数)."""
    held_years: Annotated[int, msgspec.Meta(ge=0)] = 5
    """How long the seller has had it."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the API."""

    request_no: str
    event_id: str


async def _take(
    world: World, request: AnyRequest, who: Counterparty, operation: Operation[Accepted], kind: type[P]
) -> Response[Any] | Stream:
    def act(envelope: Envelope, push: P) -> Accepted:
        asked = _content(push)
        name = f"{envelope.county}:{asked.request_no}"
        known = name in world.store.state.requests

        def made(digest: str) -> CaseRequest:
            return CaseRequest(
                county=envelope.county,
                digest=digest,
                reference=new_reference("YW"),
                received_at=now(),
                counterparty=who.value,
                request_no=asked.request_no,
                data=msgspec.to_builtins(asked),
                callback_url=push.callback_url,
            )

        entry = once(world.store.state.requests, name, envelope, made)
        if operation.name in _AT_ONCE and not known:
            _answer(world, entry, Verdict(words=_AT_ONCE[operation.name]))
        return Accepted(reference=entry.reference, received_at=entry.received_at)

    return await world.take(request, who, operation, kind, act)


def _content(
    push: tax.DeclarationPush | housing.FundPush | treasury.FeePush | treasury.RefundPush,
) -> tax.TaxDeclaration | housing.FundInquiry | treasury.FeeBill | treasury.FeeRefund:
    if isinstance(push, treasury.RefundPush):
        return push.refund
    if isinstance(push, tax.DeclarationPush):
        return push.declaration
    return push.inquiry if isinstance(push, housing.FundPush) else push.bill


def _answer(world: World, entry: CaseRequest, verdict: Verdict) -> str:
    if entry.state not in (None, "assessed"):
        raise Conflict("该申请已有结果")
    if verdict.state == "assessed" and entry.counterparty != Counterparty.TAX:
        raise Conflict("只有税务局核税")
    who = Counterparty(entry.counterparty)
    wrong = _WRONG_BY_FEN if world.faults(who).wrong_amount else 0
    lines = _assessed(entry, verdict)
    due = int(entry.data.get("amount_fen") or 0) if verdict.state == "clear" else sum(one.amount_fen for one in lines)
    entry.state, entry.words = verdict.state, verdict.words or WORDS[verdict.state]
    entry.voucher = new_reference("HS" if lines else "PZ") if verdict.state != "refused" else ""
    told = CaseAnswered(
        request_no=entry.request_no,
        state=verdict.state,
        reference=entry.voucher,
        words=entry.words,
        amount_fen=(due if verdict.amount_fen is None else verdict.amount_fen) + wrong,
        decided_at=now(),
        lines=lines,
    )
    return world.deliverer.owe(who, entry.county, entry.callback_url, ANSWERED, told).event_id


def _assessed(entry: CaseRequest, verdict: Verdict) -> tuple[TaxLine, ...]:
    if verdict.state != "assessed":
        return ()
    if verdict.lines is not None:
        return verdict.lines
    declared = msgspec.convert(entry.data, tax.TaxDeclaration)
    return assess(declared, today(), homes=verdict.homes, held_years=verdict.held_years)


def _find(world: World, request_no: str) -> CaseRequest:
    for entry in world.store.state.requests.values():
        if entry.request_no == request_no:
            return entry
    raise NotFound("没有找到该申请")


@post("/tax/requests")
async def take_declaration(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A transfer is declared."""
    return await _take(world, request, Counterparty.TAX, tax.DECLARE, tax.DeclarationPush)


@post("/housing/requests")
async def take_inquiry(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """Is the maintenance fund paid?"""
    return await _take(world, request, Counterparty.HOUSING, housing.INQUIRE, housing.FundPush)


@post("/treasury/requests")
async def take_bill(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A fee is billed."""
    return await _take(world, request, Counterparty.TREASURY, treasury.BILL, treasury.FeePush)


@post("/treasury/refunds")
async def take_refund(request: AnyRequest, world: Here) -> Response[Any] | Stream:
    """A fee goes back."""
    return await _take(world, request, Counterparty.TREASURY, treasury.REFUND, treasury.RefundPush)


@get("/requests")
async def list_requests(world: Here) -> list[CaseRequest]:
    """What cases asked, newest first."""
    return list(reversed(world.store.state.requests.values()))


@post("/requests/{request_no:str}/answer", status_code=200)
async def answer_by_api(world: Here, request_no: FromPath[str], data: JSONBody[Verdict | None] = None) -> Answered:
    """Answer, once; the report goes to the platform by itself."""
    event_id = _answer(world, _find(world, request_no), data or Verdict())
    await world.store.save()
    return Answered(request_no=request_no, event_id=event_id)


@get("/requests/page")
async def page(world: Here) -> Template:
    """The same for people."""
    context = {"items": list(reversed(world.store.state.requests.values())), "counterparties": Counterparty}
    return Template("requests.html", context=context)


@post("/requests/page")
async def answer_by_page(world: Here, request: AnyRequest) -> Redirect:
    """The buttons of the page."""
    form = dict(await request.form())
    try:
        verdict = msgspec.convert({"state": form.get("state")}, Verdict)
    except msgspec.ValidationError as error:
        raise Invalid("请选择结果") from error
    _answer(world, _find(world, str(form.get("request_no"))), verdict)
    await world.store.save()
    return Redirect("/requests/page", status_code=303)


router = Router(
    "/",
    route_handlers=[
        take_declaration,
        take_inquiry,
        take_bill,
        take_refund,
        list_requests,
        answer_by_api,
        page,
        answer_by_page,
    ],
)
