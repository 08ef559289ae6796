from datetime import UTC, datetime, timedelta

import time_machine

from integrations.breaker import Breaker, BreakerState

START = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def test_it_opens_after_a_row_of_failures_and_not_before() -> None:
    breaker = Breaker(failures_to_open=3)
    for _ in range(2):
        assert breaker.admit()
        breaker.failed()
    assert breaker.state == "closed"
    breaker.failed()
    assert breaker.state == "open"
    assert not breaker.admit()


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(failures_to_open=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.admit()


def test_after_the_pause_one_trial_decides() -> None:
    breaker = Breaker(failures_to_open=1, open_for=timedelta(seconds=30))
    with time_machine.travel(START, tick=False) as clock:
        breaker.failed()
        clock.shift(31)
        assert breaker.state is BreakerState.HALF_OPEN
        assert [breaker.admit() for _ in range(3)] == [True, False, False]
        breaker.failed()
        assert not breaker.admit()
        clock.shift(31)
        assert breaker.admit()
        breaker.succeeded()
        assert [breaker.admit() for _ in range(3)] == [True, True, True]


def test_a_trial_that_never_ends_does_not_block_for_ever() -> None:
    breaker = Breaker(failures_to_open=1, open_for=timedelta(seconds=30))
    with time_machine.travel(START, tick=False) as clock:
        breaker.failed()
        clock.shift(31)
        assert breaker.admit()
        clock.shift(31)
        assert breaker.admit()
