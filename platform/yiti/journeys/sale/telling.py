"""Telling others: what the supervision bank, the tax bureau, the lending bank and the buyers are sent."""

from sqlalchemy import select

import contracts.service as contracts
from contracts.schemas import Buyer, FrozenContract
from escrow.models import BankConfirmation, Bill, BillKind, LoanPart, Refund
from escrow.rules import LOANS
from integrations.mortgage_bank import NoticeBooked
from integrations.sms import SmsGateway
from integrations.supervision_bank import Notice, RefundOrder
from integrations.tax import ContractNotice, Taxpayer
from kernel.clock import now
from kernel.db import ReadSession
from yiti.certificates.models import Certificate
from yiti.certificates.service import content_of
from yiti.estate.queries import get_unit
from yiti.journeys.models import Sale

BILL_TITLES = {
    BillKind.DOWN_PAYMENT: "商品房预售资金（首付款）",
    BillKind.MAINTENANCE_FUND: "住宅专项维修资金",
}
SIGNATURE = "【一体不动产】"


def bill_title(bill: Bill) -> str:
    """What a notice asks for, as banks and buyers are told."""
    if bill.loan_part:
        return f"商品房预售资金（{LOANS[LoanPart(bill.loan_part)]}）"
    return BILL_TITLES[BillKind(bill.kind)]


def paid_words(bill: Bill) -> str:
    """What has been paid, as the buyers are told."""
    who = "贷款机构为您发放的" if bill.loan_part else "您缴纳的"
    return f"{who}{bill_title(bill)}"


async def payment_notice(reader: ReadSession, bill: Bill) -> Notice:
    """A payment notice (缴款通知书) as the bank receives it."""
    unit = await get_unit(reader, bill.unit_id)
    return Notice(
        notice_no=bill.notice_no,
        kind=bill.kind,
        title=bill_title(bill),
        payer=bill.payer,
        amount_fen=bill.amount_fen,
        account_no=bill.account_no,
        account_name=bill.account_name,
        location=unit.location,
        issued_on=bill.issued_on,
    )


async def refund_order(reader: ReadSession, refund: Refund) -> RefundOrder:
    """A refund order: the bank pays back to where the money came from (原路退回)."""
    row = await reader.execute(
        select(Bill.notice_no, BankConfirmation.bank_serial)
        .join(BankConfirmation, (BankConfirmation.tenant_id == Bill.tenant_id) & (BankConfirmation.bill_id == Bill.id))
        .where(Bill.id == refund.bill_id, BankConfirmation.reversed_by.is_(None))
    )
    notice_no, bank_serial = row.one()
    return RefundOrder(
        refund_no=refund.refund_no,
        notice_no=notice_no,
        bank_serial=bank_serial,
        amount_fen=refund.amount_fen,
        payee=refund.payee,
        reason=refund.reason,
    )


async def contract_notice(reader: ReadSession, sale: Sale, proof_no: str | None = None) -> ContractNotice:
    """The filed contract as the tax bureau receives it, with the proof's number once there is one."""
    contract = await contracts.get(reader, sale.contract_id)
    frozen = await contracts.content_of(reader, contract)
    return ContractNotice(
        filing_no=contract.filing_no or "",
        filed_at=contract.filed_at or now(),
        unit_code=sale.unit_code,
        location=sale.location,
        usage=frozen.home.usage,
        building_area=frozen.home.building_area,
        price_fen=frozen.price_fen or 0,
        seller=Taxpayer(name=frozen.seller.name, id_kind="credit_code", id_no=frozen.seller.credit_code),
        buyers=tuple(_taxpayer(buyer) for buyer in frozen.buyers),
        proof_no=proof_no,
    )


def _taxpayer(buyer: Buyer) -> Taxpayer:
    share = f"{buyer.share.numerator}/{buyer.share.denominator}" if buyer.share else None
    return Taxpayer(name=buyer.name, id_kind=buyer.id_kind, id_no=buyer.id_no, share=share)


def notice_booked(sale: Sale, certificate: Certificate, filing_no: str, bank_code: str) -> NoticeBooked:
    """The booked notice as the lending bank receives it; the buyers have permitted it."""
    content = content_of(certificate)
    return NoticeBooked(
        proof_no=certificate.number,
        bank_code=bank_code,
        unit_code=sale.unit_code,
        location=sale.location,
        right_holders=tuple(holder.name for holder in content.holders),
        filing_no=filing_no,
        booked_at=content.frozen_at,
        verify_url=content.verify_url,
    )


async def tell_buyers(sms: SmsGateway, frozen: FrozenContract, text: str, key: str) -> None:
    """Send every buyer, and every agent of one, the same short message, each phone once."""
    subject = f"contract:{frozen.contract_id}"
    phones = [phone for buyer in frozen.buyers for phone in (buyer.phone, buyer.signatory_phone)]
    for phone in dict.fromkeys(phones):
        await sms.send(phone, f"{SIGNATURE}{text}", f"{key}:{phone}", subject=subject)
