"""Navigation: each portal declares its menu once; a person sees only what they may open."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.permissions import Actor, Permission


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry; `icon` is a name of the icon font (`home` for `ti-home`). `also`: another address it stands for.

    `badge`: address of a few words that the page fetches and shows beside the label.
    """

    label: str
    url: str
    icon: str
    permission: Permission
    also: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Portal:
    """The pages of one audience; a portal exports it as `PORTAL` in its `menu.py`."""

    title: str
    items: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry as the page shows it."""

    item: MenuItem
    active: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """The entries of one portal that this person may open."""

    title: str
    entries: tuple[MenuEntry, ...]


def menu_for(portals: Sequence[Portal], actor: Actor | None, path: str) -> list[MenuGroup]:
    """The menu of this person on this page; the entry with the longest matching address is active."""
    if actor is None:
        return []
    allowed = [(portal, [item for item in portal.items if actor.may(item.permission)]) for portal in portals]
    places = [(place, item) for _, items in allowed for item in items for place in (item.url, item.also) if place]
    here = max((one for one in places if _within(path, one[0])), key=lambda one: len(one[0]), default=("", None))[1]
    return [
        MenuGroup(portal.title, tuple(MenuEntry(item, item is here) for item in items))
        for portal, items in allowed
        if items
    ]


def home_of(portals: Sequence[Portal], actor: Actor) -> str | None:
    """Where this person starts: the first entry they may open."""
    return next((item.url for portal in portals for item in portal.items if actor.may(item.permission)), None)


def _within(path: str, url: str) -> bool:
    return path == url or path.startswith(url.rstrip("/") + "/")
