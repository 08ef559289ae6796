"""The business catalogue (业务目录): each kind of business declared once, one file a group."""

from collections.abc import Sequence
from itertools import pairwise

from yiti.cases.business import Business
from yiti.cases.catalogue import (
    certificate,
    change,
    correction,
    first,
    mortgage,
    notice,
    other_right,
    seizure,
    transfer,
)
from yiti.cases.declaration import Declaration

__all__ = ["CATALOGUE", "Business", "combinable"]

CATALOGUE: dict[Business, Declaration] = {
    one.business: one
    for group in (first, transfer, change, correction, notice, mortgage, other_right, seizure, certificate)
    for one in group.DECLARATIONS
}


def combinable(businesses: Sequence[Business]) -> str:
    """Why these businesses cannot be one case in this order (合并办理); empty where they can."""
    if not businesses:
        return "请选择业务类型"
    for before, after in pairwise(businesses):
        if after not in CATALOGUE[before].combines_with:
            return f"{CATALOGUE[before].name}之后不能合并办理{CATALOGUE[after].name}"
    return ""
