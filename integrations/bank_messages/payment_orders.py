"""Orders to pay out of our accounts: pain.001, one file of several orders."""

from datetime import date, datetime

import msgspec
from lxml import etree

from integrations.bank_messages.parties import (
    BankAccount,
    check_payable,
    put_account_number,
    put_agent,
    read_party,
)
from integrations.bank_messages.reading import BadBankMessage, Part, read
from integrations.bank_messages.schema import Message
from integrations.bank_messages.values import (
    CURRENCY,
    count_of,
    day_of,
    fen_of,
    fen_of_number,
    moment_of,
    number,
    put_amount,
    put_header,
)
from integrations.bank_messages.writing import finish, put, put_if, put_pieces, start

_LONGEST_LINE = 140


class PaymentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer. `reference` (at most 35 characters) goes to the payee's bank and comes back in every answer."""

    reference: str
    debtor: BankAccount
    creditor: BankAccount
    amount_fen: int
    execute_on: date
    purpose: str = ""


class PaymentBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A file of orders. The bank refuses a `message_id` it has seen; `initiator` is who sends the file."""

    message_id: str
    created_at: datetime
    initiator: str
    orders: tuple[PaymentOrder, ...]


def write_orders(batch: PaymentBatch) -> bytes:
    """The pain.001 of a batch; the same batch gives the same bytes. Each order is a payment block of its own, named
    by its reference, so that a bank's answer to a block is an answer to one order."""
    _check(batch)
    body = start(Message.PAYMENT_ORDERS, "CstmrCdtTrfInitn")
    header = put_header(body, batch.message_id, batch.created_at)
    put(header, "NbOfTxs", str(len(batch.orders)))
    put(header, "CtrlSum", number(sum(order.amount_fen for order in batch.orders)))
    put(header, "InitgPty/Nm", batch.initiator)
    for order in batch.orders:
        _put_order(put(body, "PmtInf"), order)
    return finish(body, Message.PAYMENT_ORDERS)


def read_orders(data: bytes) -> PaymentBatch:
    """A pain.001 as a bank reads it; number of orders and control sums must agree with the orders."""
    body = read(data, Message.PAYMENT_ORDERS)
    header = body.one("GrpHdr")
    batch = PaymentBatch(
        message_id=header.needed("MsgId"),
        created_at=moment_of(header.one("CreDtTm")),
        initiator=header.text("InitgPty/Nm"),
        orders=tuple(
            _read_order(block, part) for block in body.all("PmtInf") for part in _checked(block, "CdtTrfTxInf")
        ),
    )
    _check_sums(header, [order.amount_fen for order in batch.orders])
    _check(batch)
    return batch


def _check(batch: PaymentBatch) -> None:
    if len({order.reference for order in batch.orders}) != len(batch.orders):
        raise BadBankMessage("付款指令编号重复", "PmtInf/CdtTrfTxInf/PmtId/EndToEndId")
    for order in batch.orders:
        if order.amount_fen <= 0:
            raise BadBankMessage(f"付款指令 {order.reference} 的金额须大于零")
        check_payable(order.debtor, f"付款指令 {order.reference} 的付款人")
        check_payable(order.creditor, f"付款指令 {order.reference} 的收款人")


def _checked(block: Part, path: str) -> list[Part]:
    """The transfers of a block, after its own count and sum."""
    if block.text("PmtMtd") != "TRF":
        block.one("PmtMtd").refuse("付款方式须为转账 TRF")
    parts = block.all(path)
    _check_sums(block, [fen_of(part.one("Amt/InstdAmt")) for part in parts])
    return parts


def _check_sums(part: Part, amounts: list[int]) -> None:
    count, total = part.maybe("NbOfTxs"), part.maybe("CtrlSum")
    if count is not None and count_of(count) != len(amounts):
        count.refuse("笔数与指令不一致")
    if total is not None and fen_of_number(total) != sum(amounts):
        total.refuse("控制总额与指令不一致")


def _read_order(block: Part, part: Part) -> PaymentOrder:
    return PaymentOrder(
        reference=part.needed("PmtId/EndToEndId"),
        debtor=read_party(block.text("Dbtr/Nm"), block.maybe("DbtrAcct"), block.maybe("DbtrAgt")),
        creditor=read_party(part.text("Cdtr/Nm"), part.maybe("CdtrAcct"), part.maybe("CdtrAgt")),
        amount_fen=fen_of(part.one("Amt/InstdAmt")),
        execute_on=day_of(block.one("ReqdExctnDt")),
        purpose=part.joined("RmtInf/Ustrd"),
    )


def _put_order(block: etree._Element, order: PaymentOrder) -> None:
    put(block, "PmtInfId", order.reference)
    put(block, "PmtMtd", "TRF")
    put(block, "BtchBookg", "false")
    put(block, "NbOfTxs", "1")
    put(block, "CtrlSum", number(order.amount_fen))
    put(block, "ReqdExctnDt/Dt", order.execute_on.isoformat())
    put(block, "Dbtr/Nm", order.debtor.name)
    account = put(block, "DbtrAcct")
    put(account, "Id/Othr/Id", order.debtor.account)
    put(account, "Ccy", CURRENCY)
    put_agent(block, "DbtrAgt", order.debtor)
    transfer = put(block, "CdtTrfTxInf")
    identity = put(transfer, "PmtId")
    put(identity, "InstrId", order.reference)
    put(identity, "EndToEndId", order.reference)
    put_amount(put(transfer, "Amt"), "InstdAmt", order.amount_fen)
    put_agent(transfer, "CdtrAgt", order.creditor)
    put_if(transfer, "Cdtr/Nm", order.creditor.name)
    put_account_number(transfer, "CdtrAcct", order.creditor.account)
    if order.purpose:
        put_pieces(put(transfer, "RmtInf"), "Ustrd", order.purpose, _LONGEST_LINE)
