"""The whole ceremony against a real database and real signing processes."""

import asyncio
import json
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.clock import now
from kernel.db import Database
from kernel.db.schema import load_modules
from kernel.errors import Unavailable
from kernel.outbox.delivery import deliver
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, Permission
from kernel.settings import Settings
from signing import applying, seal_policies, seals, service
from signing.errors import (
    AlreadySigned,
    BadHandwriting,
    CeremonyClosed,
    ConsentMissing,
    DocumentMoved,
    IdentityExpired,
    IdentityMismatch,
    KeysUnavailable,
    LinkExpired,
    NotIdentified,
    NotYourTurn,
    OutsideCaUnavailable,
    SealNotAllowed,
    TimestampUnavailable,
    UnknownLink,
    UnknownSeal,
)
from signing.founding import open_pki
from signing.models import AppliedSignature, CeremonyDocument, CeremonySignatory, EvidenceEvent, OrganisationSeal
from signing.pool import SigningPool
from signing.schemas import (
    DocumentToSign,
    Field,
    IdentityAssertion,
    IdentityStarted,
    SealRef,
)
from signing.seal_errors import SealSuspended
from signing.seal_policies import Keeper
from tests.signing.ceremonies import CLIENT, KINDS, PAGES, SYSTEM, Sale, assertion_for, buyer, opened
from tests.signing.material import Resources, box, document, handwriting
from tests.testbed import HOME, OTHER


async def test_three_buyers_at_once_then_the_seller(sale: Sale) -> None:
    async with sale.database.transaction(HOME) as tx:
        await applying.prepare_documents(tx, sale.resources, sale.ceremony)
    for key in ("buyer-1", "buyer-2", "buyer-3"):
        await sale.agree(key)
    await asyncio.gather(*(sale.apply(key) for key in ("buyer-3", "buyer-1", "buyer-2")))
    await sale.seal()
    await sale.apply("seller")
    documents = {key: await sale.resources.blobs.get(digest) for key, digest in (await sale.digests()).items()}
    for key, count in (("contract", 5), ("inquiry_record", 5)):
        report = await sale.resources.signing.validate_pdf(documents[key])
        assert report.valid
        assert len(report.signatures) == count
        assert report.signatures[-1].changes == "none"
    names = {row.field: row.signer for row in report.signatures}
    assert names["sign-buyer-2"] == "买受人2"
    assert report.signatures[-1].field == "platform-close"
    done = [event for event in await sale.rows(OutboxEvent) if event.topic == "signing.completed"]
    assert [event.payload for event in done] == [{"ceremony_id": str(sale.ceremony), "subject": sale.subject}]
    people = await sale.rows(CeremonySignatory)
    assert {row.status for row in people} == {"signed"}
    assert {row.handwriting for row in people} == {None}


async def test_the_evidence_tells_everything_and_holds(sale: Sale) -> None:
    for key in ("buyer-1", "buyer-2", "buyer-3"):
        await sale.sign(key)
    await sale.seal()
    await sale.apply("seller")
    async with sale.database.read(HOME) as reader:
        report = await service.evidence_report(reader, sale.ceremony)
    told = json.loads(report.content)
    assert report.intact
    assert [row["final_digest"] for row in told["documents"]] == list((await sale.digests()).values())
    assert len(told["assertions"]) == 3
    assert len(told["signatures"]) == 4 + 4  # four on the contract; three and the platform's on the record
    kinds = [json.loads(event["body"])["kind"] for event in told["chain"]["events"]]
    assert kinds.count("consented") == 3
    assert kinds[0] == "opened"
    assert kinds[-1] == "completed"
    consented = next(json.loads(e["body"]) for e in told["chain"]["events"] if '"kind":"consented"' in e["body"])
    assert set(consented["detail"]["documents"]) == set(KINDS)
    viewing = consented["detail"]["documents"]["contract"]["viewing"]
    assert (viewing["pages"], viewing["milliseconds"]) == (PAGES, {"1": 1000, "2": 1000})
    assert "990000199001010001" not in report.content.decode()


async def test_the_evidence_cannot_be_changed(sale: Sale) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with sale.database.transaction(HOME) as tx:
            await tx.execute(update(EvidenceEvent).values(digest="0" * 64))
    with pytest.raises(DBAPIError, match="append-only"):
        async with sale.database.transaction(HOME) as tx:
            await tx.execute(text("DELETE FROM evidence_events"))


