"""Booking (登簿): one function, inside one transaction. 民法典 art. 214: the right exists once it is in the book."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from kernel.pii import blind_index
from kernel.web.problems import constraint_of
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind, EntryStatus, HolderRole
from yiti.register.models import RegisterEntry, RightHolder
from yiti.register.refusals import BookingRefused, refusal
from yiti.register.schemas import Append, Booking, Person


async def lock_units(tx: WriteSession, unit_ids: Sequence[UUID]) -> list[Unit]:
    """Lock the units in the order of their codes, so that two bookings can never wait for each other in a circle."""
    wanted = select(Unit).where(Unit.id.in_(unit_ids)).order_by(Unit.code).with_for_update()
    units = list(await tx.scalars(wanted.execution_options(populate_existing=True)))
    if len(units) != len(set(unit_ids)):
        raise NotFound("没有找到不动产单元")
    return units


async def book(tx: WriteSession, booking: Booking) -> list[RegisterEntry]:
    """Append all entries of the booking and close what they close.

    The caller has locked the units and re-run the blocking rules against the locked state. Whatever the rules
    overlooked is refused by the database: BookingRefused, and the transaction is lost as a whole.
    """
    units = {unit.id: unit for unit in await lock_units(tx, [one.unit_id for one in booking.operations])}
    entries = []
    for operation in booking.operations:
        entry = _entry(booking, operation, units[operation.unit_id])
        tx.add(entry)
        await _flush(tx)
        tx.add_all(_holders(entry, operation))
        if operation.closes_id is not None:
            await _close(tx, entry, operation.closes_id)
        await _flush(tx)
        entries.append(entry)
    return entries


async def _flush(tx: WriteSession) -> None:
    try:
        await tx.flush()
    except IntegrityError as error:
        raise refusal(constraint_of(error)) from error


def _entry(booking: Booking, operation: Append, unit: Unit) -> RegisterEntry:
    return RegisterEntry(
        unit_id=unit.id,
        unit_code=unit.code,
        kind=operation.kind,
        case_id=booking.case_id,
        case_number=booking.case_number,
        cause=operation.cause,
        sharing=operation.sharing,
        amount_fen=operation.amount_fen,
        valid_until=operation.valid_until,
        details=operation.details,
        booked_at=now(),
        booked_by=booking.booked_by,
        closes_id=operation.closes_id,
    )


def _holders(entry: RegisterEntry, operation: Append) -> list[RightHolder]:
    return [
        _holder(entry, role, position, person)
        for role, people in (
            (HolderRole.HOLDER, operation.holders),
            (HolderRole.OBLIGOR, operation.obligors),
        )
        for position, person in enumerate(people, start=1)
    ]


def _holder(entry: RegisterEntry, role: HolderRole, position: int, person: Person) -> RightHolder:
    return RightHolder(
        entry_id=entry.id,
        role=role,
        position=position,
        name=person.name,
        id_kind=person.id_kind,
        id_number=person.id_number,
        id_index=blind_index(person.id_number),
        share_numerator=person.share.numerator if person.share else None,
        share_denominator=person.share.denominator if person.share else None,
    )


async def _close(tx: WriteSession, by: RegisterEntry, closes_id: UUID) -> None:
    closed = await tx.scalar(select(RegisterEntry).where(RegisterEntry.id == closes_id))
    if closed is None or closed.unit_id != by.unit_id or closed.status != EntryStatus.CURRENT:
        raise BookingRefused("要注销的登记不存在，或者已经不是现势状态")
    closed.status = EntryStatus.HISTORICAL
    closed.closed_by_id = by.id
    closed.closed_at = by.booked_at


async def current_entries(reader: ReadSession, unit_id: UUID) -> list[RegisterEntry]:
    """The current rights, notices and restrictions of a unit, in the order of booking (a cancellation is none)."""
    wanted = select(RegisterEntry).where(
        RegisterEntry.unit_id == unit_id,
        RegisterEntry.status == EntryStatus.CURRENT,
        RegisterEntry.kind != EntryKind.CANCELLATION,
    )
    return list(await reader.scalars(wanted.order_by(RegisterEntry.booked_at, RegisterEntry.id)))
