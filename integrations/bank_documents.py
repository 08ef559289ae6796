"""A bank's documents by ISO 20022, whichever way they come: over the gateway, or as a file that a clerk brings."""

import re
from collections.abc import Callable
from typing import Final

from integrations.bank_messages.credit_notices import NoticeMessage, read_notices
from integrations.bank_messages.payment_status import StatusReport, read_status
from integrations.bank_messages.reading import BadBankMessage
from integrations.bank_messages.schema import Message
from integrations.bank_messages.statements import StatementMessage, read_statements

BankDocument = StatusReport | NoticeMessage | StatementMessage

TITLES: Final = {
    Message.PAYMENT_STATUS: "付款状态",
    Message.CREDIT_NOTICE: "到账通知",
    Message.STATEMENT: "对账单",
}
_READERS: Final[dict[Message, Callable[[bytes], BankDocument]]] = {
    Message.PAYMENT_STATUS: read_status,
    Message.CREDIT_NOTICE: read_notices,
    Message.STATEMENT: read_statements,
}
_NAMESPACE: Final = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:([a-z0-9.]{1,40})")
_HEAD: Final = 4096


def read_document(data: bytes, kind: Message | None = None) -> BankDocument:
    """Read a pain.002, camt.054 or camt.053; of a file that does not say what it is, the namespace tells.

    Raises BadBankMessage.
    """
    return _READERS[kind or _kind(data)](data)


def _kind(data: bytes) -> Message:
    found = _NAMESPACE.search(data[:_HEAD])
    try:
        kind = Message(found[1].decode()) if found else None
    except ValueError:
        kind = None
    if kind not in _READERS:
        raise BadBankMessage("不是付款状态（pain.002）、到账通知（camt.054）或对账单（camt.053）文件")
    return kind
