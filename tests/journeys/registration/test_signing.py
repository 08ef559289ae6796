"""An online application and its signatures: handed in by the last one, once, under the words that were signed."""

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

import e_archive.service as e_archive
from kernel.clock import now
from kernel.outbox.delivery import deliver
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor
from signing import service as signing
from signing.models import Ceremony, CeremonySignatory
from tests.journeys.registration.county import CLERK, Desk
from tests.journeys.registration.people import applicant, citizen, home_of, obligor, part
from tests.journeys.registration.signing_together import all_sign, asked, handed_in, me
from tests.testbed import HOME
from yiti.accounts.roles import permissions_of
from yiti.cases import service as cases
from yiti.cases.application import Agent, AgentBasis, Application, Side
from yiti.cases.business import Business
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.cases.models import Case
from yiti.journeys import rounds as journey_rounds
from yiti.journeys.evidence import report_of
from yiti.journeys.registration import archive, desk, envelope, intake, signatures
from yiti.journeys.registration.errors import AllSigned, NotSigned
from yiti.journeys.registration.models import CaseSigning
from yiti.journeys.registration.signers import lacks, person_id, signers_of
from yiti.portals.citizen.applying.signing_card import card
from yiti.portals.registration import application_page
from yiti.portals.registration.materials_view import material_lines

pytestmark = pytest.mark.timeout(240)
B = Business
BANK = ("息县演示农村商业银行", "credit_code", "91411528MA9999993R")


def acts(who: tuple[str, str, str], basis: AgentBasis, **more: Any) -> Agent:
    return Agent(name=who[0], id_kind=who[1], id_number=who[2], basis=basis, **more)


def test_everybody_signs_once_for_all_that_they_do() -> None:
    seller, buyer, son, lender = citizen("卖方"), citizen("买方"), citizen("儿子"), citizen("行长")
    unit: Any = type("Unit", (), {"id": UUID(int=7)})()
    sale = part(
        B.TRANSFER_RESALE, unit, applicant(buyer, phone="13900000001"),
        obligor(seller, agent=acts(son, AgentBasis.POWER_OF_ATTORNEY, phone="13900000002")),
    )  # fmt: skip
    bank = applicant(BANK, agent=acts(lender, AgentBasis.LEGAL_REPRESENTATIVE, phone="13900000003"))
    loan = part(B.MORTGAGE, unit, bank, obligor(buyer))
    found = signers_of(Application(parts=(sale, loan)))
    assert [(one.key, one.caption, one.organisation) for one in found] == [
        ("signer-1", "受让人、抵押人（签字）：买方", None),
        ("signer-2", "转让人卖方的委托代理人（签字）：儿子", None),
        ("signer-3", f"抵押权人{BANK[0]}的法定代表人（负责人）（签字）：行长", BANK[0]),
    ]
    assert found[1].roles[0].masked == "转让人卖*的委托代理人"
    assert list(lacks(Application(parts=(sale, loan)), None)) == []


def test_who_cannot_be_asked_to_sign_is_told_with_the_form() -> None:
    seller, buyer = citizen("卖方"), citizen("买方")
    unit: Any = type("Unit", (), {"id": UUID(int=7)})()
    twin = replace(applicant(buyer, phone="13900000001"), side=Side.OBLIGOR, name="买芳")
    passport = ("外宾", "passport", "E1234567")
    form = Application(
        parts=(
            part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller), twin, obligor(passport, phone="13")),
            part(B.MORTGAGE, unit, applicant(BANK), obligor(buyer)),
        )
    )
    said = dict(lacks(form, person_id(seller[2])))
    assert list(said) == [
        "parts.0.applicants.2.name", "parts.0.applicants.3.id_kind", "parts.1.applicants.0.agent",
    ]  # fmt: skip
    assert "姓名不一致" in said["parts.0.applicants.2.name"]
    unreachable = Application(parts=(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)),))
    assert list(dict(lacks(unreachable, person_id(seller[2])))) == ["parts.0.applicants.0.phone"]


async def drafted(office: Desk, owner: tuple[str, str, str]) -> Case:
    unit, _ = await home_of(office, owner)
    wanted = part(B.CHANGE_HOLDER, unit, applicant(owner))
    case = await office.drafted(wanted, channel=Channel.ONLINE, actor=me(owner))
    await office.supplied(case, me(owner))
    return case


async def rounds(office: Desk, case: Case) -> CaseSigning:
    async with office.resources.database.read(HOME) as reader:
        found = await envelope.latest(reader, case.id)
    assert found is not None
    return found


async def signed_papers(office: Desk, case: Case) -> list[str]:
    async with office.resources.database.read(HOME) as reader:
        return [one.code for one in await cases.materials(reader, case.id) if one.source == envelope.SIGNED]


