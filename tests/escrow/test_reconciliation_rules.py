"""The pure matcher: of random books and banks with planted faults it finds exactly what was planted."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from escrow.reconciliation.models import DifferenceKind, Resolution
from escrow.reconciliation.rules import Known, Unlike, allowed, compare, unexplained

FEN = st.integers(-(10**9), 10**9).filter(bool)
HERE, THERE, OTHER = DifferenceKind.MISSING_HERE, DifferenceKind.MISSING_THERE, DifferenceKind.DIFFERENT
PLANTED = st.sampled_from(("same", "same", "same", "bank_only", "book_only", "amount"))


@given(st.dictionaries(st.text("ABC0123456789", min_size=1, max_size=12), st.tuples(FEN, PLANTED, FEN), max_size=40))
def test_exactly_what_was_planted(movements: dict[str, tuple[int, str, int]]) -> None:
    bank, book, planted = [], [], Counter[tuple[DifferenceKind, str, int, int]]()
    for serial, (fen, fault, shift) in movements.items():
        told = fen + shift if fault == "amount" else fen
        if fault != "book_only":
            bank.append(Known(bank_serial=serial, signed_fen=told))
        if fault != "bank_only":
            book.append(Known(bank_serial=serial, signed_fen=fen))
        if fault != "same":
            kind = {"bank_only": HERE, "book_only": THERE, "amount": OTHER}[fault]
            planted[kind, serial, 0 if kind is THERE else told, 0 if kind is HERE else fen] += 1
    compared = compare(bank, reversed(book))
    assert Counter((u.kind, u.bank_serial, u.bank_fen, u.book_fen) for u in compared.unlike) == planted
    assert sorted(compared.matched) == sorted(s for s, (_, fault, _) in movements.items() if fault == "same")
    # What differs is exactly what stands between the two balances.
    opening, lacking = 5_000, sum(u.bank_fen - u.book_fen for u in compared.unlike if u.kind is not THERE)
    waiting = sum(u.book_fen for u in compared.unlike if u.kind is THERE)
    closing = opening + sum(one.signed_fen for one in bank)
    mirror = opening + sum(one.signed_fen for one in book)
    assert unexplained(closing, mirror, waiting, [lacking]) == 0
    assert unexplained(closing + 1, mirror, waiting, [lacking]) == 1


def test_words_name_the_side() -> None:
    assert "账上没有" in Unlike(kind=HERE, bank_serial="1", bank_fen=-5, book_fen=0).words
    assert "支出 0.05 元" in Unlike(kind=HERE, bank_serial="1", bank_fen=-5, book_fen=0).words
    assert "银行对账单没有" in Unlike(kind=THERE, bank_serial="1", bank_fen=0, book_fen=5).words
    assert Unlike(kind=OTHER, bank_serial="1", bank_fen=7, book_fen=5).words == "银行 0.07 元，账上 0.05 元"


def test_what_may_be_done() -> None:
    note = Resolution.BANK_CORRECTS
    assert allowed(DifferenceKind.BALANCE, 5) == {note}
    assert allowed(DifferenceKind.ORDER, 0) == {note, Resolution.CONFIRMED}
    # Money that the bank paid out of itself: nobody books it away, only the bank's own correction ends it.
    assert allowed(HERE, -5) == {note, Resolution.EXPLAINED, Resolution.ORDER}
    assert allowed(HERE, 5) == {note, Resolution.EXPLAINED, Resolution.ORDER, Resolution.SUSPENSE}
    assert allowed(THERE, 5) == {note, Resolution.EXPLAINED, Resolution.REVERSED}
    assert allowed(OTHER, 5) == {note, Resolution.EXPLAINED, Resolution.REVERSED, Resolution.SUSPENSE}
    assert allowed(OTHER, -5) == {note, Resolution.EXPLAINED, Resolution.REVERSED}
