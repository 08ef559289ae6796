"""`alembic check` on a database that the migrations have just built, so that it needs no platform and no data."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kernel.settings import ROOT
from yiti.local.servers import OWNER_ROLE, PostgresServer, throwaway_servers

_DATABASE = "migrated"


def alembic(postgres: PostgresServer, *arguments: str, database: str = _DATABASE) -> None:
    """Run alembic as the owner of a database. Raises CalledProcessError; alembic has said why."""
    environment = {**os.environ, "YITI_OWNER_DATABASE_URL": postgres.dsn(database, OWNER_ROLE)}
    subprocess.run([sys.executable, "-m", "alembic", *arguments], cwd=ROOT, env=environment, check=True)


def check_migrations() -> None:
    """Migrate an empty database to the newest schema and compare that with the models."""
    with tempfile.TemporaryDirectory() as directory, throwaway_servers(Path(directory)) as (postgres, _valkey):
        asyncio.run(postgres.ensure_database(_DATABASE))
        alembic(postgres, "upgrade", "head")
        alembic(postgres, "check")
