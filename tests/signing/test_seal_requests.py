"""Four eyes: one asks for the seal, another approves, for exactly these documents and for a day."""

import asyncio
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
import time_machine

from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor, Permission
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing import applying, seal_log, seal_requests, seals, service
from signing.errors import CeremonyClosed, SealNotAllowed
from signing.founding import open_pki
from signing.models import SealRequest
from signing.schemas import DocumentToSign, Field, Signatory
from signing.seal_errors import (
    ApprovalMissing,
    NothingToApprove,
    OwnRequest,
    RequestDecided,
    RequestWithdrawn,
    UnknownRequest,
)
from signing.seal_policies import Keeper, set_policy
from signing.seal_rules import APPROVAL_LIFETIME, UsePolicy
from tests.signing.material import Resources, box, document
from tests.signing.offices import DOCUMENTS, SYSTEM, Office, kept_office, make_office, person
from tests.testbed import HOME

EYES = frozenset({"contract"})


async def asked(tx: WriteSession, office: Office, actor: Actor | None = None, **documents: str) -> SealRequest:
    return await seal_requests.ask(tx, actor or office.clerk, office.seal_id, documents or DOCUMENTS, office.subject)


async def four_eyes(tx: WriteSession) -> Office:
    office = await make_office(tx)
    await office.set(tx, four_eyes=EYES)
    return office


