"""Numbers, freezing, issue and cancellation on the real database."""

import asyncio
import hashlib
import io
from uuid import uuid4

import pikepdf
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.outbox import Park
from kernel.outbox.models import OutboxEvent
from signing.errors import SealNotAllowed
from signing.seals import seal_uses
from tests.certificates.world import ACTOR, COUNTY, PaperResources, facts, numbered, party, seal_of_the_county
from yiti.certificates import service
from yiti.certificates.issuing import issue
from yiti.certificates.models import CANCELLED, ISSUED, NUMBERED, Certificate


async def topics(tx: WriteSession, certificate: Certificate) -> list[str]:
    keys = [f"certificate.issue:{certificate.id}", f"certificate.issued:{certificate.id}"]
    found = await tx.scalars(select(OutboxEvent.topic).where(OutboxEvent.key.in_(keys)).order_by(OutboxEvent.topic))
    return list(found)


async def test_booking_numbers_and_freezes_the_proof(tx: WriteSession) -> None:
    first, second = await numbered(tx), await numbered(tx, holders=(party("李𬭊"),))
    assert int(second.number[-8:-1]) == int(first.number[-8:-1]) + 1
    assert first.number.startswith("豫（2026）息县不动产证明第")
    assert (first.state, first.pdf_digest) == (NUMBERED, None)
    assert len({first.verify_code, second.verify_code}) == 2
    assert len(first.verify_code) == 20
    assert service.content_of(second).holders[0].name == "李𬭊"
    assert service.content_of(second).agency_name == "息县自然资源局"
    assert await topics(tx, first) == ["certificate.issue"]


async def _number_and_fail(database: Database) -> None:
    async with database.transaction(COUNTY) as tx:
        assert (await numbered(tx)).number.endswith("第0000002号")
        await service.get(tx, uuid4())


