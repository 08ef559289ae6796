"""One-code bills by their pure rules: what can be billed, what pays a bill, what each authority gets."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrow.collection.errors import BadBill
from escrow.collection.models import ALLOWED, LIVE, BillState
from escrow.collection.rules import STATE_WORDS, BillFacts, Reason, check_lines, judge, shares
from escrow.collection.schemas import ChannelPayment, NewLine
from kernel.money import MAX_FEN
from tests.escrow.collection_world import deed, fee

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def paid(**changes: object) -> ChannelPayment:
    values: dict[str, object] = {
        "event_id": "e", "bill_no": "YM1", "amount_fen": 928_000, "serial": "s", "paid_at": END - timedelta(hours=1),
        "account_no": "41", "channel": "微信支付", "evidence_digest": "a" * 64,
    }  # fmt: skip
    return ChannelPayment(**(values | changes))  # type: ignore[arg-type]


def bill(**changes: object) -> BillFacts:
    values: dict[str, object] = {
        "bill_no": "YM1", "state": BillState.OPEN, "total_fen": 928_000, "account_no": "41", "expires_at": END,
    }  # fmt: skip
    return BillFacts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payment", "of", "reason"),
    [
        (paid(), bill(), None),
        (paid(paid_at=END), bill(), None),
        (paid(), bill(state=BillState.EXPIRED), None),
        (paid(), None, Reason.UNKNOWN_BILL),
        (paid(account_no="42"), bill(), Reason.WRONG_ACCOUNT),
        (paid(amount_fen=927_999), bill(), Reason.WRONG_AMOUNT),
        (paid(amount_fen=928_001), bill(), Reason.WRONG_AMOUNT),
        (paid(), bill(state=BillState.VOID), Reason.VOID),
        (paid(paid_at=END + timedelta(microseconds=1)), bill(), Reason.LATE),
        (paid(paid_at=END + timedelta(seconds=1)), bill(state=BillState.EXPIRED), Reason.LATE),
        (paid(), bill(state=BillState.EXPIRED, replaced=True), Reason.LATE),
        *((paid(), bill(state=state), Reason.ALREADY_PAID) for state in
          (BillState.PAID, BillState.CLEARING, BillState.CLEARED, BillState.REFUNDING, BillState.REFUNDED)),
    ],
)  # fmt: skip
def test_what_pays_a_bill(payment: ChannelPayment, of: BillFacts | None, reason: Reason | None) -> None:
    found = judge(payment, of)
    assert (found.reason if found else None) == reason
    assert found is None or found.words


@pytest.mark.parametrize(
    "lines",
    [(), (deed(0),), (deed(-1), fee()), (deed(MAX_FEN + 1),), (deed(MAX_FEN), fee(1)), (fee(100, -100),)],
)
def test_what_cannot_be_billed(lines: tuple[NewLine, ...]) -> None:
    with pytest.raises(BadBill):
        check_lines(lines)


@given(st.lists(st.tuples(st.sampled_from(["tax", "treasury", "fund"]), st.integers(0, 10**12)), max_size=12))
def test_shares_lose_no_fen(lines: list[tuple[str, int]]) -> None:
    found = shares(lines)
    assert sum(found.values()) == sum(fen for _, fen in lines)
    assert all(fen > 0 for fen in found.values())
    assert all(found.get(code, 0) == sum(fen for one, fen in lines if one == code) for code, _ in lines)


def test_money_never_leaves_twice() -> None:
    """From no state can a bill be both cleared and given back; every state has words."""

    def reach(state: BillState) -> set[BillState]:
        found, todo = {state}, [state]
        while todo:
            for following in ALLOWED[todo.pop()] - found:
                found.add(following)
                todo.append(following)
        return found

    assert BillState.REFUNDING not in reach(BillState.CLEARING)
    assert BillState.CLEARING not in reach(BillState.REFUNDING)
    assert set(STATE_WORDS) == set(BillState) == set(ALLOWED)
    assert BillState.CLEARED not in LIVE
