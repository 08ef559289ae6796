"""A case on its way through the office, against the real database."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
import time_machine
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.db import Database, WriteSession
from kernel.errors import Forbidden, Invalid
from kernel.pii import blind_index
from tests.cases import world as w
from tests.cases.office import (
    CLERK,
    COUNTY,
    REGISTRAR,
    REVIEWER,
    SYSTEM,
    accepted,
    attach,
    citizen,
    drafted,
    resale,
    staff,
    submitted,
)
from tests.cases.world import B, good
from tests.register.world import make_unit
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import Action, CaseStatus, Channel, Flag
from yiti.cases.models import Case, CaseAction, CaseMaterial
from yiti.cases.rules import VERSION, examine

S = CaseStatus
MONDAY = datetime(2026, 11, 16, 1, tzinfo=UTC)
CLEAR = OutsideFact(state="clear", reference="T1", verified=True)


async def test_the_whole_way(tx: WriteSession) -> None:
    case = await drafted(tx)
    await attach(tx, case)
    await cases.submit(tx, CLERK, case)
    await cases.accept(tx, CLERK, case)
    await cases.ask(tx, SYSTEM, case, "tax", "TAX-1")
    await cases.ask(tx, SYSTEM, case, "housing")
    assert set(case.flags) == {Flag.AWAITING_TAX, Flag.AWAITING_HOUSING}
    await cases.answer(tx, SYSTEM, case, "tax", CLEAR)
    await cases.answer(tx, SYSTEM, case, "housing", CLEAR)
    assert cases.outside_of(case)["tax"] == CLEAR
    facts = good(B.TRANSFER_RESALE)
    findings = examine(facts)
    assert await cases.record_decision(tx, REGISTRAR, case, VERSION, facts, findings) == "book"
    await cases.approve(tx, REGISTRAR, case, findings, "")
    await cases.mark_booked(tx, REGISTRAR, case)
    await cases.issue(tx, SYSTEM, case, ("豫（2026）息县不动产权第0000001号",))
    await cases.hand_over(tx, CLERK, case, "window", "李四")
    await cases.close(tx, CLERK, case, "归档")
    assert case.status == S.CLOSED
    log = await cases.history(tx, case.id)
    assert [one.action for one in log] == [
        "save",
        "submit",
        "accept",
        "ask_tax",
        "ask_housing",
        "answer_tax",
        "answer_housing",
        "approve",
        "book",
        "issue",
        "hand_over",
        "close",
    ]
    assert [one.position for one in log] == list(range(1, 13))
    assert "李四" not in " ".join(one.note for one in log)
    receipt = await cases.latest_receipt(tx, case.id)
    assert receipt is not None
    assert len(receipt.findings) == len(findings)


async def test_names_and_numbers_are_encrypted_and_found_by_index(tx: WriteSession) -> None:
    case = await submitted(tx)
    for table in ("cases", "case_parties", "case_materials"):
        rows = await tx.execute(text(f"SELECT t::text FROM {table} t"))
        shown = " ".join(row[0] for row in rows)
        assert "李四" not in shown
        assert w.LI.id_number not in shown
    parties = await cases.parties(tx, case.id)
    assert [(one.side, one.name) for one in parties] == [("holder", "李四"), ("obligor", "张三")]
    assert parties[0].id_index == blind_index(w.LI.id_number)
    assert case.id in {one.id for one in await cases.cases_of_person(tx, w.LI.id_number)}
    assert case.id not in {one.id for one in await cases.cases_of_person(tx, w.WANG.id_number)}


async def test_a_draft_is_nobody_elses_business(tx: WriteSession) -> None:
    case = await drafted(tx)
    assert case.id not in {one.id for one in await cases.cases_of_person(tx, w.LI.id_number)}
    assert case.id in {one.id for one in await cases.cases_opened_by(tx, CLERK.id)}  # type: ignore[arg-type]


async def test_saving_replaces_units_and_people(tx: WriteSession) -> None:
    case = await drafted(tx)
    second = await make_unit(tx)
    child = w.holder(
        w.CHILD,
        agent=w.Agent(name="张三", id_kind="resident_id", id_number=w.ZHANG.id_number, basis=w.AgentBasis.GUARDIAN),
    )
    application = resale(second.id)
    parts = (msgspec.structs.replace(application.parts[0], applicants=(child,)),)
    await cases.save(tx, CLERK, case, msgspec.structs.replace(application, parts=parts), case.version)
    assert [one.unit_id for one in await cases.units(tx, case.id)] == [second.id]
    assert case.unit_code == second.code
    assert [(one.side, one.name) for one in await cases.parties(tx, case.id)] == [("holder", "张小"), ("agent", "张三")]
    assert cases.application_of(case).parts == parts


async def test_the_draft_may_be_empty_but_not_submitted(tx: WriteSession) -> None:
    case = await cases.draft(tx, CLERK, (B.TRANSFER_RESALE,), Channel.WINDOW)
    with pytest.raises(Invalid) as refused:
        await cases.submit(tx, CLERK, case)
    assert refused.value.field == "parts.0.unit_ids"
    empty = msgspec.structs.replace(resale(uuid4()).parts[0], unit_ids=(), sharing=None)
    await cases.save(tx, CLERK, case, Application(parts=(empty,)), case.version)
    with pytest.raises(Invalid) as refused:
        await cases.submit(tx, CLERK, case)
    assert refused.value.field == "parts.0.unit_ids"
    assert {one["field"] for one in refused.value.extra["problems"]} > {"parts.0.sharing", "answers.own_will"}
    assert case.status == S.DRAFT


async def test_other_parts_or_units_than_there_are(tx: WriteSession) -> None:
    case = await cases.draft(tx, CLERK, (B.TRANSFER_RESALE,), Channel.WINDOW)
    with pytest.raises(Invalid, match="所选业务"):
        await cases.save(tx, CLERK, case, Application(parts=(w.part(B.MORTGAGE, w.holder(w.BANK)),)), case.version)
    with pytest.raises(Invalid, match="不动产单元"):
        await cases.save(tx, CLERK, case, resale(uuid4()), case.version)


async def test_who_may_begin_where(tx: WriteSession) -> None:
    applicant = citizen()
    assert (await cases.draft(tx, applicant, (B.TRANSFER_RESALE,), Channel.ONLINE)).opened_by == applicant.id
    assert (await cases.draft(tx, SYSTEM, (B.LAPSE,), Channel.SYSTEM)).channel == Channel.SYSTEM
    for actor, channel in ((applicant, Channel.WINDOW), (REVIEWER, Channel.WINDOW), (CLERK, Channel.SYSTEM)):
        with pytest.raises(Forbidden):
            await cases.draft(tx, actor, (B.TRANSFER_RESALE,), channel)
    with pytest.raises(Invalid, match="不能网上申请"):
        await cases.draft(tx, applicant, (B.SEIZURE,), Channel.ONLINE)
    with pytest.raises(Invalid, match="不在窗口受理"):
        await cases.draft(tx, CLERK, (B.LAPSE,), Channel.WINDOW)
    with pytest.raises(Invalid, match="合并办理"):
        await cases.draft(tx, CLERK, (B.MORTGAGE, B.TRANSFER_RESALE), Channel.WINDOW)


async def test_the_same_file_twice(tx: WriteSession) -> None:
    case = await drafted(tx)
    first = await attach(tx, case, digest="a" * 64)
    async with tx.begin_nested():
        await attach(tx, case, digest="b" * 64)
    with pytest.raises(cases.MaterialTwice):
        async with tx.begin_nested():
            await attach(tx, case, digest="a" * 64)
    await tx.refresh(case)
    await tx.refresh(first)
    await cases.remove_material(tx, CLERK, case, first.id)
    again = await attach(tx, case, digest="a" * 64)
    assert again.id in {one.id for one in await cases.materials(tx, case.id)}
    assert len(await cases.materials(tx, case.id)) == 2
    assert len(await cases.materials(tx, case.id, removed=True)) == 3
    with pytest.raises(cases.MaterialNotFound):
        await cases.remove_material(tx, CLERK, case, first.id)


async def test_materials_of_another_case_are_out_of_reach(tx: WriteSession) -> None:
    mine, other = await drafted(tx), await drafted(tx)
    material = await attach(tx, other)
    with pytest.raises(cases.MaterialNotFound):
        await cases.remove_material(tx, CLERK, mine, material.id)


async def test_what_lies_with_the_case_cannot_be_rewritten(tx: WriteSession) -> None:
    case = await drafted(tx)
    material = await attach(tx, case)
    for change in (
        update(CaseMaterial).where(CaseMaterial.id == material.id).values(digest="c" * 64),
        delete(CaseMaterial).where(CaseMaterial.id == material.id),
        update(CaseAction).where(CaseAction.case_id == case.id).values(note="x"),
    ):
        with pytest.raises(DBAPIError):
            async with tx.begin_nested():
                await tx.execute(change)


async def test_one_notice_lists_everything_that_is_to_be_corrected(tx: WriteSession) -> None:
    applicant = citizen()
    case = await submitted(tx, applicant, Channel.ONLINE)
    with pytest.raises(cases.ActionRefused):
        await cases.save(tx, applicant, case, cases.application_of(case), case.version)
    with pytest.raises(Invalid):
        await cases.request_correction(tx, CLERK, case, ["", " "])
    await cases.request_correction(tx, CLERK, case, ["补充结婚证", "价格与合同不符"])
    assert case.due_at is None
    assert (await cases.history(tx, case.id))[-1].detail == {"items": ["补充结婚证", "价格与合同不符"]}
    with pytest.raises(cases.ActionRefused, match="待补正"):
        await cases.accept(tx, CLERK, case)
    await cases.save(tx, applicant, case, cases.application_of(case), case.version)
    await attach(tx, case, applicant)
    await cases.correct(tx, applicant, case)
    assert (case.flags, case.status) == ([], S.SUBMITTED)
    assert case.due_at is not None
    with pytest.raises(cases.ActionRefused):
        await attach(tx, case, applicant)
    await cases.accept(tx, CLERK, case)


async def test_not_accepted_in_writing(tx: WriteSession) -> None:
    case = await submitted(tx)
    with pytest.raises(Invalid):
        await cases.reject(tx, CLERK, case, " ")
    await cases.reject(tx, CLERK, case, "不属于本机构管辖", ["合同"])
    assert case.status == S.REJECTED
    assert case.closed_at is not None
    with pytest.raises(cases.ActionRefused):
        await cases.withdraw(tx, CLERK, case, "撤回")


async def test_levels_of_review_by_different_people(tx: WriteSession) -> None:
    case = await accepted(tx)
    case.review_levels = 3
    with pytest.raises(cases.ActionRefused):
        await cases.approve(tx, REGISTRAR, case, examine(good(B.TRANSFER_RESALE)), "")
    await cases.review(tx, REVIEWER, case, "材料齐全")
    with pytest.raises(cases.ActionRefused):
        await cases.review(tx, REVIEWER, case, "再审")
    await cases.review(tx, REGISTRAR, case, "同意")
    with pytest.raises(cases.ActionRefused):
        await cases.approve(tx, REGISTRAR, case, examine(good(B.TRANSFER_RESALE)), "")
    await cases.approve(tx, staff("registrar"), case, examine(good(B.TRANSFER_RESALE)), "")
    assert case.status == S.APPROVED


async def test_sent_back_to_the_beginning(tx: WriteSession) -> None:
    case = await accepted(tx)
    case.review_levels = 2
    await cases.review(tx, REVIEWER, case, "同意")
    await cases.send_back(tx, REGISTRAR, case, "合同缺页")
    assert (case.review_level, case.reviewers) == (0, [])
    await cases.review(tx, REVIEWER, case, "已补齐")


async def test_blocking_findings_and_warnings(tx: WriteSession) -> None:
    case = await accepted(tx)
    facts = msgspec.structs.replace(good(B.TRANSFER_RESALE), tax=OutsideFact(state="missing"))
    with pytest.raises(cases.Blocked) as refused:
        await cases.approve(tx, REGISTRAR, case, examine(facts), "同意")
    assert refused.value.extra["findings"] == ["outside.tax"]
    unproved = msgspec.structs.replace(good(B.TRANSFER_RESALE), tax=OutsideFact(state="clear"))
    with pytest.raises(Invalid):
        await cases.approve(tx, REGISTRAR, case, examine(unproved), "")
    await cases.approve(tx, REGISTRAR, case, examine(unproved), "已核对纸质完税凭证")


async def test_answers_come_once_and_never_late(tx: WriteSession) -> None:
    case = await accepted(tx)
    with pytest.raises(cases.ActionRefused):
        await cases.answer(tx, SYSTEM, case, "tax", CLEAR)
    await cases.ask(tx, SYSTEM, case, "tax")
    with pytest.raises(cases.ActionRefused):
        await cases.ask(tx, SYSTEM, case, "tax")
    with pytest.raises(Invalid):
        await cases.answer(tx, SYSTEM, case, "tax", OutsideFact(state="requested"))
    await cases.withdraw(tx, CLERK, case, "双方协商解除")
    with pytest.raises(cases.ActionRefused):
        await cases.answer(tx, SYSTEM, case, "tax", CLEAR)
    assert case.flags == []


async def test_a_seizure_stops_everything_but_refusal_and_withdrawal(tx: WriteSession) -> None:
    case = await accepted(tx)
    await cases.freeze(tx, SYSTEM, case, "（2026）豫1528执1号查封")
    with pytest.raises(cases.ActionRefused, match="因查封暂停"):
        await cases.approve(tx, REGISTRAR, case, examine(good(B.TRANSFER_RESALE)), "")
    await cases.unfreeze(tx, REGISTRAR, case, "已解封")
    await cases.freeze(tx, SYSTEM, case, "再次查封")
    await cases.refuse(tx, REGISTRAR, case, "房屋被查封（条例第二十二条）")
    assert (case.status, case.flags) == (S.REFUSED, [])


async def test_public_notice(tx: WriteSession) -> None:
    case = await accepted(tx)
    await cases.publish(tx, REGISTRAR, case, ends_on=date(2026, 12, 31), where="登记中心网站")
    assert case.due_at is None
    assert (await cases.history(tx, case.id))[-1].detail["ends_on"] == "2026-12-31"
    with pytest.raises(Invalid):
        await cases.end_publication(tx, REGISTRAR, case, "")
    await cases.end_publication(tx, REGISTRAR, case, "公告期内无异议")
    assert case.due_at is not None


@time_machine.travel(MONDAY, tick=False)
async def test_limits_follow_the_log(tx: WriteSession) -> None:
    case = await submitted(tx)
    assert case.due_at == MONDAY + timedelta(hours=6)
    await cases.accept(tx, CLERK, case)
    assert case.due_at == MONDAY + timedelta(days=1)
    await cases.ask(tx, SYSTEM, case, "fee")
    assert case.due_at is None
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        await cases.answer(tx, SYSTEM, case, "fee", CLEAR)
    assert case.due_at == MONDAY + timedelta(days=2)


async def test_the_database_holds_what_the_service_promises(tx: WriteSession) -> None:
    case = await drafted(tx)
    for values, name in (
        ({"status": "booked", "accepted_at": MONDAY}, "booked_at_a_time"),
        ({"status": "accepted"}, "accepted_at_a_time"),
        ({"status": "submitted", "unit_id": None}, "concerns_a_unit"),
        ({"flags": ["tired"]}, "known_flags"),
        ({"channel": "pigeon"}, "known_channel"),
        ({"review_level": 1}, "review_level_within_levels"),
        ({"review_levels": 4}, "review_level_within_levels"),
    ):
        with pytest.raises(DBAPIError, match=name):
            async with tx.begin_nested():
                await tx.execute(update(Case).where(Case.id == case.id).values(**values))


async def test_counties_do_not_see_each_other(database: Database) -> None:
    async with database.transaction(COUNTY) as tx:
        case_id = (await drafted(tx)).id
    async with database.read("411522") as reader:
        assert (await reader.scalars(select(Case).where(Case.id == case_id))).first() is None
        with pytest.raises(cases.CaseNotFound):
            await cases.get(reader, case_id)


async def test_an_action_that_is_not_to_be_had_changes_nothing(tx: WriteSession) -> None:
    case = await accepted(tx)
    version, log = case.version, len(await cases.history(tx, case.id))
    for action in (Action.SUBMIT, Action.BOOK, Action.CLOSE, Action.UNFREEZE, Action.REVIEW):
        with pytest.raises(cases.ActionRefused):
            await cases.act(tx, REGISTRAR, case, action)
    assert (case.version, len(await cases.history(tx, case.id))) == (version, log)
