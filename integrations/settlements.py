"""What tax bureau and treasury are told of money that was cleared to them (清分到账).

Wire (ours): `POST /settlements` `tax.settled` or `treasury.settled` `Settlement` → `Accepted`.
"""

import msgspec

from integrations.http import Operation
from integrations.wire import Accepted, Fen, Moment, Short


class SettledLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bill: its kind (`deed_tax`, …), what staff call it, and what was paid on it (分)."""

    kind: Short
    title: Short
    amount_fen: int


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """An authority's share of a one-code bill; `voucher` is the payment order that brought it (银行付款指令号)."""

    request_no: Short
    """Of the declaration or the fee that was asked for."""
    bill_no: Short
    case_no: Short
    voucher: Short
    amount_fen: Fen
    lines: tuple[SettledLine, ...]
    paid_at: Moment


TAX_SETTLED = Operation("tax.settled", "税款清分到账", "/settlements", Accepted)
TREASURY_SETTLED = Operation("treasury.settled", "登记费清分到账", "/settlements", Accepted)
