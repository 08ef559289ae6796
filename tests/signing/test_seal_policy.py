"""The use policy of seals: who, what, how often, and what is written down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from kernel.db import Database, WriteSession
from kernel.errors import Conflict, Invalid, Unavailable
from kernel.permissions import Permission
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing import seal_log, seal_policies, seals
from signing.errors import SealNotAllowed, UnknownSeal
from signing.models import OrganisationSeal, SealUse
from signing.pki import Pki
from signing.seal_errors import LimitReached, NotSealKeeper, SealRefused, SealSuspended
from signing.seal_policies import Keeper, locked_seal
from signing.seal_rules import Reason, near_limit
from tests.signing.offices import SYSTEM, kept_office, make_office, person
from tests.testbed import HOME


@asynccontextmanager
async def refused(reason: Reason) -> AsyncIterator[None]:
    with pytest.raises(SealRefused) as caught:
        yield
    assert caught.value.use.reason is reason


async def test_by_default_everybody_who_may_seal_may_use_it(tx: WriteSession) -> None:
    office = await make_office(tx)
    await office.use(tx)
    await office.use(tx, office.colleague(permissions=frozenset({Permission.SALE_SEAL})))
    async with refused(Reason.STRANGER):
        await office.use(tx, replace(office.clerk, organisation_id=uuid4()))
    async with refused(Reason.NOT_PERMITTED):
        await office.use(tx, person(office.organisation, Permission.SEAL_MANAGE))
    async with refused(Reason.KIND):
        await office.use(tx, documents={"contract": "a" * 64, "deed": "b" * 64})


async def test_only_who_is_named_or_has_a_named_role(tx: WriteSession) -> None:
    office = await make_office(tx)
    await office.set(tx, users=frozenset({office.clerk.id}), roles=frozenset({"sales_manager"}))
    await office.use(tx)
    await office.use(tx, office.colleague(roles=frozenset({"sales_manager"})))
    async with refused(Reason.NOT_NAMED):
        await office.use(tx, office.colleague(roles=frozenset({"sales_clerk"})))


async def test_the_policy_names_kinds_but_never_more_than_the_seal_was_issued_for(tx: WriteSession) -> None:
    office = await make_office(tx)
    await office.set(tx, kinds=frozenset({"letter"}))
    async with refused(Reason.KIND):
        await office.use(tx)
    await tx.execute(
        update(OrganisationSeal).where(OrganisationSeal.id == office.seal_id).values(document_kinds=["contract"])
    )
    async with refused(Reason.KIND):
        await office.use(tx, documents={"letter": "a" * 64})


async def test_the_daily_limit_holds_when_many_come_at_once(database: Database) -> None:
    office = await kept_office(database, daily_limit=3)

    async def use() -> None:
        async with database.transaction(HOME) as tx:
            await office.use(tx)
            await asyncio.sleep(0.02)

    results = await asyncio.gather(*(use() for _ in range(8)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["LimitReached"] * 5 + ["NoneType"] * 3
    async with database.read(HOME) as reader:
        assert await seal_log.used_today(reader, [office.seal_id]) == {office.seal_id: 3}


async def test_a_use_of_several_documents_is_one_and_a_new_day_counts_anew(tx: WriteSession) -> None:
    office = await make_office(tx)
    await office.set(tx, daily_limit=1)
    # 23:59 in Shanghai, and two minutes later
    with time_machine.travel(datetime(2026, 11, 22, 15, 59, tzinfo=UTC), tick=False):
        await office.use(tx, documents={"contract": "a" * 64, "letter": "b" * 64})
        with pytest.raises(LimitReached):
            await office.use(tx)
    with time_machine.travel(datetime(2026, 11, 22, 16, 1, tzinfo=UTC), tick=False):
        await office.use(tx)


def test_the_warning_comes_at_four_fifths() -> None:
    assert [used for used in range(11) if near_limit(used, 10)] == [8, 9, 10]
    assert not near_limit(1000, None)


async def test_papers_of_the_platform_obey_kinds_limit_and_suspension(tx: WriteSession) -> None:
    office = await make_office(tx)
    key = f"organisation:{office.organisation}"

    async def seal(kind: str = "letter") -> None:
        await seals.authorise_key(tx, SYSTEM, key, kind, "c" * 64, "letter:1")

    await office.set(tx, daily_limit=1, users=frozenset({office.clerk.id}), four_eyes=frozenset({"letter"}))
    await seal()
    with pytest.raises(LimitReached) as full:
        await seal()
    assert isinstance(full.value, Unavailable), "the job must be tried again"
    async with refused(Reason.KIND):
        await seal("deed")
    await seal_policies.suspend(tx, office.keeper, office.seal_id, "换人")
    with pytest.raises(SealSuspended) as stopped:
        await seal()
    assert isinstance(stopped.value, Unavailable)


async def test_a_suspended_seal_waits_and_a_revoked_one_does_not_come_back(tx: WriteSession) -> None:
    office = await make_office(tx)
    with pytest.raises(Invalid):
        await seal_policies.suspend(tx, office.keeper, office.seal_id, " ")
    await seal_policies.suspend(tx, office.keeper, office.seal_id, "印章管理员外出")
    async with refused(Reason.SUSPENDED):
        await office.use(tx)
    await seal_policies.resume(tx, office.keeper, office.seal_id)
    await office.use(tx)
    await tx.execute(update(OrganisationSeal).where(OrganisationSeal.id == office.seal_id).values(status="revoked"))
    with pytest.raises(Conflict):
        await seal_policies.resume(tx, office.keeper, office.seal_id)
    with pytest.raises(SealNotAllowed):
        await office.use(tx)


async def test_a_suspension_waits_for_the_use_on_its_way(database: Database) -> None:
    office = await kept_office(database)
    used = asyncio.Event()
    order: list[str] = []

    async def use() -> None:
        async with database.transaction(HOME) as tx:
            await office.use(tx)
            used.set()
            await asyncio.sleep(0.1)
            order.append("used")

    async def suspend() -> None:
        await used.wait()
        async with database.transaction(HOME) as tx:
            await seal_policies.suspend(tx, office.keeper, office.seal_id, "停用")
            order.append("suspended")

    await asyncio.gather(use(), suspend())
    assert order == ["used", "suspended"]


async def test_a_refusal_is_kept_though_its_transaction_is_undone(database: Database) -> None:
    office = await kept_office(database, kinds=frozenset({"letter"}))
    stranger = replace(office.clerk, id=uuid4(), organisation_id=uuid4())
    for actor in (office.clerk, stranger):
        with pytest.raises(SealRefused) as caught:
            async with database.transaction(HOME) as tx:
                await office.use(tx, actor)
        async with database.transaction(HOME) as tx:
            seal_log.write_refusal(tx, actor, caught.value)
    async with database.read(HOME) as reader:
        rows, _ = await seal_log.log_page(reader, office.seal_id, 10)
        assert await seal_log.used_today(reader, [office.seal_id]) == {office.seal_id: 0}
        assert await seal_log.seal_uses(reader, f"organisation:{office.organisation}") == []
    assert [(row.actor_id, row.outcome, row.reason, row.subject) for row in rows] == [
        (stranger.id, "refused", "stranger", office.subject),
        (office.clerk.id, "refused", "kind", office.subject),
    ]


async def test_a_refusal_can_be_written_while_the_refused_transaction_is_still_open(database: Database) -> None:
    office = await kept_office(database, daily_limit=1)
    async with database.transaction(HOME) as tx:
        await office.use(tx)
    async with database.transaction(HOME) as tx:
        with pytest.raises(LimitReached) as caught:
            await office.use(tx)
        async with asyncio.timeout(5), database.transaction(HOME) as beside:
            seal_log.write_refusal(beside, office.clerk, caught.value)


async def test_the_log_is_paged_and_cannot_be_changed(tx: WriteSession) -> None:
    office = await make_office(tx)
    for _ in range(5):
        await office.use(tx)
    await tx.flush()
    first, more = await seal_log.log_page(tx, office.seal_id, 3)
    rest, end = await seal_log.log_page(tx, office.seal_id, 3, more)
    assert (len(first), len(rest), end) == (3, 2, None)
    assert [row.id for row in first + rest] == sorted((row.id for row in first + rest), reverse=True)
    for statement in (delete(SealUse), update(SealUse).values(outcome="refused")):
        with pytest.raises(DBAPIError, match="append-only"):
            async with tx.begin_nested():
                await tx.execute(statement)


async def test_versions_are_kept_and_nobody_overwrites_what_they_have_not_seen(tx: WriteSession) -> None:
    office = await make_office(tx)
    await office.set(tx, daily_limit=5)
    await office.set(tx, daily_limit=7, version=1)
    with pytest.raises(Conflict):
        await office.set(tx, daily_limit=9, version=1)
    assert [(row.version, row.daily_limit) for row in await seal_policies.versions(tx, office.seal_id)] == [
        (2, 7),
        (1, 5),
    ]
    seal = await locked_seal(tx, office.seal_id)
    assert (await seal_policies.policy_of(tx, seal)).daily_limit == 7


async def test_only_the_keeper_of_the_organisation_sets_rules(tx: WriteSession) -> None:
    office = await make_office(tx)
    with pytest.raises(NotSealKeeper):
        await replace(office, keeper=Keeper(office.clerk)).set(tx)
    stranger = Keeper(person(uuid4(), Permission.SEAL_MANAGE), agency=True)
    with pytest.raises(UnknownSeal):
        await replace(office, keeper=stranger).set(tx)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"daily_limit": 0}, "daily_limit"),
        ({"daily_limit": 10**7}, "daily_limit"),
        ({"kinds": frozenset()}, "kinds"),
        ({"kinds": frozenset({"deed"})}, "kinds"),
        ({"kinds": frozenset({"letter"}), "four_eyes": frozenset({"contract"})}, "four_eyes"),
    ],
)
async def test_a_policy_that_cannot_be_is_refused_at_its_field(
    tx: WriteSession, rules: dict[str, Any], field: str
) -> None:
    office = await make_office(tx)
    with pytest.raises(Invalid) as caught:
        await office.set(tx, **rules)
    assert caught.value.field == field


async def test_the_seal_of_the_agency_is_kept_by_the_agency_and_knows_no_persons(tx: WriteSession) -> None:
    office = await make_office(tx)
    await tx.execute(update(OrganisationSeal).where(OrganisationSeal.id == office.seal_id).values(organisation_id=None))
    with pytest.raises(UnknownSeal):
        await office.set(tx, daily_limit=5)
    agency = replace(office, keeper=Keeper(office.keeper.actor, agency=True))
    await agency.set(tx, daily_limit=5)
    with pytest.raises(Invalid):
        await agency.set(tx, four_eyes=frozenset({"letter"}), version=1)


async def test_an_operator_issues_an_organisations_seal_and_renewal_resumes_nothing(
    tx: WriteSession, pki: Pki, settings: Settings
) -> None:
    bank, font = uuid4(), font_files(settings.assets_dir)[1]

    async def issue(key: str) -> OrganisationSeal:
        return await seals.issue_anew(
            tx, SYSTEM, pki, font, key=key, organisation="演示银行", credit_code="91411528MA99999963",
            document_kinds=["mortgage"],
        )  # fmt: skip

    seal = await issue(f"organisation:{bank}")
    assert seal.organisation_id == bank
    await seal_policies.suspend(tx, Keeper(person(bank, Permission.SEAL_MANAGE)), seal.id, "停用")
    first = seal.serial
    renewed = await issue(f"organisation:{bank}")
    assert (renewed.serial != first, renewed.status) == (True, "suspended")
    assert (await issue(f"county:{uuid4()}:registration")).organisation_id is None
    with pytest.raises(Invalid):
        await issue("organisation:bank")
