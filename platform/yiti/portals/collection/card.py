"""A bill as pages show it: lines, state, what to do next; the payer masked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from escrow import collection
from escrow.collection.models import BillState, CollectionBill, RefundState
from escrow.collection.rules import STATE_WORDS
from kernel.clock import now
from kernel.db import ReadSession
from kernel.pii import mask_name
from kernel.rendering import qr_png
from kernel.rendering.templates import png_uri
from kernel.settings import get_settings

TONES = {
    BillState.OPEN: "warning",
    BillState.PAID: "success",
    BillState.CLEARING: "info",
    BillState.CLEARED: "success",
    BillState.EXPIRED: "neutral",
    BillState.VOID: "neutral",
    BillState.REFUNDING: "warning",
    BillState.REFUNDED: "neutral",
}
_NEXT = {
    BillState.OPEN: "扫码或者打开缴款页，用任意渠道一次缴清；缴清后自动继续办理。",
    BillState.PAID: "已缴清，登簿后自动划转各收款单位；未予登记的原路退回。",
    BillState.CLEARING: "已登簿，正在划转各收款单位。",
    BillState.CLEARED: "已划转各收款单位。需要退税（费）的，向收款单位申请。",
    BillState.EXPIRED: "缴款码已过期，请更新账单后缴款。",
    BillState.VOID: "账单已作废，请勿缴款。",
    BillState.REFUNDING: "正在原路退回，一般一至三个工作日到账。",
    BillState.REFUNDED: "已原路退回付款账户。",
}
_REFUSED = "支付渠道未能原路退回，登记中心收费人员将与您联系。"


@dataclass(frozen=True, slots=True)
class LineView:
    """One line."""

    title: str
    words: str
    exempt_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BillCard:
    """One bill."""

    bill_no: str
    title: str
    case_no: str
    payer: str
    total_fen: int
    lines: tuple[LineView, ...]
    state: str
    tone: str
    next: str
    payable: bool
    renewable: bool
    """Its time is over: a new bill can be made."""
    polls: bool
    """It may change by itself."""
    expires_at: datetime
    paid_at: datetime | None
    ending: str
    url: str
    qr: str
    """The picture of the code, while the bill may be paid."""


async def card_of_case(reader: ReadSession, case_id: UUID) -> BillCard | None:
    """The newest bill of a case; None where it was never billed by one code."""
    bills = await collection.of_case(reader, case_id)
    return await card(reader, bills[-1]) if bills else None


async def card(reader: ReadSession, bill: CollectionBill) -> BillCard:
    """This bill."""
    over = bill.state == BillState.EXPIRED or (bill.state == BillState.OPEN and bill.expires_at <= now())
    state = BillState.EXPIRED if over else BillState(bill.state)
    refused = any(one.state == RefundState.REFUSED for one in await collection.refunds_of(reader, bill.id))
    url = f"/pay/{reader.tenant}/{bill.code}"
    payable = state is BillState.OPEN
    return BillCard(
        bill_no=bill.bill_no,
        title=bill.title,
        case_no=bill.case_no,
        payer=masked(bill.payer),
        total_fen=bill.total_fen,
        lines=tuple(
            LineView(one.title, one.words, one.exempt_fen, one.amount_fen)
            for one in await collection.lines_of(reader, bill.id)
        ),
        state=STATE_WORDS[state],
        tone=TONES[state],
        next=_REFUSED if refused else _NEXT[state],
        payable=payable,
        renewable=over,
        polls=state in (BillState.OPEN, BillState.CLEARING, BillState.REFUNDING),
        expires_at=bill.expires_at,
        paid_at=bill.paid_at,
        ending=bill.ending if state in (BillState.VOID, BillState.REFUNDING, BillState.REFUNDED) else "",
        url=url,
        qr=png_uri(qr_png(get_settings().public_url.rstrip("/") + url)) if payable else "",
    )


def masked(payer: str) -> str:
    """All payers of a bill, masked."""
    return "、".join(mask_name(one) for one in payer.split("、"))