async def test_a_crash_between_the_last_signature_and_the_submission_loses_nothing(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, database = citizen("签署人"), office.resources.database
    case = await drafted(office, owner)
    with pytest.raises(NotSigned):
        async with database.transaction(HOME) as tx:
            await desk.submit(tx, me(owner), case.id)
    await all_sign(office, await asked(office, case.id, me(owner)))
    assert (await office.case(case.id)).status == CaseStatus.DRAFT
    for change in (
        lambda tx: desk.take_back(tx, me(owner), case.id),
        lambda tx: desk.withdraw(tx, me(owner), case.id, "不办了"),
    ):
        with pytest.raises(AllSigned):
            async with database.transaction(HOME) as tx:
                await change(tx)
    found = await rounds(office, case)
    submit = intake.submit

    async def dies(*args: Any, **named: Any) -> Case:
        await submit(*args, **named)
        raise RuntimeError("power cut")

    monkeypatch.setattr(intake, "submit", dies)
    with pytest.raises(RuntimeError):
        async with database.transaction(HOME) as tx:
            await signatures.complete(tx, office.resources, found.id)
    monkeypatch.undo()
    assert await signed_papers(office, case) == []
    await office.run_jobs("signing.")
    handed = await office.case(case.id)
    assert handed.status == CaseStatus.SUBMITTED
    async with database.transaction(HOME) as tx:
        await signatures.complete(tx, office.resources, found.id)
    assert (await office.case(case.id)).version == handed.version, "the handler again does nothing"
    assert await signed_papers(office, case) == ["application_form", "inquiry_record"]
    async with database.read(HOME) as reader:
        shown = material_lines(await desk.checklist(reader, case.id), case.id)
    files = [one.files[0].words for one in shown if one.name in ("不动产登记申请书", "询问笔录")]
    assert [words.endswith("来自申请人电子签署") for words in files] == [True, True], "the registrar sees them"


def at_the_centre(role: str) -> Actor:
    return dataclasses.replace(CLERK, permissions=permissions_of([role]))


async def test_a_correction_in_other_words_is_signed_again_and_archived_signed(office: Desk) -> None:
    owner, database = citizen("改正人"), office.resources.database
    case = await handed_in(office, await drafted(office, owner), me(owner))
    assert case.status == CaseStatus.SUBMITTED
    first = (await rounds(office, case)).ceremony_id
    async with database.transaction(HOME) as tx:
        await desk.request_correction(tx, CLERK, case.id, ["登记原因不对"])
    async with database.transaction(HOME) as tx:
        now_ = await cases.get(tx, case.id)
        form = cases.application_of(now_)
        other = replace(form, contact_phone="13900000009")
        case = await desk.save(tx, me(owner), case.id, other, now_.version)
    with pytest.raises(NotSigned):
        async with database.transaction(HOME) as tx:
            await desk.correct(tx, me(owner), case.id)
    await all_sign(office, await asked(office, case.id, me(owner)))
    await office.run_jobs("signing.")
    case = await office.case(case.id)
    assert (case.status, case.flags) == (CaseStatus.SUBMITTED, [])
    async with database.read(HOME) as reader:
        lying = [one for one in await cases.materials(reader, case.id) if one.source == envelope.SIGNED]
    assert {one.reference for one in lying} == {str((await rounds(office, case)).ceremony_id)} != {str(first)}
    async with database.transaction(HOME) as tx:
        await desk.withdraw(tx, me(owner), case.id, "不办了")
    await office.told(case.id)
    await office.archived(case.id)
    case = await office.case(case.id)
    async with database.read(HOME) as reader:
        assert await e_archive.by_subject(reader, f"case:{case.id}") is not None
        report = await report_of(reader, (await rounds(office, case)).ceremony_id)
        told = await archive.manifest(reader, office.resources, case, report)
    paper = next(one for one in told.documents if one.key == "application-form")
    assert owner[0] in {one.signer for one in paper.signatures}
    assert b"identified" in told.evidence_report
    how = next(one for one in told.documents if one.key == "evidence-report")
    assert how.signatures[0].signer == "一体不动产综合服务平台"
    async with database.read(HOME) as reader:
        shown = {
            role: {one.title for one in (await application_page.load(reader, at_the_centre(role), case)).papers}
            for role in ("registrar", "window_clerk")
        }
    assert {"签署证据报告", "司法核验包"} <= shown["registrar"]
    assert not {"签署证据报告", "司法核验包"} & shown["window_clerk"], "they may not see people in full"


async def test_what_is_not_signed_in_time_goes_back_to_the_form(office: Desk) -> None:
    owner, database = citizen("迟来人"), office.resources.database
    case = await drafted(office, owner)
    ceremony_id = await asked(office, case.id, me(owner))
    async with database.transaction(HOME) as tx:
        await tx.execute(update(Ceremony).where(Ceremony.id == ceremony_id).values(expires_at=now()))
        order = OutboxEvent.key == f"signing.expire:{ceremony_id}"
        await tx.execute(update(OutboxEvent).where(order).values(available_at=now()))
    await office.run_jobs("signing.", of=[ceremony_id])
    found = await rounds(office, case)
    assert (found.state, found.ending, found.ended_by, found.reason) == ("void", "expired", "", "")
    version = (await office.case(case.id)).version
    async with database.transaction(HOME) as tx:
        await signatures.ended(tx, found.id, ceremony_id)
    assert (await office.case(case.id)).version == version, "the handler again does nothing"
    async with database.read(HOME) as reader:
        told = select(OutboxEvent.payload).where(OutboxEvent.key.startswith(f"registration.tell:expired:{case.id}"))
        assert len(list(await reader.scalars(told))) == 1
        view = await desk.signing_of(reader, me(owner), case.id)
    assert view is not None
    line = card(view, opener=True, papers=())
    assert line is not None
    assert line.state is not None
    assert line.state.label == "签署已过期"
    case = await handed_in(office, case, me(owner))
    assert case.status == CaseStatus.SUBMITTED, "signed anew"


async def test_an_applicant_is_reminded_and_may_ask_for_a_new_link(office: Desk) -> None:
    owner, database, phone = citizen("健忘人"), office.resources.database, "13900007788"
    unit, _ = await home_of(office, owner)
    wanted = part(B.CHANGE_HOLDER, unit, applicant(owner, phone=phone))
    case = await office.drafted(wanted, channel=Channel.ONLINE, actor=me(owner))
    await office.supplied(case, me(owner))
    ceremony_id = await asked(office, case.id, me(owner))

    async def days_pass(**changes: Any) -> None:
        of_round = CeremonySignatory.ceremony_id == ceremony_id
        yesterday = now() - timedelta(hours=25)
        async with database.transaction(HOME) as tx:
            await tx.execute(update(CeremonySignatory).where(of_round).values(invited_at=yesterday, **changes))

    async def texts() -> list[str]:
        await office.run_jobs("registration.invite")
        return [one["data"]["text"] for one in office.sandbox.get(f"/sms/messages?phone={phone}")]

    assert "已可签署" in (await texts())[0]
    await days_pass()
    async with database.transaction(HOME) as tx:
        order = OutboxEvent.key == f"signing.remind:{ceremony_id}:signer-1:day"
        moved = await tx.execute(update(OutboxEvent).where(order).values(available_at=now()).returning(OutboxEvent.id))
        (event_id,) = moved.scalars()
    await office.run_jobs("signing.", of=[ceremony_id])
    assert "还没有签署，签署期限至" in (await texts())[0]
    async with database.transaction(HOME) as tx:
        await tx.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(state="pending"))
    await office.run_jobs("signing.", of=[ceremony_id])
    assert len(await texts()) == 2, "the job repeated"

    old = (await texts())[0].rsplit("/", 1)[1]
    await days_pass(token_expires_at=now())
    for _ in range(2):
        async with database.transaction(HOME) as tx:
            await journey_rounds.send_again(tx, old)
    found = await texts()
    assert len(found) == 3, "once a minute"
    assert old not in found[0]
    await days_pass()
    async with database.transaction(HOME) as tx:
        await journey_rounds.turn_begun(tx, f"{envelope.SUBJECT}:{(await rounds(office, case)).id}", ceremony_id)
    assert len(await texts()) == 4, "who may begin gets the link"
    async with database.transaction(HOME) as tx:
        await desk.take_back(tx, me(owner), case.id)


