"""Differences between bank and book: the list, one page each, and what may be done about them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow.banking.models import PaymentOrder
from escrow.reconciliation import resolving
from escrow.reconciliation.corrections import corrections_of
from escrow.reconciliation.models import (
    KIND_WORDS,
    RESOLUTION_WORDS,
    CorrectionState,
    Difference,
    DifferenceKind,
    Resolution,
)
from escrow.reconciliation.overview import candidates, differences, steps_of
from escrow.reconciliation.rules import allowed
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.portals.bank.views import shown_account, shown_name
from yiti.portals.finance.corrections import correction_lines
from yiti.portals.shell.views import AnyRequest, page, redirect

_LONGEST_WORDS = 500


class ResolveForm(Struct, kw_only=True):
    """What the clerk decides, on what, and his words."""

    way: str = ""
    words: str = ""
    order_no: str = ""
    other_id: str = ""


class DifferencesController(Controller):
    """The work list of differences."""

    path = "/finance/differences"
    guards = (requires(Permission.RECONCILE),)

    @get("/")
    async def listed(
        self, reader: Reader, closed: FromQuery[bool] = False, before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """Open ones, or those that were closed."""
        found, following = await differences(reader, closed=closed, before=before)
        asked = "closed=true&" if closed else ""
        return page(
            "finance/differences.html",
            lines=found,
            kinds=KIND_WORDS,
            resolutions=RESOLUTION_WORDS,
            closed=closed,
            next_url=f"?{asked}before={following}" if following else None,
            first_url=f"?{asked}" if before else None,
        )

    @get("/{difference_id:uuid}")
    async def show(self, reader: Reader, difference_id: FromPath[UUID]) -> Response[Any]:
        """Both sides, what was done, and what may be done."""
        found = await resolving.difference(reader, difference_id)
        orders, others = await candidates(reader, found)
        ways = _ways(found)
        proposed = await corrections_of(reader, difference_id)
        return page(
            "finance/difference.html",
            one=found,
            kind=KIND_WORDS[DifferenceKind(found.kind)],
            payer=shown_name(found.counterparty or ""),
            payer_account=shown_account(found.counterparty_account or ""),
            ways=[
                (way.value, RESOLUTION_WORDS[way]) for way in Resolution if way in ways and way != Resolution.REVERSED
            ],
            corrections=correction_lines(proposed, f"/finance/differences/{difference_id}/corrections"),
            may_correct=_may_correct(found, ways) and all(one.state != CorrectionState.PROPOSED for one in proposed),
            may_claim=Resolution.ORDER in ways,
            order_options=[(one.order_no, _order_words(one)) for one in orders] if Resolution.ORDER in ways else [],
            other_options=[(one.id, _words(one)) for one in others] if Resolution.EXPLAINED in ways else [],
            steps=await steps_of(reader, difference_id),
            resolutions=RESOLUTION_WORDS,
        )

    @post("/{difference_id:uuid}")
    async def resolve(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        difference_id: FromPath[UUID],
        data: URLEncodedBody[ResolveForm],
    ) -> Response[Any]:
        """Do it, signed with the clerk's name and words."""
        words = data.words.strip()
        if not 0 < len(words) <= _LONGEST_WORDS:
            raise Invalid(f"请填写处理说明（不超过{_LONGEST_WORDS}字）", field="words")
        match data.way:
            case Resolution.SUSPENSE:
                await resolving.to_suspense(tx, actor, difference_id, words)
            case Resolution.ORDER:
                await resolving.to_order(tx, actor, difference_id, data.order_no, words)
            case Resolution.EXPLAINED:
                await resolving.explain(tx, actor, difference_id, _other(data.other_id), words)
            case Resolution.CONFIRMED:
                await resolving.confirm_order(tx, actor, difference_id, words)
            case Resolution.BANK_CORRECTS:
                await resolving.bank_corrects(tx, actor, difference_id, words)
            case _:
                raise Invalid("请选择处理方式", field="way")
        return redirect(request, f"/finance/differences/{difference_id}", "处理结果已记录")


def _may_correct(found: Difference, ways: frozenset[Resolution]) -> bool:
    return Resolution.REVERSED in ways and found.movement_id is not None


def _order_words(order: PaymentOrder) -> str:
    return f"{order.order_no}　{shown_name(order.payee_name)}　{order.words}"


def _words(one: Difference) -> str:
    return f"{one.day}　{KIND_WORDS[DifferenceKind(one.kind)]}　{one.reference}"


def _ways(found: Difference) -> frozenset[Resolution]:
    if found.state != "open":
        return frozenset()
    return allowed(DifferenceKind(found.kind), found.bank_fen - found.book_fen)


def _other(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("请选择与之相抵的另一笔差异", field="other_id") from error
