"""A storm between the platform and its bank: deposits, orders, refunds; late, twice, forged, in any order, cut off.

`YITI_STORM_SECONDS` says how long (20). Afterwards the two books are the same, and nothing was paid twice.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

import escrow.service as money
from escrow import banking, ledger
from escrow.banking.accounts import connect_bank
from escrow.banking.models import OPEN, BankMovement, PaymentOrder
from escrow.bills import issue_bills
from escrow.ledger.models import AccountKind
from escrow.models import Bill, Refund
from escrow.reconciliation.models import Difference
from integrations.errors import BadSignature, CounterpartyUnavailable
from integrations.sandbox.bank_book import ME, book_of
from integrations.sandbox.callbacks import forger
from kernel.db import Database, WriteSession
from kernel.errors import DomainError
from kernel.settings import Settings
from tests.escrow.bank_sandbox import BankAndPlatform
from tests.escrow.banks import BANK, drawdown, project
from tests.escrow.books import wrongs
from tests.escrow.test_bank_lines import notice
from tests.escrow.world import ACTOR, COUNTY, World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
SECONDS = float(os.environ.get("YITI_STORM_SECONDS", "20"))
NOBODY = banking.Payee(name="某某", account_no="00001234", bank_name="某行")
EVERYTHING = {"paid", "confirmed", "refunded", "suspense", "returned", "rejected"}
FAULTS = ("lost_answer", "garbage", "return_payments", "silent_payments", "down")


class Undone(Exception):
    """The process dies here, before its COMMIT."""


@dataclass
class Storm:
    """Both ends, two projects, and what came of everything."""

    ends: BankAndPlatform
    projects: list[tuple[UUID, str]]
    dice: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    orders: list[banking.NewOrder] = field(default_factory=list)
    over: bool = False

    async def blow(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do one thing again and again until the storm is over."""
        while not self.over:
            try:
                await act()
                self.outcomes[f"{act.__name__}: done"] += 1
            except (Undone, CounterpartyUnavailable, DomainError, DBAPIError) as error:
                self.outcomes[f"{act.__name__}: {type(error).__name__}"] += 1
            await asyncio.sleep(self.dice.random() / 50)

    async def commit(self, act: Callable[[WriteSession], Awaitable[object]]) -> None:
        """One transaction, which dies at its end one time in ten."""
        async with self.ends.database.transaction(COUNTY) as tx:
            await act(tx)
            await tx.flush()
            if self.dice.random() < 0.1:
                raise Undone

    async def deposit(self) -> None:
        """Somebody pays: a notice, the same notice again, a wrong amount, or nobody knows what."""
        project_id, account_no = self.dice.choice(self.projects)
        async with self.ends.database.read(COUNTY) as reader:
            bills = list(await reader.scalars(select(Bill).where(Bill.account_no == account_no).limit(200)))
        if not bills or self.dice.random() < 0.5:
            await self.commit(lambda tx: issue_bills(tx, ACTOR, World(None, project_id).sale(down_payment_fen=700_00)))  # type: ignore[arg-type]
            return
        bill = self.dice.choice(bills)
        fen = self.dice.choice([bill.amount_fen, bill.amount_fen, bill.amount_fen, 123_45])
        told = {"name": "张三", "remittance": self.dice.choice([bill.notice_no, bill.notice_no, "往来款"])}
        await self.ends.ask(f"accounts/{bill.account_no}/entries", county=COUNTY, signed_fen=fen, **told)

    async def order(self) -> None:
        """A payment is ordered; sometimes the same one again, sometimes to an account that nobody has."""
        project_id, account_no = self.dice.choice(self.projects)
        if self.orders and self.dice.random() < 0.2:
            new = self.dice.choice(self.orders)
        else:
            changes = {"payee": NOBODY} if self.dice.random() < 0.2 else {}
            new = drawdown(project_id, account_no, self.dice.randrange(1, 400_00), **changes)
            self.orders.append(new)
        await self.commit(lambda tx: banking.order_payment(tx, ACTOR, new))

    async def refund(self) -> None:
        """A contract is cancelled; what is owed for it is paid by the bank, once for each refund's number."""
        async with self.ends.database.read(COUNTY) as reader:
            paid = list(await reader.scalars(select(Bill.contract_id).where(Bill.state == "confirmed").limit(50)))
            owed = list(await reader.scalars(select(Refund).where(Refund.state == "ordered")))
        if paid and self.dice.random() < 0.5:
            contract_id = self.dice.choice(paid)
            await self.commit(lambda tx: money.order_refund(tx, ACTOR, contract_id, "解除合同"))
        for one in owed:
            book = book_of(self.ends.bank, COUNTY, one.account_no)
            if all(entry.end_to_end_id != one.refund_no for entry in book.entries):
                told = {"signed_fen": -one.amount_fen, "end_to_end_id": one.refund_no}
                await self.ends.ask(f"accounts/{one.account_no}/entries", county=COUNTY, **told)

    async def courier(self) -> None:
        """A report arrives: any one, perhaps forged, perhaps again, perhaps cut off in the middle."""
        owed = self.ends.owed()
        if not owed:
            return
        told = self.dice.choice(owed)
        if self.dice.random() < 0.1:
            with pytest.raises(BadSignature):
                await self.ends.hear(told, forger(self.ends.bank.keys[ME]))
            return
        if self.dice.random() < 0.1:
            await self.ends.hear(told, cut_off=Undone)
        self.outcomes[await self.ends.hear(told)] += 1
        if self.dice.random() < 0.8:
            told.status = "acknowledged"

    async def work(self) -> None:
        """The worker; now and then it asks the bank what became of an order."""
        await self.ends.work(later=timedelta(minutes=self.dice.choice([0, 0, 30])), one=True)

    async def weather(self) -> None:
        """The bank is out of order in changing ways."""
        await self.ends.fault(**({self.dice.choice(FAULTS): True} if self.dice.random() < 0.4 else {}))
        await asyncio.sleep(0.3)


