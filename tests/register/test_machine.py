"""Random legal and illegal bookings, compared with a simple model after each one."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kernel.db import Database, WriteSession
from kernel.errors import DomainError
from tests.register import model
from tests.register.model import Refused
from tests.register.world import booked, entry, make_unit, person, seizure
from tests.testbed import HOME, Testbed
from yiti.estate.models import Unit
from yiti.register.book import current_entries
from yiti.register.kinds import SECURITIES, EntryKind, RegistrationType
from yiti.register.models import RegisterEntry
from yiti.register.schemas import Append

K, T = EntryKind, RegistrationType
Answer = TypeVar("Answer")
PEOPLE = ("developer", "buyer", "bank")
BY_TYPE = {K.OWNERSHIP: [T.FIRST, T.TRANSFER, T.TRANSFER, T.CHANGE, T.CORRECTION], K.SEIZURE: [T.SEIZURE]}


class Machine(RuleBasedStateMachine):
    """Each run is one transaction that is undone, each booking a savepoint in it."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    database: ClassVar[Database]
    tried: ClassVar[dict[str, int]]

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.loop.run_until_complete(work)

    @initialize()
    def open_the_book(self) -> None:
        self.transaction = self.database.transaction(HOME)
        self.tx: WriteSession = self.run(self.transaction.__aenter__())
        self.units: list[Unit] = [self.run(make_unit(self.tx)) for _ in range(2)]
        self.book: dict[UUID, model.Unit] = {unit.id: () for unit in self.units}
        self.clock = 0
        owned = entry(self.units[0], K.OWNERSHIP, entry_id=uuid4(), holders=(person(id_number="developer"),))
        self.compare((owned,))

    @rule(data=st.data())
    def book_something(self, data: st.DataObject) -> None:
        self.clock += 1
        after = self.book
        operations: list[Append] = []
        for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]), label="how many")):
            operations.append(self.draw(data, after))
            # What comes next may name what is booked just now.
            try:
                after, _ = model.booked(self.book, tuple(operations), self.clock)
            except Refused:
                break
        self.compare(tuple(operations))

    def draw(self, data: st.DataObject, book: model.Book) -> Append:
        unit = data.draw(st.sampled_from(self.units), label="unit")
        kind = data.draw(st.sampled_from(list(EntryKind)), label="kind")
        standing = book[unit.id]
        fitting = [one.id for one in standing if one.kind == kind or kind in {K.CANCELLATION, K.MORTGAGE}]
        choices = [*fitting, *([] if kind == K.CANCELLATION and fitting else [None])]
        closes = data.draw(st.sampled_from(choices), label="closes")
        more: dict[str, Any] = {
            "entry_id": uuid4(),
            "closes_id": closes if kind != K.CANCELLATION else closes or uuid4(),
            "registration_type": data.draw(st.sampled_from(BY_TYPE.get(kind, [T.FIRST, T.TRANSFER, T.CHANGE]))),
        }
        if kind in {K.SEIZURE, K.CANCELLATION}:
            template = seizure(unit) if kind == K.SEIZURE else Append(
                unit_id=unit.id, kind=kind, registration_type=T.CANCELLATION, cause="注销", details={"closes": "1"}
            )  # fmt: skip
            return msgspec.structs.replace(template, **more)
        holder = data.draw(st.sampled_from(PEOPLE), label="holder")
        more |= {"holders": (person(holder, id_number=holder),), "obligors": (person("开", id_number="developer"),)}
        if kind in SECURITIES:
            more |= {
                "amount_fen": data.draw(st.sampled_from([100, 200])),
                "bans_transfer": data.draw(st.sampled_from([True, True, False])),
            }
        if data.draw(st.booleans(), label="consents"):
            more["consents"] = tuple(one.id for one in standing)
        return entry(unit, kind, **more)

    def compare(self, operations: tuple[Append, ...]) -> None:
        try:
            expected, promoted = model.booked(self.book, operations, self.clock)
        except Refused as error:
            with pytest.raises(DomainError):
                self.run(self.attempt(operations))
            self.tried[str(error)] = self.tried.get(str(error), 0) + 1
        else:
            entries = self.run(self.attempt(operations))
            moved = {one.closes_id: one.id for one in entries[len(operations) :]}
            assert set(moved) == set(promoted)
            self.book = {unit_id: _renamed(unit, moved) for unit_id, unit in expected.items()}
            self.tried["booked"] = self.tried.get("booked", 0) + 1
        for unit in self.units:
            self.look(unit)

    async def attempt(self, operations: tuple[Append, ...]) -> list[RegisterEntry]:
        async with self.tx.begin_nested():
            return await booked(self.tx, *operations)

    def look(self, unit: Unit) -> None:
        stands = self.run(current_entries(self.tx, unit.id))
        shown = {(one.id, one.kind, one.rank > 0) for one in stands}
        assert shown == {(one.id, one.kind, one.waits) for one in self.book[unit.id]}
        for ranked in (SECURITIES, {K.SEIZURE}):
            by_book = sorted(
                (one for one in stands if one.kind in ranked), key=lambda one: (one.priority_at, one.position, one.rank)
            )
            by_model = sorted((one for one in self.book[unit.id] if one.kind in ranked), key=lambda one: one.order)
            if len({one.priority_at for one in by_book}) == len(by_book):
                assert [one.id for one in by_book] == [one.id for one in by_model]

    def teardown(self) -> None:
        if hasattr(self, "tx"):
            self.run(self.transaction.__aexit__(RuntimeError, RuntimeError("undo"), None))


def _renamed(unit: model.Unit, moved: dict[UUID | None, UUID]) -> model.Unit:
    return tuple(replace(one, id=moved.get(one.id, one.id)) for one in unit)


@pytest.fixture
def machine(testbed: Testbed) -> Any:
    loop = asyncio.new_event_loop()
    name = f"machine_{uuid4().hex}"
    loop.run_until_complete(testbed.make_database(name))
    Machine.loop, Machine.database, Machine.tried = loop, Database(testbed.dsn(name)), {}
    yield Machine
    loop.run_until_complete(Machine.database.engine.dispose())
    loop.run_until_complete(testbed.drop_database(name))
    loop.close()


@pytest.mark.soak
def test_the_book_agrees_with_the_model(machine: type[Machine]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert machine.tried["booked"] > 100
    assert len(machine.tried) > 6, f"the machine hardly met a refusal: {machine.tried}"
