"""Numbers in two series, certificates held separately, replacement and cancellation, on the real database."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from tests.certificates.samples import OWNERSHIP, entry_facts, owned_in_shares, picture
from tests.certificates.world import ACTOR, COUNTY, PaperResources, party, seal_of_the_county
from tests.register.world import booked, entry, make_unit
from yiti.certificates import service
from yiti.certificates.issuing import issue
from yiti.certificates.models import CANCELLED, ISSUED, Certificate
from yiti.certificates.queries import normal_number
from yiti.certificates.schemas import CertificateContent, EntryCertificate, Replacement
from yiti.certificates.verification import Validity, verify_code
from yiti.register.kinds import EntryKind, Sharing


async def on_the_book(tx: WriteSession, kind: EntryKind = EntryKind.OWNERSHIP, **changes: Any) -> EntryCertificate:
    """Facts of a paper on an entry that exists (what the entry itself says is the book's own matter)."""
    unit = await make_unit(tx)
    (own,) = await booked(tx, entry(unit))
    known = {"entry_id": own.id, "case_id": own.case_id, "unit_id": unit.id, "unit_code": unit.code}
    return entry_facts(kind, **(known | changes))


def serials(papers: list[Certificate]) -> list[int]:
    return [int(paper.number[-8:-1]) for paper in papers]


async def test_certificates_and_proofs_count_apart(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        facts = (
            await on_the_book(tx, EntryKind.MORTGAGE),
            await on_the_book(tx),
            await on_the_book(tx, EntryKind.RESIDENCE),
            await on_the_book(tx),
        )
        made = await service.number_certificates(tx, ACTOR, facts)
    assert [paper.kind for paper in made] == ["proof", "certificate", "proof", "certificate"]
    assert serials(made) == [1, 1, 2, 2]
    assert [paper.entry_id for paper in made] == [one.entry_id for one in facts]
    assert made[1].number == f"豫（{facts[1].booked_on.year}）息县不动产权第0000001号"


async def test_a_transaction_that_fails_leaves_no_gap(fresh_database: Database) -> None:
    async def fail() -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            assert serials(await service.number_certificates(tx, ACTOR, (await on_the_book(tx),))) == [1]
            await service.get(tx, uuid4())

    with pytest.raises(service.CertificateNotFound):
        await fail()
    async with fresh_database.transaction(COUNTY) as tx:
        assert serials(await service.number_certificates(tx, ACTOR, (await on_the_book(tx),))) == [1]


async def test_bookings_of_both_series_in_either_order_do_not_deadlock(fresh_database: Database) -> None:
    async def book(first: EntryKind, second: EntryKind) -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            facts = (await on_the_book(tx, first), await on_the_book(tx, second))
            await service.number_certificates(tx, ACTOR, facts)

    both = (EntryKind.OWNERSHIP, EntryKind.MORTGAGE)
    await asyncio.gather(*(book(*(both if turn % 2 else reversed(both))) for turn in range(6)))
    async with fresh_database.read(COUNTY) as reader:
        papers = list(await reader.scalars(select(Certificate)))
    for kind in ("certificate", "proof"):
        assert sorted(serials([paper for paper in papers if paper.kind == kind])) == [1, 2, 3, 4, 5, 6]


async def test_each_holder_of_a_share_has_a_certificate(tx: WriteSession) -> None:
    facts = await on_the_book(tx, **owned_in_shares(held_separately=True))
    made = await service.number_certificates(tx, ACTOR, (facts,))
    assert [paper.holder_position for paper in made] == [1, 2, 3]
    assert [service.content_of(paper).holders[0].name for paper in made] == ["甲某", "乙某", "丙某"]
    assert len({paper.number for paper in made}) == len({paper.licence_id for paper in made}) == 3
    (mine,) = await service.of_person(tx, facts.holders[1].id_number)
    assert mine.id == made[1].id
    assert [one.id for one in await service.of_entries(tx, [facts.entry_id])] == [one.id for one in made]


async def test_joint_owners_cannot_hold_separately(tx: WriteSession) -> None:
    separate = msgspec.structs.replace(OWNERSHIP, held_separately=True)
    joint = await on_the_book(tx, holders=(party("甲"), party("乙")), sharing=Sharing.JOINT, details=separate)
    with pytest.raises(service.NoSeparateCertificates):
        await service.number_certificates(tx, ACTOR, (joint,))


@pytest.mark.parametrize("kind", [EntryKind.SEIZURE, EntryKind.CANCELLATION, EntryKind.COMMON_PARTS])
async def test_kinds_without_paper_are_refused(tx: WriteSession, kind: EntryKind) -> None:
    with pytest.raises(service.NothingToIssue):
        await service.number_certificates(tx, ACTOR, (msgspec.structs.replace(entry_facts(), kind=kind),))


async def test_wrong_details_or_no_holder_are_refused(tx: WriteSession) -> None:
    for wrong in (msgspec.structs.replace(entry_facts(), kind=EntryKind.MORTGAGE), entry_facts(holders=())):
        with pytest.raises(Invalid):
            await service.number_certificates(tx, ACTOR, (wrong,))


async def test_one_entry_has_one_valid_certificate(tx: WriteSession) -> None:
    facts = await on_the_book(tx)
    await service.number_certificates(tx, ACTOR, (facts,))
    with pytest.raises(IntegrityError, match="uq_certificates_one_per_entry"):
        await service.number_certificates(tx, ACTOR, (facts,))


def again(cause: Any = "loss") -> Replacement:
    return Replacement(cause=cause, case_id=uuid4(), case_number="4115282026120100001", booked_on=date(2026, 12, 1))


async def test_a_lost_certificate_is_made_anew(tx: WriteSession, resources: PaperResources) -> None:
    await seal_of_the_county(tx, "certificate")
    (old,) = await service.number_certificates(tx, ACTOR, (await on_the_book(tx),))
    await issue(tx, resources, old.id)
    new = await service.replace(tx, ACTOR, old.id, again())
    assert (old.state, old.cancel_reason, new.replaces_id) == (CANCELLED, "遗失补发", old.id)
    assert (new.entry_id, new.unit_id, new.holder_position) == (old.entry_id, old.unit_id, 0)
    assert new.number != old.number
    content = service.content_of(new)
    assert isinstance(content, CertificateContent)
    assert content.remarks[1] == f"补发：原不动产权证书（{old.number}）已作废"
    assert (await issue(tx, resources, new.id)).state == ISSUED
    assert (await verify_code(tx, old.verify_code)).validity is Validity.REPLACED
    assert (await verify_code(tx, new.verify_code)).validity is Validity.VALID
    current = await service.of_entry(tx, old.entry_id)
    assert current is not None
    assert current.id == new.id
    with pytest.raises(service.AlreadyCancelled):
        await service.replace(tx, ACTOR, old.id, again())


async def test_one_of_several_certificates_is_replaced_alone(tx: WriteSession) -> None:
    facts = await on_the_book(tx, **owned_in_shares(held_separately=True))
    made = await service.number_certificates(tx, ACTOR, (facts,))
    new = await service.replace(tx, ACTOR, made[1].id, again("renewal"))
    assert new.holder_position == 2
    assert service.content_of(new).holders[0].name == "乙某"
    current = {one.id for one in await service.of_entries(tx, [facts.entry_id])}
    assert current == {made[0].id, new.id, made[2].id}


async def test_two_people_replace_one_certificate_once(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        (old,) = await service.number_certificates(tx, ACTOR, (await on_the_book(tx),))

    async def work() -> UUID:
        async with fresh_database.transaction(COUNTY) as tx:
            return (await service.replace(tx, ACTOR, old.id, again())).id

    results = await asyncio.gather(work(), work(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["AlreadyCancelled", "UUID"]


async def test_closing_entries_cancels_all_their_papers(tx: WriteSession) -> None:
    separate = await on_the_book(tx, **owned_in_shares(held_separately=True))
    mortgage, other = await on_the_book(tx, EntryKind.MORTGAGE), await on_the_book(tx)
    made = await service.number_certificates(tx, ACTOR, (separate, mortgage, other))
    closed = [separate.entry_id, mortgage.entry_id, uuid4()]
    cancelled = await service.cancel_of_entries(tx, ACTOR, closed, "转移登记，原证书注销")
    assert {one.id for one in cancelled} == {one.id for one in made[:4]}
    assert made[4].state != CANCELLED
    assert await service.cancel_of_entries(tx, ACTOR, closed, "再次") == []
    with pytest.raises(Invalid):
        await service.cancel_of_entries(tx, ACTOR, [other.entry_id], " ")


async def test_finding_by_number_however_it_is_typed(tx: WriteSession) -> None:
    (paper,) = await service.number_certificates(tx, ACTOR, (await on_the_book(tx),))
    serial = int(paper.number[-8:-1])
    for typed in (paper.number, f" 豫(2026)息县 不动产权第{serial}号", f"豫〔２０２６〕息县不动产权{serial:07d}"):
        found = await service.by_number(tx, typed)
        assert found is not None, typed
        assert found.id == paper.id
    assert await service.by_number(tx, "豫(2026)息县不动产权第9999999号") is None
    assert await service.by_number(tx, "随便写的") is None


def test_other_texts_are_left_as_they_are() -> None:
    assert normal_number("豫(2026)息县不动产证明第12号") == "豫（2026）息县不动产证明第0000012号"
    assert normal_number(" 房权证 息字 第12号 ") == "房权证息字第12号"


async def test_issue_with_the_plan_from_the_blobs(tx: WriteSession, resources: PaperResources) -> None:
    await seal_of_the_county(tx, "certificate")
    digest = await resources.blobs.put(picture("PNG"))
    (paper,) = await service.number_certificates(tx, ACTOR, (await on_the_book(tx, plan_digest=digest),))
    issued = await issue(tx, resources, paper.id)
    assert issued.pdf_digest is not None
    assert await resources.renderer.page_count(await resources.blobs.get(issued.pdf_digest)) == 2
