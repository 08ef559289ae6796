"""The words of the book: kinds of entry, kinds of registration, their state, how a right is shared."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry records on a unit. A cancellation only closes an earlier entry."""

    OWNERSHIP = "ownership"
    COMMON_PARTS = "common_parts"
    MORTGAGE = "mortgage"
    CONSTRUCTION_MORTGAGE = "construction_mortgage"
    RESIDENCE = "residence"
    EASEMENT = "easement"
    PRESALE_NOTICE = "presale_notice"
    PRESALE_MORTGAGE_NOTICE = "presale_mortgage_notice"
    SALE_NOTICE = "sale_notice"
    MORTGAGE_NOTICE = "mortgage_notice"
    SEIZURE = "seizure"
    OBJECTION = "objection"
    CANCELLATION = "cancellation"


class RegistrationType(StrEnum):
    """登记类型 (DJLX) of the database standard."""

    FIRST = "100"
    TRANSFER = "200"
    CHANGE = "300"
    CANCELLATION = "400"
    CORRECTION = "500"
    OBJECTION = "600"
    NOTICE = "700"
    SEIZURE = "800"
    OTHER = "900"


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
    EntryKind.OWNERSHIP: "国有建设用地使用权/房屋所有权",
    EntryKind.COMMON_PARTS: "建筑物区分所有权业主共有部分",
    EntryKind.MORTGAGE: "抵押权",
    EntryKind.CONSTRUCTION_MORTGAGE: "在建建筑物抵押权",
    EntryKind.RESIDENCE: "居住权",
    EntryKind.EASEMENT: "地役权",
    EntryKind.PRESALE_NOTICE: "预告登记（预售商品房买卖）",
    EntryKind.PRESALE_MORTGAGE_NOTICE: "预告登记（预购商品房抵押）",
    EntryKind.SALE_NOTICE: "预告登记（其他不动产买卖）",
    EntryKind.MORTGAGE_NOTICE: "预告登记（其他不动产抵押）",
    EntryKind.SEIZURE: "查封登记",
    EntryKind.OBJECTION: "异议登记",
    EntryKind.CANCELLATION: "注销登记",
}
REGISTRATION_TYPE_WORDS = {
    RegistrationType.FIRST: "首次登记",
    RegistrationType.TRANSFER: "转移登记",
    RegistrationType.CHANGE: "变更登记",
    RegistrationType.CANCELLATION: "注销登记",
    RegistrationType.CORRECTION: "更正登记",
    RegistrationType.OBJECTION: "异议登记",
    RegistrationType.NOTICE: "预告登记",
    RegistrationType.SEIZURE: "查封登记",
    RegistrationType.OTHER: "其他登记",
}
SHARING_WORDS = {
    Sharing.SOLE: "单独所有",
    Sharing.JOINT: "共同共有",
    Sharing.FRACTIONAL: "按份共有",
}

ISSUES_CERTIFICATE = frozenset({EntryKind.OWNERSHIP})
"""Kinds for which a certificate (不动产权证书) is issued; common parts are booked without one."""
ISSUES_PROOF = frozenset(
    {
        EntryKind.MORTGAGE,
        EntryKind.CONSTRUCTION_MORTGAGE,
        EntryKind.RESIDENCE,
        EntryKind.EASEMENT,
        EntryKind.PRESALE_NOTICE,
        EntryKind.PRESALE_MORTGAGE_NOTICE,
        EntryKind.SALE_NOTICE,
        EntryKind.MORTGAGE_NOTICE,
        EntryKind.OBJECTION,
    }
)
"""Kinds for which a proof (登记证明) is issued (实施细则 art. 20)."""
SECURITIES = frozenset(
    {
        EntryKind.MORTGAGE,
        EntryKind.CONSTRUCTION_MORTGAGE,
        EntryKind.PRESALE_MORTGAGE_NOTICE,
        EntryKind.MORTGAGE_NOTICE,
    }
)
"""Mortgages and the notices of mortgages: what ranks by `priority_at`."""
PURCHASE_NOTICES = frozenset({EntryKind.PRESALE_NOTICE, EntryKind.SALE_NOTICE})
"""民法典 art. 221: while one lives, the unit is not disposed of without its holder's consent."""
