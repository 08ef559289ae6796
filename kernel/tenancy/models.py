"""The counties of one installation: the only table without a tenant."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base


class County(Base):
    """A county (县级行政区), named by its GB/T 2260 code."""

    __tablename__ = "counties"
    __table_args__ = (CheckConstraint("code ~ '^[0-9]{6}$'", name="code_is_gbt2260"),)

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    province_abbreviation: Mapped[str] = mapped_column(String(2))
    """One character in certificate numbers, such as 豫."""
    agency_name: Mapped[str] = mapped_column(String(120))
    """The registration agency (不动产登记机构) named on certificates."""
    agency_code: Mapped[str] = mapped_column(String(18))
    """Its unified social credit code."""
