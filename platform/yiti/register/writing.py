"""How entries get into the tables: two statements for a whole booking, straight to the driver.

This is the hot path of the platform: plain SQL, so that no statement is put together anew for every booking. The
triggers see the rows one after the other, in the order of the list.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict
from uuid_utils.compat import uuid7

from kernel.db import WriteSession
from kernel.pii import blind_index, encrypt
from yiti.register.kinds import EntryStatus, HolderRole
from yiti.register.models import ID_CONTEXT, NAME_CONTEXT, RegisterEntry
from yiti.register.schemas import Append, Booking

_INSERT_HOLDERS = """
INSERT INTO register_holders (tenant_id, created_at, id, entry_id, role, position, name, id_kind, id_number, id_index,
    share_numerator, share_denominator)
SELECT $1::text, $2::timestamptz, h.* FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::bytea[],
    $8::text[], $9::bytea[], $10::bytea[], $11::integer[], $12::integer[]) AS h"""

# jsonb_to_recordset keeps the order of the list; rank and priority are the triggers' to decide.
_INSERT_ENTRIES = """
INSERT INTO register_entries (tenant_id, created_at, booked_at, case_id, case_number, booked_by, status, rank,
    id, unit_id, unit_code, kind, registration_type, position, cause, sharing, amount_fen, valid_from, valid_until,
    bans_transfer, priority_at, consents, details, closes_id)
SELECT $1::text, $2::timestamptz, $2::timestamptz, $3::uuid, $4::text, $5::text, 'current', 0, e.*
FROM jsonb_to_recordset($6::jsonb) AS e (id uuid, unit_id uuid, unit_code text, kind text, registration_type text,
    position smallint, cause text, sharing text, amount_fen bigint, valid_from date, valid_until date,
    bans_transfer boolean, priority_at timestamptz, consents uuid[], details jsonb, closes_id uuid)
RETURNING id, rank, priority_at"""


async def insert_holders(tx: WriteSession, operations: Iterable[Append], moment: datetime) -> None:
    """The people of the entries to come; they must be there before these."""
    rows = [row for operation in operations for row in _holder_rows(operation)]
    if rows:
        await tx.rows(_INSERT_HOLDERS, tx.tenant, moment, *zip(*rows, strict=True))


def _holder_rows(operation: Append) -> Iterable[tuple[Any, ...]]:
    for role, people in ((HolderRole.HOLDER, operation.holders), (HolderRole.OBLIGOR, operation.obligors)):
        for position, person in enumerate(people, start=1):
            share = person.share
            yield (
                uuid7(),
                operation.entry_id,
                role,
                position,
                encrypt(person.name, NAME_CONTEXT),
                person.id_kind,
                encrypt(person.id_number, ID_CONTEXT),
                blind_index(person.id_number),
                share.numerator if share else None,
                share.denominator if share else None,
            )


async def insert_entries(
    tx: WriteSession, booking: Booking, operations: Sequence[Append], codes: dict[UUID, str], moment: datetime
) -> dict[UUID, RegisterEntry]:
    """All entries in one statement, which is whole or not; by id, as objects of the session."""
    rows = [_entry_row(one, codes[one.unit_id], position, moment) for position, one in enumerate(operations)]
    shared = (tx.tenant, moment, booking.case_id, booking.case_number, booking.booked_by)
    written = await tx.rows(_INSERT_ENTRIES, *shared, msgspec.json.encode(rows).decode())
    decided = {row.id: row for row in written}
    about = {"case_id": booking.case_id, "case_number": booking.case_number, "booked_by": booking.booked_by}
    about |= {"tenant_id": tx.tenant, "created_at": moment, "booked_at": moment, "status": EntryStatus.CURRENT}
    entries = {}
    for row in rows:
        told = decided[row["id"]]
        entry = RegisterEntry()
        # What is stored already, not a change to be: nothing to keep track of.
        instance_dict(entry).update(
            about | row, rank=told.rank, priority_at=told.priority_at, closed_by_id=None, closed_at=None
        )
        make_transient_to_detached(entry)
        tx.add(entry)
        entries[entry.id] = entry
    return entries


def _entry_row(operation: Append, unit_code: str, position: int, moment: datetime) -> dict[str, Any]:
    return {
        "id": operation.entry_id,
        "unit_id": operation.unit_id,
        "unit_code": unit_code,
        "kind": operation.kind,
        "registration_type": operation.registration_type,
        "position": position,
        "cause": operation.cause,
        "sharing": operation.sharing,
        "amount_fen": operation.amount_fen,
        "valid_from": operation.valid_from,
        "valid_until": operation.valid_until,
        "bans_transfer": operation.bans_transfer,
        "priority_at": operation.delivered_at or moment,
        "consents": list(operation.consents),
        "details": operation.details,
        "closes_id": operation.closes_id,
    }
