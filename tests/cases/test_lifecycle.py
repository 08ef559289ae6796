"""Every status × action × role: who may do what when."""

from itertools import product

import pytest

from kernel.permissions import Actor, ActorKind, Permission, system_actor
from yiti.cases.lifecycle import ACTION_WORDS, LEADS_TO, STATUS_WORDS, Action, CaseStatus, available_actions

SYSTEM = system_actor("411528")
BOTH = frozenset({Permission.CASE_VIEW, Permission.CASE_DECIDE})
REGISTRAR = Actor(kind=ActorKind.STAFF, name="登记员", tenant="411528", permissions=BOTH)
READER = Actor(kind=ActorKind.STAFF, name="查询员", tenant="411528", permissions=frozenset({Permission.CASE_VIEW}))

ALLOWED = {
    ("system", CaseStatus.SUBMITTED): {Action.ACCEPT},
    ("system", CaseStatus.ACCEPTED): {Action.DECIDE, Action.APPROVE, Action.WITHDRAW},
    ("system", CaseStatus.APPROVED): {Action.BOOK},
    ("system", CaseStatus.BOOKED): {Action.CLOSE},
    ("registrar", CaseStatus.ACCEPTED): {Action.RECHECK, Action.APPROVE, Action.REFUSE},
}
ACTORS = {"system": SYSTEM, "registrar": REGISTRAR, "reader": READER}


@pytest.mark.parametrize(("role", "status"), list(product(ACTORS, CaseStatus)))
def test_available_actions(role: str, status: CaseStatus) -> None:
    assert available_actions(status, ACTORS[role]) == ALLOWED.get((role, status), set())


def test_everything_has_words_and_every_step_leads_somewhere() -> None:
    assert set(STATUS_WORDS) == set(CaseStatus)
    assert set(ACTION_WORDS) == set(Action)
    assert {at for at, _ in LEADS_TO} | set(LEADS_TO.values()) == set(CaseStatus)


def test_a_status_read_from_the_database_counts_as_the_same() -> None:
    assert available_actions(CaseStatus("booked"), SYSTEM) == available_actions("booked", SYSTEM)  # type: ignore[arg-type]
