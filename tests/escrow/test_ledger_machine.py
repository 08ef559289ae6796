"""A state machine of accounts, transfers, holds and closed days against a simple model of them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from escrow import ledger
from escrow.ledger.models import HoldState
from kernel.clock import SHANGHAI, now, today
from kernel.db import Database, WriteSession
from kernel.errors import DomainError
from kernel.permissions import system_actor
from tests.escrow.books import BANK, FUND, OWED, wrongs
from tests.testbed import Testbed

HOME = "411528"
ACTOR = system_actor(HOME)
FEN = st.integers(1, 120)
GUARDED = ("fund", "other", "owed")
NAMES = ("bank", *GUARDED)
NAME = st.sampled_from(NAMES)


@dataclass
class Booked:
    """A transfer of the model."""

    id: UUID
    out: str
    into: str
    fen: int
    day: int
    moment: datetime
    reversed: bool = False


@dataclass
class Held:
    """A hold of the model."""

    id: UUID
    account: str
    fen: int
    until: int
    state: HoldState = HoldState.PENDING


@dataclass
class Model:
    """What the ledger should say."""

    booked: dict[str, Booked] = field(default_factory=dict)
    holds: list[Held] = field(default_factory=list)
    closed: int = -10

    def balance(self, name: str) -> int:
        moved = ((b.fen if b.into == name else 0) - (b.fen if b.out == name else 0) for b in self.booked.values())
        return sum(moved)

    def held(self, name: str) -> int:
        return sum(h.fen for h in self.holds if h.account == name and h.state is HoldState.PENDING)

    def can_spend(self, name: str, fen: int) -> bool:
        return name == "bank" or fen <= self.balance(name) - self.held(name)


class Ledger(RuleBasedStateMachine):
    """Every example plays on later days than all before it: closed days stay closed."""

    runner: ClassVar[asyncio.Runner]
    database: ClassVar[Database]
    first: ClassVar[datetime] = datetime(2030, 1, 1, 12, tzinfo=SHANGHAI)

    def __init__(self) -> None:
        super().__init__()
        self.model, self.day, self.run = Model(), 0, uuid4().hex
        self.accounts: dict[str, UUID] = {}

    def teardown(self) -> None:
        type(self).first += timedelta(days=self.day + 10)

    @contextmanager
    def on(self, day: int) -> Iterator[None]:
        with time_machine.travel(self.first + timedelta(days=day)):
            yield

    def do(self, act: Callable[[WriteSession], Awaitable[Any]]) -> Any:
        """In a transaction of its own, on the model's day; a refusal is what comes back."""

        async def once() -> Any:
            async with self.database.transaction(HOME) as tx:
                return await act(tx)

        with self.on(self.day):
            try:
                return self.runner.run(once())
            except DomainError as refused:
                return type(refused)

    @initialize()
    def open_accounts(self) -> None:
        async def open_all(tx: WriteSession) -> dict[str, UUID]:
            kinds = zip(NAMES, (BANK, FUND, FUND, OWED), strict=True)
            return {name: await ledger.open_account(tx, kind, self.run + name) for name, kind in kinds}

        self.accounts = self.do(open_all)

    def book(self, key: str, out: str, into: str, fen: int, back: int = 0, hold: Held | None = None) -> Any:
        moves = [ledger.Move(self.accounts[out], -fen), ledger.Move(self.accounts[into], fen)]

        async def post(tx: WriteSession) -> tuple[UUID, datetime]:
            booked = await ledger.post(
                tx, self.run + key, "test:1", moves, words="测试", value_date=today() - timedelta(days=back),
                hold_id=hold.id if hold else None,
            )  # fmt: skip
            (row,) = await tx.rows("SELECT max(booked_at) AS at FROM ledger_entries WHERE transfer_id = $1", booked)
            return booked, row.at

        return self.do(post)

    @rule(
        out=st.sampled_from(NAMES), into=st.sampled_from(NAMES), fen=FEN, back=st.integers(0, 3), key=st.integers(0, 40)
    )
    def move(self, out: str, into: str, fen: int, back: int, key: int) -> None:
        if out == into:
            return
        done, known = self.book(str(key), out, into, fen, back), self.model.booked.get(str(key))
        if known:
            same = (known.out, known.into, known.fen) == (out, into, fen)
            assert done == (known.id, known.moment) if same else done is ledger.KeyReused
        elif self.day - back <= self.model.closed:
            assert done is ledger.DayClosed
        elif not self.model.can_spend(out, fen):
            assert done is ledger.InsufficientFunds
        else:
            self.model.booked[str(key)] = Booked(done[0], out, into, fen, self.day - back, done[1])

    @rule(into=st.sampled_from(GUARDED), fen=st.integers(50, 500))
    def receive(self, into: str, fen: int) -> None:
        key = uuid4().hex
        done = self.book(key, "bank", into, fen)
        self.model.booked[key] = Booked(done[0], "bank", into, fen, self.day, done[1])

    @rule(name=st.sampled_from(GUARDED), fen=FEN, days=st.integers(1, 3))
    def place(self, name: str, fen: int, days: int) -> None:
        async def act(tx: WriteSession) -> UUID:
            until = now() + timedelta(days=days, hours=-1)
            return await ledger.place(
                tx, ACTOR, uuid4().hex, self.accounts[name], fen, until=until, purpose="t:1", words="测试"
            )  # fmt: skip

        done = self.do(act)
        if self.model.can_spend(name, fen):
            self.model.holds.append(Held(done, name, fen, self.day + days))
        else:
            assert done is ledger.InsufficientFunds

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), fen=FEN, into=st.sampled_from(NAMES))
    def use(self, data: st.DataObject, fen: int, into: str) -> None:
        held, key = data.draw(st.sampled_from(self.model.holds)), uuid4().hex
        if held.account == into:
            return
        done = self.book(key, held.account, into, fen, hold=held)
        if held.state is not HoldState.PENDING:
            assert done is ledger.HoldClosed
        elif fen > held.fen:
            assert done is ledger.BeyondHold
        else:
            held.state = HoldState.POSTED
            self.model.booked[key] = Booked(done[0], held.account, into, fen, self.day, done[1])

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.model.holds))
        done = self.do(lambda tx: ledger.void(tx, ACTOR, held.id, because="测试"))
        assert (done is None) == (held.state is HoldState.PENDING)
        if done is None:
            held.state = HoldState.VOIDED
        else:
            assert done is ledger.HoldClosed

    @rule()
    def expire(self) -> None:
        due = {h.id for h in self.model.holds if h.state is HoldState.PENDING and h.until <= self.day}
        assert due <= set(self.do(lambda tx: ledger.expire_due(tx, ACTOR)))
        for held in self.model.holds:
            if held.id in due:
                held.state = HoldState.EXPIRED

    @precondition(lambda self: self.model.booked)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        wrong, key = self.model.booked[data.draw(st.sampled_from(list(self.model.booked)))], uuid4().hex

        async def act(tx: WriteSession) -> tuple[UUID, datetime]:
            booked = await ledger.reverse(tx, key, wrong.id, words="冲正")
            (row,) = await tx.rows("SELECT max(booked_at) AS at FROM ledger_entries WHERE transfer_id = $1", booked)
            return booked, row.at

        done = self.do(act)
        if not self.model.can_spend(wrong.into, wrong.fen):
            assert done in {ledger.InsufficientFunds, ledger.Corrected}
        elif wrong.reversed:
            assert done is ledger.Corrected
        else:
            wrong.reversed = True
            self.model.booked[key] = Booked(done[0], wrong.into, wrong.out, wrong.fen, self.day, done[1])

    @rule(back=st.integers(0, 3))
    def close(self, back: int) -> None:
        day = self.day - back
        done = self.do(lambda tx: ledger.close_through(tx, ACTOR, today() - timedelta(days=back)))
        if day <= self.model.closed:
            assert done.day >= (self.first + timedelta(days=day)).date()
        elif back == 0:
            assert done is ledger.DayNotOver
        else:
            self.model.closed = day

    @rule(days=st.integers(1, 2))
    def sleep(self, days: int) -> None:
        self.day += days

    @invariant()
    def balances_are_the_models(self) -> None:
        async def look(tx: WriteSession) -> dict[str, tuple[int, int]]:
            rows = await tx.rows(
                """SELECT account_id, sum(balance_fen)::bigint AS fen, sum(held_fen)::bigint AS held
                FROM ledger_slots WHERE account_id = ANY($1::uuid[]) GROUP BY account_id""",
                list(self.accounts.values()),
            )  # fmt: skip
            found = {row.account_id: (row.fen, row.held) for row in rows}
            return {name: found[account] for name, account in self.accounts.items()}

        if self.accounts:
            assert self.do(look) == {name: (self.model.balance(name), self.model.held(name)) for name in self.accounts}


