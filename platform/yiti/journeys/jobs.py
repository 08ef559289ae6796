"""What follows each step of a sale once it is committed. Every handler may run again; every push has a stable key."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
import e_archive.service as e_archive
import escrow.service as escrow
from contracts.schemas import FrozenContract
from e_archive.errors import ArchiveRefused
from integrations.errors import CounterpartyRefused
from kernel.db import ReadSession, WriteSession
from kernel.outbox import Event, Park, emit, handles
from kernel.permissions import system_actor
from kernel.rendering.fonts import font_files
from signing.founding import open_pki
from signing.reporting import ensure_report
from signing.seals import issue_seal
from yiti.accounts.service import organisation
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.journeys import cancellation, presale, rounds
from yiti.journeys.models import Sale
from yiti.journeys.registration.jobs import certificate_issued
from yiti.journeys.sale import archive, papers, reopening, telling
from yiti.journeys.sale.errors import SaleNotFound
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


async def _sale(reader: ReadSession, contract_id: UUID) -> tuple[Sale, FrozenContract]:
    sale = await reader.scalar(select(Sale).where(Sale.contract_id == contract_id))
    if sale is None:
        raise SaleNotFound
    return sale, await contracts.content_of(reader, await contracts.get(reader, contract_id))


async def _proof(reader: ReadSession, event: Event) -> tuple[Certificate, Sale, FrozenContract]:
    certificate = await certificates.get(reader, UUID(event.payload["certificate_id"]))
    sale = await presale.sale_of_case(reader, certificate.case_id)
    return certificate, *await _sale(reader, sale.contract_id)


@handles("developer.issue_seal")
async def issue_developer_seal(tx: WriteSession, event: Event) -> None:
    """A newly registered developer gets its e-seal, to be used on the papers of a sale only."""
    settings = resources_of(event).settings
    developer = await organisation(tx, UUID(event.payload["organisation_id"]))
    seal = await issue_seal(
        tx,
        system_actor(tx.tenant),
        await asyncio.to_thread(open_pki, settings),
        font_files(settings.assets_dir)[1],
        key=f"organisation:{developer.id}",
        organisation=developer.name,
        credit_code=developer.credit_code,
        document_kinds=papers.SEALED_BY_DEVELOPER,
        organisation_id=developer.id,
    )
    developer.seal_key = seal.key


@handles("escrow.notice_issued", tries=TELLING_TRIES)
async def push_payment_notice(tx: WriteSession, event: Event) -> None:
    """The supervision bank learns of a payment notice (缴款通知书)."""
    bill = await escrow.bill(tx, UUID(event.payload["bill_id"]))
    bank = resources_of(event).connectors.supervision_bank
    with _refusals_parked():
        await bank.push_notice(await telling.payment_notice(tx, bill), subject=f"contract:{bill.contract_id}")
    await escrow.mark_sent(tx, bill.id)


@handles("escrow.confirmed", tries=TELLING_TRIES)
async def tell_money_arrived(tx: WriteSession, event: Event) -> None:
    """The buyers learn that their money is on the supervised account."""
    _, frozen = await _sale(tx, UUID(event.payload["contract_id"]))
    bill = await escrow.bill(tx, UUID(event.payload["bill_id"]))
    text = f"{telling.paid_words(bill)}已到账，通知书号{bill.notice_no}。"
    with _refusals_parked():
        await telling.tell_buyers(resources_of(event).connectors.sms, frozen, text, f"money:{bill.id}")


@handles("sale.prepare_documents")
async def prepare_documents(tx: WriteSession, event: Event) -> None:
    """The four documents are rendered and the signing ceremony opens."""
    await papers.prepare(tx, resources_of(event), UUID(event.payload["contract_id"]))


@handles("sale.invite", tries=TELLING_TRIES)
async def invite(tx: WriteSession, event: Event) -> None:
    """A buyer receives the signing link."""
    resources, payload = resources_of(event), event.payload
    with _refusals_parked():
        await papers.invite(
            tx,
            resources.connectors.sms,
            resources.settings.public_url,
            UUID(payload["ceremony_id"]),
            payload["signatory_key"],
            f"contract:{payload['contract_id']}",
            again=payload.get("again", ""),
        )


@handles("signing.completed")
async def complete(tx: WriteSession, event: Event) -> None:
    """All have signed."""
    await rounds.completed(tx, resources_of(event), event.payload["subject"], UUID(event.payload["ceremony_id"]))


@handles("signing.ended")
async def end_signing(tx: WriteSession, event: Event) -> None:
    """Not all will sign any more."""
    payload = event.payload
    await rounds.ended(tx, payload["subject"], UUID(payload["ceremony_id"]), payload["how"], payload["signatory"])


@handles("signing.turn_begun")
async def begin_turn(tx: WriteSession, event: Event) -> None:
    """Those of one turn have signed, the next may."""
    await rounds.turn_begun(tx, event.payload["subject"], UUID(event.payload["ceremony_id"]))


@handles("signing.remind")
async def remind(tx: WriteSession, event: Event) -> None:
    """Somebody has perhaps forgotten to sign."""
    payload = event.payload
    await rounds.remind(
        tx, payload["subject"], UUID(payload["ceremony_id"]), payload["signatory_key"], payload["which"]
    )


@handles("sale.tell_signing_ended", tries=TELLING_TRIES)
async def tell_signing_ended(tx: WriteSession, event: Event) -> None:
    """The buyers learn that the signing has stopped."""
    sale, frozen = await _sale(tx, UUID(event.payload["contract_id"]))
    text = reopening.message(sale.location, event.payload["how"])
    with _refusals_parked():
        await telling.tell_buyers(resources_of(event).connectors.sms, frozen, text, event.key)


@handles("contract.filed", tries=TELLING_TRIES)
async def tell_tax_of_contract(tx: WriteSession, event: Event) -> None:
    """合同备案信息推送税务 (SEED2 三（三）)."""
    sale, _ = await _sale(tx, UUID(event.payload["contract_id"]))
    with _refusals_parked():
        notice = await telling.contract_notice(tx, sale)
        await resources_of(event).connectors.tax.push_contract(notice, subject=f"contract:{sale.contract_id}")


@handles("certificate.issued")
async def fan_out(tx: WriteSession, event: Event) -> None:
    """A sealed paper: its registration case goes on. The proof of a sale: buyers, tax bureau, lending bank and archive
    each get a job of their own."""
    certificate = await certificates.get(tx, UUID(event.payload["certificate_id"]))
    if not await presale.is_sale(tx, certificate.case_id):
        await certificate_issued(tx, certificate.id)
        return
    _, sale, _ = await _proof(tx, event)
    topics = ["sale.tell_buyers", "sale.tell_tax", "sale.archive"] + (["sale.tell_bank"] if sale.bank_code else [])
    for topic in topics:
        await emit(tx, topic, event.payload, key=f"{topic}:{certificate.id}")


@handles("sale.tell_buyers", tries=TELLING_TRIES)
async def tell_buyers(tx: WriteSession, event: Event) -> None:
    """The proof is ready, by SMS."""
    certificate, sale, frozen = await _proof(tx, event)
    url = certificates.content_of(certificate).verify_url
    text = f"{sale.location}预告登记已办结，电子不动产登记证明{certificate.number}，查看与验证：{url}"
    with _refusals_parked():
        await telling.tell_buyers(resources_of(event).connectors.sms, frozen, text, f"proof:{certificate.id}")


@handles("sale.tell_tax", tries=TELLING_TRIES)
async def tell_tax_of_proof(tx: WriteSession, event: Event) -> None:
    """登记结果推送税务 (SEED2 三（三）)."""
    certificate, sale, _ = await _proof(tx, event)
    with _refusals_parked():
        notice = await telling.contract_notice(tx, sale, certificate.number)
        await resources_of(event).connectors.tax.push_contract(notice, subject=f"contract:{sale.contract_id}")


@handles("sale.tell_bank", tries=TELLING_TRIES)
async def tell_bank_of_proof(tx: WriteSession, event: Event) -> None:
    """登记结果推送 the bank that the buyers permitted."""
    certificate, sale, _ = await _proof(tx, event)
    contract = await contracts.get(tx, sale.contract_id)
    if sale.bank_code is None:
        raise Park("买受人未授权推送银行")
    booked = telling.notice_booked(sale, certificate, contract.filing_no or "", sale.bank_code)
    with _refusals_parked():
        await resources_of(event).connectors.mortgage_bank.push_notice(booked, subject=f"contract:{sale.contract_id}")


@handles("sale.archive")
async def archive_case(tx: WriteSession, event: Event) -> None:
    """The closed case becomes one archive package that has passed the four-property check."""
    certificate, sale, _ = await _proof(tx, event)
    resources = resources_of(event)
    case = await cases.locked(tx, certificate.case_id)
    if sale.ceremony_id is None:
        raise Park("这份合同没有签署记录，不能归档")
    report = await ensure_report(tx, resources, sale.ceremony_id)
    try:
        kept = await e_archive.archive(
            tx, resources.blobs, await archive.manifest(tx, resources, sale, case, certificate, report)
        )
    except ArchiveRefused as error:
        raise Park(error.message) from error
    if case.status == CaseStatus.BOOKED:
        await cases.close(tx, system_actor(tx.tenant), case, f"已归档，档号{kept.archive_no}")


@handles("contract.cancelled")
async def close_notice(tx: WriteSession, event: Event) -> None:
    """Both sides have agreed: the notice is closed and the money ordered back."""
    await cancellation.close_notice(tx, UUID(event.payload["contract_id"]))


@handles("sale.tell_cancellation", tries=TELLING_TRIES)
async def tell_cancellation(tx: WriteSession, event: Event) -> None:
    """The buyers learn that contract and notice are cancelled."""
    sale, frozen = await _sale(tx, UUID(event.payload["contract_id"]))
    text = f"{sale.location}的购房合同备案与预告登记已注销，已缴款项将原路退回。"
    with _refusals_parked():
        await telling.tell_buyers(resources_of(event).connectors.sms, frozen, text, f"cancelled:{sale.contract_id}")


@handles("sale.tell_refusal", tries=TELLING_TRIES)
async def tell_refusal(tx: WriteSession, event: Event) -> None:
    """The buyers learn that the registration was refused, and where to read why."""
    sale = await presale.sale_of_case(tx, UUID(event.payload["case_id"]))
    _, frozen = await _sale(tx, sale.contract_id)
    text = f"{sale.location}的预告登记申请经审核不予登记，理由可在“我要办”查看，或联系不动产登记中心。"
    with _refusals_parked():
        await telling.tell_buyers(
            resources_of(event).connectors.sms, frozen, text, f"refused:{event.payload['case_id']}"
        )


@handles("escrow.refund_ordered", tries=TELLING_TRIES)
async def push_refund(tx: WriteSession, event: Event) -> None:
    """The bank is ordered to pay back."""
    refund = await escrow.refund(tx, UUID(event.payload["refund_id"]))
    with _refusals_parked():
        order = await telling.refund_order(tx, refund)
        await resources_of(event).connectors.supervision_bank.push_refund(
            order, subject=f"contract:{refund.contract_id}"
        )
