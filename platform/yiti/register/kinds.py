"""The words of the book: kinds of entry, their state, how a right is shared."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry records on a unit. A cancellation only closes an earlier entry."""

    OWNERSHIP = "ownership"
    MORTGAGE = "mortgage"
    PRESALE_NOTICE = "presale_notice"
    PRESALE_MORTGAGE_NOTICE = "presale_mortgage_notice"
    SEIZURE = "seizure"
    OBJECTION = "objection"
    CANCELLATION = "cancellation"


class EntryStatus(StrEnum):
    """权属状态: current (现势) until a later entry closes it, then historical (历史)."""

    CURRENT = "current"
    HISTORICAL = "historical"


class Sharing(StrEnum):
    """共有方式: sole (单独所有), joint (共同共有), fractional (按份共有)."""

    SOLE = "sole"
    JOINT = "joint"
    FRACTIONAL = "fractional"


class HolderRole(StrEnum):
    """The side a person is on: right holder (权利人) or obligor (义务人)."""

    HOLDER = "holder"
    OBLIGOR = "obligor"


KIND_WORDS = {
    EntryKind.OWNERSHIP: "房屋所有权",
    EntryKind.MORTGAGE: "抵押权",
    EntryKind.PRESALE_NOTICE: "预告登记（预售商品房买卖）",
    EntryKind.PRESALE_MORTGAGE_NOTICE: "预告登记（预购商品房抵押）",
    EntryKind.SEIZURE: "查封登记",
    EntryKind.OBJECTION: "异议登记",
    EntryKind.CANCELLATION: "注销登记",
}
SHARING_WORDS = {
    Sharing.SOLE: "单独所有",
    Sharing.JOINT: "共同共有",
    Sharing.FRACTIONAL: "按份共有",
}

ISSUES_PROOF = frozenset(
    {
        EntryKind.MORTGAGE,
        EntryKind.PRESALE_NOTICE,
        EntryKind.PRESALE_MORTGAGE_NOTICE,
        EntryKind.OBJECTION,
    }
)
"""Kinds for which a proof (登记证明) is issued (实施细则 art. 20)."""
