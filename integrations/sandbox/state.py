"""What the sandbox remembers: in memory, and in one small JSON file, so that a restart owes what it owed before."""

import asyncio
import os
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog

from integrations.counterparties import Counterparty
from integrations.payment_channel import CollectionRefund, Prepay
from integrations.supervision_bank import Notice, RefundOrder

log = structlog.get_logger()


class Other(StrEnum):
    """Whom the sandbox plays beside the counterparties that exchange signed messages."""

    CERTIFICATION = "certification"

    @property
    def words(self) -> str:
        """The name that the pages use."""
        return {Other.CERTIFICATION: "电子认证机构"}[self]


Played = Counterparty | Other

KEEP = 500
"""Items kept per inbox; a sandbox need not remember for ever."""


class Faults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with one counterparty. The first group strikes requests, the second what it sends itself."""

    slow_seconds: float = 0
    down: bool = False
    garbage: bool = False
    lost_answer: bool = False
    """It does what was asked, but the connection breaks before the answer is through."""
    requests: int | None = None
    """How many more requests the first group strikes; None: until switched off."""

    hold_payments: bool = False
    """A bank takes payment orders and pays them only when somebody lets it."""
    return_payments: bool = False
    """What a bank pays comes back (退汇)."""
    silent_payments: bool = False
    """A bank pays and tells nothing of it, until it is asked or its statement comes."""
    statement_missing: bool = False
    """The day's last entry stands in the next day's statement only."""
    statement_extra: bool = False
    """The statement has a debit that nobody ordered; taken back the next day."""
    statement_wrong_amount: bool = False
    """The day's last entry has another amount; set right the next day."""
    statement_duplicate: bool = False
    """The day's last entry stands there twice; taken back the next day."""

    forged_signature: bool = False
    wrong_amount: bool = False
    duplicate_callback: bool = False
    late_seconds: float = 0


class Item(msgspec.Struct, kw_only=True):
    """A message that tax bureau, SMS or lending bank took."""

    county: str
    key: str
    digest: str
    reference: str
    received_at: datetime
    data: dict[str, Any]


class BankNotice(msgspec.Struct, kw_only=True):
    """A payment notice at the bank; paid when `bank_serial` is there."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    notice: Notice
    callback_url: str
    bank_serial: str | None = None
    paid_at: datetime | None = None
    paid_fen: int | None = None


class BankRefund(msgspec.Struct, kw_only=True):
    """A refund order; the sandbox bank pays it at once."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    refund: RefundOrder
    bank_serial: str


class BookEntry(msgspec.Struct, kw_only=True):
    """One movement in the sandbox bank's own book; positive came in."""

    serial: str
    signed_fen: int
    booked_on: date
    value_on: date
    name: str = ""
    account: str = ""
    bank_name: str = ""
    end_to_end_id: str = ""
    remittance: str = ""
    reversal: bool = False


class BankBook(msgspec.Struct, kw_only=True):
    """The sandbox bank's book of one account; key `<county>:<account number>`."""

    county: str
    account_no: str
    documents_url: str = ""
    entries: list[BookEntry] = msgspec.field(default_factory=list)
    statements: dict[str, str] = msgspec.field(default_factory=dict)
    """By day: the camt.053 that was made; a day has one statement."""


class BankPayment(msgspec.Struct, kw_only=True):
    """A payment order at the sandbox bank; key `<county>:<order number>`."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    order_no: str
    account_no: str
    payee_name: str
    payee_account: str
    payee_bank: str
    amount_fen: int
    remittance: str
    documents_url: str
    state: Literal["held", "paid", "rejected", "returned"] = "held"
    reason: str = ""
    serial: str = ""
    payer_name: str = ""


class Check(msgspec.Struct, kw_only=True):
    """An identity check. `person` is who stood before the camera; usually the one asked for."""

    county: str
    digest: str
    reference: str
    opened_at: datetime
    name: str
    id_no: str
    return_url: str
    state: str
    nonce: str
    code: str
    decision: Literal["pass", "fail"] | None = None
    decided_at: datetime | None = None
    person: tuple[str, str] | None = None
    granted_to: str | None = None
    """Idempotency key of the request that used the code."""
    assertion: str | None = None


class CaseRequest(msgspec.Struct, kw_only=True):
    """What a registration case asked of tax bureau, housing department or treasury; answered when `state` is there."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    counterparty: str
    request_no: str
    data: dict[str, Any]
    callback_url: str
    state: Literal["clear", "exempt", "refused", "assessed"] | None = None
    voucher: str = ""
    words: str = ""