async def test_taken_back_between_a_refusal_and_its_job(office: Desk) -> None:
    """The refusal stands in the ceremony; the opener was quicker than the job."""
    owner, database = citizen("两便人"), office.resources.database
    case = await drafted(office, owner)
    ceremony_id = await asked(office, case.id, me(owner))
    async with database.transaction(HOME) as tx:
        token = await signing.link_token(tx, CLERK, ceremony_id, "signer-1")
        await tx.execute(
            update(CeremonySignatory).where(CeremonySignatory.ceremony_id == ceremony_id)
            .values(status="identified", identified_at=now())
        )  # fmt: skip
    async with database.transaction(HOME) as tx:
        await signing.decline(tx, token, "不办了")
    async with database.transaction(HOME) as tx:
        await desk.take_back(tx, me(owner), case.id)
    await office.run_jobs("signing.", of=[ceremony_id])
    assert (await rounds(office, case)).ending == "taken_back"


async def test_papers_that_cannot_be_printed_are_told_and_taken_back(office: Desk) -> None:
    owner, database = citizen("\U00030000甲"), office.resources.database
    case = await drafted(office, owner)
    async with database.transaction(HOME) as tx:
        await desk.finish(tx, me(owner), case.id, cases.application_of(case), (await cases.get(tx, case.id)).version)
    async with database.read(HOME) as reader:
        wanted = select(OutboxEvent.id).where(OutboxEvent.key == signatures.order_key((await rounds(office, case)).id))
        event_id = (await reader.scalars(wanted)).one()
    await deliver(database, office.resources, HOME, event_id)
    async with database.read(HOME) as reader:
        told = await desk.signing_of(reader, me(owner), case.id)
    assert told is not None
    assert (told.state, "字" in told.words) == ("refused", True)
    async with database.transaction(HOME) as tx:
        await desk.take_back(tx, me(owner), case.id)
        # Somebody has looked at it: other tests of this centre want no parked job.
        await tx.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(state="done"))
    assert (await rounds(office, case)).ending == "taken_back"
