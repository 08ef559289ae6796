"""The gateway: signed events that counterparties send us, verified, kept as evidence, and accepted once.

`POST /gateway/<county>/<counterparty>/events` (money), `…/answers` (to what a case asked) and `…/documents` (a bank's
own, by ISO 20022), body a signed message
(`integrations.envelope`). Answers: 200 accepted, or already accepted before (the same event again, signed afresh or
byte for byte: nothing happens twice); 401 forged or stale; 409 one number for two contents; 413 too large; 422
malformed.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from integrations import payment_channel, supervision_bank
from integrations.bank_documents import TITLES, BankDocument, read_document
from integrations.bank_payments import DOCUMENTS, LARGEST_DOCUMENT, DocumentPush
from integrations.case_requests import ANSWERED, AnswerState, CaseAnswered, TaxLine, adds_up
from integrations.counterparties import Counterparty
from integrations.envelope import LIMIT_BYTES, Envelope, open_message
from integrations.errors import BadSignature, MalformedMessage, Replayed
from integrations.exchange import Attempt, ExchangeLog
from integrations.keys import KeyRing
from integrations.models import Direction, InboundEvent, Outcome
from integrations.payment_channel import ChannelPaid, ChannelRefunded, CollectionPaid, CollectionRefunded
from integrations.supervision_bank import PaymentConfirmed, RefundDone
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import WriteSession
from kernel.errors import DomainError

_REJECTED_BODY_BYTES = 4096


class BankConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """缴款确认凭证, verified. `evidence_digest` names the blob of the signed message."""

    event_id: str
    notice_no: str
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    account_no: str
    payer: str
    evidence_digest: str


class RefundReport(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that the bank has paid, verified."""

    event_id: str
    refund_no: str
    amount_fen: int
    paid_at: datetime
    bank_serial: str
    account_no: str
    evidence_digest: str


class CaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What tax bureau, housing department or treasury answered to a request of a case, verified."""

    event_id: str
    request_no: str
    state: AnswerState
    reference: str
    words: str
    amount_fen: int
    decided_at: datetime
    evidence_digest: str
    evidence_bytes: int = 0
    lines: tuple[TaxLine, ...] = ()


MoneyEvent = BankConfirmation | RefundReport | ChannelPaid | ChannelRefunded


class Kind(NamedTuple):
    """One kind of event: what staff call it, its wire format and what it becomes."""

    title: str
    data: type[msgspec.Struct]
    event: type[BankConfirmation] | type[RefundReport] | type[ChannelPaid] | type[ChannelRefunded]


KINDS: dict[tuple[Counterparty, str], Kind] = {
    (Counterparty.SUPERVISION_BANK, supervision_bank.PAYMENT_CONFIRMED): Kind(
        "缴款确认", PaymentConfirmed, BankConfirmation
    ),
    (Counterparty.SUPERVISION_BANK, supervision_bank.REFUND_DONE): Kind("退款完成", RefundDone, RefundReport),
    (Counterparty.PAYMENT_CHANNEL, payment_channel.PAID): Kind("一码付到账", CollectionPaid, ChannelPaid),
    (Counterparty.PAYMENT_CHANNEL, payment_channel.REFUNDED): Kind(
        "一码付退款结果", CollectionRefunded, ChannelRefunded
    ),
}


ANSWERS = {
    Counterparty.TAX: "核税结果",
    Counterparty.HOUSING: "维修资金核验结果",
    Counterparty.TREASURY: "登记费缴款结果",
}
"""Who answers to the requests of cases, and what staff call it."""


class ReceivedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A verified answer. When `duplicate`, everything it causes was done before: answer 200 and do nothing."""

    answer: CaseAnswer
    duplicate: bool


class ReceivedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A verified document of a bank, read and found right by its standard."""

    event_id: str
    document: BankDocument
    evidence_digest: str
    duplicate: bool = False


class _Evident(Protocol):
    @property
    def evidence_digest(self) -> str: ...


E = TypeVar("E", bound=_Evident)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A verified event. When `duplicate`, everything it causes was done before: answer 200 and do nothing."""

    event: MoneyEvent
    duplicate: bool


