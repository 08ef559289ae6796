"""After the book: papers sealed, handed over, the case archived; reminders in time."""

from datetime import timedelta

import pytest
import time_machine

import e_archive.service as e_archive
from kernel.clock import now
from tests.journeys.registration.county import CLERK, Desk
from tests.journeys.registration.people import DEVELOPER, applicant, citizen, home_of, noticed, obligor, owns, part
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.certificates import service as certificates
from yiti.journeys.registration import desk, documents, lapses
from yiti.journeys.registration.correspondence import limit_words
from yiti.letters import service as letters
from yiti.letters.schemas import LetterKind
from yiti.register import lapses as terms

pytestmark = pytest.mark.timeout(240)
B = Business


async def test_from_the_window_to_the_archive(office: Desk) -> None:
    seller, buyer = citizen("钱卖方"), citizen("孙买方")
    unit, _ = await home_of(office, seller)
    case = await office.drafted(part(B.TRANSFER_RESALE, unit, applicant(buyer, phone="13877770001"), obligor(seller)))
    async with office.resources.database.transaction(HOME) as tx:
        await desk.fetch_shared(tx, office.resources, CLERK, case.id, "certificate")
    await office.supplied(case)
    async with office.resources.database.transaction(HOME) as tx:
        await desk.submit(tx, CLERK, case.id)
    async with office.resources.database.transaction(HOME) as tx:
        await desk.accept(tx, CLERK, case.id)
    await office.answered(case)
    await office.decided(case)
    await office.run_jobs()
    async with office.resources.database.read(HOME) as reader:
        (made,) = await certificates.of_case(reader, case.id)
    assert f"{made.number}，查看与验证：" in "".join(
        item["data"]["text"] for item in office.sandbox.get("/sms/messages?phone=13877770001")
    )
    await office.certified(case.id)
    async with office.resources.database.transaction(HOME) as tx:
        done = await desk.hand_over(tx, CLERK, case.id, "window", "孙买方")
    assert done.status == CaseStatus.CLOSED
    await office.told(case.id)
    async with office.resources.database.read(HOME) as reader:
        assert [one.kind for one in await letters.of_case(reader, case.id)] == [
            LetterKind.ACCEPTANCE_RECEIPT, LetterKind.HAND_OVER_RECEIPT,
        ]  # fmt: skip
    await office.archived(case.id)
    async with office.resources.database.read(HOME) as reader:
        kept = await e_archive.by_subject(reader, f"case:{case.id}")
        assert kept is not None
        shown = await desk.view(reader, CLERK, case.id)
    assert [step.action for step in shown.history][-4:] == ["book", "issue", "hand_over", "close"]
    assert shown.certificates[0].state == "issued"


async def test_the_form_and_the_record_can_be_printed(office: Desk) -> None:
    seller, one, two = citizen("𬭊买提"), citizen(), citizen()
    unit, _ = await home_of(office, seller)
    case = await office.drafted(part(B.TRANSFER_RESALE, unit, applicant(one), obligor(seller), obligor(two)))
    async with office.resources.database.read(HOME) as reader:
        form = await documents.application_form(reader, office.resources, case)
        record = await documents.inquiry_record(reader, office.resources, case)
    assert form.pages >= 1
    assert record.pages >= 1


async def test_reminders_of_a_presale_notice_go_out_once(office: Desk) -> None:
    buyer, unit = citizen(), await office.unit("planned")
    case = await office.registered(
        part(
            B.PRESALE_NOTICE, unit, applicant(buyer, phone="13866660001"), obligor(DEVELOPER),
            fields={"contract_number": "备1", "permit_number": "预售1"},
        )
    )  # fmt: skip
    async with office.resources.database.transaction(HOME) as tx:
        (entry,) = (await desk.view(tx, CLERK, case.id)).entries
        await terms.start_term(
            tx, CLERK, entry.id, starts_on=(now() - timedelta(days=61)).date(), event="首次登记已登簿"
        )
        assert await lapses.remind(tx) == 1
        assert await lapses.remind(tx) == 0
    await office.run_jobs()
    said = [item["data"]["text"] for item in office.sandbox.get("/sms/messages?phone=13866660001")]
    assert sum("预告登记将于" in text for text in said) == 1


async def test_a_notice_that_was_used_in_time_does_not_lapse(office: Desk) -> None:
    """民法典 art. 221: applied for on the 80th day, booked on the 100th."""
    unit, buyer = await office.unit(), citizen()
    notice, _ = await office.booked(noticed(unit, buyer, DEVELOPER), owns(unit, DEVELOPER))
    async with office.resources.database.transaction(HOME) as tx:
        await terms.start_term(tx, CLERK, notice.id, starts_on=(now() - timedelta(days=80)).date(), event="首次登记")
    case = await office.accepted(part(B.TRANSFER_NEW_HOME, unit, applicant(buyer), obligor(DEVELOPER)))
    with time_machine.travel(now() + timedelta(days=30), tick=False):
        async with office.resources.database.read(HOME) as reader:
            assert notice.id not in {one.entry_id for one in await terms.due(reader, now().date())}
    await office.answered(case)
    assert (await office.decided(case)).status == CaseStatus.BOOKED


def test_limits_in_words() -> None:
    assert [limit_words(one) for one in (1, 2, 3, 10)] == ["半个工作日", "1个工作日", "1.5个工作日", "5个工作日"]


async def test_an_empty_draft_has_a_view(office: Desk) -> None:
    async with office.resources.database.transaction(HOME) as tx:
        case = await desk.start(tx, CLERK, [B.MORTGAGE], Channel.WINDOW)
        shown = await desk.view(tx, CLERK, case.id)
    assert shown.application == Application(parts=())
    assert not shown.checklist.complete
    assert cases.is_open(case)
