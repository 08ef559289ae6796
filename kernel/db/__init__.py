"""The database: base classes, sessions, the transaction boundary and the wall between counties."""

from kernel.db.base import Base, TenantModel, append_only, protect, tenant_fk
from kernel.db.plain import Row, among
from kernel.db.sessions import Database, ReadSession, WriteSession

__all__ = [
    "Base",
    "Database",
    "ReadSession",
    "Row",
    "TenantModel",
    "WriteSession",
    "among",
    "append_only",
    "protect",
    "tenant_fk",
]
