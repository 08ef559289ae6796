"""What follows each step of a registration case once it is committed. Every handler may run again."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from integrations.errors import CounterpartyRefused
from kernel.db import WriteSession
from kernel.outbox import Event, Park, emit, handles
from kernel.permissions import system_actor
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED, ISSUED
from yiti.journeys.maintenance import own_answer
from yiti.journeys.registration import (
    answers,
    archive,
    arrival,
    clearing,
    correspondence,
    deciding,
    handling,
    refunds,
    sending,
    sharing,
    signatures,
    telling,
)
from yiti.register.refusals import BookingRefused
from yiti.resources import resources_of

TELLING_TRIES = 150
"""At most ten minutes apart: a counterparty may be away for a day before a person has to look."""


@contextmanager
def _refusals_parked() -> Iterator[None]:
    """A counterparty that understood and said no will say no again: a person must look."""
    try:
        yield
    except CounterpartyRefused as error:
        raise Park(error.message) from error


@handles("registration.ask_outside", tries=TELLING_TRIES)
async def ask_outside(tx: WriteSession, event: Event) -> None:
    """Tax bureau, housing department or treasury gets its question; what our own book knows is answered from it."""
    if await own_answer.answered(tx, resources_of(event), UUID(event.payload["request_id"])):
        return
    with _refusals_parked():
        await sending.send(tx, resources_of(event).connectors, UUID(event.payload["request_id"]))


@handles("registration.refund_fee", tries=TELLING_TRIES)
async def refund_fee(tx: WriteSession, event: Event) -> None:
    """The treasury is told to pay a fee back."""
    with _refusals_parked():
        await refunds.send(tx, resources_of(event).connectors, UUID(event.payload["refund_id"]))


@handles("collection.paid")
async def bill_paid(tx: WriteSession, event: Event) -> None:
    """A one-code bill is paid: the case goes on, and the payer gets a receipt."""
    bill_id = UUID(event.payload["bill_id"])
    of_fund = await own_answer.paid_by_code(tx, resources_of(event), bill_id)
    case = await answers.settle_paid(tx, bill_id, of_fund)
    if case is not None:
        await deciding.soon(tx, case)
        await correspondence.payment_receipt(tx, case, bill_id)


@handles("collection.clear")
async def clear_bill(tx: WriteSession, event: Event) -> None:
    """The case is booked: its bill goes to the authorities."""
    await clearing.clear(tx, UUID(event.payload["bill_id"]))


@handles("collection.refund", tries=TELLING_TRIES)
async def refund_bill(tx: WriteSession, event: Event) -> None:
    """The payment channel is told to give a payment back."""
    with _refusals_parked():
        await clearing.send_refund(tx, resources_of(event).connectors, UUID(event.payload["refund_id"]))


@handles("collection.authority_paid", tries=TELLING_TRIES)
async def tell_authority(tx: WriteSession, event: Event) -> None:
    """Tax bureau or treasury is told what was cleared to it."""
    with _refusals_parked():
        await clearing.tell_authority(tx, resources_of(event).connectors, UUID(event.payload["clearing_id"]))


@handles("registration.check_people", tries=TELLING_TRIES)
async def check_people(tx: WriteSession, event: Event) -> None:
    """Everybody of the case is checked with police and civil affairs; the case may go on by it."""
    case_id = UUID(event.payload["case_id"])
    with _refusals_parked():
        news = await sharing.check_people(tx, resources_of(event), case_id)
    if news:
        await deciding.soon(tx, await cases.locked(tx, case_id))


@handles("registration.prepare_signing")
async def prepare_signing(tx: WriteSession, event: Event) -> None:
    """Form and inquiry record of an online application are made, and everybody is invited to sign."""
    await signatures.prepare(tx, resources_of(event), UUID(event.payload["round_id"]))


@handles("registration.invite", tries=TELLING_TRIES)
async def invite(tx: WriteSession, event: Event) -> None:
    """An applicant or agent receives the signing link."""
    resources, payload = resources_of(event), event.payload
    with _refusals_parked():
        await signatures.invite(
            tx, resources.connectors.sms, resources.settings.public_url, UUID(payload["round_id"]),
            payload["signatory_key"], payload.get("why", ""), once=event.key,
        )  # fmt: skip


@handles("registration.consider")
async def consider(tx: WriteSession, event: Event) -> None:
    """智能秒批, where it may be; what the book refuses all the same is left to a person, with the reason."""
    try:
        await deciding.consider(tx, await cases.locked(tx, UUID(event.payload["case_id"])))
    except (BookingRefused, cases.Blocked) as error:
        raise Park(error.message) from error


@handles("registration.thaw")
async def thaw(tx: WriteSession, event: Event) -> None:
    """A seizure is gone: what waited for it goes on."""
    await _thaw(tx, [UUID(one) for one in event.payload["unit_ids"]])


async def _thaw(tx: WriteSession, unit_ids: list[UUID]) -> None:
    for case in await arrival.thaw(tx, unit_ids):
        await correspondence.tell(tx, case, "thawed")
        await deciding.soon(tx, case)


@handles("registration.booked")
async def booked(tx: WriteSession, event: Event) -> None:
    """The book has it: the people are told, what was paid is cleared, what waited behind a seizure goes on, a case
    without papers is closed."""
    case = await cases.locked(tx, UUID(event.payload["case_id"]))
    await correspondence.tell(tx, case, "booked")
    await clearing.order_clearing(tx, case)
    if not await certificates.of_case(tx, case.id) and case.status == CaseStatus.BOOKED:
        await handling.close_locked(tx, system_actor(tx.tenant), case, "登簿完成，本次登记不颁发证书，办结归档")
    if arrival.may_free(case):
        await arrival.order_thaw(tx, case)
    for topic in ("maintenance.pass_on", "loan.reconsider"):
        await emit(tx, topic, {"case_id": str(case.id)}, key=f"{topic}:{case.id}")


@handles("registration.tell", tries=TELLING_TRIES)
async def tell(tx: WriteSession, event: Event) -> None:
    """A short message to everybody of the case."""
    with _refusals_parked():
        sms = resources_of(event).connectors.sms
        await telling.tell(tx, sms, UUID(event.payload["case_id"]), event.payload["what"], event.key)


@handles("registration.remind", tries=TELLING_TRIES)
async def remind(tx: WriteSession, event: Event) -> None:
    """The holder of a presale notice learns that it ends soon."""
    with _refusals_parked():
        sms = resources_of(event).connectors.sms
        await telling.remind(tx, sms, UUID(event.payload["entry_id"]), event.payload["words"], event.key)


@handles("registration.archive")
async def archive_case(tx: WriteSession, event: Event) -> None:
    """The closed case becomes one archive package that has passed the four-property check."""
    await archive.archive(tx, resources_of(event), UUID(event.payload["case_id"]))


async def certificate_issued(tx: WriteSession, certificate_id: UUID) -> None:
    """For the fan-out of `certificate.issued`: once all papers of the case are sealed, it can be handed over (缮证)."""
    certificate = await certificates.get(tx, certificate_id)
    case = await cases.locked(tx, certificate.case_id)
    made = [one for one in await certificates.of_case(tx, case.id) if one.state != CANCELLED]
    if case.status == CaseStatus.BOOKED and all(one.state == ISSUED for one in made):
        await cases.issue(tx, system_actor(tx.tenant), case, tuple(one.number for one in made))
