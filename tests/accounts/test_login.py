"""Signing in: throttling, what is told to whom, sessions that end."""

import asyncio
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text, update

from kernel.audit.models import AuditEntry
from kernel.clock import now
from kernel.db import Database, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Permission, system_actor
from tests.portals.pages import PASSWORD, make_staff
from tests.testbed import HOME, OTHER
from yiti.accounts import login, rules, service, sessions
from yiti.accounts.models import Session, User


def token_of(cookie: str) -> str:
    split = sessions.split_cookie(cookie)
    assert split is not None
    return split[1]


async def test_the_right_password_opens_a_session_with_the_roles_permissions(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    outcome = await login.sign_in(tx, f"  {staff.login.upper()} ", PASSWORD, "127.0.0.1")
    assert isinstance(outcome, login.SignedIn)
    found = await sessions.find(tx, token_of(outcome.cookie))
    assert found is not None
    actor, session = found
    assert actor.id == staff.user_id
    assert actor.may(Permission.CASE_DECIDE)
    assert not actor.may(Permission.USERS_MANAGE)
    assert session.organisation_name


async def test_the_table_does_not_hold_what_the_browser_holds(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    stored = (await tx.execute(select(Session).where(Session.user_id == staff.user_id))).scalar_one()
    assert token_of(staff.cookie).encode() not in stored.token_hash
    assert len(stored.token_hash) == 32


async def test_wrong_name_wrong_password_and_disabled_account_get_the_same_words(tx: WriteSession) -> None:
    staff, closed = await make_staff(tx, "registrar"), await make_staff(tx, "registrar")
    await service.disable_user(tx, system_actor(HOME), closed.user_id)
    refusals = [
        await login.sign_in(tx, "nobody-here", PASSWORD, "127.0.0.2"),
        await login.sign_in(tx, staff.login, "wrong", "127.0.0.2"),
        await login.sign_in(tx, closed.login, PASSWORD, "127.0.0.2"),
    ]
    assert {refusal.message for refusal in refusals if isinstance(refusal, login.Refused)} == {"登录名或密码不正确"}
    assert all(isinstance(refusal, login.Refused) for refusal in refusals)


@pytest.mark.parametrize("exists", [True, False])
async def test_an_account_is_closed_after_five_failures_even_to_the_right_password(
    tx: WriteSession, *, exists: bool
) -> None:
    name = (await make_staff(tx, "registrar")).login if exists else "nobody-at-all"
    for _ in range(rules.ACCOUNT_LIMIT.failures):
        refused = await login.sign_in(tx, name, "wrong", "127.0.0.3")
        assert isinstance(refused, login.Refused)
        assert refused.wait is None
    blocked = await login.sign_in(tx, name, PASSWORD, "127.0.0.4")
    assert isinstance(blocked, login.Refused)
    assert blocked.wait is not None
    assert "15 分钟" in blocked.message
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        later = await login.sign_in(tx, name, PASSWORD, "127.0.0.4")
    assert isinstance(later, login.SignedIn if exists else login.Refused)
    assert getattr(later, "wait", None) is None


async def test_an_address_that_tries_many_names_is_closed(tx: WriteSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ADDRESS_LIMIT", rules.Limit(3, timedelta(minutes=15), timedelta(minutes=15)))
    staff = await make_staff(tx, "registrar")
    for number in range(3):
        await login.sign_in(tx, f"guess-{number}", "wrong", "127.0.0.5")
    blocked = await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.5")
    assert isinstance(blocked, login.Refused)
    assert isinstance(await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.6"), login.SignedIn)


async def test_guesses_sent_at_the_same_moment_are_all_counted(database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "registrar")

    async def guess(number: int) -> login.SignedIn | login.Refused:
        async with database.transaction(HOME) as tx:
            return await login.sign_in(tx, staff.login, "wrong", f"127.1.0.{number}")

    outcomes = await asyncio.gather(*(guess(number) for number in range(8)))
    tried = [outcome for outcome in outcomes if isinstance(outcome, login.Refused) and outcome.wait is None]
    assert len(tried) == rules.ACCOUNT_LIMIT.failures


async def test_signing_in_twice_at_the_same_moment_works_twice(database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "registrar")

    async def enter() -> login.SignedIn | login.Refused:
        async with database.transaction(HOME) as tx:
            return await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.11")

    async with database.transaction(HOME) as tx:
        await login.sign_in(tx, staff.login, "wrong", "127.0.0.11")
    outcomes = await asyncio.gather(*(enter() for _ in range(4)))
    assert all(isinstance(outcome, login.SignedIn) for outcome in outcomes)


async def test_a_success_forgets_earlier_failures(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    for _ in range(3):
        for _ in range(rules.ACCOUNT_LIMIT.failures - 1):
            await login.sign_in(tx, staff.login, "wrong", "127.0.0.7")
        assert isinstance(await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.7"), login.SignedIn)


async def test_sessions_end_by_idleness_age_sign_out_and_disabling(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    token = token_of(staff.cookie)
    with time_machine.travel(now() + rules.SESSION_IDLE + timedelta(seconds=1), tick=False):
        assert await sessions.find(tx, token) is None
    found = await sessions.find(tx, token)
    assert found is not None
    with time_machine.travel(now() + rules.SESSION_ABSOLUTE + timedelta(seconds=1), tick=False):
        await sessions.touch(tx, found[1].id)
        assert await sessions.find(tx, token) is None
    await tx.execute(update(User).where(User.id == staff.user_id).values(disabled_at=now()))
    assert await sessions.find(tx, token) is None
    await tx.execute(update(User).where(User.id == staff.user_id).values(disabled_at=None))
    await sessions.end(tx, found[1].id)
    assert await sessions.find(tx, token) is None


async def test_a_session_of_one_county_is_nobody_in_another(database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "registrar")
    async with database.read(OTHER) as reader:
        assert await sessions.find(reader, token_of(staff.cookie)) is None
        assert (
            await reader.execute(text("SELECT count(*) FROM users WHERE login = :l"), {"l": staff.login})
        ).scalar() == 0


async def test_changing_the_password_ends_the_other_sessions(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    found = await sessions.find(tx, token_of(staff.cookie))
    assert found is not None
    actor, session = found
    with pytest.raises(Invalid, match="原密码"):
        await login.change_password(tx, actor, session.id, "wrong", "New-Pass-2027")
    with pytest.raises(Invalid, match="至少"):
        await login.change_password(tx, actor, session.id, PASSWORD, "short")
    cookie = await login.change_password(tx, actor, session.id, PASSWORD, "New-Pass-2027")
    assert await sessions.find(tx, token_of(staff.cookie)) is None
    assert await sessions.find(tx, token_of(cookie)) is not None
    assert isinstance(await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.8"), login.Refused)


async def test_a_one_time_password_gives_a_session_without_permissions(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    password = await service.reset_password(tx, system_actor(HOME), staff.user_id)
    assert await sessions.find(tx, token_of(staff.cookie)) is None
    outcome = await login.sign_in(tx, staff.login, password, "127.0.0.9")
    assert isinstance(outcome, login.SignedIn)
    assert outcome.must_change_password
    found = await sessions.find(tx, token_of(outcome.cookie))
    assert found is not None
    assert found[0].permissions == frozenset()


async def test_a_citizen_is_the_same_actor_in_every_session_and_encrypted_in_the_table(tx: WriteSession) -> None:
    number = "990000199003070017"
    first = await sessions.find(tx, token_of(await sessions.open_citizen_session(tx, "王小明", number)))
    second = await sessions.find(tx, token_of(await sessions.open_citizen_session(tx, "王小明", number)))
    assert first is not None
    assert second is not None
    assert first[0].id == second[0].id
    assert first[0].permissions == {Permission.CITIZEN_SELF}
    assert await sessions.citizen_of(tx, second[1].id) == sessions.Citizen("王小明", number)
    raw = (
        await tx.execute(text("SELECT citizen_name, citizen_id_no FROM sessions WHERE id = :i"), {"i": first[1].id})
    ).one()
    assert "王小明".encode() not in bytes(raw[0])
    assert number.encode() not in bytes(raw[1])


async def test_signing_in_is_audited_without_names(tx: WriteSession) -> None:
    staff = await make_staff(tx, "registrar")
    await login.sign_in(tx, staff.login, "wrong", "127.0.0.10")
    await login.sign_in(tx, staff.login, PASSWORD, "127.0.0.10")
    await tx.flush()
    entries = (
        await tx.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"user:{staff.user_id}").order_by(AuditEntry.id)
        )
    ).all()
    assert [entry.action for entry in entries] == [
        "accounts.user_created", "accounts.login_refused", "accounts.signed_in",
    ]  # fmt: skip
    assert all(staff.login not in str(entry.detail) for entry in entries)
