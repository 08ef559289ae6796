"""A county of sold homes by set-based SQL, and the transfer of one of them as the journey books it."""

import base64
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from kernel.clock import today
from kernel.db import Database
from kernel.db.schema import create_all
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.pii import blind_index, encrypt
from kernel.settings import get_settings
from yiti.cases.application import Applicant, Application, Part, Side
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts, OutsideFact
from yiti.cases.plan import plan_case
from yiti.cases.rules import examine
from yiti.journeys.registration.units import units_of
from yiti.local.servers import OWNER_ROLE, SUPERUSER, PostgresServer
from yiti.register.book import book, lock_units
from yiti.register.kinds import EntryKind, Sharing
from yiti.register.schemas import Booking

COUNTY = "411528"
SELLER, BUYER = "990000199001010018", "990000199001010026"
HOMES_PER_BUILDING = 200
_CLEAR = OutsideFact(state="clear", verified=True)

# The identifier of home number n and of its ownership: known without asking.
_ID = "('{kind}0000-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
_UNIT, _OWNER, _HOLDER, _BUILDING = (
    _ID.replace("{kind}", kind) for kind in ("aaaa", "bbbb", "cccc", "dddd")
)  # fmt: skip
_STATEMENTS = (
    f"""INSERT INTO buildings (tenant_id, id, project_id, parcel_code, number, name, floors_total, structure, has_lift,
            planned_handover, mortgaged, created_at)
        SELECT $1::text, {_BUILDING.format(n="b")}, $3::uuid, $4::text, b, b || '号楼', 18, '钢筋混凝土结构', true,
            '2026-01-01', false, now()
        FROM generate_series(1, $2::integer / {HOMES_PER_BUILDING}) AS b""",
    f"""INSERT INTO units (tenant_id, id, building_id, code, household, section, floor, floor_no, room, location, usage,
            structure, building_area, inner_area, shared_area, state, survey_import_id, created_at)
        SELECT $1::text, {_UNIT.format(n="n")}, {_BUILDING.format(n="b")},
            $4::text || 'F' || lpad(b::text, 4, '0') || lpad(h::text, 4, '0'), h, '1', h / 10 || '', h / 10, h || '',
            '息县演示大道88号' || b || '号楼' || h || '室', '成套住宅', '钢筋混凝土结构', 100, 80, 20, 'built',
            $3::uuid, now()
        FROM (SELECT n, (n - 1) / {HOMES_PER_BUILDING} + 1 AS b, (n - 1) % {HOMES_PER_BUILDING} + 1 AS h
              FROM generate_series(1, $2::integer) AS n) AS home""",
    f"""INSERT INTO register_holders (tenant_id, id, entry_id, role, position, name, id_kind, id_number, id_index,
            created_at)
        SELECT $1::text, {_HOLDER.format(n="n")}, {_OWNER.format(n="n")}, 'holder', 1, $3::bytea, 'resident_id',
            $4::bytea, CASE WHEN n % 100 = 0 THEN $5::bytea ELSE sha256(n::text::bytea) END, now()
        FROM generate_series(1, $2::integer) AS n""",
    f"""INSERT INTO register_entries (tenant_id, id, unit_id, unit_code, kind, registration_type, status, case_id,
            case_number, position, cause, sharing, amount_fen, rank, priority_at, consents, details, booked_at,
            booked_by, created_at)
        SELECT $1::text, {_OWNER.format(n="n")}, u.id, u.code, 'ownership', '100', 'current', u.id,
            $1::text || lpad(n::text, 13, '0'), 0, '首次登记', 'sole', 50000000, 0, '2026-01-05', '{{}}',
            '{{"usage": "成套住宅", "building_area": "100.00"}}',
            '2026-01-05', '登记员', now()
        FROM generate_series(1, $2::integer) AS n
        JOIN units u ON u.tenant_id = $1::text AND u.id = {_UNIT.format(n="n")}""",
)  # fmt: skip


def home(number: int) -> UUID:
    """The identifier of a home, counted from 1."""
    return UUID(f"aaaa0000-0000-7000-8000-{number:012x}")


