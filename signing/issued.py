"""Which certificates our authority has issued and revoked: one SQLite file beside the keys.

It belongs to the authority and not to a county's database: a certificate is known by its serial number to outsiders who
know nothing else, and the authority must answer for it wherever the platform's tables are restored from.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from signing.errors import UnknownCertificate

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'seal', 'service')),
    subject TEXT NOT NULL,
    not_after TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS revoked ON certificates (generation, serial) WHERE revoked_at IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS nothing_is_forgotten BEFORE DELETE ON certificates
BEGIN SELECT raise(ABORT, 'an issued certificate stays in the register'); END;
CREATE TRIGGER IF NOT EXISTS revoked_for_good BEFORE UPDATE ON certificates WHEN old.revoked_at IS NOT NULL
    OR (old.serial, old.generation, old.kind, old.subject, old.not_after)
        IS NOT (new.serial, new.generation, new.kind, new.subject, new.not_after)
BEGIN SELECT raise(ABORT, 'only a first revocation is written'); END;
"""
_BUSY_SECONDS = 30
OUTSIDE = 0
"""The generation of a certificate that an outside authority made: it answers for it, we only know of it."""


@dataclass(frozen=True)
class Issued:
    """One certificate of ours. `subject`: of a seal its key; a person is not named here."""

    serial: int
    generation: int
    kind: str
    subject: str
    not_after: datetime
    revoked_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Register:
    """Opened anew for each question, so that threads and forked processes need no care."""

    path: Path

    def create(self) -> None:
        """Safe to repeat."""
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
        self.path.chmod(0o600)

    def note(self, serial: int, generation: int, kind: str, subject: str, not_after: datetime) -> None:
        """Before the certificate leaves the authority: nothing is in use that is not written down."""
        row = (f"{serial:x}", generation, kind, subject, not_after.isoformat())
        with self._open() as database:
            database.execute(
                "INSERT INTO certificates (serial, generation, kind, subject, not_after) VALUES (?, ?, ?, ?, ?)", row
            )

    def revoke(self, serial: int, at: datetime, reason: str) -> None:
        """Repeating it keeps the first time. Raises UnknownCertificate."""
        with self._open() as database:
            known = database.execute(
                "UPDATE certificates SET revoked_at = ?, reason = ? WHERE serial = ? AND revoked_at IS NULL",
                (at.isoformat(), reason, f"{serial:x}"),
            )
            if not known.rowcount and self._found(database, serial) is None:
                raise UnknownCertificate

    def find(self, serial: int) -> Issued | None:
        with self._open() as database:
            return self._found(database, serial)

    def find_all(self, serials: Collection[int]) -> list[Issued]:
        """Those of them that are known; none where there is no register (its loss is told when the PKI is opened)."""
        if not self.path.exists():
            return []
        asked = json.dumps([f"{serial:x}" for serial in serials])
        with self._open() as database:
            chosen = "SELECT * FROM certificates WHERE serial IN (SELECT value FROM json_each(?))"
            return [_issued(row) for row in database.execute(chosen, (asked,))]

    def revoked(self, generation: int) -> list[Issued]:
        """For the list of revoked certificates, by serial number; those that have ended by themselves too."""
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM certificates WHERE generation = ? AND revoked_at IS NOT NULL ORDER BY serial",
                (generation,),
            )
            return [_issued(row) for row in rows]

    def counts(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Issued and revoked, by generation and kind."""
        with self._open() as database:
            rows = database.execute(
                "SELECT generation, kind, count(*), count(revoked_at) FROM certificates GROUP BY 1, 2 ORDER BY 1, 2"
            )
            return {(generation, kind): (issued, revoked) for generation, kind, issued, revoked in rows}

    @staticmethod
    def _found(database: sqlite3.Connection, serial: int) -> Issued | None:
        row = database.execute("SELECT * FROM certificates WHERE serial = ?", (f"{serial:x}",)).fetchone()
        return _issued(row) if row else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        try:
            # What is answered for must survive a power failure.
            database.execute("PRAGMA synchronous = FULL")
            with database:
                yield database
        finally:
            database.close()


def register_in(directory: Path) -> Register:
    """The register of the PKI in this folder."""
    return Register(directory / "issued.sqlite")


def _issued(row: tuple[str, int, str, str, str, str | None, str]) -> Issued:
    serial, generation, kind, subject, not_after, revoked_at, reason = row
    return Issued(
        int(serial, 16),
        generation,
        kind,
        subject,
        datetime.fromisoformat(not_after),
        datetime.fromisoformat(revoked_at) if revoked_at else None,
        reason,
    )
