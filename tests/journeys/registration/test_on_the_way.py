"""Between the application and the book: haste, corrections, refusals, withdrawals."""

import asyncio

import msgspec
import pytest
from sqlalchemy.exc import NoResultFound

import e_archive.service as e_archive
from e_archive.models import Archive
from e_archive.package import from_zip
from tests.journeys.registration.county import CLERK, REGISTRAR, Desk
from tests.journeys.registration.people import (
    citizen,
    home_of,
    part,
)
from tests.journeys.registration.steps import a_sale, actions_of, kinds_of_letters, texts_to
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.cases.models import Case
from yiti.cases.service import ActionRefused, StalePage
from yiti.certificates import service as certificates
from yiti.journeys.registration import desk
from yiti.journeys.registration.errors import (
    ApplicationIncomplete,
    MaterialsMissing,
)
from yiti.letters import service as letters
from yiti.letters.schemas import LetterKind, Rejection

B = Business
pytestmark = pytest.mark.timeout(180)


async def test_an_incomplete_application_is_told_everything_at_once(office: Desk) -> None:
    wanted = await a_sale(office)
    case = await office.drafted(wanted)
    with pytest.raises(MaterialsMissing) as missing:
        async with office.resources.database.transaction(HOME) as tx:
            await desk.submit(tx, CLERK, case.id)
    assert len(missing.value.extra["missing"]) == 3, "identity, certificate, contract; tax and fund come later"
    unit, _ = await home_of(office, citizen())
    empty = await office.drafted(part(B.TRANSFER_RESALE, unit, sharing=None, price_fen=None))
    with pytest.raises(ApplicationIncomplete) as lacking:
        async with office.resources.database.transaction(HOME) as tx:
            await desk.submit(tx, CLERK, empty.id)
    assert {"parts.0.sharing", "parts.0.price_fen"} <= set(lacking.value.extra["problems"])


async def test_handed_in_twice_counts_once(office: Desk) -> None:
    case = await office.drafted(await a_sale(office))
    await office.supplied(case)

    async def submit() -> str:
        try:
            async with office.resources.database.transaction(HOME) as tx:
                await desk.submit(tx, CLERK, case.id)
        except ActionRefused:
            return "refused"
        return "done"

    assert sorted(await asyncio.gather(submit(), submit(), submit())) == ["done", "refused", "refused"]
    assert (await actions_of(office, case)).count("submit") == 1


async def test_accepted_twice_asks_once(office: Desk) -> None:
    case = await office.submitted(await a_sale(office))

    async def accept() -> str:
        try:
            async with office.resources.database.transaction(HOME) as tx:
                await desk.accept(tx, CLERK, case.id)
        except ActionRefused:
            return "refused"
        return "done"

    assert sorted(await asyncio.gather(accept(), accept())) == ["done", "refused"]
    assert sorted(one.which for one in await office.requests(case)) == ["fee", "housing", "tax"]


async def test_a_page_out_of_date_decides_nothing(office: Desk) -> None:
    case = await office.drafted(await a_sale(office))
    old = case.version
    async with office.resources.database.transaction(HOME) as tx:
        saved = await desk.save(tx, CLERK, case.id, cases.application_of(case), old)
        assert saved.version > old
    with pytest.raises(StalePage):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.save(tx, CLERK, case.id, cases.application_of(case), old)
    await office.supplied(case)
    async with office.resources.database.transaction(HOME) as tx:
        seen = (await desk.submit(tx, CLERK, case.id)).version
    async with office.resources.database.transaction(HOME) as tx:
        await desk.accept(tx, CLERK, case.id, version=seen)
    await office.answered(case)
    with pytest.raises(StalePage):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.review(tx, REGISTRAR, case.id, "同意", version=seen)
    assert (await office.case(case.id)).status == CaseStatus.ACCEPTED