class Gateway:
    """The platform's ear. Every message leaves a trace in the exchange log, also a rejected one."""

    def __init__(self, keys: KeyRing, log: ExchangeLog, blobs: BlobStore) -> None:
        self._keys = keys
        self._log = log
        self._blobs = blobs

    async def receive(self, tx: WriteSession, counterparty: str, compact: bytes) -> Received:
        """Verify one message and accept it in the caller's transaction, together with what it causes.

        Raises BadSignature, StaleMessage, Replayed, MalformedMessage, MessageTooLarge. When the caller's transaction
        is undone the event is not accepted, and the counterparty's next delivery counts as the first.
        """
        event, duplicate = await self._receive(tx, counterparty, compact, _typed)
        return Received(event=event, duplicate=duplicate)

    async def receive_answer(self, tx: WriteSession, counterparty: str, compact: bytes) -> ReceivedAnswer:
        """The same for the answer to a case's request."""
        answer, duplicate = await self._receive(tx, counterparty, compact, _answer)
        sized = msgspec.structs.replace(answer, evidence_bytes=len(compact))
        return ReceivedAnswer(answer=sized, duplicate=duplicate)

    async def receive_document(self, tx: WriteSession, counterparty: str, compact: bytes) -> ReceivedDocument:
        """The same for a bank's document. Raises BadBankMessage, too."""
        told, duplicate = await self._receive(tx, counterparty, compact, _document, LARGEST_DOCUMENT)
        return msgspec.structs.replace(told, duplicate=duplicate)

    async def _receive(
        self,
        tx: WriteSession,
        counterparty: str,
        compact: bytes,
        read: Callable[[Counterparty, Envelope, str], E],
        limit: int = LIMIT_BYTES,
    ) -> tuple[E, bool]:
        started = time.perf_counter()
        sender = _known(counterparty)
        envelope: Envelope | None = None
        event: E | None = None
        try:
            envelope = verify(self._keys, tx.tenant, sender, compact, limit)
            # In a thread: a day's statement of a busy account takes a second to read.
            event = await asyncio.to_thread(read, sender, envelope, await self._blobs.put(compact))
            duplicate = not await _accept(tx, sender, envelope, event.evidence_digest)
        except DomainError as error:
            if isinstance(error, Replayed):
                error.told = event
            await self._write_down(tx.tenant, sender, compact, envelope, started, error=error)
            raise
        outcome = Outcome.DUPLICATE if duplicate else Outcome.ANSWERED
        await self._write_down(tx.tenant, sender, compact, envelope, started, outcome=outcome)
        return event, duplicate

    async def _write_down(
        self,
        county: str,
        sender: Counterparty,
        compact: bytes,
        envelope: Envelope | None,
        started: float,
        *,
        outcome: Outcome = Outcome.REFUSED,
        error: DomainError | None = None,
    ) -> None:
        duration = int((time.perf_counter() - started) * 1000)
        entry = Attempt(
            counterparty=sender,
            operation=envelope.op[:60] if envelope else "unverified",
            title=_title(sender, envelope),
            direction=Direction.IN,
            key=envelope.key if envelope else "—",
            attempt=1,
            outcome=outcome,
            started_at=now() - timedelta(milliseconds=duration),
            duration_ms=duration,
            # Anyone can send rubbish: of what is not signed only the beginning is kept.
            request=compact if envelope else compact[:_REJECTED_BODY_BYTES],
            http_status=error.status if error else 200,
            error=error.code if error else None,
        )
        await self._log.record(county, entry)


def _title(sender: Counterparty, envelope: Envelope | None) -> str:
    if envelope is not None and (kind := KINDS.get((sender, envelope.op))):
        return kind.title
    if envelope is not None and envelope.op == ANSWERED and sender in ANSWERS:
        return ANSWERS[sender]
    if envelope is not None and envelope.op in DOCUMENTS and sender is Counterparty.SUPERVISION_BANK:
        return TITLES[DOCUMENTS[envelope.op]]
    return "来报（未通过验证）"


def verify(
    keys: KeyRing, county: str, counterparty: Counterparty, compact: bytes, limit: int = LIMIT_BYTES
) -> Envelope:
    """The envelope of a message that this counterparty signed for this county, within the time window."""
    envelope = open_message(keys, compact, counterparty, limit)
    if envelope.county != county:
        raise BadSignature
    return envelope


def _known(counterparty: str) -> Counterparty:
    try:
        return Counterparty(counterparty)
    except ValueError:
        raise BadSignature from None


def _typed(sender: Counterparty, envelope: Envelope, evidence_digest: str) -> MoneyEvent:
    kind = KINDS.get((sender, envelope.op))
    if kind is None:
        raise MalformedMessage("未约定的报文类型")
    try:
        data = msgspec.json.decode(envelope.data, type=kind.data)
    except msgspec.DecodeError as error:
        raise MalformedMessage(extra={"reason": str(error)}) from error
    return kind.event(event_id=envelope.key, evidence_digest=evidence_digest, **msgspec.structs.asdict(data))


def _answer(sender: Counterparty, envelope: Envelope, evidence_digest: str) -> CaseAnswer:
    if sender not in ANSWERS or envelope.op != ANSWERED:
        raise MalformedMessage("未约定的报文类型")
    try:
        data = msgspec.json.decode(envelope.data, type=CaseAnswered)
    except msgspec.DecodeError as error:
        raise MalformedMessage(extra={"reason": str(error)}) from error
    if (data.state == "assessed" and sender is not Counterparty.TAX) or not adds_up(data):
        raise MalformedMessage("核税明细不完整，或者合计不符")
    return CaseAnswer(event_id=envelope.key, evidence_digest=evidence_digest, **msgspec.structs.asdict(data))


def _document(sender: Counterparty, envelope: Envelope, evidence_digest: str) -> ReceivedDocument:
    kind = DOCUMENTS.get(envelope.op)
    if sender is not Counterparty.SUPERVISION_BANK or kind is None:
        raise MalformedMessage("未约定的报文类型")
    try:
        push = msgspec.json.decode(envelope.data, type=DocumentPush)
    except msgspec.DecodeError as error:
        raise MalformedMessage(extra={"reason": str(error)}) from error
    document = read_document(push.document.encode(), kind)
    return ReceivedDocument(event_id=envelope.key, document=document, evidence_digest=evidence_digest)


async def _accept(tx: WriteSession, sender: Counterparty, envelope: Envelope, evidence_digest: str) -> bool:
    """True the first time. A second delivery at the same moment waits here until the first has been decided."""
    content = envelope.content_digest()
    row = insert(InboundEvent).values(
        tenant_id=tx.tenant,
        id=uuid7(),
        created_at=now(),
        counterparty=sender.value,
        event_key=envelope.key,
        jti=envelope.jti,
        operation=envelope.op,
        content_digest=content,
        evidence_digest=evidence_digest,
    )
    if await tx.scalar(row.on_conflict_do_nothing().returning(InboundEvent.id)) is not None:
        return True
    known = await tx.scalar(
        select(InboundEvent.content_digest).where(
            InboundEvent.counterparty == sender.value, InboundEvent.event_key == envelope.key
        )
    )
    if known != content:
        raise Replayed
    return False
