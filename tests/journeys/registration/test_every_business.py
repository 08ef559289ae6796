"""Every business of the catalogue, once, from the application to the book: over HTTP to tax, housing and treasury."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

import e_archive.service as e_archive
from kernel.clock import now, today
from tests.journeys.registration import scenes, scenes_of_rights  # noqa: F401  they fill SCENES
from tests.journeys.registration.county import REGISTRAR, Desk
from tests.journeys.registration.people import applicant, citizen, home_of, objected, obligor, part
from tests.journeys.registration.scene import SCENES, B, K
from tests.testbed import HOME
from yiti.cases.lifecycle import CaseStatus
from yiti.certificates import service as certificates
from yiti.certificates.models import CANCELLED
from yiti.journeys.registration import desk, lapses
from yiti.register.kinds import ISSUES_CERTIFICATE, ISSUES_PROOF, EntryStatus
from yiti.register.models import RegisterEntry

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("business", SCENES)
async def test_it_is_booked(office: Desk, business: B) -> None:
    wanted = await SCENES[business](office)
    case = await office.accepted(*wanted.parts, extra=wanted.extra)
    await office.answered(case)
    if business is B.CORRECTION_EX_OFFICIO:
        await public_notice(office, case.id)
    case = await office.decided(case)
    assert case.status == CaseStatus.BOOKED
    units = {unit for one in wanted.parts for unit in one.unit_ids}
    entries = await office.entries_of(*units)
    current = {one.kind for one in entries if one.status == EntryStatus.CURRENT and one.kind != K.CANCELLATION}
    assert current == set(wanted.holds)
    closed = {one.id: one for one in entries if one.status == EntryStatus.HISTORICAL}
    assert set(wanted.closed) == set(closed)
    own = {one.id for one in entries if one.case_id == case.id}
    assert {one.closed_by_id for one in closed.values()} <= own
    await papers_fit(office, case.id, [one for one in entries if one.id in own])
    await office.run_jobs()


async def papers_fit(office: Desk, case_id: UUID, entries: list[RegisterEntry]) -> None:
    """One paper for each entry that issues one (分别持证: one a holder); none for the others."""
    async with office.resources.database.read(HOME) as reader:
        made = [one for one in await certificates.of_case(reader, case_id) if one.state != CANCELLED]
    for entry in entries:
        papers = [one for one in made if one.entry_id == entry.id]
        if entry.kind not in ISSUES_CERTIFICATE | ISSUES_PROOF:
            assert papers == []
        elif entry.details.get("held_separately"):
            assert len(papers) == 2
        else:
            assert [one.kind for one in papers] == ["certificate" if entry.kind in ISSUES_CERTIFICATE else "proof"]


async def public_notice(office: Desk, case_id: UUID) -> None:
    """Fifteen working days pass."""
    database = office.resources.database
    async with database.transaction(HOME) as tx:
        notice = await desk.publish(tx, REGISTRAR, case_id, matter="更正登记", where="登记机构门户网站、不动产所在地")
    with time_machine.travel(now() + (notice.ends_on - today()) + timedelta(days=2), tick=False):
        async with database.transaction(HOME) as tx:
            await desk.end_publication(tx, REGISTRAR, case_id, "公告期内无人提出异议")


@pytest.mark.parametrize("business", [B.CERTIFICATE_REPLACEMENT, B.CERTIFICATE_LOSS])
async def test_a_certificate_is_made_anew(office: Desk, business: B) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    bought = await office.registered(part(B.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    (entry,) = [one for one in await office.entries_of(unit.id) if one.case_id == bought.id]
    case = await office.accepted(part(business, unit, applicant(buyer), targets=(entry.id,)))
    await office.answered(case)
    if business is B.CERTIFICATE_LOSS:
        await public_notice(office, case.id)
    case = await office.decided(case)
    assert case.status == CaseStatus.BOOKED
    async with office.resources.database.read(HOME) as reader:
        (old,) = await certificates.of_case(reader, bought.id)
        (new,) = await certificates.of_case(reader, case.id)
    assert (old.state, new.replaces_id, new.entry_id) == (CANCELLED, old.id, entry.id)
    assert new.number != old.number


async def test_what_lapses_is_booked_by_the_platform(office: Desk) -> None:
    owner, other = citizen(), citizen()
    unit, _ = await home_of(office, owner)
    with time_machine.travel(now() - timedelta(days=40), tick=False):
        (old,) = await office.booked(objected(unit, other, owner))
    booked = await lapses.book_due(office.resources.database, HOME)
    assert len(booked) == 1
    case = await office.case(booked[0])
    assert (case.status, case.business) == (CaseStatus.BOOKED, B.LAPSE)
    (closed,) = [one for one in await office.entries_of(unit.id) if one.id == old.id]
    assert closed.status == EntryStatus.HISTORICAL
    assert await lapses.book_due(office.resources.database, HOME) == [], "once"
    await office.run_jobs()
    assert (await office.case(case.id)).status == CaseStatus.CLOSED
    await office.archived(case.id)
    async with office.resources.database.read(HOME) as reader:
        assert await e_archive.by_subject(reader, f"case:{case.id}") is not None


def test_the_table_is_complete() -> None:
    assert set(SCENES) | {B.CERTIFICATE_REPLACEMENT, B.CERTIFICATE_LOSS, B.LAPSE} == set(B)
