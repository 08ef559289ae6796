"""A big county by set-based SQL: one building with its sold homes, and everything that hangs on it, many times over.

Every row of the listed tables is copied once for each new building `k`. Identifiers are mapped by one function of the
old value and `k`, so that rows which belonged together still do; numbers that must be unique are counted on.
"""

from typing import Any
from uuid import UUID

import asyncpg

from yiti.local.servers import SUPERUSER

COUNTY = "411528"
BUILDINGS_PER_PROJECT = 40
_ESTATE = {"buildings": "t.id = $2", "units": "t.building_id = $2", "presale_permit_buildings": "t.building_id = $2"}
_BUSINESS = (
    "contracts", "contract_buyers", "contract_events", "bills", "bank_confirmations", "sales", "signing_ceremonies",
    "signing_documents", "signatories", "identity_assertions", "signatures", "cases", "case_actions",
    "decision_receipts", "register_entries", "register_holders", "certificates", "certificate_holders", "archives",
    "outbox",
)  # fmt: skip
COUNTED = ("units", "contracts", "cases", "register_entries", "certificates")
"""Tables whose size is worth telling."""

_UNIT_CODE = "left(t.{column}, 20) || lpad((k + 100)::text, 4, '0') || right(t.{column}, 4)"
_SUBJECT = "split_part(t.subject, ':', 1) || ':' || pg_temp.mapped(split_part(t.subject, ':', 2)::uuid, k)"
# Where the old value may not stand twice, or names the old building. A number's last digits are fewer than 100 before.
_CHANGED = {
    "project_id": "pg_temp.mapped(t.project_id, 1000000 + (k - 1) / {per_project})",
    "unit_code": _UNIT_CODE,
    "units.code": _UNIT_CODE,
    "location": "replace(t.location, '1号楼', k + 100 || '号楼')",
    "signing_ceremonies.subject": _SUBJECT,
    "archives.subject": _SUBJECT,
    "buildings.number": "k + 100",
    "buildings.name": "k + 100 || '号楼'",
    "contracts.filing_no": "pg_temp.counted(t.filing_no, 6, k)",
    "bills.notice_no": "pg_temp.counted(t.notice_no, 6, k)",
    "bank_confirmations.event_id": "t.event_id || '-' || k",
    "bank_confirmations.bank_serial": "t.bank_serial || '-' || k",
    "cases.number": "left(t.number, -7) || pg_temp.counted(right(t.number, 7), 7, k)",
    "register_entries.case_number": "left(t.case_number, -7) || pg_temp.counted(right(t.case_number, 7), 7, k)",
    "certificates.number": "pg_temp.counted(rtrim(t.number, '号'), 7, k) || '号'",
    "certificates.licence_id": "t.licence_id || '.' || k",
    "certificates.verify_code": "left(md5(t.verify_code || k), 20)",
    "certificates.pdf_digest": "encode(sha256((t.pdf_digest || k)::bytea), 'hex')",
    "archives.archive_no": "t.archive_no || '-' || k",
    "archives.sequence": "t.sequence + 100 * k",
    "identity_assertions.reference": "t.reference || '-' || k",
    "signatories.token_hash": "sha256(t.token_hash || k::text::bytea)",
    "outbox.key": "t.key || ':' || k",
}
# An identifier keeps the time in it, so that what was newest stays so and indexes fill as in real life.
_FUNCTIONS = """
CREATE FUNCTION pg_temp.mapped(old uuid, k integer) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (left(old::text, 15) || substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-' || substr(m, 7, 12))::uuid
  FROM md5(old::text || ':' || k) AS m $$;
CREATE FUNCTION pg_temp.counted(old text, digits integer, k integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT left(old, -digits) || lpad((100 * k + right(right(old, digits), 2)::integer)::text, digits, '0') $$;
"""


async def multiply(socket_dir: str, database: str, building: UUID, times: int) -> dict[str, int]:
    """Copy this building so often, with all the county's business, which must lie in it; how many rows there are then.

    Triggers and foreign keys are off meanwhile: the rows are copies of true ones.
    """
    connection = await asyncpg.connect(host=socket_dir, user=SUPERUSER, database=database, command_timeout=300)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_FUNCTIONS)
        await _remember(connection, building)
        await connection.execute(await _projects(connection), times, building)
        for table in (*_ESTATE, *_BUSINESS):
            await connection.execute(await _copies(connection, table), times, building)
        await connection.execute("VACUUM ANALYZE")
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in COUNTED}
    finally:
        await connection.close()


async def _remember(connection: Any, building: UUID) -> None:
    """The identifiers that get a new one in every copy; all others (the developer, the clerk) stay."""
    await connection.execute("CREATE TEMP TABLE mine (id uuid)")
    for table in (*_ESTATE, *_BUSINESS):
        await connection.execute(
            f"INSERT INTO mine SELECT t.id FROM {table} t WHERE {_chosen(table)} AND $1::integer > 0", 1, building
        )
    await connection.execute("ANALYZE mine")


def _chosen(table: str) -> str:
    own = _ESTATE.get(table, "$2::uuid IS NOT NULL")
    return f"t.tenant_id = '{COUNTY}' AND {own}"


async def _projects(connection: Any) -> str:
    columns = await _columns(connection, "projects")
    number = "1000000 + p"
    values = {"id": f"pg_temp.mapped(t.id, {number})", "name": "t.name || p + 2 || '期'"}
    return f"""INSERT INTO projects ({", ".join(columns)})
        SELECT {", ".join(values.get(name, f"t.{name}") for name in columns)}
        FROM projects t JOIN buildings b ON b.project_id = t.id AND b.id = $2
        CROSS JOIN generate_series(0, ($1::integer - 1) / {BUILDINGS_PER_PROJECT}) AS p"""


async def _copies(connection: Any, table: str) -> str:
    columns = await _columns(connection, table)
    values = ", ".join(_value(table, name, kind) for name, kind in columns.items())
    return f"""INSERT INTO {table} ({", ".join(columns)}) SELECT {values}
        FROM {table} t CROSS JOIN generate_series(1, $1::integer) AS k WHERE {_chosen(table)}"""


def _value(table: str, column: str, kind: str) -> str:
    changed = _CHANGED.get(f"{table}.{column}") or _CHANGED.get(column)
    if changed:
        return changed.format(column=column, per_project=BUILDINGS_PER_PROJECT)
    if kind == "uuid":
        return f"CASE WHEN t.{column} IN (SELECT id FROM mine) THEN pg_temp.mapped(t.{column}, k) ELSE t.{column} END"
    return f"t.{column}"


async def _columns(connection: Any, table: str) -> dict[str, str]:
    rows = await connection.fetch(
        """SELECT column_name, data_type FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'""",
        table,
    )
    return {row["column_name"]: row["data_type"] for row in rows}
