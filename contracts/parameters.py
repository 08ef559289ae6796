"""Legal parameters of contracts: dated rows with their source, never constants in the rules.

The national rows stand here; a county's own rows (table ``contract_parameters``) win over them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from kernel.errors import Unavailable


class Parameter(Struct, frozen=True, kw_only=True):
    """One value that holds from ``valid_from`` up to (not including) ``valid_to``."""

    key: str
    value: Decimal
    valid_from: date
    valid_to: date | None = None
    source: str


class ParameterMissing(Unavailable):
    """No row for this parameter on this day: the county's configuration has a gap."""

    code = "contracts.parameter_missing"


class Limits(Struct, frozen=True):
    """The parameters in force on one day."""

    rows: dict[str, Parameter]

    def __getitem__(self, key: str) -> Decimal:
        if key not in self.rows:
            raise ParameterMissing(f"合同参数“{key}”未配置，请联系系统管理员")
        return self.rows[key].value

    def source(self, key: str) -> str:
        """The legal basis of a parameter in force."""
        _ = self[key]
        return self.rows[key].source


NATIONAL = (
    Parameter(
        key="filing_days_max",
        value=Decimal(30),
        valid_from=date(1998, 7, 20),
        source="《城市房地产开发经营管理条例》第二十六条",
    ),
    Parameter(
        key="deposit_share_max",
        value=Decimal("0.20"),
        valid_from=date(2021, 1, 1),
        source="《中华人民共和国民法典》第五百八十六条",
    ),
    Parameter(
        key="loan_share_max",
        value=Decimal("0.80"),
        valid_from=date(2016, 2, 1),
        source="个人住房贷款最低首付款比例政策（按本县执行的比例配置）",
    ),
    Parameter(
        key="area_deviation_max", value=Decimal(3), valid_from=date(2001, 6, 1), source="《商品房销售管理办法》第二十条"
    ),
    Parameter(
        key="design_notice_days_max",
        value=Decimal(10),
        valid_from=date(2001, 6, 1),
        source="《商品房销售管理办法》第二十四条",
    ),
    Parameter(
        key="design_answer_days_min",
        value=Decimal(15),
        valid_from=date(2001, 6, 1),
        source="《商品房销售管理办法》第二十四条",
    ),
    Parameter(
        key="adult_age",
        value=Decimal(18),
        valid_from=date(1987, 1, 1),
        source="《中华人民共和国民法典》第十七条、第十九条",
    ),
)


def in_force(on: date, county: Iterable[Parameter] = (), national: Iterable[Parameter] = NATIONAL) -> Limits:
    """The parameters of a day: the latest row that covers it, the county's before the nation's."""
    rows: dict[str, Parameter] = {}
    for source in (national, county):
        for row in sorted(source, key=lambda each: each.valid_from):
            if row.valid_from <= on and (row.valid_to is None or on < row.valid_to):
                rows[row.key] = row
    return Limits(rows)
