"""Files that an organisation brings: examined, placed, sealed once under the policy; what cannot be sealed is told."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from kernel.clock import now
from kernel.db import Database
from kernel.errors import Invalid
from kernel.settings import Settings
from signing import seal_log, seal_policies, seal_requests
from signing.errors import KeysUnavailable
from signing.founding import open_pki
from signing.pades import SealPlace
from signing.schemas import SealRef
from signing.seal_errors import LimitReached, RequestWithdrawn, UseNotAllowed
from signing.seals import revoke_seal
from tests.seal_desk.houses import CORNER, LOAN, House, ordered, run, stored
from tests.signing import hostile
from tests.signing.hostile import encrypted
from tests.signing.material import Resources, document
from tests.signing.offices import SYSTEM, person
from tests.testbed import HOME, OTHER
from yiti.certificates.checking import check_file
from yiti.seal_desk import service
from yiti.seal_desk.errors import FileDecided, FileTooLarge, FileUnfit, UnknownFile
from yiti.seal_desk.schemas import Placement
from yiti.seal_desk.sealing import seal_file


async def sealed(database: Database, resources: Resources, house: House, data: bytes, *, closes: bool = False) -> bytes:
    file = await run(database, resources, await ordered(database, resources, house, data, closes=closes))
    assert file.sealed_digest is not None, (file.state, file.reason)
    return await resources.blobs.get(file.sealed_digest)


async def test_a_developer_and_then_the_bank_seal_one_file(
    database: Database, resources: Resources, house: House, developer: House
) -> None:
    first = await sealed(database, resources, developer, document())
    both = await sealed(database, resources, house, first, closes=True)
    assert both.startswith(first), "the bank's seal is a revision behind the developer's"
    report = await resources.signing.validate_pdf(both)
    assert (report.valid, [one.signer for one in report.signatures]) == (
        True, ["河南某某置业有限公司", "演示银行息县支行"],
    )  # fmt: skip
    assert {(one.level, one.changes) for one in report.signatures} == {("B-LT", "permitted"), ("B-LT", "none")}
    with pytest.raises(FileUnfit, match="锁定"):
        async with database.transaction(HOME) as tx:
            await developer.bring(tx, resources, both)


async def test_anybody_can_verify_who_sealed_and_that_nothing_was_added(
    database: Database, resources: Resources, house: House
) -> None:
    pdf = await sealed(database, resources, house, document())

    async def nothing_known(_digests: list[str]) -> dict[str, object]:
        return {}

    found = await check_file(pdf, nothing_known, resources.signing.validate_pdf)  # type: ignore[arg-type]
    assert found.report is not None
    assert (found.report.outcome, found.report.signatures[0].signer) == ("valid", "演示银行息县支行")
    assert found.report.signatures[0].signed_at is not None
    assert found.report.signatures[0].changes == "none"


async def test_what_cannot_be_sealed_is_told_before(database: Database, resources: Resources, house: House) -> None:
    pdf = await sealed(database, resources, house, document())
    for data, words in (
        (b"", "空"),
        (b"not a pdf", "不是 PDF"),
        (document()[:-900], "PDF"),
        (encrypted(), "密码"),
        (hostile.zip_bomb(), "展开|复杂|PDF"),
        (hostile.hide_and_replace(pdf), "改动过"),
        (pdf[:3000] + bytes([pdf[3000] ^ 1]) + pdf[3001:], "破坏|损坏"),
    ):
        with pytest.raises(FileUnfit, match=words):
            await service.examined(resources, data)
    with pytest.raises(FileTooLarge):
        await service.examined(resources, document() + b"0" * service.LIMIT_BYTES)
    for kind in ("contract", "mortgage_release", "nonsense"):
        with pytest.raises(Invalid, match="不得用于"):
            async with database.transaction(HOME) as tx:
                await house.bring(tx, resources, kind=kind)


async def test_one_order_is_one_seal_however_often_it_is_asked(
    database: Database, resources: Resources, house: House
) -> None:
    async with database.transaction(HOME) as tx:
        file = await house.bring(tx, resources)

    async def order() -> None:
        async with database.transaction(HOME) as tx:
            await service.submit(tx, house.clerk, file.id, CORNER)

    results = await asyncio.gather(order(), order(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["FileDecided", "NoneType"]
    first = await run(database, resources, file.id)
    async with database.transaction(HOME) as tx:
        again = await seal_file(tx, resources, file.id)  # a job that is delivered twice
    assert (first.state, first.sealed_digest) == ("sealed", again.sealed_digest)
    async with database.read(HOME) as reader:
        uses, _ = await seal_log.log_page(reader, house.seal.id, 10)
    assert [(use.subject, use.document_kind, use.outcome) for use in uses] == [(f"sealed_file:{file.id}", LOAN, "used")]
    with pytest.raises(FileDecided):
        async with database.transaction(HOME) as tx:
            await service.discard(tx, house.clerk, file.id)


async def test_four_eyes_for_exactly_this_file(database: Database, resources: Resources, house: House) -> None:
    async with database.transaction(HOME) as tx:
        await house.set(tx, four_eyes=frozenset({LOAN}))
        file = await house.bring(tx, resources)
        assert (await service.submit(tx, house.clerk, file.id, CORNER)).state == "asked"
    async with database.transaction(HOME) as tx:
        moved = await service.submit(tx, house.clerk, file.id, Placement(page=1, place="centre"))
        assert (moved.state, moved.place) == ("asked", "bottom_right"), "what is asked for stays as it is"
        (request,) = await seal_requests.waiting_requests(tx, house.seal.id, 10)
        assert request.documents == {LOAN: file.original_digest}
        await seal_requests.turn_down(tx, house.colleague(), request.id, "金额有误")
        assert await service.turned_down(tx, file) == "金额有误"
    async with database.transaction(HOME) as tx:
        await service.submit(tx, house.clerk, file.id, Placement(page=1, place="centre"))
        (request,) = await seal_requests.waiting_requests(tx, house.seal.id, 10)
        await seal_requests.approve(tx, house.colleague(), request.id)
    async with database.transaction(HOME) as tx:
        done = await service.submit(tx, house.clerk, file.id)
        assert (done.state, done.place) == ("ordered", "centre")
    assert (await run(database, resources, file.id)).state == "sealed"


async def test_another_than_the_asker_cannot_use_the_approval(
    database: Database, resources: Resources, house: House
) -> None:
    chief = house.colleague()
    async with database.transaction(HOME) as tx:
        await house.set(tx, four_eyes=frozenset({LOAN}))
        file = await house.bring(tx, resources)
        await service.submit(tx, house.clerk, file.id, CORNER)
        (request,) = await seal_requests.waiting_requests(tx, house.seal.id, 10)
        await seal_requests.approve(tx, chief, request.id)
        assert (await service.submit(tx, chief, file.id)).state == "asked", "who approved asks anew for themselves"
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        async with database.transaction(HOME) as tx:
            assert (await service.submit(tx, house.clerk, file.id)).state == "asked"


async def test_a_discarded_file_is_not_approved_any_more(
    database: Database, resources: Resources, house: House
) -> None:
    async with database.transaction(HOME) as tx:
        await house.set(tx, four_eyes=frozenset({LOAN}))
        file = await house.bring(tx, resources)
        await service.submit(tx, house.clerk, file.id, CORNER)
        (request,) = await seal_requests.waiting_requests(tx, house.seal.id, 10)
        await service.discard(tx, house.clerk, file.id)
    with pytest.raises(RequestWithdrawn):
        async with database.transaction(HOME) as tx:
            await seal_requests.approve(tx, house.colleague(), request.id)
    with pytest.raises(FileDecided):
        async with database.transaction(HOME) as tx:
            await service.submit(tx, house.clerk, file.id)


async def test_the_daily_limit_and_the_named_people_are_obeyed(
    database: Database, resources: Resources, house: House
) -> None:
    async with database.transaction(HOME) as tx:
        await house.set(tx, daily_limit=1, users=frozenset({house.clerk.id}))
    await ordered(database, resources, house, document())
    with pytest.raises(LimitReached):
        await ordered(database, resources, house, document())
    async with database.transaction(HOME) as tx:
        file = await house.bring(tx, resources)
    with pytest.raises(UseNotAllowed, match="不在用印规则指定的人员之内"):
        async with database.transaction(HOME) as tx:
            await service.submit(tx, house.colleague(), file.id, CORNER)


async def test_files_are_the_organisations_own(
    database: Database, resources: Resources, house: House, developer: House
) -> None:
    async with database.transaction(HOME) as tx:
        file = await house.bring(tx, resources)
        for stranger in (developer.clerk, person(uuid4())):
            with pytest.raises(UnknownFile):
                await service.submit(tx, stranger, file.id, CORNER)
            with pytest.raises(UnknownFile):
                await service.discard(tx, stranger, file.id)
        assert house.clerk.organisation_id is not None
        assert [one.id for one in (await service.files_of(tx, house.clerk.organisation_id, 5))[0]] == [file.id]
    async with database.read(OTHER) as reader:
        with pytest.raises(UnknownFile):
            await service.file_in(reader, house.clerk.organisation_id, file.id)


async def test_a_keeper_never_seals(database: Database, resources: Resources, house: House) -> None:
    async with database.transaction(HOME) as tx:
        file = await house.bring(tx, resources)
    with pytest.raises(UseNotAllowed, match="没有用印权限"):
        async with database.transaction(HOME) as tx:
            await service.submit(tx, house.keeper.actor, file.id, CORNER)


async def test_a_seal_out_of_use_makes_the_job_wait_and_a_revoked_one_stops_it(
    database: Database, resources: Resources, house: House, settings: Settings
) -> None:
    file_id = await ordered(database, resources, house, document())
    async with database.transaction(HOME) as tx:
        await seal_policies.suspend(tx, house.keeper, house.seal.id, "人员交接")
    waiting = await run(database, resources, file_id)
    async with database.read(HOME) as reader:
        assert "停用" in await service.delayed_by(reader, waiting)
    assert waiting.state == "ordered"
    async with database.transaction(HOME) as tx:
        await revoke_seal(tx, SYSTEM, open_pki(settings), house.seal.key, "印章遗失")
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        stopped = await run(database, resources, file_id)
    assert (stopped.state, "吊销" in stopped.reason) == ("stopped", True)
    async with database.read(HOME) as reader:
        uses, _ = await seal_log.log_page(reader, house.seal.id, 10)
    assert [use.outcome for use in uses] == ["refused", "used"]


async def test_keys_that_are_away_are_waited_for_in_words(
    database: Database, resources: Resources, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await ordered(database, resources, house, document())

    async def away(_pdf: bytes, _seal: SealRef, _place: SealPlace) -> bytes:
        raise KeysUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(resources.signing, "add_seal", away)
        file = await run(database, resources, file_id)
    assert file.state == "ordered"
    async with database.read(HOME) as reader:
        assert "密码设备" in await service.delayed_by(reader, file)
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert (await run(database, resources, file_id)).state == "sealed"
    assert (await stored(database, file_id)).sealed_digest


async def test_a_seal_that_would_spoil_what_is_there_does_not_go_out(
    database: Database, resources: Resources, house: House, developer: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the examination overlooked: what is stored has been judged as it will be by others."""
    first = await sealed(database, resources, developer, document())
    file_id = await ordered(database, resources, house, first)
    add = resources.signing.add_seal

    async def careless(pdf: bytes, seal: SealRef, place: SealPlace) -> bytes:
        return await add(document(), seal, place)

    monkeypatch.setattr(resources.signing, "add_seal", careless)
    file = await run(database, resources, file_id)
    assert (file.state, file.reason) == ("stopped", "加盖后文件里原有的电子签名不再有效")
