"""How the sandbox's tax bureau assesses a transfer: by dated tables, each row with its source."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from integrations.case_requests import TaxLine
from integrations.tax import TaxDeclaration


class DeedRate(NamedTuple):
    """契税 from a day on: of homes up to 140 ㎡ and larger ones, by how many homes the family has with this one."""

    since: date
    homes: dict[int, tuple[Decimal, Decimal]]
    base: Decimal
    """Of further homes and of everything else."""
    source: str


_DEED = (
    DeedRate(
        date(2016, 2, 22),
        {1: (Decimal("0.01"), Decimal("0.015")), 2: (Decimal("0.01"), Decimal("0.02"))},
        Decimal("0.03"),
        "财税〔2016〕23号",
    ),
    DeedRate(
        date(2024, 12, 1),
        {1: (Decimal("0.01"), Decimal("0.015")), 2: (Decimal("0.01"), Decimal("0.02"))},
        Decimal("0.03"),
        "财政部 税务总局 住房城乡建设部公告2024年第16号",
    ),
)
_LARGE = Decimal(140)
_VAT = Decimal("0.03")
_SURCHARGE = Decimal("0.05")
"""5% + 3% + 2%, halved for natural persons until 2027-12-31."""
_INCOME = Decimal("0.01")
"""核定征收."""
_VAT_FREE_YEARS, _INCOME_FREE_YEARS = 2, 5


def assess(declared: TaxDeclaration, on: date, *, homes: int, held_years: int) -> tuple[TaxLine, ...]:
    """The lines of an individual's sale of a home to another; each to the fen, and adding up."""
    return tuple(_lines(declared, on, homes, held_years))


def _lines(declared: TaxDeclaration, on: date, homes: int, held_years: int) -> Iterator[TaxLine]:
    price = declared.price_fen or 0
    home = "住宅" in declared.usage and "非住宅" not in declared.usage
    row = max((one for one in _DEED if one.since <= on), key=lambda one: one.since)
    small, large = row.homes.get(homes, (row.base, row.base)) if home else (row.base, row.base)
    rate = small if declared.building_area <= _LARGE else large
    yield TaxLine(
        kind="deed_tax", base_fen=price, rate=_percent(rate), due_fen=_fen(price * rate), amount_fen=_fen(price * rate),
        basis=row.source,
    )  # fmt: skip
    net = _fen(price / (1 + _VAT))
    vat = _fen(net * _VAT)
    free = home and held_years >= _VAT_FREE_YEARS
    yield _line("vat", net, _VAT, vat, free, "个人销售购买满2年的住房免征增值税" if free else "不满2年的住房全额征收")
    yield _line("surcharge", vat, _SURCHARGE, _fen(vat * _SURCHARGE), free, "随增值税免征" if free else "减半征收")
    only = home and held_years >= _INCOME_FREE_YEARS
    income = _fen(net * _INCOME)
    yield _line("income_tax", net, _INCOME, income, only, "满五唯一，财税字〔1994〕20号" if only else "核定征收")


def _line(kind: str, base: int, rate: Decimal, due: int, free: bool, basis: str) -> TaxLine:
    return TaxLine(
        kind=kind,  # type: ignore[arg-type]  # one of TaxKind
        base_fen=base,
        rate=_percent(rate),
        due_fen=due,
        exempt_fen=due if free else 0,
        amount_fen=0 if free else due,
        basis=basis,
    )


def _fen(amount: Decimal | int) -> int:
    return int(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
