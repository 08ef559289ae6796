"""Numbers, freezing, issue: on the real database."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import time_machine
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, WriteSession
from kernel.outbox import Park
from kernel.outbox.models import OutboxEvent
from signing.errors import SealNotAllowed
from signing.models import OrganisationSeal
from signing.seals import seal_uses
from tests.certificates.world import ACTOR, COUNTY, PaperResources, seal_of_the_county
from tests.letters.samples import LETTERS, MATTER
from yiti.letters import rules, service
from yiti.letters.issuing import issue
from yiti.letters.models import ISSUED, NUMBERED, Letter
from yiti.letters.schemas import SEALED_BY_AGENCY, SEALED_BY_HOUSING, LetterContent, LetterKind, housing_seal

REFUSAL = LETTERS["refusal"]


async def write(tx: WriteSession, content: LetterContent = REFUSAL, **more: Any) -> Letter:
    await seal_of_the_county(tx, *SEALED_BY_AGENCY)
    await seal_of_the_county(tx, *SEALED_BY_HOUSING, key=housing_seal(COUNTY))
    return await service.write(tx, ACTOR, content, **more)


@pytest.mark.parametrize("name", LETTERS)
async def test_a_letter_is_numbered_sealed_and_found(tx: WriteSession, resources: PaperResources, name: str) -> None:
    case = uuid4()
    letter = await write(tx, LETTERS[name], case_id=case, subject="search:1")
    assert (letter.state, letter.pdf_digest) == (NUMBERED, None)
    assert service.content_of(letter).content == LETTERS[name]
    issued = await issue(tx, resources, letter.id)
    assert issued.state == ISSUED
    assert issued.pdf_digest is not None
    assert (await resources.blobs.get(issued.pdf_digest)).startswith(b"%PDF-")
    ((seal, field, _),) = resources.sealed
    whose = "housing" if name == "maintenance_receipt" else "registration"
    assert (seal, field) == (f"county:411528:{whose}", "sign-agency")
    assert [one.id for one in await service.of_case(tx, case)] == [letter.id]
    assert letter.id in {one.id for one in await service.of_subject(tx, "search:1")}
    uses = [use for use in await seal_uses(tx, seal) if use.subject == f"letter:{letter.id}"]
    assert [use.document_kind for use in uses] == [letter.kind]


async def test_numbers_count_by_kind_and_year(fresh_database: Database) -> None:
    with time_machine.travel("2026-11-21T10:00:00+08:00", tick=False):
        async with fresh_database.transaction(COUNTY) as tx:
            numbers = [(await write(tx, LETTERS[name])).number for name in ("refusal", "rejection", "refusal")]
    with time_machine.travel("2027-01-01T00:30:00+08:00", tick=False):
        async with fresh_database.transaction(COUNTY) as tx:
            numbers.append((await write(tx)).number)
    assert numbers == [
        "息县不动产不登〔2026〕第000001号",
        "息县不动产不受〔2026〕第000001号",
        "息县不动产不登〔2026〕第000002号",
        "息县不动产不登〔2027〕第000001号",
    ]


async def test_a_transaction_that_fails_leaves_no_gap(fresh_database: Database) -> None:
    async def fail() -> None:
        async with fresh_database.transaction(COUNTY) as tx:
            await write(tx)
            await service.get(tx, uuid4())

    with pytest.raises(service.LetterNotFound):
        await fail()
    async with fresh_database.transaction(COUNTY) as tx:
        assert (await write(tx)).number.endswith("第000001号")
    async with fresh_database.read(COUNTY) as reader:
        topics = list(await reader.scalars(select(OutboxEvent.topic)))
    assert topics.count("letter.issue") == 1


async def test_two_workers_seal_one_letter(fresh_database: Database, resources: PaperResources) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        letter = await write(tx)

    async def work() -> str | None:
        async with fresh_database.transaction(COUNTY) as tx:
            return (await issue(tx, resources, letter.id)).pdf_digest

    first, second = await asyncio.gather(work(), work())
    assert first == second
    assert len(resources.sealed) == 1


async def test_a_seal_that_fails_leaves_the_letter_for_later(
    fresh_database: Database, resources: PaperResources
) -> None:
    resources.failures = 1
    async with fresh_database.transaction(COUNTY) as tx:
        letter = await write(tx)
    with pytest.raises(ConnectionError):
        async with fresh_database.transaction(COUNTY) as tx:
            await issue(tx, resources, letter.id)
    async with fresh_database.transaction(COUNTY) as tx:
        assert (await service.get(tx, letter.id)).state == NUMBERED
        assert (await issue(tx, resources, letter.id)).state == ISSUED


async def test_a_seal_that_may_not_be_used_on_it_is_not_used(tx: WriteSession, resources: PaperResources) -> None:
    letter = await write(tx)
    await tx.execute(update(OrganisationSeal).values(document_kinds=["proof", "certificate"]))
    with pytest.raises(SealNotAllowed):
        await issue(tx, resources, letter.id)
    assert resources.sealed == []


async def test_a_name_outside_the_fonts_is_parked(tx: WriteSession, resources: PaperResources) -> None:
    content = msgspec.structs.replace(REFUSAL, matter=msgspec.structs.replace(MATTER, applicants=("王\U00030edd",)))
    letter = await write(tx, content)
    with pytest.raises(Park, match="U\\+30EDD"):
        await issue(tx, resources, letter.id)


async def test_personal_data_is_not_readable_in_the_table(tx: WriteSession) -> None:
    letter = await write(tx, LETTERS["no_home"])
    stored = (await tx.execute(text("SELECT l::text FROM letters l WHERE id = :id"), {"id": letter.id})).scalar_one()
    for secret in ("王小明", "990000199001010013", "申请公积金贷款"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


@pytest.mark.parametrize("column", ["number", "verify_code", "title", "case_id"])
async def test_what_was_written_cannot_be_changed(tx: WriteSession, column: str) -> None:
    letter = await write(tx)
    value = uuid4() if column == "case_id" else "别的"
    with pytest.raises(IntegrityError, match="append-only"):
        await tx.execute(update(Letter).where(Letter.id == letter.id).values({column: value}))


async def test_issued_means_that_there_is_a_file(tx: WriteSession) -> None:
    letter = await write(tx)
    with pytest.raises(IntegrityError, match="letter_issued_has_its_pdf"):
        await tx.execute(update(Letter).where(Letter.id == letter.id).values(state=ISSUED))


async def test_the_register_of_letters_in_pages(fresh_database: Database) -> None:
    async with fresh_database.transaction(COUNTY) as tx:
        written = [(await write(tx)).id for _ in range(52)]
        other = (await write(tx, LETTERS["no_home"])).id
    async with fresh_database.read(COUNTY) as reader:
        first = await service.register(reader)
        second = await service.register(reader, before=first[-1].id)
        assert [one.id for one in (*first, *second)] == [other, *reversed(written)]
        refusals = await service.register(reader, kind=LetterKind.REFUSAL)
        assert other not in {one.id for one in refusals}
        assert await service.register(reader, year=1999) == []
    async with fresh_database.read("411522") as reader:
        assert await service.register(reader) == []


FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing received": ("acceptance_receipt", {"materials": ()}, "materials"),
    "nothing to correct": ("correction_notice", {"items": ()}, "items"),
    "no reason for rejection": ("rejection", {"facts": " "}, "facts"),
    "missing not listed": ("rejection", {"missing": ()}, "missing"),
    "form not told": ("rejection", {"ground": "form", "missing": ()}, "missing"),
    "nowhere to go": ("rejection_competence", {"competent": ""}, "competent"),
    "no reason for refusal": ("refusal", {"reasons": ()}, "reasons"),
    "no units": ("public_notice", {"lines": ()}, "lines"),
    "over before it began": ("public_notice", {"until": LETTERS["public_notice"].from_day}, "until"),  # type: ignore[union-attr]
    "about nobody": ("no_home", {"persons": ()}, "persons"),
    "without purpose": ("no_home", {"purpose": "  "}, "purpose"),
    "extract without purpose": ("register_extract", {"purpose": ""}, "purpose"),
    "nothing handed over": ("hand_over_receipt", {"papers": ()}, "papers"),
    "not what was paid": ("payment_receipt", {"total_fen": 1}, "lines"),
    "nothing paid": ("maintenance_receipt", {"amount_fen": 0}, "amount_fen"),
    "paid by nobody": ("maintenance_receipt", {"payers": ()}, "payers"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_letter_that_does_not_say_what_it_must_is_not_written(tx: WriteSession, fault: str) -> None:
    name, changes, field = FAULTS[fault]
    with pytest.raises(rules.LetterIncomplete) as refused:
        await service.write(tx, ACTOR, msgspec.structs.replace(LETTERS[name], **changes))
    assert refused.value.field == field


@pytest.mark.parametrize("name", LETTERS)
def test_the_samples_are_whole(name: str) -> None:
    rules.check(LETTERS[name])
