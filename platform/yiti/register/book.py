"""Booking (登簿): one function, inside one transaction. 民法典 art. 214: the right exists once it is in the book."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm.attributes import set_committed_value
from uuid_utils.compat import uuid7

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, TenantModel, WriteSession, among
from kernel.errors import NotFound
from kernel.permissions import system_actor
from yiti.estate.models import Unit, UnitState
from yiti.register import lapses, rules, seizures
from yiti.register.kinds import EntryKind, EntryStatus, RegistrationType
from yiti.register.models import RegisterEntry, UnitSuccession
from yiti.register.page import in_order
from yiti.register.refusals import in_words
from yiti.register.schemas import Append, Booking
from yiti.register.seizures import Step
from yiti.register.writing import insert_entries, insert_holders

_LOCK = "SELECT id, code FROM units WHERE id {} ORDER BY code FOR NO KEY UPDATE"
_LOCKED = "register.locked_units"


async def lock_units(tx: WriteSession, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Lock the units in the order of their codes, so that two bookings can never wait for each other in a circle.

    Their codes, by id."""
    with in_words():
        units = {unit.id: unit.code for unit in await tx.rows(*among(_LOCK, unit_ids))}
    if len(units) != len(set(unit_ids)):
        raise NotFound("没有找到不动产单元")
    held = [unit_id for unit_id in units if _held(tx, Unit, unit_id) is not None]
    if held:
        # Whoever read a unit before it was locked may have read what is no longer so.
        await tx.execute(select(Unit).where(Unit.id.in_(held)), execution_options={"populate_existing": True})
    if not tx.in_nested_transaction():  # a savepoint that is undone gives its locks back
        tx.info.setdefault(_LOCKED, {}).update(units)
    return units


async def _codes(tx: WriteSession, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The codes of the units, which are locked then, if the caller has not done so in this transaction."""
    locked: dict[UUID, str] = tx.info.get(_LOCKED, {})
    if not locked.keys() >= set(unit_ids):
        locked = await lock_units(tx, unit_ids)
    return locked


async def book(tx: WriteSession, booking: Booking) -> list[RegisterEntry]:
    """Append all entries of the booking and close what they close; the entries in the order of the operations.

    A waiting seizure that takes effect by it (轮候) is booked too, and comes last in the list. Old units of splits and
    mergers become historical. A first registration starts the 90 days of a live presale notice.

    The caller has locked the units and re-run the blocking rules against the locked state. What is wrong in itself is
    `Invalid`. Whatever the rules overlooked is refused by the database: `BookingRefused`, or `BookingBusy` where two
    transactions waited for each other; the transaction is lost as a whole.
    """
    rules.check(booking)
    codes = await _codes(tx, _unit_ids(booking))
    moment = now()
    steps = await _arranged(tx, booking, moment)
    operations = [step.operation for step in steps]
    with in_words():
        await tx.flush()
        await insert_holders(tx, operations, moment)
        entries = await insert_entries(tx, booking, operations, codes, moment) if operations else {}
        if booking.links:
            await _link(tx, booking, moment)
    for entry in entries.values():
        if entry.closes_id is not None:
            _tell_closed(tx, entry)
    for step in steps:
        if step.promoted:
            _audit_promotion(tx, step.operation, booking)
    first = [one.unit_id for one in booking.operations if _is_first_ownership(one)]
    if first:
        await lapses.start_by_first_registration(tx, first)
    in_list = sorted(steps, key=lambda step: step.promoted)
    return [entries[step.operation.entry_id] for step in in_list if step.operation.entry_id]


async def current_entries(reader: ReadSession, unit_id: UUID) -> list[RegisterEntry]:
    """The current rights, notices and restrictions of a unit, in the order of booking (a cancellation is none)."""
    wanted = select(RegisterEntry).where(
        RegisterEntry.unit_id == unit_id,
        RegisterEntry.status == EntryStatus.CURRENT,
        RegisterEntry.kind != EntryKind.CANCELLATION,
    )
    return list(await reader.scalars(in_order(wanted)))


def _unit_ids(booking: Booking) -> list[UUID]:
    linked = [unit_id for link in booking.links for unit_id in (link.predecessor_id, link.successor_id)]
    return [*(one.unit_id for one in booking.operations), *linked]


def _is_first_ownership(operation: Append) -> bool:
    return operation.kind == EntryKind.OWNERSHIP and operation.registration_type == RegistrationType.FIRST


async def _arranged(tx: WriteSession, booking: Booking, moment: datetime) -> list[Step]:
    operations = [_identified(one) for one in booking.operations]
    # Nothing else closes a seizure.
    touching = [one.unit_id for one in operations if one.kind in {EntryKind.SEIZURE, EntryKind.CANCELLATION}]
    if not touching:
        return [Step(one) for one in operations]
    standing = await seizures.queues(tx, touching)
    return seizures.arrange(operations, standing, moment)


def _identified(operation: Append) -> Append:
    return operation if operation.entry_id is not None else msgspec.structs.replace(operation, entry_id=uuid7())


def _tell_closed(tx: WriteSession, by: RegisterEntry) -> None:
    """The trigger has closed it; an object that the session already holds must not tell otherwise."""
    closed = _held(tx, RegisterEntry, by.closes_id)
    if closed is not None:
        set_committed_value(closed, "status", EntryStatus.HISTORICAL)
        set_committed_value(closed, "closed_by_id", by.id)
        set_committed_value(closed, "closed_at", by.booked_at)


def _held(tx: WriteSession, model: type[TenantModel], id_: UUID | None) -> TenantModel | None:
    return tx.sync_session.identity_map.get(tx.sync_session.identity_key(model, (tx.tenant, id_)))


async def _link(tx: WriteSession, booking: Booking, moment: datetime) -> None:
    about = {"case_id": booking.case_id, "case_number": booking.case_number, "linked_at": moment, "created_at": moment}
    rows = [{"tenant_id": tx.tenant, "id": uuid7(), **msgspec.structs.asdict(link), **about} for link in booking.links]
    await tx.execute(insert(UnitSuccession).returning(UnitSuccession.id), rows)
    for link in booking.links:
        unit = _held(tx, Unit, link.predecessor_id)
        if unit is not None:
            set_committed_value(unit, "state", UnitState.HISTORICAL)


def _audit_promotion(tx: WriteSession, operation: Append, booking: Booking) -> None:
    detail = {"unit_id": str(operation.unit_id), "waiting": str(operation.closes_id), "case": booking.case_number}
    audit(tx, system_actor(tx.tenant), "register.seizure_promoted", f"entry:{operation.entry_id}", detail)
