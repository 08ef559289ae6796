"""The declarative base: county-leading keys, and DDL that belongs to a table."""

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import (
    DDL,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    Uuid,
    event,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

from kernel.clock import now
from kernel.db.types import UtcDateTime

TENANT_SETTING = "yiti.tenant"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(CommonTableAttributes, DeclarativeBase):
    """Every table of the platform."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)


class TenantModel(Base):
    """A row that belongs to one county: `tenant_id` leads its key, and row-level security hides it from the others.

    Both columns fill themselves: the county from the session that the row is added to, the id as a UUIDv7.
    """

    __abstract__ = True

    tenant_id: Mapped[str] = mapped_column(
        String(6),
        primary_key=True,
        server_default=text(f"current_setting('{TENANT_SETTING}')"),
        sort_order=-2,
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, sort_order=99)


@event.listens_for(TenantModel, "init", propagate=True)
def _fill_id(_target: TenantModel, _args: Any, kwargs: dict[str, Any]) -> None:
    # Known before the flush, so that rows of one transaction can point at each other.
    kwargs.setdefault("id", uuid7())


def tenant_fk(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that cannot cross counties."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], **options)


def protect(model: type[Base], *statements: str) -> None:
    """Run the statements (functions, triggers) whenever the model's table is created."""
    table = model.__table__
    assert isinstance(table, Table)
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(table, "after_create", ddl)


def append_only(model: type[Base], may_change: tuple[str, ...] = ()) -> None:
    """Let the database refuse DELETE, TRUNCATE and the UPDATE of any column not named."""
    name = model.__tablename__
    kept = sorted(column.name for column in model.__table__.columns if column.name not in may_change)
    compare = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in kept)
    protect(
        model,
        f"""CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '{name} is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = '{name}_append_only';
  ELSIF {compare} THEN
    RAISE EXCEPTION '{name} is append-only' USING ERRCODE = 'restrict_violation', CONSTRAINT = '{name}_append_only';
  END IF;
  RETURN NEW;
END $$""",
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()",
    )


@event.listens_for(Table, "after_create")
def _wall(table: Table, connection: Any, **_: Any) -> None:
    if table.metadata is not Base.metadata:
        return
    for statement in wall_statements(table):
        connection.exec_driver_sql(statement)


def wall_statements(table: Table) -> list[str]:
    """Row-level security and the application role's rights, for one table."""
    grant = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO yiti_app"
    if "tenant_id" not in table.columns:
        return [f"GRANT SELECT ON {table.name} TO yiti_app"]
    same = f"tenant_id = current_setting('{TENANT_SETTING}', true)"
    return [
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY county ON {table.name} TO yiti_app USING ({same}) WITH CHECK ({same})",
        grant,
    ]
