"""Tables of organisations, users, sessions and login throttling."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import TenantModel, tenant_fk
from kernel.db.types import Encrypted, UtcDateTime


class Organisation(TenantModel):
    """An authority, a bank or a developer that works on the platform."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "credit_code"),
        CheckConstraint(
            "kind in ('developer', 'bank', 'fund_centre', 'housing_department', 'registration_centre', 'operator')",
            name="kind_known",
        ),
    )

    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18))
    address: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(Encrypted("organisation.phone"), default="")
    legal_representative: Mapped[str] = mapped_column(Encrypted("organisation.legal_representative"), default="")
    seal_key: Mapped[str | None] = mapped_column(String(80))
    """Name of the e-seal in the signing service, such as `county:411528:registration`."""


class User(TenantModel):
    """A member of staff who signs in with a login name and a password."""

    __tablename__ = "users"
    __table_args__ = (
        tenant_fk("organisation_id", "organisations"),
        UniqueConstraint("tenant_id", "login"),
        Index("ix_users_organisation", "tenant_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    login: Mapped[str] = mapped_column(String(40))
    display_name: Mapped[str] = mapped_column(Encrypted("user.display_name"))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Session(TenantModel):
    """One signed-in browser. Only the token's hash is stored: who reads the table cannot sign in with it."""

    __tablename__ = "sessions"
    __table_args__ = (
        tenant_fk("user_id", "users"),
        UniqueConstraint("tenant_id", "token_hash"),
        Index("ix_sessions_user", "tenant_id", "user_id"),
        Index("ix_sessions_expiry", "tenant_id", "expires_at"),
        CheckConstraint(
            "(kind = 'staff' and user_id is not null and citizen_index is null)"
            " or (kind = 'citizen' and user_id is null and citizen_index is not null)",
            name="one_subject",
        ),
    )

    kind: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    csrf_secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    citizen_name: Mapped[str | None] = mapped_column(Encrypted("session.citizen_name"))
    citizen_id_no: Mapped[str | None] = mapped_column(Encrypted("session.citizen_id_no"))
    citizen_index: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginThrottle(TenantModel):
    """Failed logins per account and per client address; in the database, so that a restart forgets nothing.

    Kept beside the users, not on them, so that names which do not exist are throttled just like those that do.
    """

    __tablename__ = "login_throttles"
    __table_args__ = (UniqueConstraint("tenant_id", "scope", "key_hash"),)

    scope: Mapped[str] = mapped_column(String(8))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
