"""How far each series of numbers has come."""

from sqlalchemy import CheckConstraint, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel


class NumberSeries(TenantModel):
    """One row per county, series and year; its row lock is what makes the numbers gap-free."""

    __tablename__ = "number_series"
    __table_args__ = (
        UniqueConstraint("tenant_id", "series", "year"),
        CheckConstraint("last > 0", name="counts_up"),
    )

    series: Mapped[str] = mapped_column(String(40))
    year: Mapped[int] = mapped_column(SmallInteger)
    last: Mapped[int] = mapped_column(Integer)
