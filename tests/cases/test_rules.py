"""The rules: one wrong fact at a time, what it leads to, and that nothing else is found."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import world as w
from tests.cases.stories_book import BOOK
from tests.cases.stories_people import PEOPLE
from tests.cases.telling import (
    BLOCK,
    MORTGAGED,
    SEIZED,
    WARN,
    replace,
    sold,
    standing,
    with_people,
    without,
    wrong,
)
from tests.cases.world import B, facts, good, holder, obligor, part
from yiti.cases.encoding import decode, encode
from yiti.cases.facts import CaseFacts, OutsideFact, UnitFact
from yiti.cases.findings import Level, outcome_of
from yiti.cases.rules import examine
from yiti.register.kinds import Sharing

STORIES = PEOPLE | BOOK


@pytest.mark.parametrize("name", STORIES)
def test_one_fact_at_a_time(name: str) -> None:
    make, expected = STORIES[name]
    assert wrong(make()) == expected


@pytest.mark.parametrize("name", [name for name, (_, expected) in STORIES.items() if Level.BLOCK in expected.values()])
def test_what_blocks_says_so_in_words(name: str) -> None:
    for one in examine(STORIES[name][0]()):
        if one.level is Level.BLOCK:
            assert one.words != "核验通过"
            assert one.basis


def test_consents_and_statements_are_never_verified() -> None:
    make, _ = STORIES["the other joint owner has agreed"]
    found = {one.code: one.evidence.verified for one in examine(make())}
    assert not found["applicants.disposers"]
    assert outcome_of(examine(make())) == "refer"
    assert outcome_of(examine(good(B.TRANSFER_INHERITANCE))) == "refer"


@pytest.mark.parametrize("business", [B.TRANSFER_NEW_HOME, B.MORTGAGE, B.MORTGAGE_CANCELLATION, B.LAPSE])
def test_clear_and_proved_is_booked_at_once(business: B) -> None:
    assert outcome_of(examine(good(business))) == "book"


def test_a_check_at_the_window_is_clear_but_goes_to_a_person() -> None:
    found = with_people(B.MORTGAGE, w.ZHANG, matched=None, identity_reference="", checked_by="窗口甲")
    assert wrong(found) == {}
    assert outcome_of(examine(found)) == "refer"


def test_the_county_may_ask_for_less() -> None:
    base = without(good(B.TRANSFER_RESALE), "contract")
    fewer = replace(w.CATALOGUE[B.TRANSFER_RESALE].settings, materials=(), fee="free")
    eased = replace(base, settings={B.TRANSFER_RESALE: fewer}, fee=OutsideFact(state="missing"))
    assert wrong(eased) == {}


def combined(*parts: Any, where: UnitFact) -> CaseFacts:
    return facts(*parts, units=(where,))


def test_a_combined_case_is_examined_step_by_step() -> None:
    where = standing(MORTGAGED)
    release = part(B.MORTGAGE_CANCELLATION, holder(w.BANK), units=(where,), targets=(MORTGAGED.id,))
    sale = part(B.TRANSFER_RESALE, holder(w.LI), obligor(w.ZHANG), units=(where,))
    loan = part(B.MORTGAGE, holder(w.OTHER_BANK), obligor(w.LI), units=(where,))
    assert wrong(combined(release, sale, loan, where=where)) == {}
    assert wrong(combined(sale, loan, where=where)) == {"book.ban": BLOCK, "mortgage.ranks": WARN}
    assert wrong(combined(loan, where=where))["applicants.disposers"] is BLOCK


def test_lifting_the_first_seizure_puts_the_next_one_in_effect() -> None:
    first = replace(SEIZED, id=w.uid("first"))
    second = replace(SEIZED, id=w.uid("second"), rank=1, valid_until=None)
    where = standing(first, second)
    lift = part(B.SEIZURE_LIFTING, w.AUTHORITY, units=(where,), targets=(first.id,))
    sale = part(B.TRANSFER_RESALE, holder(w.LI), obligor(w.ZHANG), units=(where,))
    assert wrong(combined(lift, sale, where=where)) == {"book.seizure": BLOCK}
    assert wrong(combined(lift, sale, where=standing(first))) == {}


def test_a_form_that_is_not_filled_in_is_no_reason_to_fall_over() -> None:
    empty = replace(good(B.TRANSFER_RESALE).application.parts[0], applicants=(), sharing=None, price_fen=None)
    loan = part(B.MORTGAGE, holder(w.BANK), obligor(w.LI))
    assert wrong(facts(empty, loan))["form.complete"] is BLOCK


@pytest.mark.parametrize("business", list(B))
def test_every_business_survives_an_empty_form(business: B) -> None:
    one = part(business, units=(), cause="", sharing=None, price_fen=None, fields={})
    assert wrong(facts(one))["form.complete"] is BLOCK


@given(st.sampled_from([make for make, _ in STORIES.values()]))
def test_findings_depend_on_the_facts_alone_and_survive_storage(make: Callable[[], CaseFacts]) -> None:
    found = make()
    assert examine(decode(encode(found), CaseFacts)) == examine(found)


@given(st.lists(st.fractions(min_value=Fraction(1, 60), max_value=1, max_denominator=60), min_size=1, max_size=3))
def test_shares_are_whole_or_blocked(shares: list[Fraction]) -> None:
    people = (w.LI, w.WANG, w.ZHAO)
    holders = [holder(who, share) for who, share in zip(people, shares, strict=False)]
    found = wrong(sold(w.HOME, *holders, obligor(w.ZHANG), sharing=Sharing.FRACTIONAL))
    assert ("shares.whole" in found) is (len(shares) < 2 or sum(shares) != 1)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.sets(st.sampled_from([0, 1, 2]), min_size=1))
def test_two_thirds_exactly(first: int, second: int, third: int, selling: set[int]) -> None:
    total = first + second + third
    shares = [Fraction(one, total) for one in (first, second, third)]
    where = w.fractional(*(str(one) for one in shares))
    people = (w.ZHANG, w.LI, w.WANG)
    found = wrong(sold(where, holder(w.ZHAO), *(obligor(people[place]) for place in selling)))
    agreed = sum(shares[place] for place in selling)
    expected = None if len(selling) == 3 else WARN if agreed >= Fraction(2, 3) else BLOCK
    assert found.get("applicants.disposers") == expected