async def test_one_asks_another_approves_the_first_seals_once(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    colleague = office.colleague()
    with pytest.raises(ApprovalMissing):
        await office.use(tx)
    request = await asked(tx, office)
    assert (await asked(tx, office)).id == request.id
    with pytest.raises(ApprovalMissing):
        await office.use(tx)
    with pytest.raises(OwnRequest):
        await seal_requests.approve(tx, office.clerk, request.id)
    await seal_requests.approve(tx, colleague, request.id)
    with pytest.raises(ApprovalMissing):
        await office.use(tx, colleague)
    with pytest.raises(ApprovalMissing):
        await office.use(tx, documents={"contract": "f" * 64})
    await office.use(tx)
    rows, _ = await seal_log.log_page(tx, office.seal_id, 5)
    assert [(row.actor_id, row.approved_by) for row in rows] == [(office.clerk.id, colleague.id)]
    with pytest.raises(ApprovalMissing):
        await office.use(tx)


async def test_what_is_not_under_four_eyes_needs_nobody(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    await office.use(tx, documents={"letter": "a" * 64})
    with pytest.raises(NothingToApprove):
        await asked(tx, office, letter="a" * 64)


async def test_an_approval_runs_out_after_a_day(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    request = await asked(tx, office)
    await seal_requests.approve(tx, office.colleague(), request.id)
    with time_machine.travel(now() + APPROVAL_LIFETIME + timedelta(seconds=1), tick=False):
        with pytest.raises(ApprovalMissing):
            await office.use(tx)
        again = await asked(tx, office)
        assert (again.id, request.status) != (request.id, "approved")
        await seal_requests.approve(tx, office.colleague(), again.id)
        await office.use(tx)


async def test_other_documents_replace_the_request(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    old = await asked(tx, office)
    new = await asked(tx, office, contract="e" * 64)
    with pytest.raises(RequestDecided):
        await seal_requests.approve(tx, office.colleague(), old.id)
    assert [one.id for one in await seal_requests.waiting_requests(tx, office.seal_id, 9)] == [new.id]


async def test_a_request_is_turned_down_with_a_reason(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    request = await asked(tx, office)
    with pytest.raises(Invalid):
        await seal_requests.turn_down(tx, office.colleague(), request.id, " ")
    await seal_requests.turn_down(tx, office.colleague(), request.id, "价款未核对")
    with pytest.raises(RequestDecided):
        await seal_requests.approve(tx, office.colleague(), request.id)
    with pytest.raises(ApprovalMissing):
        await office.use(tx)
    assert (await asked(tx, office)).id != request.id


async def test_strangers_and_those_who_may_not_seal_decide_nothing(tx: WriteSession) -> None:
    office = await four_eyes(tx)
    request = await asked(tx, office)
    with pytest.raises(UnknownRequest):
        await seal_requests.approve(tx, person(uuid4(), Permission.SEAL_USE), request.id)
    with pytest.raises(SealNotAllowed):
        await seal_requests.approve(tx, person(office.organisation, Permission.SEAL_MANAGE), request.id)
    with pytest.raises(SealNotAllowed):
        await asked(tx, office, person(office.organisation, Permission.SALE_VIEW))


async def test_two_decisions_at_once_are_one(database: Database) -> None:
    office = await kept_office(database, four_eyes=EYES)
    async with database.transaction(HOME) as tx:
        request = await asked(tx, office)

    async def decide() -> None:
        async with database.transaction(HOME) as tx:
            await seal_requests.approve(tx, office.colleague(), request.id)

    results = await asyncio.gather(decide(), decide(), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "RequestDecided"]


async def test_an_approval_is_used_once_though_two_seal_at_once(database: Database) -> None:
    office = await kept_office(database, four_eyes=EYES)
    async with database.transaction(HOME) as tx:
        request = await asked(tx, office)
    async with database.transaction(HOME) as tx:
        await seal_requests.approve(tx, office.colleague(), request.id)

    async def seal() -> None:
        async with database.transaction(HOME) as tx:
            await office.use(tx)

    results = await asyncio.gather(seal(), seal(), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ApprovalMissing", "NoneType"]


async def test_a_bank_seals_a_ceremony_under_four_eyes(
    database: Database, resources: Resources, settings: Settings
) -> None:
    bank, code = uuid4(), f"9141{uuid4().hex[:14].upper()}"
    clerk, chief = (person(bank, Permission.SEAL_VIEW, Permission.SEAL_USE) for _ in range(2))
    async with database.transaction(HOME) as tx:
        seal = await seals.issue_seal(
            tx, SYSTEM, open_pki(settings), font_files(settings.assets_dir)[1], key=f"organisation:{bank}",
            organisation="演示银行息县支行", credit_code=code, document_kinds=["mortgage"], organisation_id=bank,
        )  # fmt: skip
        keeper = Keeper(person(bank, Permission.SEAL_MANAGE))
        rules = UsePolicy(kinds=frozenset({"mortgage"}), four_eyes=frozenset({"mortgage"}), daily_limit=1)
        await set_policy(tx, keeper, seal.id, rules)
        ceremony = await _mortgage(tx, resources, code)
    with pytest.raises(ApprovalMissing):
        async with database.transaction(HOME) as tx:
            await service.seal_by_organisation(tx, clerk, ceremony, "bank")
    async with database.transaction(HOME) as tx:
        await applying.prepare_documents(tx, resources, ceremony)
    async with database.transaction(HOME) as tx:
        named, documents = await seal_requests.to_be_sealed(tx, ceremony, "bank")
        assert (named, set(documents)) == (code, {"mortgage"})
        request = await seal_requests.ask_in(tx, clerk, ceremony, "bank")
        await seal_requests.approve(tx, chief, request.id)
        await service.seal_by_organisation(tx, clerk, ceremony, "bank")
    async with database.transaction(HOME) as tx:
        await applying.apply_signatures(tx, resources, ceremony, "bank")
        digests = await service.signed_documents(tx, ceremony)
    report = await resources.signing.validate_pdf(await resources.blobs.get(digests["mortgage"]))
    assert report.valid
    assert "演示银行息县支行" in report.signatures[-1].signer


@pytest.mark.parametrize("approved", [False, True], ids=["waiting", "approved"])
async def test_a_request_falls_away_with_its_signing(
    database: Database, resources: Resources, *, approved: bool
) -> None:
    office = await kept_office(database, four_eyes=EYES)
    async with database.transaction(HOME) as tx:
        ceremony = await _mortgage(tx, resources, office.credit_code, "contract")
        request = await seal_requests.ask_in(tx, office.clerk, ceremony, "bank")
        if approved:
            await seal_requests.approve(tx, office.colleague(), request.id)
    async with database.transaction(HOME) as tx:
        await service.cancel(tx, SYSTEM, ceremony, "合同作废")
        assert await seal_requests.waiting_requests(tx, office.seal_id, 9) == []
        stands = await seal_requests.last_request(tx, office.seal_id, request.subject)
        assert stands is not None
        assert (stands.status, stands.reason) == (seal_requests.WITHDRAWN, "签署已撤销")
    with pytest.raises(RequestWithdrawn):
        async with database.transaction(HOME) as tx:
            await seal_requests.approve(tx, office.colleague(), request.id)
    with pytest.raises(CeremonyClosed):
        async with database.transaction(HOME) as tx:
            await seal_requests.ask_in(tx, office.clerk, ceremony, "bank")


async def test_an_approval_and_the_end_at_once_leave_nothing_to_seal_with(
    database: Database, resources: Resources
) -> None:
    office = await kept_office(database, four_eyes=EYES)
    async with database.transaction(HOME) as tx:
        ceremony = await _mortgage(tx, resources, office.credit_code, "contract")
        request = await seal_requests.ask_in(tx, office.clerk, ceremony, "bank")

    async def approve() -> None:
        async with database.transaction(HOME) as tx:
            await seal_requests.approve(tx, office.colleague(), request.id)

    async def end() -> None:
        async with database.transaction(HOME) as tx:
            await service.cancel(tx, SYSTEM, ceremony, "合同作废")

    results = await asyncio.gather(approve(), end(), return_exceptions=True)
    assert isinstance(results[0], RequestWithdrawn | None)
    assert results[1] is None
    async with database.read(HOME) as reader:
        assert await seal_requests.open_request(reader, office.seal_id, request.subject) is None


async def _mortgage(tx: WriteSession, resources: Resources, code: str, kind: str = "mortgage") -> UUID:
    bank = Signatory(
        key="bank", kind="organisation", name="演示银行息县支行", id_kind="credit_code", id_no=code, phone=None,
        organisation="演示银行息县支行", credit_code=code,
    )  # fmt: skip
    place = Field(name="sign-bank", signatory="bank", box=box(0))
    paper = DocumentToSign(
        key=kind, title="抵押合同", digest=await resources.blobs.put(document()), pages=2, fields=(place,)
    )
    subject = f"mortgage:{cast('UUID', (await seal_requests.seal_of(tx, code)).organisation_id)}"
    return (await service.open_ceremony(tx, SYSTEM, subject, [paper], [bank], "bank")).id
