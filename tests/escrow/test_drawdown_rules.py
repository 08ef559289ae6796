"""The ceiling and everything else that decides whether supervised money may leave, without a database."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrow.agreements.models import AgreementState
from escrow.agreements.plans import COMPLETED, REGISTERED, TOPPED_OUT, UNDERGROUND
from escrow.agreements.rules import AgreementAction, Node, Side, Standing, as_nodes, checked_nodes, checked_terms
from escrow.agreements.rules import available_actions as agreement_actions
from escrow.drawdowns import rules
from escrow.drawdowns.models import DrawdownState
from escrow.drawdowns.rules import (
    PAYMENT_EVIDENCE,
    DrawdownAction,
    Looker,
    RefusalCode,
    allowance,
    available_actions,
    may_ask,
    must_stay,
    refusals,
    room,
    shortfall,
    sum_of,
)
from escrow.drawdowns.schemas import FundFacts
from escrow.models import SupervisionMode
from kernel.errors import Invalid

NODES = (UNDERGROUND, TOPPED_OUT, COMPLETED, REGISTERED)
FEN = st.integers(0, 10**13)
PERMILLE = st.integers(0, 1000)
QUOTA = st.none() | st.integers(1, 10**13)


def fund(**changes: object) -> FundFacts:
    values: dict[str, object] = {
        "account_no": "4105",
        "agreed": True,
        "quota_fen": 600,
        "nodes": NODES,
        "received_fen": 1000,
        "drawn_fen": 0,
        "ordered_fen": 0,
        "balance_fen": 1000,
        "owed_fen": 0,
        "available_fen": 1000,
        "frozen_fen": 0,
        "differences": 0,
        "released": False,
        "registered": False,
        "established": frozenset(),
    }
    return FundFacts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("received", "quota", "permille", "allowed"),
    [
        (1000, None, 300, 300),
        (1000, None, 0, 0),
        (999, None, 333, 332),  # 332.667: floored to the fen
        (1000, 600, 300, 400 + 180),
        (500, 600, 300, 150),
        (600, 600, 1000, 600),
        (0, 600, 1000, 0),
    ],
)
def test_the_ceiling_by_hand(received: int, quota: int | None, permille: int, allowed: int) -> None:
    assert allowance(received, quota, permille) == allowed


@given(FEN, QUOTA, PERMILLE)
def test_the_ceiling_lies_between_nothing_and_everything(received: int, quota: int | None, permille: int) -> None:
    assert 0 <= allowance(received, quota, permille) <= received
    assert allowance(received, quota, 1000) == received
    assert allowance(received, quota, permille, released=True) == received


@given(FEN, FEN, QUOTA, PERMILLE, PERMILLE)
def test_more_money_or_a_later_node_never_allows_less(
    received: int, more: int, quota: int | None, permille: int, further: int
) -> None:
    here = allowance(received, quota, permille)
    assert allowance(received + more, quota, permille) >= here
    assert allowance(received, quota, min(1000, permille + further)) >= here
    if quota is not None:
        assert allowance(received, quota + more, permille) <= here


@given(FEN, QUOTA, PERMILLE)
def test_the_ceiling_is_exact_and_only_the_last_fen_is_floored(received: int, quota: int | None, permille: int) -> None:
    within = received if quota is None else min(received, quota)
    beyond = received - within
    exact = beyond * 1000 + within * permille
    assert 0 <= exact - 1000 * allowance(received, quota, permille) < 1000


@given(FEN, FEN, FEN, st.booleans(), QUOTA)
def test_what_may_be_asked_is_never_negative_nor_more_than_is_there(
    received: int, drawn: int, available: int, released: bool, quota: int | None
) -> None:
    facts = fund(received_fen=received, drawn_fen=drawn, available_fen=available, quota_fen=quota, released=released)
    for node in NODES:
        assert 0 <= may_ask(facts, node) <= min(received, available)
        assert sum_of(facts, node)[-1].fen == may_ask(facts, node)
        if released:
            assert room(facts, node.ceiling_permille) == max(0, received - drawn)


def test_orders_that_are_not_paid_count_as_drawn() -> None:
    assert room(fund(quota_fen=None, drawn_fen=100, ordered_fen=150), 300) == 50
    assert room(fund(quota_fen=None, drawn_fen=100, ordered_fen=200), 300) == 0


def test_what_must_stay_and_what_is_missing_of_it() -> None:
    assert must_stay(fund()) == 600
    assert must_stay(fund(established=frozenset({"underground"}))) == 420
    assert shortfall(fund(established=frozenset({"underground"}), drawn_fen=580)) == 0
    after_refund = fund(established=frozenset({"underground"}), drawn_fen=580, received_fen=900)
    assert shortfall(after_refund) == 580 - (300 + 180)
    assert shortfall(fund(released=True, drawn_fen=1000)) == 0


EVERYTHING = frozenset({PAYMENT_EVIDENCE, *UNDERGROUND.evidence})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agreed": False, "nodes": ()}, RefusalCode.NO_AGREEMENT),
        ({"nodes": (TOPPED_OUT, REGISTERED)}, RefusalCode.NODE_GONE),
        ({"drawn_fen": 500}, RefusalCode.CEILING),
        ({"available_fen": 99}, RefusalCode.BALANCE),
        ({"available_fen": 99, "frozen_fen": 1}, RefusalCode.FROZEN),
        ({"available_fen": 50, "frozen_fen": 10}, RefusalCode.BALANCE),
        ({"available_fen": 50, "owed_fen": 950}, RefusalCode.BALANCE),
        ({"differences": 1}, RefusalCode.DIFFERENCE),
    ],
)
def test_each_thing_that_speaks_against_it(changes: dict[str, object], code: RefusalCode) -> None:
    assert refusals(fund(), "underground", 100, EVERYTHING) == []
    found = refusals(fund(**changes), "underground", 100, EVERYTHING)
    assert [one.code for one in found] == [code]
    assert found[0].words
    assert found[0].todo


def test_evidence_of_a_node_is_wanted_once() -> None:
    papers = frozenset({PAYMENT_EVIDENCE})
    (missing,) = refusals(fund(), "underground", 1, papers)
    assert missing.code is RefusalCode.EVIDENCE
    assert "现场照片" in missing.words
    for known in ("underground", "completed"):
        assert refusals(fund(established=frozenset({known})), "underground", 1, papers) == []
    assert [one.code for one in refusals(fund(), "underground", 1, EVERYTHING - papers)] == [RefusalCode.EVIDENCE]
    later = refusals(fund(established=frozenset({"underground"})), "topped_out", 1, papers)
    assert [one.code for one in later] == [RefusalCode.EVIDENCE]


def test_the_last_node_needs_the_register() -> None:
    evidence = frozenset({PAYMENT_EVIDENCE, *REGISTERED.evidence})
    (refused,) = refusals(fund(), "first_registration", 1, evidence)
    assert refused.code is RefusalCode.NOT_REGISTERED
    assert refusals(fund(registered=True), "first_registration", 1000, evidence) == []


def test_released_money_needs_no_node() -> None:
    papers = frozenset({PAYMENT_EVIDENCE})
    assert refusals(fund(released=True, agreed=False, nodes=()), "", 1000, papers) == []
    assert [one.code for one in refusals(fund(released=True, drawn_fen=1), "", 1000, papers)] == [RefusalCode.CEILING]


@pytest.mark.parametrize(
    "nodes",
    [
        (),
        (UNDERGROUND,),
        (UNDERGROUND, COMPLETED),
        (COMPLETED, UNDERGROUND, REGISTERED),
        (UNDERGROUND, UNDERGROUND, REGISTERED),
        (Node(code="x", title="", ceiling_permille=1, evidence=("甲",)), REGISTERED),
        (Node(code="x", title="甲", ceiling_permille=0, evidence=("甲",)), REGISTERED),
        (Node(code="x", title="甲", ceiling_permille=1, evidence=()), REGISTERED),
        (Node(code="x", title="甲", ceiling_permille=1, evidence=("甲", "甲")), REGISTERED),
        (Node(code="x", title="甲", ceiling_permille=1000, evidence=("甲",)), REGISTERED),
    ],
)
def test_nodes_that_no_agreement_may_have(nodes: tuple[Node, ...]) -> None:
    with pytest.raises(Invalid):
        checked_nodes(nodes)


def test_the_counties_own_nodes_are_sound() -> None:
    assert checked_nodes(NODES) == NODES
    assert as_nodes([{"code": "x", "title": "甲", "ceiling_permille": 5, "evidence": ["乙"]}])[0].evidence == ("乙",)


def test_the_mode_is_not_a_matter_of_taste() -> None:
    checked_terms(SupervisionMode.FULL, None, "", full_required=True)
    checked_terms(SupervisionMode.QUOTA, 100, "施工合同总价", full_required=False)
    for mode, quota, basis, required in (
        (SupervisionMode.QUOTA, 100, "施工合同总价", True),
        (SupervisionMode.QUOTA, None, "施工合同总价", False),
        (SupervisionMode.QUOTA, 0, "施工合同总价", False),
        (SupervisionMode.QUOTA, 100, " ", False),
        (SupervisionMode.FULL, 100, "", False),
    ):
        with pytest.raises(Invalid):
            checked_terms(mode, quota, basis, full_required=required)


TRUTHS = list(product((False, True), repeat=3))


def test_who_may_do_what_with_a_drawdown() -> None:
    """Every state, every kind of looker: nobody acts out of turn, and nobody decides twice."""
    lookers = [Looker(asks=a, reviews=r, approves=p, same_person=s) for a, r, p, s in product((False, True), repeat=4)]
    for state, looker in product(DrawdownState, lookers):
        found = available_actions(state, looker)
        if found & {DrawdownAction.EDIT, DrawdownAction.SUBMIT}:
            assert looker.asks
            assert state in {"draft", "sent_back", "bank_rejected", "bank_returned"}
        if DrawdownAction.REVIEW in found:
            assert looker.reviews
            assert state == "submitted"
        if DrawdownAction.APPROVE in found:
            assert looker.approves
            assert not looker.same_person
            assert state == "reviewed"
        if state in {"refused", "withdrawn", "ordered", "paid"}:
            assert not found
        if not (looker.asks or looker.reviews or looker.approves):
            assert not found


def test_who_may_do_what_with_an_agreement() -> None:
    """Whatever has been agreed and sealed: nobody agrees twice or to nothing, and the department is the last."""
    some = [frozenset(side for side, chosen in zip(Side, which, strict=True) if chosen) for which in TRUTHS]
    for state, side, text_made, agreed, sealed in product(AgreementState, Side, (False, True), some, some):
        found = agreement_actions(state, side, Standing(text_made=text_made, agreed=agreed, sealed=sealed))
        assert not found or state == "proposed"
        if AgreementAction.PUT_IN_FORCE in found:
            assert side is Side.DEPARTMENT
            assert sealed >= {Side.DEVELOPER, Side.BANK}
        if found & {AgreementAction.AGREE, AgreementAction.PUT_IN_FORCE}:
            assert side not in agreed
        if AgreementAction.AGREE in found:
            assert text_made
            assert side is not Side.DEPARTMENT
        assert (AgreementAction.WITHDRAW in found) == (side is Side.DEPARTMENT and state == "proposed")


def test_the_sum_can_be_followed() -> None:
    facts = fund(drawn_fen=100, ordered_fen=80, balance_fen=900, available_fen=800, frozen_fen=20)
    lines = sum_of(facts, UNDERGROUND)
    assert [line.fen for line in lines] == [1000, 400, 180, 580, 100, 80, 400, 900, 80, 20, 800, 400]
    assert rules.reached(facts) is None
