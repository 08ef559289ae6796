"""Letters, certificates and proofs on one public page: real, altered, foreign."""

from datetime import date
from functools import partial
from uuid import uuid4

import pytest

import escrow.service as escrow
from escrow.models import SupervisionMode
from escrow.supervision import (
    NoAccount,
    demonstration_rates,
    maintenance_account,
    register_account,
    register_maintenance_account,
    set_rate,
)
from kernel.db import Database, WriteSession
from signing.schemas import ValidationReport
from tests.certificates.samples import entry_facts
from tests.certificates.test_numbering import on_the_book
from tests.certificates.world import ACTOR, COUNTY, PaperResources, numbered, seal_of_the_county
from tests.escrow.world import World, told
from tests.letters.samples import LETTERS, UNIT
from tests.letters.test_service import write
from tests.register.world import make_unit
from yiti.certificates import issuing as certificate_issuing
from yiti.certificates import service as certificates
from yiti.certificates.checking import Additions, Validity, Verification, check_file
from yiti.journeys.maintenance.receipts import write_receipt
from yiti.letters import service
from yiti.letters.issuing import issue
from yiti.letters.schemas import SEALED_BY_AGENCY
from yiti.portals.public import views
from yiti.portals.public.papers import known_by_digest, verify_code

SECRETS = ("王小明", "陈㛃䶮", "李四", "990000199001010013", "1101室", UNIT)


class Validator:
    def __init__(self, valid: bool = False) -> None:
        self.asked = 0
        self.report = ValidationReport(valid=valid, signatures=(), unsigned_tail=not valid)

    async def __call__(self, pdf: bytes) -> ValidationReport:
        self.asked += 1
        return self.report


async def verify_pdf(tx: WriteSession, pdf: bytes, validator: Validator) -> Verification:
    return await check_file(pdf, partial(known_by_digest, tx), validator)


@pytest.mark.parametrize("name", LETTERS)
async def test_the_public_compares_without_personal_data(
    tx: WriteSession, resources: PaperResources, name: str
) -> None:
    letter = await write(tx, LETTERS[name])
    pending = await verify_code(tx, letter.verify_code)
    assert pending.validity is Validity.PENDING
    await issue(tx, resources, letter.id)
    found = await verify_code(tx, letter.verify_code)
    assert (found.validity, found.view is not None) == (Validity.VALID, True)
    page = views.result(found)
    facts = dict(page.facts)
    assert facts["文号"] == letter.number
    assert facts["文书名称"] == letter.title
    assert page.sealed_at == letter.sealed_at
    published = name.startswith("public_notice")
    for secret in SECRETS[1:] if published else SECRETS:
        assert secret not in repr(page), secret


async def test_what_a_statement_found_can_be_compared(tx: WriteSession, resources: PaperResources) -> None:
    none, some = await write(tx, LETTERS["no_home"]), await write(tx, LETTERS["ownership_statement"])
    for letter, words in ((none, "未查询到房屋登记信息"), (some, "登记房屋 2 条")):
        facts = dict(views.result(await verify_code(tx, letter.verify_code)).facts)
        assert facts["查询结果"] == words
    assert facts["当事人"] == "王**、陈**"
    assert facts["证件号码"] == "9****************3、9****************4"


async def test_the_file_itself(tx: WriteSession, resources: PaperResources) -> None:
    letter = await issue(tx, resources, (await write(tx)).id)
    assert letter.pdf_digest is not None
    pdf = await resources.blobs.get(letter.pdf_digest)
    validator = Validator()
    same = await verify_pdf(tx, pdf, validator)
    assert (same.validity, same.additions, validator.asked) == (Validity.VALID, Additions.NONE, 1)
    longer = await verify_pdf(tx, pdf + b"garbage", validator)
    assert (longer.validity, longer.additions) == (Validity.VALID, Additions.ILLEGAL)
    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    assert (await verify_pdf(tx, bytes(changed), validator)).validity is Validity.NOT_OURS


async def test_all_papers_are_found_on_the_same_page(tx: WriteSession, resources: PaperResources) -> None:
    await seal_of_the_county(tx, *SEALED_BY_AGENCY)
    (certificate,) = await certificates.number_certificates(tx, ACTOR, (await on_the_book(tx),))
    proof, letter = await numbered(tx), await write(tx)
    for paper in (certificate, proof):
        await certificate_issuing.issue(tx, resources, paper.id)
    await issue(tx, resources, letter.id)
    labels = {}
    for paper in (certificate, proof, letter):
        by_code = await verify_code(tx, paper.verify_code)
        assert paper.pdf_digest is not None
        by_file = await verify_pdf(tx, await resources.blobs.get(paper.pdf_digest), Validator())
        assert by_code.view == by_file.view
        page = views.result(by_code)
        labels[paper.number] = (page.facts[0][0], page.sentence[:3])
    assert list(labels.values()) == [("不动产权证号", "本证书"), ("证明号", "本证明"), ("文号", "本文书")]
    assert entry_facts().unit_code not in repr(labels)


@pytest.mark.parametrize("code", ["", "a" * 20, "' OR 1=1 --", "一" * 20])
async def test_an_unknown_code_is_not_ours(tx: WriteSession, code: str) -> None:
    found = await verify_code(tx, code)
    assert (found.validity, found.view) == (Validity.NOT_OURS, None)
    assert "没有签发过" in views.result(found).sentence


async def test_a_letter_of_another_county_is_not_ours(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        letter = await write(tx)
    async with fresh_database.read("411522") as reader:
        assert (await verify_code(reader, letter.verify_code)).validity is Validity.NOT_OURS


async def test_a_receipt_holds_while_its_money_is_there_and_the_latest_is_the_one(tx: WriteSession) -> None:
    unit, project = await make_unit(tx), uuid4()
    await register_account(
        tx, ACTOR, project, "41050000770001", "专户", "CCB", "建行", "协议1", SupervisionMode.FULL, None
    )
    if not await has_fund_account(tx):
        await register_maintenance_account(tx, ACTOR, "41050000770099", "维修资金专户", "CCB", "建行")
    for rate in demonstration_rates(date(2011, 1, 1)):
        await set_rate(tx, ACTOR, rate)
    sale = World(None, project).sale(unit_id=unit.id, unit_code=unit.code)  # type: ignore[arg-type]
    bill = (await escrow.issue_bills(tx, ACTOR, sale))[1]
    await escrow.confirm(tx, ACTOR, told(bill))
    receipt = await write_receipt(tx, bill.id)
    again = await write_receipt(tx, bill.id)
    assert receipt
    assert again
    assert receipt.id == again.id
    assert (await verify_code(tx, receipt.verify_code)).validity is Validity.PENDING
    later = await service.write(tx, ACTOR, service.content_of(receipt).content, subject=receipt.subject)
    assert (await verify_code(tx, receipt.verify_code)).validity is Validity.CANCELLED
    assert (await verify_code(tx, later.verify_code)).validity is Validity.PENDING
    await escrow.order_refund(tx, ACTOR, sale.contract_id, "解除")
    assert (await verify_code(tx, later.verify_code)).validity is Validity.CANCELLED
    assert await write_receipt(tx, bill.id) is None


async def has_fund_account(tx: WriteSession) -> bool:
    try:
        await maintenance_account(tx)
    except NoAccount:
        return False
    return True