async def test_a_link_is_secret_and_expires(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    assert await sale.link("buyer-1") == token  # a repeated SMS job sends the same link
    async with sale.database.read(HOME) as reader:
        stored = await reader.scalars(text("SELECT row_to_json(s)::text FROM signatories s"))
        assert not any(token in row or token.encode().hex() in row for row in stored)
    async with sale.database.read(HOME) as reader:
        desk = await service.by_token(reader, token)
        assert (desk.step, desk.name_masked, len(desk.documents)) == ("identify", "买**", 2)
        with time_machine.travel(now() + timedelta(hours=73)), pytest.raises(LinkExpired):
            await service.by_token(reader, token)
    async with sale.database.read(OTHER) as stranger:
        with pytest.raises(UnknownLink):
            await service.by_token(stranger, token)
    with time_machine.travel(now() + timedelta(hours=73)):
        assert await sale.link("buyer-1") != token
    async with sale.database.read(HOME) as reader:
        with pytest.raises(LinkExpired):  # it stays what it was, and serves to ask for the new one
            await service.by_token(reader, token)


async def test_the_desk_leads_step_by_step(sale: Sale) -> None:
    async def step() -> str:
        async with sale.database.read(HOME) as reader:
            return (await service.by_token(reader, token)).step

    token = await sale.link("buyer-1")
    assert await step() == "identify"
    await sale.identify(token, "buyer-1")
    assert await step() == "sign"
    await sale.read(token)
    await sale.consent(token)
    assert await step() == "applying"
    await sale.apply("buyer-1")
    assert await step() == "done"


async def test_only_the_same_person_is_identified(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    async with sale.database.transaction(HOME) as tx:
        await service.begin_identification(tx, token, IdentityStarted(reference="mine", url=""))
    good = assertion_for("buyer-1", "mine")
    wrong = [
        assertion_for("buyer-2", "mine"),
        assertion_for("buyer-1", "never started"),
    ]
    for assertion in wrong:
        with pytest.raises(IdentityMismatch):
            async with sale.database.transaction(HOME) as tx:
                await service.complete_identification(tx, token, assertion)
    old = IdentityAssertion(
        **{**{f: getattr(good, f) for f in good.__struct_fields__}, "verified_at": now() - timedelta(hours=1)}
    )
    with pytest.raises(IdentityExpired):
        async with sale.database.transaction(HOME) as tx:
            await service.complete_identification(tx, token, old)
    for _ in range(2):  # delivered twice
        async with sale.database.transaction(HOME) as tx:
            await service.complete_identification(tx, token, good)
    kinds = [json.loads(row.body)["kind"] for row in await sale.rows(EvidenceEvent)]
    assert kinds.count("identified") == 1


async def test_an_assertion_serves_one_session(
    database: Database, resources: Resources, developer: Actor, sale: Sale
) -> None:
    used = await sale.identify(await sale.link("buyer-1"), "buyer-1")
    async with opened(database, resources, developer, 1) as other:
        token = await other.link("buyer-1")
        async with database.transaction(HOME) as tx:
            await service.begin_identification(tx, token, IdentityStarted(reference=used.reference, url=""))
        with pytest.raises(IdentityMismatch):
            async with database.transaction(HOME) as tx:
                await service.complete_identification(tx, token, used)


async def test_consent_needs_identity_every_document_and_a_hand(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    with pytest.raises(NotIdentified):
        await sale.consent(token)
    await sale.identify(token, "buyer-1")
    with pytest.raises(BadHandwriting):
        await sale.consent(token, b"no picture")
    with pytest.raises(ConsentMissing):
        async with sale.database.transaction(HOME) as tx:
            await service.consent(tx, token, {"contract": True}, handwriting(), CLIENT)
    with time_machine.travel(now() + timedelta(minutes=31)), pytest.raises(IdentityExpired):
        await sale.consent(token)
    assert not [row for row in await sale.rows(OutboxEvent) if row.topic == "signing.apply"]


async def test_a_replayed_consent_is_refused_also_when_both_come_at_once(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    await sale.identify(token, "buyer-1")
    await sale.read(token)
    results = await asyncio.gather(*(sale.consent(token) for _ in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadySigned"] * 3 + ["NoneType"]
    await sale.apply("buyer-1")
    with pytest.raises(AlreadySigned):
        await sale.consent(token)
    with pytest.raises(AlreadySigned):
        await sale.link("buyer-1")


async def test_a_repeated_job_signs_nothing_twice(sale: Sale) -> None:
    await sale.sign("buyer-1")
    before = await sale.digests()
    await sale.apply("buyer-1")
    assert await sale.digests() == before
    assert len(await sale.rows(AppliedSignature)) == 2


async def test_a_job_that_dies_before_its_commit_starts_again_from_the_same_revision(sale: Sale) -> None:
    await sale.agree("buyer-1")
    before = await sale.digests()

    async def killed_after_signing() -> None:
        async with sale.database.transaction(HOME) as tx:
            await applying.apply_signatures(tx, sale.resources, sale.ceremony, "buyer-1")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await killed_after_signing()
    assert await sale.digests() == before
    await sale.apply("buyer-1")
    pdf = await sale.resources.blobs.get((await sale.digests())["contract"])
    report = await sale.resources.signing.validate_pdf(pdf)
    assert report.valid
    assert [row.field for row in report.signatures] == ["platform", "sign-buyer-1"]


class _Away:
    """A signing room whose time, keys or authority are away."""

    def __init__(self, error: Unavailable) -> None:
        self.error = error

    async def prepare(self, *_: object) -> bytes:
        raise self.error

    sign_person = prepare


@pytest.mark.parametrize("error", [TimestampUnavailable, KeysUnavailable, OutsideCaUnavailable])
async def test_a_signature_waits_for_what_is_away_and_says_so(sale: Sale, error: type[Unavailable]) -> None:
    load_modules("jobs")
    await sale.agree("buyer-1")
    before = await sale.digests()
    (waiting,) = [row.id for row in await sale.rows(OutboxEvent) if row.topic == "signing.apply"]

    async def delay() -> str | None:
        async with sale.database.read(HOME) as reader:
            return await service.delayed_by(reader, sale.ceremony, "buyer-1")

    assert await delay() is None
    away = replace(sale.resources, signing=cast("Any", _Away(error())))
    await deliver(sale.database, away, HOME, waiting)
    assert await delay() == error.default_message
    assert (await sale.digests(), await sale.rows(AppliedSignature)) == (before, [])
    with time_machine.travel(now() + timedelta(minutes=1)):
        assert await deliver(sale.database, sale.resources, HOME, waiting)
    assert await delay() is None
    assert len(await sale.rows(AppliedSignature)) == 2


async def test_a_signing_process_that_is_killed_is_replaced(sale: Sale, settings: Settings) -> None:
    await sale.agree("buyer-1")
    async with SigningPool(settings.model_copy(update={"signing_processes": 1})) as pool:
        for process in list(pool._executor._processes):
            os.kill(process, signal.SIGKILL)
        resources = replace(sale.resources, signing=pool)
        broken = replace(sale, resources=resources)
        with pytest.raises(Unavailable):
            await asyncio.gather(*(pool.validate_pdf(b"x") for _ in range(4)))
        await broken.apply("buyer-1")
    assert len(await sale.rows(AppliedSignature)) == 2


async def test_two_writers_without_the_lock_cannot_lose_a_signature(sale: Sale) -> None:
    async with sale.database.transaction(HOME) as tx:
        row = (await tx.scalars(select(CeremonyDocument).where(CeremonyDocument.ceremony_id == sale.ceremony))).first()
        assert row is not None
        async with sale.database.transaction(HOME) as other:
            await other.execute(update(CeremonyDocument).where(CeremonyDocument.id == row.id).values(revision=7))
        with pytest.raises(DocumentMoved):
            await applying._move(tx, row, "f" * 64)


async def test_the_seller_comes_last_under_its_policy(sale: Sale, developer: Actor) -> None:
    with pytest.raises(NotYourTurn):
        await sale.seal()
    for key in ("buyer-1", "buyer-2"):
        await sale.sign(key)
    await sale.agree("buyer-3")
    with pytest.raises(NotYourTurn):
        await sale.seal()
    await sale.apply("buyer-3")
    for stranger in (replace(developer, organisation_id=uuid4()), replace(developer, permissions=frozenset())):
        with pytest.raises(SealNotAllowed):
            await sale.seal(stranger)
    await sale.seal()
    with pytest.raises(AlreadySigned):
        await sale.seal()
    async with sale.database.read(HOME) as reader:
        uses = await seals.seal_uses(reader, f"organisation:{developer.organisation_id}")
    assert [(use.document_kind, use.subject, use.actor_id) for use in uses] == [
        ("contract", sale.subject, developer.id)
    ]


async def test_a_seal_that_was_ordered_waits_while_it_is_suspended(sale: Sale, developer: Actor) -> None:
    for key in ("buyer-1", "buyer-2", "buyer-3"):
        await sale.sign(key)
    await sale.seal()
    assert developer.organisation_id
    keeper = Keeper(replace(developer, permissions=frozenset({Permission.SEAL_MANAGE})))
    async with sale.database.transaction(HOME) as tx:
        chosen = select(OrganisationSeal.id).where(OrganisationSeal.organisation_id == developer.organisation_id)
        seal_id = (await tx.scalars(chosen)).one()
        await seal_policies.suspend(tx, keeper, seal_id, "印章管理员外出")
    before = await sale.digests()
    with pytest.raises(SealSuspended):
        await sale.apply("seller")
    assert await sale.digests() == before
    async with sale.database.transaction(HOME) as tx:
        await seal_policies.resume(tx, keeper, seal_id)
    await sale.apply("seller")
    assert await sale.digests() != before


async def test_a_revoked_seal_is_not_used(sale: Sale, developer: Actor, settings: Settings) -> None:
    for key in ("buyer-1", "buyer-2", "buyer-3"):
        await sale.sign(key)
    key = f"organisation:{developer.organisation_id}"
    async with sale.database.transaction(HOME) as tx:
        await seals.revoke_seal(tx, SYSTEM, open_pki(settings), key, "印章遗失")
    with pytest.raises(SealNotAllowed):
        await sale.seal()


async def test_a_seal_by_key_obeys_its_policy(database: Database, developer: Actor) -> None:
    key = f"organisation:{developer.organisation_id}"
    async with database.transaction(HOME) as tx:
        await seals.authorise_key(tx, SYSTEM, key, "contract", "0" * 64, "proof:1")
        with pytest.raises(SealNotAllowed):
            await seals.authorise_key(tx, SYSTEM, key, "proof", "0" * 64, "proof:1")
        with pytest.raises(UnknownSeal):
            await seals.authorise_key(tx, SYSTEM, "nobody", "proof", "0" * 64, "proof:1")


async def test_the_pool_seals_and_validates(resources: Resources, developer: Actor) -> None:
    seal = SealRef(key=f"organisation:{developer.organisation_id}")
    pdf = await resources.signing.seal_pdf(document(), seal, "seal", box(0))
    assert (await resources.signing.validate_pdf(pdf)).valid
    archived = await resources.signing.archive_timestamp(pdf)
    report = await resources.signing.validate_pdf(archived)
    assert [row.level for row in report.signatures] == ["B-LTA", "DTS"]
    with pytest.raises(UnknownSeal):
        await resources.signing.seal_pdf(document(), SealRef(key="nobody"))


async def test_a_cancelled_ceremony_is_over(sale: Sale) -> None:
    token = await sale.link("buyer-1")
    await sale.agree("buyer-2")
    async with sale.database.transaction(HOME) as tx:
        await service.cancel(tx, SYSTEM, sale.ceremony, "合同退回修改")
        await service.cancel(tx, SYSTEM, sale.ceremony, "again")
    await sale.apply("buyer-2")
    assert not await sale.rows(AppliedSignature)
    with pytest.raises(CeremonyClosed):
        await sale.identify(token, "buyer-1")
    async with sale.database.read(HOME) as reader:
        assert (await service.by_token(reader, token)).step == "closed"


async def test_one_ceremony_at_a_time_for_a_subject(sale: Sale) -> None:
    again = [
        DocumentToSign(
            key="c", title="c", digest="0" * 64, pages=1, fields=(Field(name="f", signatory="buyer-1", box=box(0)),)
        )
    ]
    with pytest.raises(IntegrityError):
        async with sale.database.transaction(HOME) as tx:
            await service.open_ceremony(tx, SYSTEM, sale.subject, again, [buyer(1)], "buyer-1")