async def test_a_booking_that_fails_leaves_no_gap(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        await numbered(tx)
    with pytest.raises(service.CertificateNotFound):
        await _number_and_fail(fresh_database)
    async with fresh_database.transaction(COUNTY) as tx:
        assert (await numbered(tx)).number.endswith("第0000002号")


async def test_bookings_at_the_same_time_get_different_numbers(fresh_database: Database) -> None:
    async def one() -> str:
        async with fresh_database.transaction(COUNTY) as tx:
            return (await numbered(tx)).number

    async with fresh_database.transaction(COUNTY) as tx:
        await seal_of_the_county(tx, "proof")
    numbers = await asyncio.gather(*(one() for _ in range(5)))
    assert sorted(int(number[-8:-1]) for number in numbers) == [1, 2, 3, 4, 5]


async def test_personal_data_is_not_readable_in_the_tables(tx: WriteSession) -> None:
    certificate = await numbered(tx, holders=(party("独一无二名", number="990000199001010013"),))
    rows = (
        await tx.execute(text("SELECT c::text, h::text FROM certificates c JOIN certificate_holders h"
                              " ON h.certificate_id = c.id WHERE c.id = :id"), {"id": certificate.id})
    ).one()  # fmt: skip
    stored = "".join(rows)
    assert "独一无二名".encode().hex() not in stored
    assert "独一无二名" not in stored
    assert "990000199001010013" not in stored


async def test_one_valid_proof_an_entry(tx: WriteSession) -> None:
    first = await numbered(tx)
    again = facts(entry_id=first.entry_id, unit_id=first.unit_id, unit_code=first.unit_code)
    with pytest.raises(IntegrityError, match="uq_certificates_one_per_entry"):
        await service.take_number_and_freeze(tx, ACTOR, again)


async def test_no_proof_without_a_holder(tx: WriteSession) -> None:
    with pytest.raises(Invalid):
        await service.take_number_and_freeze(tx, ACTOR, facts(holders=()))


async def test_issue_renders_seals_and_stores(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await numbered(tx)
    issued = await issue(tx, resources, certificate.id)
    assert issued.state == ISSUED
    assert issued.sealed_at is not None
    assert issued.pdf_digest is not None
    ((seal, field, box),) = resources.sealed
    assert (seal, field) == ("county:411528:registration", "sign-agency")
    assert box.x2 - box.x1 == pytest.approx(119.05, abs=0.1)
    pdf = await resources.blobs.get(issued.pdf_digest)
    assert hashlib.sha256(pdf).hexdigest() == issued.pdf_digest
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert certificate.number.encode() in opened.attachments["proof.xml"].get_file().read_bytes()
    assert await topics(tx, certificate) == ["certificate.issue", "certificate.issued"]


async def test_the_use_of_the_seal_is_written_down(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await issue(tx, resources, (await numbered(tx)).id)
    uses = await seal_uses(tx, "county:411528:registration")
    assert [use.document_kind for use in uses if use.subject == f"certificate:{certificate.id}"] == ["proof"]


async def test_a_seal_that_may_not_be_used_on_proofs_is_not_used(tx: WriteSession, resources: PaperResources) -> None:
    await seal_of_the_county(tx, "letter")
    certificate = await numbered(tx)
    with pytest.raises(SealNotAllowed):
        await issue(tx, resources, certificate.id)
    assert resources.sealed == []


async def test_issuing_twice_changes_nothing(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await numbered(tx)
    first = (await issue(tx, resources, certificate.id)).pdf_digest
    assert (await issue(tx, resources, certificate.id)).pdf_digest == first
    assert len(resources.sealed) == 1


async def test_two_workers_issue_one_proof(fresh_database: Database, resources: PaperResources) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        certificate = await numbered(tx)

    async def work() -> str | None:
        async with fresh_database.transaction(COUNTY) as tx:
            return (await issue(tx, resources, certificate.id)).pdf_digest

    first, second = await asyncio.gather(work(), work())
    assert first == second
    assert len(resources.sealed) == 1


async def test_a_seal_that_fails_leaves_the_proof_to_be_issued_later(
    fresh_database: Database, resources: PaperResources
) -> None:
    resources.failures = 1
    async with fresh_database.transaction(COUNTY) as tx:
        certificate = await numbered(tx)
    with pytest.raises(ConnectionError):
        async with fresh_database.transaction(COUNTY) as tx:
            await issue(tx, resources, certificate.id)
    async with fresh_database.transaction(COUNTY) as tx:
        assert (await service.get(tx, certificate.id)).state == NUMBERED
        assert (await issue(tx, resources, certificate.id)).state == ISSUED


async def test_a_name_outside_the_fonts_is_parked_with_its_character(
    tx: WriteSession, resources: PaperResources
) -> None:
    certificate = await numbered(tx, holders=(party("王\U00030edd"),))
    with pytest.raises(Park, match="U\\+30EDD"):
        await issue(tx, resources, certificate.id)
    assert certificate.state == NUMBERED


async def test_a_cancelled_proof_is_never_issued(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await numbered(tx)
    await service.cancel(tx, ACTOR, certificate.id, "合同解除")
    assert (await issue(tx, resources, certificate.id)).state == CANCELLED
    assert resources.sealed == []


async def test_cancelling(tx: WriteSession, resources: PaperResources) -> None:
    certificate = await issue(tx, resources, (await numbered(tx)).id)
    with pytest.raises(Invalid):
        await service.cancel(tx, ACTOR, certificate.id, "  ")
    cancelled = await service.cancel(tx, ACTOR, certificate.id, "合同解除")
    assert (cancelled.state, cancelled.cancel_reason) == (CANCELLED, "合同解除")
    assert cancelled.pdf_digest is not None
    with pytest.raises(service.AlreadyCancelled):
        await service.cancel(tx, ACTOR, certificate.id, "再次")
    assert await service.of_entry(tx, certificate.entry_id) is None
    with pytest.raises(service.CertificateNotFound):
        await service.cancel(tx, ACTOR, uuid4(), "没有")


async def test_finding(tx: WriteSession) -> None:
    certificate = await numbered(tx, holders=(party("甲", number="990000199001019991"), party("乙")))
    mine = await service.of_person(tx, "990000199001019991")
    assert [one.id for one in mine] == [certificate.id]
    assert [one.id for one in await service.of_unit(tx, certificate.unit_id)] == [certificate.id]
    assert [one.id for one in await service.of_case(tx, certificate.case_id)] == [certificate.id]
    assert await service.of_person(tx, "990000199001019992") == []


@pytest.mark.parametrize("column", ["number", "verify_code", "template"])
async def test_what_was_frozen_cannot_be_changed(tx: WriteSession, column: str) -> None:
    certificate = await numbered(tx)
    with pytest.raises(IntegrityError, match="append-only"):
        await tx.execute(update(Certificate).where(Certificate.id == certificate.id).values({column: "别的"}))


async def test_issued_means_that_there_is_a_file(tx: WriteSession) -> None:
    certificate = await numbered(tx)
    with pytest.raises(IntegrityError, match="issued_has_its_pdf"):
        await tx.execute(update(Certificate).where(Certificate.id == certificate.id).values(state=ISSUED))


async def test_another_county_sees_nothing(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        certificate = await numbered(tx)
    async with fresh_database.read("411522") as reader:
        with pytest.raises(service.CertificateNotFound):
            await service.get(reader, certificate.id)
