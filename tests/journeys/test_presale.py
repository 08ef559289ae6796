"""The sale of a home, from the draft to the archive."""

import asyncio
from fractions import Fraction
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select

import contracts.service as contracts
import e_archive.service as e_archive
import escrow.service as escrow
from kernel.db import ReadSession
from kernel.permissions import system_actor
from signing.evidence_verify import check_file
from tests.journeys.stage import HOME, Stage, buyer
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.journeys import presale
from yiti.journeys.sale.errors import MoneyMissing, UnitNotForSale
from yiti.register.book import current_entries
from yiti.register.kinds import EntryKind

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]


async def case_of(reader: ReadSession, contract_id: object) -> Case:
    return (await reader.scalars(select(Case).where(Case.contract_id == contract_id))).one()


async def test_a_single_buyer_holds_a_sealed_proof(stage: Stage) -> None:
    contract_id = await stage.drafted([buyer("张三")])
    proof = await stage.finished(contract_id)
    assert proof.number.startswith("豫（")
    report = await stage.resources.signing.validate_pdf(await stage.resources.blobs.get(proof.pdf_digest or ""))
    assert report.valid
    async with stage.resources.database.read(HOME) as reader:
        (entry,) = await current_entries(reader, proof.unit_id)
        assert entry.kind == EntryKind.PRESALE_NOTICE

    async def archived() -> Case:
        async with stage.resources.database.read(HOME) as reader:
            return await case_of(reader, contract_id)

    case = await stage.until(archived, lambda one: one.status == CaseStatus.CLOSED)
    async with stage.resources.database.read(HOME) as reader:
        kept = await e_archive.by_subject(reader, f"case:{case.id}")
        assert kept is not None
        with ZipFile(BytesIO(await stage.resources.blobs.get(kept.package_digest))) as package:
            assert any("maintenance-receipt" in name for name in package.namelist())
            names = [name for name in package.namelist() if "evidence-report" in name]
            report = package.read(next(name for name in names if name.endswith(".pdf")))
            data = package.read(next(name for name in names if name.endswith("records/evidence-report.json")))
        for evidence in (report, data):
            found = await asyncio.to_thread(check_file, evidence)
            assert [one.words for one in found if one.ok is False] == []
        assert [one.action for one in await cases.history(reader, case.id)] == [
            "accept", "decide", "approve", "book", "close",
        ]  # fmt: skip


async def test_three_buyers_with_shares(stage: Stage) -> None:
    third = Fraction(1, 3)
    people = [buyer(name, share=third) for name in ("甲一", "乙二", "丙三")]
    proof = await stage.finished(await stage.drafted(people, "fractional"))
    assert proof.state == "issued"


async def test_without_money_the_contract_cannot_be_submitted(stage: Stage) -> None:
    contract_id = await stage.drafted([buyer()])
    await stage.billed(contract_id)
    with pytest.raises(MoneyMissing) as refused:
        await stage.submitted(contract_id)
    assert len(refused.value.extra["missing"]) == 2


async def test_a_mortgaged_building_goes_to_a_person_who_can_decide(stage: Stage) -> None:
    contract_id = await stage.drafted([buyer()], building=3)
    await stage.billed(contract_id)
    await stage.paid(contract_id)
    await stage.submitted(contract_id)
    await stage.signed_by_buyers(contract_id)
    await stage.sealed(contract_id)
    sale = await stage.until(lambda: stage.sale(contract_id), lambda one: one.case_id is not None)
    assert sale.case_id is not None
    registrar = await stage.actor("dengji")
    async with stage.resources.database.transaction(HOME) as tx:
        case = await cases.get(tx, sale.case_id)
        assert case.status == CaseStatus.ACCEPTED
        receipt = await cases.latest_receipt(tx, case.id)
        assert receipt is not None
        assert [one["code"] for one in receipt.findings if one["level"] != "clear"] == [
            "presale_notice.construction_mortgage"
        ]
        await presale.approve(tx, registrar, case.id, "已核对抵押权人同意销售函原件")
    proof = await stage.until(lambda: stage.proof(contract_id), lambda one: one is not None and one.state == "issued")
    assert proof is not None


async def test_a_second_sale_of_the_unit_is_impossible(stage: Stage) -> None:
    contract_id = await stage.drafted([buyer()])
    await stage.finished(contract_id)
    sale = await stage.sale(contract_id)
    clerk = await stage.actor("shoulou")
    with pytest.raises(UnitNotForSale):
        async with stage.resources.database.transaction(HOME) as tx:
            await presale.start_sale(tx, clerk, sale.unit_id)


async def test_both_sides_cancel_a_filed_sale_and_the_home_is_free_again(stage: Stage) -> None:
    contract_id = await stage.drafted([buyer("甲"), buyer("乙")], "joint")
    proof = await stage.finished(contract_id)
    manager, citizen = await stage.actor("jingli"), system_actor(HOME)
    async with stage.resources.database.transaction(HOME) as tx:
        await contracts.request_cancellation(tx, manager, contract_id, "seller", "买受人贷款未获批准")
        await contracts.agree_cancellation(tx, citizen, contract_id, "buyer-1")
    async with stage.resources.database.read(HOME) as reader:
        assert await current_entries(reader, proof.unit_id), "one co-owner alone cannot end it"
    async with stage.resources.database.transaction(HOME) as tx:
        await contracts.agree_cancellation(tx, citizen, contract_id, "buyer-2")

    async def rights() -> int:
        async with stage.resources.database.read(HOME) as reader:
            return len(await current_entries(reader, proof.unit_id))

    await stage.until(rights, lambda count: count == 0)
    async with stage.resources.database.transaction(HOME) as tx:
        assert (await certificates.get(tx, proof.id)).state == "cancelled"
        refunds = await escrow.refunds_of(tx, contract_id)
        assert sum(one.amount_fen for one in refunds) == sum(
            one.amount_fen for one in await escrow.bills_of(tx, contract_id)
        )
        again = await presale.start_sale(tx, await stage.actor("shoulou"), proof.unit_id)
        assert again.id != contract_id
