"""What became of our orders: pain.002, the bank's answer to a pain.001."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from lxml import etree

from integrations.bank_messages.reading import BadBankMessage, Part, read
from integrations.bank_messages.schema import Message
from integrations.bank_messages.values import moment_of, put_header
from integrations.bank_messages.writing import finish, put, put_if, put_pieces, start

_LONGEST_REASON = 105


class OrderState(StrEnum):
    """Only `settled` means that the money has gone, only `rejected` that it never will."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    REJECTED = "rejected"


_CODES: Final[Mapping[OrderState, tuple[str, ...]]] = {
    OrderState.PENDING: ("PDNG", "RCVD", "PATC", "PART", "PRES", "BLCK"),
    OrderState.ACCEPTED: ("ACSP", "ACTC", "ACCP", "ACFC", "ACWC", "ACPD"),
    OrderState.SETTLED: ("ACSC", "ACCC"),
    OrderState.REJECTED: ("RJCT", "CANC"),
}
"""The standard's codes by what they mean to us; the first of each is the one that we write. Others are refused."""
_STATES: Final = {code: state for state, codes in _CODES.items() for code in codes}


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one order; the reason as the bank's code (such as `AC01`) and words, its serial once it has one."""

    end_to_end_id: str
    state: OrderState
    reason_code: str = ""
    reason: str = ""
    serial: str = ""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """A pain.002. `whole` tells of the file as such, and of every order that `orders` does not name."""

    message_id: str
    created_at: datetime
    original_message_id: str
    whole: OrderStatus | None = None
    orders: tuple[OrderStatus, ...] = ()

    def status_of(self, reference: str) -> OrderStatus | None:
        """What the bank says of an order of ours: of itself, else of the whole file; None if nothing yet."""
        own = next((order for order in self.orders if order.end_to_end_id == reference), None)
        if own is not None or self.whole is None:
            return own
        return msgspec.structs.replace(self.whole, end_to_end_id=reference)


def read_status(data: bytes) -> StatusReport:
    """A bank's pain.002; `BadBankMessage` for a state that we do not know: it is never guessed."""
    body = read(data, Message.PAYMENT_STATUS)
    group = body.one("OrgnlGrpInfAndSts")
    if not group.text("OrgnlMsgNmId").startswith("pain.001"):
        group.one("OrgnlMsgNmId").refuse("须为对付款指令 pain.001 的答复")
    orders: dict[str, OrderStatus] = {}
    for block in body.all("OrgnlPmtInfAndSts"):
        for status in _read_block(block):
            if orders.setdefault(status.end_to_end_id, status) is not status:
                block.refuse(f"付款指令 {status.end_to_end_id} 有两个状态")
    whole = _read_status(group, "GrpSts", "") if group.maybe("GrpSts") else None
    rejected = whole is not None and whole.state is OrderState.REJECTED
    if rejected and any(order.state is not OrderState.REJECTED for order in orders.values()):
        group.refuse("整批已拒绝，而其中有指令未拒绝")
    return StatusReport(
        message_id=body.needed("GrpHdr/MsgId"),
        created_at=moment_of(body.one("GrpHdr/CreDtTm")),
        original_message_id=group.needed("OrgnlMsgId"),
        whole=whole,
        orders=tuple(orders.values()),
    )


def write_status(report: StatusReport) -> bytes:
    """The file that a bank would send."""
    if len({order.end_to_end_id for order in report.orders}) != len(report.orders):
        raise BadBankMessage("同一付款指令有两个状态")
    body = start(Message.PAYMENT_STATUS, "CstmrPmtStsRpt")
    put_header(body, report.message_id, report.created_at)
    group = put(body, "OrgnlGrpInfAndSts")
    put(group, "OrgnlMsgId", report.original_message_id)
    put(group, "OrgnlMsgNmId", Message.PAYMENT_ORDERS.value)
    if report.whole is not None:
        _put_status(group, "GrpSts", report.whole)
    for order in report.orders:
        block = put(body, "OrgnlPmtInfAndSts")
        put(block, "OrgnlPmtInfId", order.end_to_end_id)
        transfer = put(block, "TxInfAndSts")
        put(transfer, "OrgnlEndToEndId", order.end_to_end_id)
        _put_status(transfer, "TxSts", order)
        put_if(transfer, "AcctSvcrRef", order.serial)
    return finish(body, Message.PAYMENT_STATUS)


def _read_block(block: Part) -> Iterator[OrderStatus]:
    """Every order of a block; a block without any is one order of ours, named by its reference (`write_orders`)."""
    transfers = block.all("TxInfAndSts")
    if not transfers:
        yield _read_status(block, "PmtInfSts", block.needed("OrgnlPmtInfId"))
    for transfer in transfers:
        yield _read_status(transfer, "TxSts", transfer.needed("OrgnlEndToEndId"))


def _read_status(part: Part, path: str, reference: str) -> OrderStatus:
    state = _STATES.get(part.needed(path))
    if state is None:
        part.one(path).refuse("未知的付款状态代码")
    return OrderStatus(
        end_to_end_id=reference,
        state=state,
        reason_code=part.text("StsRsnInf/Rsn/Cd") or part.text("StsRsnInf/Rsn/Prtry"),
        reason=part.joined("StsRsnInf/AddtlInf"),
        serial=part.text("AcctSvcrRef"),
    )


def _put_status(part: etree._Element, path: str, status: OrderStatus) -> None:
    put(part, path, _CODES[status.state][0])
    if status.reason_code or status.reason:
        reason = put(part, "StsRsnInf")
        put_if(reason, "Rsn/Cd" if len(status.reason_code) <= 4 else "Rsn/Prtry", status.reason_code)
        put_pieces(reason, "AddtlInf", status.reason, _LONGEST_REASON)
