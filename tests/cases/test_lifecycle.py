"""Every status × action × role: who may do what when, spelled out, and walked."""

from itertools import combinations, product
from uuid import UUID

import msgspec
import pytest

from kernel.permissions import Actor, ActorKind, Permission, system_actor
from yiti.accounts.roles import ROLES
from yiti.cases.lifecycle import (
    ACTION_WORDS,
    ASKS,
    CHANNEL_WORDS,
    ENDED,
    FLAG_WORDS,
    LEADS_TO,
    LOWERS,
    RAISES,
    STATUS_WORDS,
    Action,
    CaseStatus,
    Channel,
    Flag,
    Standing,
    available_actions,
    possible_actions,
)

S, A, F = CaseStatus, Action, Flag
ME, OTHER = UUID(int=1), UUID(int=2)


def staff(role: str, who: UUID = ME) -> Actor:
    permissions = ROLES[role].permissions
    return Actor(kind=ActorKind.STAFF, name=role, tenant="411528", id=who, permissions=permissions)


def citizen(who: UUID) -> Actor:
    permissions = frozenset({Permission.CITIZEN_SELF})
    return Actor(kind=ActorKind.CITIZEN, name="张三", tenant="411528", id=who, permissions=permissions)


ACTORS = {
    "system": system_actor("411528"),
    "machine": Actor(kind=ActorKind.MACHINE, name="银行", tenant="411528", id=ME),
    "window_clerk": staff("window_clerk"),
    "reviewer": staff("reviewer"),
    "registrar": staff("registrar"),
    "case_manager": staff("case_manager"),
    "sales_clerk": staff("sales_clerk"),
    "applicant": citizen(ME),
    "neighbour": citizen(OTHER),
}
ASK_ALL = {ask for ask, _, _ in ASKS.values()}
SYSTEM_ACCEPTED = {A.ATTACH, A.DECIDE, A.APPROVE, A.WITHDRAW, A.PUBLISH, A.FREEZE, *ASK_ALL}

# A window case without flags, one level of review. Roles and statuses that are not named may do nothing.
WINDOW: dict[tuple[str, CaseStatus], set[Action]] = {
    ("system", S.DRAFT): {A.ATTACH, A.WITHDRAW},
    ("system", S.SUBMITTED): {A.ATTACH, A.ACCEPT, A.WITHDRAW},
    ("system", S.ACCEPTED): SYSTEM_ACCEPTED,
    ("system", S.APPROVED): {A.BOOK, A.SEND_BACK, A.WITHDRAW, A.FREEZE, *ASK_ALL},
    ("system", S.BOOKED): {A.ISSUE, A.CLOSE},
    ("window_clerk", S.DRAFT): {A.SAVE, A.ATTACH, A.SUBMIT, A.WITHDRAW, A.REJECT},
    ("window_clerk", S.SUBMITTED): {A.ATTACH, A.ACCEPT, A.REJECT, A.REQUEST_CORRECTION, A.WITHDRAW},
    ("window_clerk", S.ACCEPTED): {A.ATTACH, A.REQUEST_CORRECTION, A.WITHDRAW, *ASK_ALL},
    ("window_clerk", S.APPROVED): {A.WITHDRAW, *ASK_ALL},
    ("window_clerk", S.BOOKED): {A.ISSUE, A.HAND_OVER, A.CLOSE},
    ("reviewer", S.SUBMITTED): {A.REQUEST_CORRECTION},
    ("reviewer", S.ACCEPTED): {A.REQUEST_CORRECTION, A.RECHECK},
    ("reviewer", S.APPROVED): {A.SEND_BACK},
    ("registrar", S.SUBMITTED): {A.REQUEST_CORRECTION},
    ("registrar", S.ACCEPTED): {A.REQUEST_CORRECTION, A.RECHECK, A.APPROVE, A.REFUSE, A.PUBLISH, A.FREEZE},
    ("registrar", S.APPROVED): {A.SEND_BACK, A.BOOK, A.FREEZE},
}
# The same, made online by the applicant: the draft is theirs, the rest is the window's too.
ONLINE = WINDOW | {
    ("window_clerk", S.DRAFT): set(),
    ("system", S.DRAFT): {A.ATTACH, A.SUBMIT, A.WITHDRAW},
    ("applicant", S.DRAFT): {A.SAVE, A.ATTACH, A.SUBMIT, A.WITHDRAW},
    ("applicant", S.SUBMITTED): {A.WITHDRAW},
    ("applicant", S.ACCEPTED): {A.WITHDRAW},
    ("applicant", S.APPROVED): {A.WITHDRAW},
}
# The platform's own cases (lapses): it fills in the form itself.
SYSTEM = WINDOW | {
    ("system", S.DRAFT): {A.SAVE, A.ATTACH, A.SUBMIT, A.WITHDRAW},
    ("window_clerk", S.DRAFT): set(),
}
# A case that follows a filed contract has no form, no window, no questions to others.
CONTRACT: dict[tuple[str, CaseStatus], set[Action]] = {
    ("system", S.SUBMITTED): {A.ACCEPT, A.WITHDRAW},
    ("system", S.ACCEPTED): {A.DECIDE, A.APPROVE, A.WITHDRAW, A.FREEZE},
    ("system", S.APPROVED): {A.BOOK, A.WITHDRAW, A.FREEZE},
    ("system", S.BOOKED): {A.CLOSE},
    ("system", S.DRAFT): {A.WITHDRAW},
    ("reviewer", S.ACCEPTED): {A.RECHECK},
    ("registrar", S.ACCEPTED): {A.RECHECK, A.APPROVE, A.REFUSE, A.FREEZE},
    ("registrar", S.APPROVED): {A.BOOK, A.FREEZE},
    ("window_clerk", S.BOOKED): {A.CLOSE},
}
TABLES = {
    "window": (Standing(status=S.DRAFT, channel=Channel.WINDOW, opened_by=ME), WINDOW),
    "online": (Standing(status=S.DRAFT, channel=Channel.ONLINE, opened_by=ME), ONLINE),
    "system": (Standing(status=S.DRAFT, channel=Channel.SYSTEM), SYSTEM),
    "contract": (Standing(status=S.DRAFT, channel=Channel.SYSTEM, by_contract=True), CONTRACT),
}


