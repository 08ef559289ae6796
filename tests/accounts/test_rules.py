"""Pure decisions of the accounts room."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.permissions import Permission
from yiti.accounts import rules
from yiti.accounts.roles import ROLES, OrganisationKind, permissions_of, roles_for

T0 = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/admin/users?after=a", "/admin/users?after=a"),
        (None, "/"),
        ("", "/"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/a\\b", "/"),
        ("/login?next=/login", "/"),
        ("/logout", "/"),
    ],
)
def test_only_paths_of_this_site_are_returned_to(address: str | None, expected: str) -> None:
    assert rules.safe_return(address) == expected


# The characters that addresses are forged with; all of Unicode would have to be laid out first, which takes seconds.
@given(st.text("/\\.:?#&=%@\r\n\t\0 aA1中\u2028"))
def test_a_return_address_never_leaves_the_site(address: str) -> None:
    safe = rules.safe_return(address)
    assert safe.startswith("/")
    assert not safe.startswith(("//", "/\\"))


def test_the_door_closes_at_the_limit_and_opens_after_the_pause() -> None:
    limit = rules.Limit(failures=3, window=timedelta(minutes=10), pause=timedelta(minutes=5))
    tally = None
    for minute in range(3):
        assert rules.waiting(tally, T0 + timedelta(minutes=minute)) is None
        tally = rules.after_failure(tally, limit, T0 + timedelta(minutes=minute))
    at = T0 + timedelta(minutes=2)
    assert rules.waiting(tally, at) == timedelta(minutes=5)
    assert rules.waiting(tally, at + timedelta(minutes=5)) is None


def test_failures_far_apart_do_not_add_up() -> None:
    limit = rules.Limit(failures=2, window=timedelta(minutes=10), pause=timedelta(minutes=5))
    tally = rules.after_failure(None, limit, T0)
    tally = rules.after_failure(tally, limit, T0 + timedelta(minutes=10))
    assert tally.failures == 1
    assert tally.blocked_until is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Short-1a", "至少"),
        ("alllowercase", "三种"),
        ("only lower 123", None),
        ("Clerk01-Pass", "登录名"),
        ("Guan-Shan-2026", None),
        ("X1-" + "y" * 200, "最多"),
    ],
)
def test_passwords(password: str, words: str | None) -> None:
    problems = "；".join(rules.password_problems(password, "clerk01"))
    assert (words in problems) if words else not problems


def test_a_session_ends_by_age_and_by_idleness() -> None:
    def alive(at: datetime) -> bool:
        return rules.is_alive(expires_at=T0 + timedelta(hours=2), last_seen_at=T0, idle=timedelta(minutes=30), at=at)

    assert alive(T0 + timedelta(minutes=29))
    assert not alive(T0 + timedelta(minutes=30))
    assert not rules.is_alive(expires_at=T0, last_seen_at=T0 - timedelta(minutes=1), idle=timedelta(minutes=30), at=T0)


def test_every_organisation_kind_has_roles_and_every_staff_permission_a_role() -> None:
    assert all(roles_for(kind) for kind in OrganisationKind)
    given_somewhere = {permission for role in ROLES.values() for permission in role.permissions}
    assert given_somewhere == set(Permission) - {Permission.CITIZEN_SELF}


OPERATING = {Permission.USERS_MANAGE, Permission.OPERATIONS_VIEW, Permission.OPERATIONS_MANAGE}


def test_duties_are_kept_apart() -> None:
    for role in ROLES.values():
        administers = Permission.USERS_MANAGE in role.permissions
        works = bool(role.permissions - OPERATING)
        assert not (administers and works), role.code


def test_a_role_of_another_kind_of_organisation_is_refused() -> None:
    assert rules.role_problem(["registrar"], OrganisationKind.DEVELOPER)
    assert rules.role_problem([], OrganisationKind.DEVELOPER)
    assert rules.role_problem(["no_such"], OrganisationKind.DEVELOPER)
    assert rules.role_problem(["sales_clerk", "sales_manager"], OrganisationKind.DEVELOPER) is None


def test_forgotten_roles_give_nothing() -> None:
    assert permissions_of(["registrar_of_old"]) == frozenset()
