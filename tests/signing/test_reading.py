"""What was on the screen, added up: pure."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import now
from signing.reading import SHOWN_MS, Reading, longest_ms, merged, reading_of
from signing.rules import ASSERTION_SKEW

PAGES = {"contract": 3}
HOUR = 3_600_000
totals = st.dictionaries(st.integers(1, 3), st.integers(0, HOUR), max_size=3)


def test_a_page_that_flew_past_was_not_shown() -> None:
    reading = Reading({1: SHOWN_MS, 2: SHOWN_MS - 1}, None, None, 1)
    assert reading.unseen(3) == [2, 3]
    assert Reading({}, None, None, 0).unseen(0) == [], "pages were never counted"


@given(st.lists(totals, min_size=1, max_size=6), st.randoms())
def test_lost_repeated_and_late_reports_change_nothing(reports: list[dict[int, int]], chance: object) -> None:
    """Running totals: what counts is the largest figure of each page, in whatever order they arrive."""
    at = now()
    want = {page: max(one.get(page, 0) for one in reports) for one in reports for page in one}
    shuffled = [*reports, *reports]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    shown: dict[str, object] = {}
    for one in shuffled:
        shown = merged(shown, {"contract": one}, PAGES, HOUR, at)  # type: ignore[arg-type]
    assert reading_of([shown], "contract").milliseconds == want  # type: ignore[list-item]


def test_every_opening_of_the_desk_adds_up() -> None:
    early, late = now(), now() + timedelta(minutes=5)
    first = merged({}, {"contract": {1: 500}}, PAGES, HOUR, early)
    second = merged({}, {"contract": {1: 500, 3: 400}}, PAGES, HOUR, late)
    reading = reading_of([first, second, {}], "contract")
    assert reading.milliseconds == {1: 1000, 3: 400}
    assert (reading.first_at, reading.last_at, reading.visits) == (early.isoformat(), late.isoformat(), 2)
    assert reading.told(3)["milliseconds"] == {"1": 1000, "3": 400}


@pytest.mark.parametrize("told", [{"contract": {0: 9, 4: 9, -1: 9}}, {"testament": {1: 9}}])
def test_pages_that_there_are_not_are_left_out(told: dict[str, dict[int, int]]) -> None:
    assert merged({}, told, PAGES, HOUR, now()) == {}


def test_no_page_was_shown_for_longer_than_the_person_was_identified() -> None:
    at = now()
    longest = longest_ms(at - timedelta(seconds=30), at)
    assert longest == 30_000 + ASSERTION_SKEW // timedelta(milliseconds=1)
    shown = merged({}, {"contract": {1: HOUR}}, PAGES, longest, at)
    assert reading_of([shown], "contract").milliseconds == {1: longest}
    assert longest_ms(at + timedelta(hours=1), at) == 0
