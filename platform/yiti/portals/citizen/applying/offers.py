"""What can be done online, said as people say it; the catalogue and the county's settings in, view values out. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kernel.money import yuan
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.declaration import Declaration, FeeRule, Group, Settings
from yiti.journeys.registration.fees import Tariff
from yiti.portals.citizen.applying.holdings import Holding
from yiti.portals.registration.window.offers import time_words
from yiti.portals.registration.window.words import ALSO_CALLED, GROUP_WORDS, PLAIN_WORDS
from yiti.register.kinds import PURCHASE_NOTICES, EntryKind, HolderRole, RegistrationType

_ICONS: dict[Group, str] = {
    "first": "building-plus",
    "transfer": "home-move",
    "change": "pencil",
    "cancellation": "file-x",
    "correction": "message-report",
    "notice": "bookmark",
    "mortgage": "building-bank",
    "other_right": "home-heart",
    "seizure": "gavel",
    "certificate": "certificate",
}


@dataclass(frozen=True)
class Offer:
    """One thing to do."""

    code: str
    title: str
    words: str
    icon: str
    time: str
    fits: bool
    """What the person holds allows it, as far as the book knows."""


@dataclass(frozen=True)
class Paper:
    """One material: what the person brings, and what the platform fetches by itself."""

    name: str
    required: bool
    fetched: bool


@dataclass(frozen=True)
class Guide:
    """Before beginning: how long, how much, what is needed, who has to take part."""

    code: str
    title: str
    words: str
    basis: str
    time: str
    fee: str
    papers: tuple[Paper, ...]
    both: bool
    sides: tuple[tuple[str, str], ...]
    """The sides one may apply on: (`holder`, 受让人) …"""
    following: tuple[tuple[str, str, str], ...]
    """What may be done along with it, for a group of checkboxes."""


def groups(search: str, holdings: Sequence[Holding]) -> list[tuple[str, list[Offer]]]:
    """Everything offered online, by group; with `search` only what its words speak of."""
    wanted = search.upper().split()
    found = [
        (title, [_offer(one, holdings) for one in CATALOGUE.values() if _shown(one, group, wanted)])
        for group, title in GROUP_WORDS.items()
    ]
    return [(title, offers) for title, offers in found if offers]


def at_hand(found: Sequence[tuple[str, Sequence[Offer]]]) -> list[Offer]:
    """What can be done with what one holds, which most people have come for."""
    return [one for _, offers in found for one in offers if one.fits]


def objects(declared: Declaration) -> frozenset[EntryKind]:
    """The kinds of entry that whoever begins would hold: what the application aims at, or what it starts from."""
    if declared.targets:
        return frozenset(declared.targets)
    if declared.books is EntryKind.PRESALE_MORTGAGE_NOTICE or declared.business is Business.TRANSFER_NEW_HOME:
        # Until then the home is in the developer's name; what its buyer holds is the notice.
        return frozenset({EntryKind.PRESALE_NOTICE})
    turns = declared.registration_type is RegistrationType.TRANSFER and declared.applicants == "both"
    return frozenset({EntryKind.OWNERSHIP}) | (PURCHASE_NOTICES if turns else frozenset())


def fitting(declared: Declaration, holdings: Sequence[Holding]) -> list[Holding]:
    """What the person could name as the object of this business. Alone applies only who holds the right."""
    kinds, alone = objects(declared), declared.applicants == "holder"
    return [one for one in holdings if one.kind in kinds and (one.role is HolderRole.HOLDER or not alone)]


def guide(declared: Declaration, settings: Settings, prices: Tariff, holdings: Sequence[Holding]) -> Guide:
    """What the county asks and promises today. Along with it is offered what needs nothing else to be in the book."""
    kinds = {one.kind for one in holdings}
    notice = f"，另需公告{declared.public_notice_days}个工作日" if declared.public_notice_days else ""
    return Guide(
        code=declared.business,
        title=declared.name,
        words=PLAIN_WORDS.get(declared.business, ""),
        basis=declared.basis,
        time=f"受理后{time_words(settings.limit_half_days)}内{notice}",
        fee=_fee(settings.fee, prices),
        papers=tuple(Paper(one.name, one.required, one.source is not None) for one in settings.materials),
        both=declared.applicants == "both",
        sides=(("holder", declared.holder_words), ("obligor", declared.obligor_words)),
        following=tuple(
            (one.value, CATALOGUE[one].name, PLAIN_WORDS.get(one, ""))
            for one in declared.combines_with
            if CATALOGUE[one].online and _fits_along(CATALOGUE[one], kinds)
        ),
    )


def online(code: str, catalogue: Mapping[Business, Declaration] = CATALOGUE) -> Declaration | None:
    """The business with this code, if it is offered online."""
    found = next((one for one in catalogue.values() if one.business == code), None)
    return found if found is not None and found.online else None


def _fits_along(declared: Declaration, kinds: Collection[EntryKind]) -> bool:
    return not declared.targets or any(kind in kinds for kind in declared.targets)


def _shown(declared: Declaration, group: Group, wanted: Sequence[str]) -> bool:
    if not declared.online or declared.group != group:
        return False
    spoken = (declared.name, PLAIN_WORDS.get(declared.business, ""), ALSO_CALLED.get(declared.business, ""))
    return all(word in " ".join(spoken).upper() for word in wanted)


def _offer(declared: Declaration, holdings: Sequence[Holding]) -> Offer:
    return Offer(
        code=declared.business,
        title=declared.name,
        words=PLAIN_WORDS.get(declared.business, ""),
        icon=_ICONS[declared.group],
        time=time_words(declared.limit_half_days),
        fits=bool(fitting(declared, holdings)),
    )


def _fee(rule: FeeRule, prices: Tariff) -> str:
    """By the tariff in force."""
    home, other = prices.residential_fen, prices.other_fen
    match rule:
        case "by_usage":
            return f"住宅 {yuan(home)} 元，非住宅 {yuan(other)} 元（每件）"
        case "half":
            return f"减半：住宅 {yuan(home // 2)} 元，非住宅 {yuan(other // 2)} 元（每件）"
        case "book_cost":
            return f"只收证书工本费 {yuan(prices.book_fen)} 元（每本）"
        case "free":
            return "不收登记费"
