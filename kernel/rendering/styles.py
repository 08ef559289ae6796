"""Most properties of most elements are inherited or initial, and nobody needs to work that out each time.

WeasyPrint looks at every one of some hundred properties of every element as if a rule had set it.
"""

from typing import Any, NamedTuple

from weasyprint.css import ComputedStyle  # type: ignore[import-untyped]
from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS  # type: ignore[import-untyped]
from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES  # type: ignore[import-untyped]

# These look at each other, or up the tree in ways of their own.
_INVOLVED = {"float", "display", "position", "page"}
_work_out = ComputedStyle.__missing__


class _Plain(NamedTuple):
    """What a property is where no rule names it, nor any of the logical names it also goes by."""

    inherited: bool
    initial: Any
    logical: frozenset[str]


def _logical_names(key: str) -> frozenset[str]:
    name = PHYSICAL_FUNCTIONS.get(key)
    return frozenset(name(block="ttb", inline=way) for way in ("ltr", "rtl")) if name else frozenset()


_PLAIN = {
    key: _Plain(key in INHERITED, initial, _logical_names(key))
    for key, initial in INITIAL_VALUES.items()
    if key not in _INVOLVED
    and not key.startswith("text_decoration_")
    and (key in INHERITED or key not in INITIAL_NOT_COMPUTED)
}


def plain_or_worked_out(style: Any, key: str) -> Any:
    """In place of `ComputedStyle.__missing__`: the value of a property that is asked for the first time."""
    plain, ruled, parent = _PLAIN.get(key), style.cascaded, style.parent_style
    if plain is None or parent is None or key in ruled or not plain.logical.isdisjoint(ruled):
        return _work_out(style, key)
    value = style[key] = parent[key] if plain.inherited else plain.initial
    return value
