"""What a signer's browser had on the screen: pages and milliseconds, added up over all openings of the desk. Pure.

The browser tells; the server only bounds it: no page can have been shown for longer than the person was identified.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from signing.rules import ASSERTION_SKEW

SHOWN_MS = 300
"""A page that flew past while scrolling was not shown."""
Shown = Mapping[str, Mapping[str, Any]]
"""Of one opening of the desk, by document: `pages` (number → milliseconds), `first` and `last` (ISO times)."""


@dataclass(frozen=True)
class Reading:
    """How one signer read one document. Times are the server's, of the first and the last report."""

    milliseconds: Mapping[int, int]
    first_at: str | None
    last_at: str | None
    visits: int

    @property
    def seen(self) -> frozenset[int]:
        """The pages that were on the screen long enough to count."""
        return frozenset(page for page, spent in self.milliseconds.items() if spent >= SHOWN_MS)

    def unseen(self, pages: int) -> list[int]:
        """What is still to be shown; of a document whose pages were never counted (0), nothing."""
        return [page for page in range(1, pages + 1) if page not in self.seen]

    def told(self, pages: int) -> dict[str, Any]:
        """For the evidence chain."""
        return {
            "pages": pages,
            "milliseconds": {str(page): self.milliseconds[page] for page in sorted(self.milliseconds)},
            "first_at": self.first_at,
            "last_at": self.last_at,
            "visits": self.visits,
        }


def longest_ms(identified_at: datetime, at: datetime) -> int:
    """How long a page can have been shown at most; the identity service's clock may differ from ours."""
    return max(0, (at - identified_at + ASSERTION_SKEW) // timedelta(milliseconds=1))


def merged(
    before: Shown, told: Mapping[str, Mapping[int, int]], pages: Mapping[str, int], longest: int, at: datetime
) -> dict[str, Any]:
    """A report added to what its opening of the desk had told. Figures are running totals, so that a report that is
    lost, repeated or late changes nothing; pages and documents that there are not are left out."""
    after = {key: dict(one) for key, one in before.items()}
    for key, spent in told.items():
        real = {page: min(ms, longest) for page, ms in spent.items() if 1 <= page <= pages.get(key, 0)}
        if not real:
            continue
        known = after.setdefault(key, {"pages": {}, "first": at.isoformat(), "last": at.isoformat()})
        totals = dict(known["pages"])
        for page, ms in real.items():
            totals[str(page)] = max(ms, totals.get(str(page), 0))
        if totals != known["pages"]:
            known["last"] = at.isoformat()
        known["pages"] = totals
    return after


def reading_of(visits: Sequence[Shown], key: str) -> Reading:
    """One document over all openings of the desk."""
    mine = [visit[key] for visit in visits if key in visit]
    total: dict[int, int] = {}
    for one in mine:
        for page, ms in one["pages"].items():
            total[int(page)] = total.get(int(page), 0) + ms
    return Reading(
        total, _edge(min, (one["first"] for one in mine)), _edge(max, (one["last"] for one in mine)), len(mine)
    )


def _edge(choose: Any, times: Iterable[str]) -> str | None:
    known = [datetime.fromisoformat(time) for time in times]
    return choose(known).isoformat() if known else None
