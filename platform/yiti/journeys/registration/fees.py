"""The registration fee (不动产登记费): per item, never by area or price (民法典 art. 223).

The tariff is a dated parameter of the county (`registration_fees`, 分 as text); where the county has set none, the
national one holds.
"""

from datetime import date

from msgspec import Struct
from sqlalchemy import select

from escrow.rules import UsageClass, usage_class
from kernel.db import ReadSession
from yiti.cases.declaration import FeeRule
from yiti.estate.models import EstateParameter

PARAMETER = "registration_fees"


class Tariff(Struct, frozen=True, kw_only=True):
    """Fees of one item, in 分, in force from a day on."""

    residential_fen: int
    """Homes, and parking spaces, garages and store rooms with a certificate of their own."""
    other_fen: int
    book_fen: int
    """工本费 of one certificate, where it alone is due (换发, 补发)."""
    effective_from: date
    source: str


NATIONAL = Tariff(
    residential_fen=8_000,
    other_fen=55_000,
    book_fen=1_000,
    effective_from=date(2016, 12, 15),
    source="发改价格规〔2016〕2559号；财税〔2016〕79号",
)


async def tariff(reader: ReadSession, on: date) -> Tariff:
    """The tariff in force on a day."""
    wanted = select(EstateParameter).where(EstateParameter.name == PARAMETER, EstateParameter.effective_from <= on)
    row = await reader.scalar(wanted.order_by(EstateParameter.effective_from.desc()).limit(1))
    if row is None:
        return NATIONAL
    return Tariff(
        residential_fen=int(row.value["residential"]),
        other_fen=int(row.value["other"]),
        book_fen=int(row.value["book"]),
        effective_from=row.effective_from,
        source=row.source,
    )


def fee_fen(rule: FeeRule, usage: str, prices: Tariff) -> int:
    """What one item costs: one business on one unit."""
    if rule == "free":
        return 0
    if rule == "book_cost":
        return prices.book_fen
    full = prices.other_fen if usage_class(usage) is UsageClass.NON_RESIDENTIAL else prices.residential_fen
    return full // 2 if rule == "half" else full
