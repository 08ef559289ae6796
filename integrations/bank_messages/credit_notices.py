"""Notices of money in and out during the day: camt.054, from the bank, one or several accounts to a file."""

from datetime import datetime

import msgspec

from integrations.bank_messages.entries import Entry, put_entries, read_entries
from integrations.bank_messages.parties import put_own_account, read_own_account
from integrations.bank_messages.reading import Part, read
from integrations.bank_messages.schema import Message
from integrations.bank_messages.values import moment_of, put_header
from integrations.bank_messages.writing import finish, put, start


class AccountNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What was booked on one account."""

    notice_id: str
    account: str
    entries: tuple[Entry, ...]


class NoticeMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A camt.054 file; `message_id` tells a repeated file."""

    message_id: str
    created_at: datetime
    notices: tuple[AccountNotice, ...]


def read_notices(data: bytes) -> NoticeMessage:
    """The credits and debits of a camt.054; `BadBankMessage` for anything not quite right."""
    body = read(data, Message.CREDIT_NOTICE)
    return NoticeMessage(
        message_id=body.needed("GrpHdr/MsgId"),
        created_at=moment_of(body.one("GrpHdr/CreDtTm")),
        notices=tuple(_read_notice(part) for part in body.all("Ntfctn")),
    )


def write_notices(message: NoticeMessage) -> bytes:
    """The file that a bank would send."""
    body = start(Message.CREDIT_NOTICE, "BkToCstmrDbtCdtNtfctn")
    put_header(body, message.message_id, message.created_at)
    for notice in message.notices:
        part = put(body, "Ntfctn")
        put(part, "Id", notice.notice_id)
        put_own_account(part, notice.account)
        put_entries(part, notice.entries)
    return finish(body, Message.CREDIT_NOTICE)


def _read_notice(part: Part) -> AccountNotice:
    return AccountNotice(
        notice_id=part.needed("Id"), account=read_own_account(part.one("Acct")), entries=read_entries(part)
    )