async def test_both_books_are_the_same_afterwards(fresh_database: Database, settings: Settings, tmp_path: Path) -> None:
    ends = BankAndPlatform.of(fresh_database, settings.model_copy(update={"var_dir": tmp_path}))
    async with fresh_database.transaction(COUNTY) as tx:
        projects = [await project(tx, 0) for _ in range(2)]
        await connect_bank(
            tx, ACTOR, bank_code=BANK[0], bank_name=BANK[1], mode=banking.BankMode.GATEWAY, organisation_id=None
        )
        await notice(tx, projects[0][0])
    for _, account_no in projects:
        book_of(ends.bank, COUNTY, account_no).documents_url = "http://platform/documents"
    storm = Storm(ends, projects, random.Random(20261122))
    gusts = [storm.deposit] * 3 + [storm.order] * 2 + [storm.refund] + [storm.courier] * 4 + [storm.work, storm.weather]
    blowing = [asyncio.create_task(storm.blow(act)) for act in gusts]
    await asyncio.sleep(SECONDS)
    # What happens seldom may be missing yet on a slow machine: it blows on, and `check` complains after a minute more.
    for _ in range(120):
        if storm.outcomes.keys() >= EVERYTHING:
            break
        await asyncio.sleep(0.5)
    storm.over = True
    await asyncio.gather(*blowing)
    await calm(storm)
    await check(storm)
    await ends.http.aclose()


async def calm(storm: Storm) -> None:
    """The bank is well again, and everything that is owed arrives."""
    await storm.ends.fault()
    for _ in range(200):
        await storm.ends.deliver()
        await storm.ends.work(later=timedelta(days=30))
        async with storm.ends.database.read(COUNTY) as reader:
            left = await reader.scalar(select(PaymentOrder.id).where(PaymentOrder.state.in_(sorted(OPEN))).limit(1))
        if left is None and not storm.ends.owed():
            break
    for account_no, days in _days(storm).items():
        for day in sorted(days):
            await storm.ends.ask(f"accounts/{account_no}/statement", day=str(day))
            assert await storm.ends.deliver() == ["statement"]
            await storm.ends.work()


def _days(storm: Storm) -> dict[str, set[date]]:
    books = storm.ends.bank.store.state.books.values()
    return {book.account_no: {entry.booked_on for entry in book.entries} for book in books}


async def check(storm: Storm) -> None:
    assert storm.outcomes.keys() >= EVERYTHING
    async with storm.ends.database.read(COUNTY) as reader:
        assert await wrongs(reader) == {}
        orders = list(await reader.scalars(select(PaymentOrder)))
        assert {order.state for order in orders} <= {"paid", "rejected", "returned"}
        open_ = await reader.scalars(select(Difference).where(Difference.state == "open"))
        assert [(one.kind, one.words, one.bank_fen, one.book_fen) for one in open_] == []
        for book in storm.ends.bank.store.state.books.values():
            theirs = Counter((entry.serial, entry.signed_fen) for entry in book.entries)
            rows = await reader.scalars(select(BankMovement).where(BankMovement.account_no == book.account_no))
            ours = list(rows)
            assert Counter((one.bank_serial, one.signed_fen) for one in ours) == theirs
            assert all(one.agreed_by for one in ours)
            held = -await ledger.balance(reader, AccountKind.BANK, book.account_no)
            assert held == sum(entry.signed_fen for entry in book.entries)
            debits = Counter(entry.end_to_end_id for entry in book.entries if entry.signed_fen < 0)
            assert max(debits.values(), default=1) == 1, "paid twice"
        assert len({order.key for order in orders}) == len(orders)
