"""The businesses that a window takes, as its first page offers them. Pure: the catalogue in, view values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, FeeRule, Settings
from yiti.portals.registration.window.words import ALSO_CALLED, GROUP_WORDS, PLAIN_WORDS

_FEES: dict[FeeRule, str] = {
    "by_usage": "住宅80元、非住宅550元",
    "half": "减半收取",
    "free": "不收费",
    "book_cost": "只收工本费",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One business to choose. `following`: what may be taken in the same case (合并办理), in the order of booking."""

    code: str
    name: str
    words: str
    basis: str
    time: str
    fee: str
    materials: tuple[tuple[str, bool, bool], ...]
    """Name, whether it is required, and whether it is fetched from a shared source."""
    following: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """The offers of one group of the catalogue."""

    title: str
    offers: tuple[Offer, ...]


def offered(search: str, own: Mapping[str, Settings]) -> list[OfferGroup]:
    """What the window takes, by group; with `search` only what its words speak of, each word somewhere.

    `own`: what the county has set otherwise than the catalogue declares, by business.
    """
    wanted = search.upper().split()
    found = [
        OfferGroup(
            title,
            tuple(
                _offer(one, own.get(one.business, one.settings))
                for one in CATALOGUE.values()
                if _shown(one, group, wanted)
            ),
        )
        for group, title in GROUP_WORDS.items()
    ]
    return [group for group in found if group.offers]


def _shown(declared: Declaration, group: str, wanted: Iterable[str]) -> bool:
    if not declared.window or declared.group != group:
        return False
    spoken = " ".join(
        (declared.name, GROUP_WORDS[declared.group], PLAIN_WORDS.get(declared.business, ""),
         ALSO_CALLED.get(declared.business, ""))
    ).upper()  # fmt: skip
    return all(word in spoken for word in wanted)


def _offer(declared: Declaration, settings: Settings) -> Offer:
    return Offer(
        code=declared.business,
        name=declared.name,
        words=PLAIN_WORDS.get(declared.business, ""),
        basis=declared.basis,
        time=time_words(settings.limit_half_days)
        + (f"，另公告{declared.public_notice_days}个工作日" if declared.public_notice_days else ""),
        fee=_FEES[settings.fee],
        materials=tuple((one.name, one.required, one.source is not None) for one in settings.materials),
        following=tuple((one, CATALOGUE[one].name) for one in _following(declared)),
    )


def _following(declared: Declaration) -> list[Business]:
    """Everything that can come after it, directly or after one of those, each once."""
    found: list[Business] = []
    waiting = list(declared.combines_with)
    while waiting:
        one = waiting.pop(0)
        if one not in found and one != declared.business and CATALOGUE[one].window:
            found.append(one)
            waiting += CATALOGUE[one].combines_with
    return found


def time_words(half_days: int) -> str:
    """A limit in working time as people say it."""
    days, half = divmod(half_days, 2)
    if not days:
        return "半个工作日" if half else "即时办结"
    return f"{days}个半工作日" if half else f"{days}个工作日"
