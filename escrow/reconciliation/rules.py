"""Pure: what of a bank's statement and of our book is the same money, and what is not."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from escrow.reconciliation.models import DifferenceKind, Resolution
from kernel.money import yuan


class Known(Struct, frozen=True, kw_only=True):
    """One movement: a line of a statement, or one of our book. Positive came in."""

    bank_serial: str
    signed_fen: int


class Unlike(Struct, frozen=True, kw_only=True):
    """One movement on which the two sides do not agree."""

    kind: DifferenceKind
    bank_serial: str
    bank_fen: int
    book_fen: int

    @property
    def words(self) -> str:
        """For the clerk."""
        if self.kind is DifferenceKind.MISSING_HERE:
            way = "收入" if self.bank_fen > 0 else "支出"
            return f"银行对账单有一笔{way} {yuan(abs(self.bank_fen))} 元，账上没有"
        if self.kind is DifferenceKind.MISSING_THERE:
            way = "收入" if self.book_fen > 0 else "支出"
            return f"账上有一笔{way} {yuan(abs(self.book_fen))} 元，银行对账单没有"
        return f"银行 {yuan(self.bank_fen)} 元，账上 {yuan(self.book_fen)} 元"


class Compared(Struct, frozen=True, kw_only=True):
    """The outcome: the serials that agree, and what does not, in the order of the statement and then of the book."""

    matched: tuple[str, ...]
    unlike: tuple[Unlike, ...]


def compare(lines: Iterable[Known], book: Iterable[Known]) -> Compared:
    """Match by the bank's serial, which is unique on an account on either side.

    `book` is what the statement should show: every movement that no statement has shown yet and whose value date is
    not after its day, and every movement that bears the serial of a line.
    """
    here = {one.bank_serial: one.signed_fen for one in book}
    matched, unlike = [], []
    for line in lines:
        ours = here.pop(line.bank_serial, None)
        if ours == line.signed_fen:
            matched.append(line.bank_serial)
            continue
        kind = DifferenceKind.MISSING_HERE if ours is None else DifferenceKind.DIFFERENT
        unlike.append(Unlike(kind=kind, bank_serial=line.bank_serial, bank_fen=line.signed_fen, book_fen=ours or 0))
    for serial, fen in here.items():
        unlike.append(Unlike(kind=DifferenceKind.MISSING_THERE, bank_serial=serial, bank_fen=0, book_fen=fen))
    return Compared(matched=tuple(matched), unlike=tuple(unlike))


def unexplained(closing_fen: int, mirror_fen: int, not_shown_fen: int, open_fen: Sequence[int]) -> int:
    """What remains between the bank's balance and ours when everything known is taken into account; 0 as it must be.

    `mirror_fen` is what the book says the bank holds, `not_shown_fen` the movements that are on no statement yet,
    `open_fen` what the book lacks (bank − book) by each open difference that stands on a statement.
    """
    return closing_fen - (mirror_fen - not_shown_fen) - sum(open_fen)


def allowed(kind: DifferenceKind, lacks_fen: int) -> frozenset[Resolution]:
    """How a difference may be resolved; `lacks_fen` is what the book lacks (bank − book).

    A balance agrees only when the bank's other statements or corrections are there: no one resolves it by words.
    """
    ways = {Resolution.BANK_CORRECTS}
    if kind in {DifferenceKind.ORDER, DifferenceKind.STATEMENT, DifferenceKind.REPORT}:
        return frozenset(ways | {Resolution.CONFIRMED})
    if kind is DifferenceKind.BALANCE:
        return frozenset(ways)
    ways.add(Resolution.EXPLAINED)
    if kind is DifferenceKind.MISSING_HERE:
        ways.add(Resolution.ORDER)
    else:
        ways.add(Resolution.REVERSED)
    if lacks_fen > 0 and kind is not DifferenceKind.MISSING_THERE:
        ways.add(Resolution.SUSPENSE)
    return frozenset(ways)