def own_keys() -> None:
    """Keys for personal data of this run, for this process and those that it starts."""
    if "YITI_PII_INDEX_KEY" not in os.environ:
        os.environ["YITI_ENVIRONMENT"] = "test"
        os.environ["YITI_PII_KEYS"] = f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        os.environ["YITI_PII_INDEX_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
        get_settings.cache_clear()


@asynccontextmanager
async def booking_server(folder: Path) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL with its own durability (fsync and all)."""
    own_keys()
    # PostgreSQL runs as another user where we are root.
    folder.chmod(0o711)
    with PostgresServer(folder / "postgres", options={"shared_buffers": "1GB", "max_wal_size": "8GB"}) as postgres:
        yield postgres


async def build(postgres: PostgresServer, database: str, homes: int) -> str:
    """A database with a county of so many homes, each owned; its address.

    Triggers are off meanwhile: the rows are as the book writes them.
    """
    await postgres.ensure_database(database)
    await create_all(postgres.dsn(database, OWNER_ROLE))
    connection = await asyncpg.connect(
        host=str(postgres.socket_dir()), user=SUPERUSER, database=database, command_timeout=1800
    )
    parcel = f"{COUNTY}009009GB00001"
    try:
        await connection.execute("SET session_replication_role = replica")
        project = await _project(connection, parcel)
        people = (encrypt("张三", "register.name"), encrypt(SELLER, "register.id"), blind_index(SELLER))
        for statement, more in zip(_STATEMENTS, ((project, parcel), (project, parcel), people, ()), strict=True):
            await connection.execute(statement, COUNTY, homes, *more)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return postgres.dsn(database)


async def _project(connection: Any, parcel: str) -> UUID:
    project = UUID(int=7)
    await connection.execute(
        """INSERT INTO projects (tenant_id, id, organisation_id, name, parcel_code, location, land_use_right_no,
            land_term_end, planning_permit_no, planning_permit_on, construction_permit_no, has_construction_mortgage,
            created_at)
        VALUES ($1, $2, $2, '测量', $3, '息县', '豫', '2096-01-01', '1', '2026-01-01', '1', false, now())
        ON CONFLICT DO NOTHING""",
        COUNTY, project, parcel,
    )  # fmt: skip
    return project


async def transfer(database: Database, unit_id: UUID) -> None:
    """One transaction as the journey's: lock, gather, examine, plan, book, numbers, outbox."""
    case_id = uuid7()
    async with database.transaction(COUNTY) as tx:
        await lock_units(tx, [unit_id])
        (unit,) = await units_of(tx, [unit_id])
        (owner,) = unit.of(EntryKind.OWNERSHIP)
        serial = case_id.int % 10**8
        facts = _facts(unit, owner.id, f"{COUNTY}{today():%Y%m%d}{serial:08d}")
        findings = examine(facts)
        planned = plan_case(facts)
        booking = Booking(
            case_id=case_id, case_number=facts.case_number, booked_by="登记员", operations=planned.operations
        )
        (entry,) = await book(tx, booking)
        payload = {"case_id": str(case_id), "entry_id": str(entry.id), "findings": len(findings)}
        await emit(tx, "registration.booked", payload, key=f"registration.booked:{case_id}")
        await next_number(tx, "certificate", 2026)


def _facts(unit: Any, owner: UUID, number: str) -> CaseFacts:
    people = (
        Applicant(side=Side.OBLIGOR, name="张三", id_kind="resident_id", id_number=SELLER),
        Applicant(side=Side.HOLDER, name="李四", id_kind="resident_id", id_number=BUYER),
    )
    part = Part(
        business=Business.TRANSFER_RESALE, unit_ids=(unit.id,), applicants=people, cause="买卖", sharing=Sharing.SOLE,
        targets=(owner,), price_fen=60_000_000, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    return CaseFacts(
        on=today(), application=Application(parts=(part,)), units=(unit,), materials=(), people=(), tax=_CLEAR,
        housing=_CLEAR, fee=_CLEAR, public_notice_over=True, case_number=number,
    )  # fmt: skip