async def test_two_registrars_book_once(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    await office.answered(case)

    async def approve() -> str:
        try:
            async with office.resources.database.transaction(HOME) as tx:
                await desk.review(tx, REGISTRAR, case.id, "已核对，同意登簿")
        except ActionRefused:
            return "refused"
        return "booked"

    assert sorted(await asyncio.gather(approve(), approve(), approve())) == ["booked", "refused", "refused"]
    async with office.resources.database.read(HOME) as reader:
        assert len(await certificates.of_case(reader, case.id)) == 1


async def test_a_correction_and_on(office: Desk) -> None:
    case = await office.submitted(await a_sale(office))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.request_correction(tx, CLERK, case.id, ["买卖合同缺第3页", "身份证复印不清"])
    with pytest.raises(ActionRefused):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.accept(tx, CLERK, case.id)
    async with office.resources.database.read(HOME) as reader:
        contract = next(one for one in await cases.materials(reader, case.id) if one.code == "contract")
    async with office.resources.database.transaction(HOME) as tx:
        await desk.detach(tx, CLERK, case.id, contract.id)
    with pytest.raises(MaterialsMissing):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.correct(tx, CLERK, case.id)
    await office.supplied(case)
    async with office.resources.database.transaction(HOME) as tx:
        await desk.correct(tx, CLERK, case.id)
    async with office.resources.database.transaction(HOME) as tx:
        accepted = await desk.accept(tx, CLERK, case.id)
    assert accepted.status == CaseStatus.ACCEPTED
    await office.run_jobs()
    assert await kinds_of_letters(office, case) == [LetterKind.CORRECTION_NOTICE, LetterKind.ACCEPTANCE_RECEIPT]
    assert "需要补正" in await texts_to(office, "13812340001")


async def test_not_accepted_in_writing(office: Desk) -> None:
    case = await office.submitted(await a_sale(office))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.reject(tx, CLERK, case.id, "申请材料不齐全", ["存量房买卖合同"])
    assert (await office.case(case.id)).status == CaseStatus.REJECTED
    assert await kinds_of_letters(office, case) == [LetterKind.REJECTION]


async def test_an_empty_form_is_rejected_in_writing_and_archived(office: Desk) -> None:
    """条例 art. 17: told of everything that is missing, at once."""
    async with office.resources.database.transaction(HOME) as tx:
        case = await desk.start(tx, CLERK, [B.TRANSFER_RESALE], Channel.WINDOW)
        await desk.reject(tx, CLERK, case.id, "申请材料不齐全", ["房屋买卖合同原件"], version=case.version)
        (letter,) = await letters.of_case(tx, case.id)
        content = letters.content_of(letter).content
        (step,) = [one for one in await cases.history(tx, case.id) if one.action == "reject"]
    assert isinstance(content, Rejection)
    told = {one.name: one.reason for one in content.missing}
    assert told["房屋买卖合同原件"] == told["存量房买卖合同"] == "未提交"
    assert len([words for words in told.values() if words == "申请书未填写完整"]) > 2
    assert step.detail["missing"] == list(told)
    assert (content.ground, content.matter.unit_codes) == ("incomplete", ())
    await office.told(case.id)
    await office.archived(case.id)
    kept = await archive_of(office, case)
    assert kept is not None
    assert kept.unit_code == "未填明"


async def test_a_refused_case_is_archived(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    await office.answered(case)
    async with office.resources.database.transaction(HOME) as tx:
        await desk.recheck(tx, REGISTRAR, case.id)
        await desk.refuse(tx, REGISTRAR, case.id, "存在尚未解决的权属争议")
    await office.told(case.id)
    await office.archived(case.id)
    kept = await archive_of(office, case)
    assert kept is not None
    package = from_zip(await office.resources.blobs.get(kept.package_digest)).files
    titles = b"".join(data for name, data in package.items() if name.endswith("metadata.xml")).decode()
    for words in (
        "不动产登记申请书",
        "存量房买卖合同",
        "不予登记告知书",
        "不动产登记受理凭证",
        "存在尚未解决的权属争议",
    ):
        assert words in titles, words
    (receipt,) = [msgspec.json.decode(data) for name, data in package.items() if "decision" in name]
    assert receipt["ended_by"]["opinion"] == "存在尚未解决的权属争议"
    assert len(receipt["receipts"]) == 1


async def test_what_was_handed_in_is_archived_and_a_draft_is_not(office: Desk) -> None:
    case = await office.submitted(await a_sale(office))
    draft = await office.drafted(await a_sale(office))
    for one in (case, draft):
        async with office.resources.database.transaction(HOME) as tx:
            await desk.withdraw(tx, CLERK, one.id, "申请人撤回")
    await office.archived(case.id)
    assert await archive_of(office, case) is not None
    with pytest.raises(NoResultFound):
        await office.archived(draft.id)


async def archive_of(office: Desk, case: Case) -> Archive | None:
    async with office.resources.database.read(HOME) as reader:
        return await e_archive.by_subject(reader, f"case:{case.id}")


async def test_a_refusal_in_writing_drops_the_questions(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.refuse(
            tx, REGISTRAR, case.id, "存在尚未解决的权属争议", "《不动产登记暂行条例》第二十二条第（二）项"
        )
    assert (await office.case(case.id)).status == CaseStatus.REFUSED
    assert {one.state for one in await office.requests(case)} == {"dropped"}
    assert await kinds_of_letters(office, case) == [LetterKind.ACCEPTANCE_RECEIPT, LetterKind.REFUSAL]
    await office.run_jobs()
    assert office.sandbox.get("/requests") == [] or all(
        item["data"]["case_no"] != case.number for item in office.sandbox.get("/requests")
    ), "what is dropped before it was sent is not sent"
    assert "不予登记" in await texts_to(office, "13812340001")


async def test_an_answer_after_the_withdrawal_moves_nothing(office: Desk) -> None:
    case = await office.accepted(await a_sale(office))
    await office.run_jobs()
    async with office.resources.database.transaction(HOME) as tx:
        await desk.withdraw(tx, CLERK, case.id, "买卖双方协商撤回")
    (tax,) = [one for one in await office.requests(case) if one.which == "tax"]
    office.sandbox.post(f"/requests/{tax.request_no}/answer", json={"amount_fen": 655_800}).raise_for_status()

    async def tax_now() -> str:
        return next(one.state for one in await office.requests(case) if one.which == "tax")

    await office.until(tax_now, lambda state: state == "late")
    assert (await office.case(case.id)).status == CaseStatus.WITHDRAWN
    (tax,) = [one for one in await office.requests(case) if one.which == "tax"]
    assert (tax.amount_fen, tax.verified) == (655_800, True), "the money can be found and paid back"
    assert "answer_tax" not in await actions_of(office, case)
