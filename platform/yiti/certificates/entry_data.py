"""The fields of an entry for machines, in the names of the registration database standard (TD/T 1066). Pure.

Codes only where the standard's list is known; the kind of a right is told in words. Money in yuan, areas in ㎡.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from yiti.certificates.schemas import EntryCertificate
from yiti.certificates.wording import plain_yuan
from yiti.register.details import (
    EasementDetails,
    MortgageDetails,
    NoticeDetails,
    ObjectionDetails,
    OwnershipDetails,
    ResidenceDetails,
)
from yiti.register.kinds import EntryKind

_Value = str | int | bool | date | Decimal | None
_Pair = tuple[str, _Value]
_NOTICE_CODES: Final = {
    EntryKind.PRESALE_NOTICE: 1,
    EntryKind.SALE_NOTICE: 2,
    EntryKind.PRESALE_MORTGAGE_NOTICE: 3,
    EntryKind.MORTGAGE_NOTICE: 4,
}
"""预告登记种类 (YGDJZL)."""


def of(facts: EntryCertificate) -> tuple[tuple[str, str], ...]:
    """Name and text of every field that has a value."""
    pairs: Iterable[_Pair] = (("DJLX", facts.registration_type.value), ("DJYY", facts.cause), *_own(facts))
    return tuple((name, _text(value)) for name, value in pairs if value not in {None, ""})


def _own(facts: EntryCertificate) -> Iterator[_Pair]:
    match facts.details:
        case OwnershipDetails() as details:
            yield from _ownership(facts, details)
        case MortgageDetails() as details:
            yield from _mortgage(facts, details)
        case NoticeDetails() as details:
            yield from _notice(facts, details)
        case ResidenceDetails() as details:
            yield from (("HTBH", details.contract_number), ("JZFW", details.scope), ("JZTJ", details.conditions))
            yield from _term(facts)
        case EasementDetails() as details:
            yield from (
                ("GYDBDCDYH", facts.unit_code),
                ("XYDBDCDYH", details.dominant_unit_code),
                ("DYQNR", details.purpose),
            )
            yield from _term(facts)
        case ObjectionDetails() as details:
            yield ("YYSX", details.matter)


def _ownership(facts: EntryCertificate, details: OwnershipDetails) -> Iterator[_Pair]:
    yield from (
        ("QLLX", 4),
        ("QLXZ", details.right_nature),
        ("YT", details.land_usage),
        ("GHYT", details.usage),
        ("ZDMJ", details.land_area),
        ("FTTDMJ", details.shared_land_area),
        ("TDSYQSSJ", details.land_from),
        ("TDSYJSSJ", details.land_until),
        ("FDCJYJG", _yuan(facts.amount_fen)),
        ("FWJG", details.structure),
        ("SZC", details.floor),
        ("ZCS", details.floors_total),
        ("JZMJ", details.building_area),
        ("ZYJZMJ", details.inner_area),
        ("FTJZMJ", details.shared_area),
        ("JGSJ", details.completed_on),
    )


def _mortgage(facts: EntryCertificate, details: MortgageDetails) -> Iterator[_Pair]:
    maximum = details.form == "maximum"
    yield from (
        ("BDCQZH", facts.related_number),
        ("DYFS", 2 if maximum else 1),
        ("ZGZQSE" if maximum else "BDBZZQSE", _yuan(facts.amount_fen)),
        ("ZWLXQSSJ", facts.valid_from),
        ("ZWLXJSSJ", facts.valid_until),
        ("ZGZQQDSS", details.maximum_basis),
        ("DBFW", details.guarantee_scope),
        ("SFCZJZHXZ", facts.bans_transfer),
        ("DYQSW", facts.order),
        ("HTBH", details.contract_number),
    )


def _notice(facts: EntryCertificate, details: NoticeDetails) -> Iterator[_Pair]:
    yield from (
        ("YGDJZL", _NOTICE_CODES[facts.kind]),
        ("BDCQZH", facts.related_number),
        ("GHYT", facts.unit.usage),
        ("JZMJ", facts.unit.building_area),
        ("QDJG", _yuan(facts.amount_fen)),
        ("DBFW", details.guarantee_scope),
        ("SFCZJZHXZ", facts.bans_transfer),
        ("HTBH", details.contract_number),
    )


def _term(facts: EntryCertificate) -> Iterator[_Pair]:
    yield from (("QLQSSJ", facts.valid_from), ("QLJSSJ", facts.valid_until))


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else plain_yuan(fen)


def _text(value: _Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