@pytest.mark.parametrize(("table", "role", "status"), list(product(TABLES, ACTORS, S)))
def test_status_action_role(table: str, role: str, status: CaseStatus) -> None:
    base, allowed = TABLES[table]
    if table == "online" and role not in ("applicant", "neighbour") and ACTORS[role].id == ME:
        base = msgspec.structs.replace(base, opened_by=UUID(int=3))
    standing = msgspec.structs.replace(base, status=status)
    may = available_actions(standing, ACTORS[role])
    for action in Action:
        assert (action in may) is (action in allowed.get((role, status), set())), action


OPEN = [S.SUBMITTED, S.ACCEPTED, S.APPROVED]
FLAG_SETS = [frozenset(some) for size in (1, 2) for some in combinations(F, size)]


@pytest.mark.parametrize(("status", "flags"), list(product(OPEN, FLAG_SETS)))
def test_flags_hold_back_what_they_must(status: CaseStatus, flags: frozenset[Flag]) -> None:
    standing = Standing(status=status, flags=flags)
    may = possible_actions(standing)
    free = possible_actions(Standing(status=status))
    assert not may & {A.DECIDE, A.APPROVE, A.BOOK}
    for action, flag in RAISES.items():
        if action in free:
            assert (action in may) is (flag not in flags)
    for action, flag in LOWERS.items():
        if (status, action) in LEADS_TO:
            assert (action in may) is (flag in flags)
    held = bool(flags & {F.NEEDS_CORRECTION, F.FROZEN_BY_SEIZURE})
    for action in (A.ACCEPT, A.REVIEW):
        assert (action in may) is (action in free and not held)
    if (status, A.SAVE) in LEADS_TO:
        assert (A.SAVE in may) is (F.NEEDS_CORRECTION in flags)
    # Whatever a case waits for, it can be taken back, and once accepted refused.
    assert A.WITHDRAW in may
    assert (A.REFUSE in may) is (status is S.ACCEPTED)


def test_the_applicant_mends_what_is_to_be_corrected_and_nothing_else() -> None:
    standing = Standing(status=S.SUBMITTED, channel=Channel.ONLINE, opened_by=ME, flags=frozenset({F.NEEDS_CORRECTION}))
    assert available_actions(standing, citizen(ME)) == {A.SAVE, A.ATTACH, A.CORRECT, A.WITHDRAW}
    assert available_actions(standing, citizen(OTHER)) == set()


@pytest.mark.parametrize(
    ("reached", "needed", "reviews", "approves"),
    [(0, 1, False, True), (0, 2, True, False), (1, 2, False, True), (0, 3, True, False), (1, 3, True, False),
     (2, 3, False, True)],
)  # fmt: skip
def test_levels_of_review(reached: int, needed: int, reviews: bool, approves: bool) -> None:
    standing = Standing(status=S.ACCEPTED, level_reached=reached, levels_needed=needed)
    may = available_actions(standing, staff("registrar"))
    assert (A.REVIEW in may, A.APPROVE in may) == (reviews, approves)
    assert (A.SEND_BACK in may) is (reached > 0)
    reviewer = available_actions(standing, staff("reviewer"))
    assert (A.REVIEW in reviewer) is reviews
    assert A.APPROVE not in reviewer
    # What is clear and proved needs no levels.
    assert A.APPROVE in available_actions(standing, system_actor("411528"))


def test_nobody_reviews_twice() -> None:
    standing = Standing(status=S.ACCEPTED, level_reached=1, levels_needed=2, reviewed_by=frozenset({ME}))
    assert A.APPROVE not in available_actions(standing, staff("registrar", ME))
    assert A.APPROVE in available_actions(standing, staff("registrar", OTHER))


def test_whoever_sets_the_rules_or_the_users_decides_no_case() -> None:
    for role in ("case_manager", "administrator", "auditor"):
        for status in S:
            assert available_actions(Standing(status=status), staff(role)) == set()


def test_everything_has_words_and_every_step_leads_somewhere() -> None:
    assert set(STATUS_WORDS) == set(S)
    assert set(ACTION_WORDS) == set(Action)
    assert set(FLAG_WORDS) == set(Flag)
    assert set(CHANNEL_WORDS) == set(Channel)
    assert {action for _, action in LEADS_TO} == set(Action)
    assert {S.CLOSED, S.REJECTED, S.REFUSED, S.WITHDRAWN} == ENDED
    assert set(RAISES.values()) == set(LOWERS.values()) == set(Flag)


def test_every_action_is_somebodys() -> None:
    done = set()
    for base, _ in TABLES.values():
        for status, actor, flags, level in product(S, ACTORS.values(), [frozenset(), frozenset(F)], (0, 1)):
            standing = msgspec.structs.replace(base, status=status, flags=flags, level_reached=level, levels_needed=3)
            done |= available_actions(standing, actor)
    assert done == set(Action)