class ChannelOrder(msgspec.Struct, kw_only=True):
    """A bill at the payment channel; paid when `serial` is there."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    order: Prepay
    callback_url: str
    serial: str | None = None
    paid_at: datetime | None = None
    paid_fen: int | None = None
    more_serials: list[str] = msgspec.field(default_factory=list)
    """Of what was paid again."""


class ChannelRefund(msgspec.Struct, kw_only=True):
    """A refund order; the channel pays it at once, unless it is told to refuse."""

    county: str
    digest: str
    reference: str
    received_at: datetime
    refund: CollectionRefund
    serial: str
    state: Literal["paid", "refused"]


class KnownPerson(msgspec.Struct, kw_only=True):
    """What the sharing platform knows of a number; of all others it says that they are matched and alive."""

    matched: bool = True
    deceased: bool | None = False


class Callback(msgspec.Struct, kw_only=True):
    """An event that the bank owes the platform."""

    event_id: str
    county: str
    counterparty: str
    url: str
    op: str
    data: dict[str, Any]
    due_at: datetime
    status: Literal["owed", "acknowledged", "refused"] = "owed"
    attempts: int = 0
    last_answer: str = ""


class State(msgspec.Struct, kw_only=True):
    """Everything that is kept. Keys of the bank's and the inboxes' tables are `<county>:<number or key>`."""

    faults: dict[str, Faults] = msgspec.field(default_factory=dict)
    inboxes: dict[str, dict[str, Item]] = msgspec.field(default_factory=dict)
    notices: dict[str, BankNotice] = msgspec.field(default_factory=dict)
    refunds: dict[str, BankRefund] = msgspec.field(default_factory=dict)
    books: dict[str, BankBook] = msgspec.field(default_factory=dict)
    payments: dict[str, BankPayment] = msgspec.field(default_factory=dict)
    checks: dict[str, Check] = msgspec.field(default_factory=dict)
    callbacks: dict[str, Callback] = msgspec.field(default_factory=dict)
    requests: dict[str, CaseRequest] = msgspec.field(default_factory=dict)
    channel_orders: dict[str, ChannelOrder] = msgspec.field(default_factory=dict)
    channel_refunds: dict[str, ChannelRefund] = msgspec.field(default_factory=dict)
    refuse_refunds: bool = False
    """The payment channel will not pay refunds that are ordered now."""
    people: dict[str, KnownPerson] = msgspec.field(default_factory=dict)
    absent: list[str] = msgspec.field(default_factory=list)
    """Sources that have no record of anybody."""


class Store:
    """The state and its file. Change `state` freely, then await `save()` before answering."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._changes = 0
        self._saved = 0
        self.state = self._load()

    def _load(self) -> State:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except msgspec.DecodeError as error:
            aside = self._path.with_suffix(".unreadable.json")
            self._path.replace(aside)
            log.warning("sandbox_state_unreadable", kept_as=aside.name, reason=str(error))
            return State()

    async def save(self) -> None:
        """Durable against a killed process when this returns; callers at the same time share one write."""
        self._changes += 1
        mine = self._changes
        async with self._lock:
            if self._saved >= mine:
                return
            covered = self._changes
            self._forget()
            await asyncio.to_thread(_write, self._path, msgspec.json.encode(self.state))
            self._saved = covered

    def _forget(self) -> None:
        settled = {name for name, callback in self.state.callbacks.items() if callback.status == "acknowledged"}
        open_notices = {name for name, notice in self.state.notices.items() if notice.paid_at is None}
        answered = {name for name, request in self.state.requests.items() if request.state is not None}
        _trim(self.state.requests, answered)
        paid = {name for name, order in self.state.channel_orders.items() if order.serial is not None}
        _trim(self.state.channel_orders, paid)
        _trim(self.state.channel_refunds, set(self.state.channel_refunds))
        for inbox in self.state.inboxes.values():
            _trim(inbox, set(inbox))
        _trim(self.state.callbacks, settled)
        _trim(self.state.notices, set(self.state.notices) - open_notices)
        _trim(self.state.refunds, set(self.state.refunds))
        _trim(self.state.checks, set(self.state.checks))


def _trim(items: dict[str, Any], settled: set[str]) -> None:
    """Drop the oldest settled entries over the limit; dictionaries keep the order in which things came."""
    surplus = len(settled) - KEEP
    if surplus > 0:
        for name in [name for name in items if name in settled][:surplus]:
            del items[name]


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    temporary.replace(path)