class LedgerAndItsPast(Ledger):
    """In the end of an example the whole past is read again."""

    def teardown(self) -> None:
        if self.accounts:
            self.do(self._past)
        super().teardown()

    async def _past(self, tx: WriteSession) -> None:
        assert await ledger.faults(tx) == []
        assert await wrongs(tx) == {}
        booked = self.model.booked.values()
        for name, account in self.accounts.items():
            sums: defaultdict[int, int] = defaultdict(int)
            for one in booked:
                sums[one.day] += (one.fen if one.into == name else 0) - (one.fen if one.out == name else 0)
            for day in range(-4, self.day + 2):
                told = await ledger.balance_before(tx, account, (self.first + timedelta(days=day)).date())
                assert told == sum(fen for when, fen in sums.items() if when < day), (name, day)
            for moment in {one.moment for one in booked}:
                right = [one for one in booked if one.moment <= moment]
                told = await ledger.balance_at(tx, account, moment)
                assert told == sum((b.fen if b.into == name else 0) - (b.fen if b.out == name else 0) for b in right)
            await self._statement(tx, account)

    async def _statement(self, tx: WriteSession, account: UUID) -> None:
        first, last = (self.first - timedelta(days=4)).date(), today()
        found = await ledger.statement(tx, account, first, last, limit=4)
        running = found.opening_fen
        while True:
            for line in found.lines:
                running += line.amount_fen
                assert line.balance_fen == running
            if found.following is None:
                break
            found = await ledger.statement(tx, account, first, last, after=found.following, limit=4)
        assert running == found.closing_fen


@pytest.mark.slow
@pytest.mark.timeout(300)  # a failure is shrunk, which takes minutes
def test_the_ledger_does_what_a_simple_model_does(testbed: Testbed) -> None:
    name = f"machine_{uuid4().hex}"
    with asyncio.Runner() as runner:
        runner.run(testbed.make_database(name))
        LedgerAndItsPast.runner, LedgerAndItsPast.database = runner, Database(testbed.dsn(name), pool_size=2)
        try:
            run_state_machine_as_test(
                LedgerAndItsPast,
                settings=settings(
                    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(LedgerAndItsPast.database.engine.dispose())
            runner.run(testbed.drop_database(name))
