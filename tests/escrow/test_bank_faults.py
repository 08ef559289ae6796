"""Orders, movements and statements against the sandbox's bank, with the faults that real banks have."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest
import time_machine
from sqlalchemy import select

from escrow import banking, ledger
from escrow.banking.accounts import connect_bank
from escrow.banking.models import BankMovement
from escrow.ledger.models import AccountKind
from escrow.reconciliation import open_differences, resolving
from escrow.reconciliation.models import BankStatement, Difference
from integrations.bank_messages.reading import BadBankMessage
from integrations.bank_payments import ACCOUNT_NOTICE, DocumentPush
from integrations.errors import BadSignature, CounterpartyUnavailable, Replayed
from integrations.models import Exchange
from integrations.sandbox.bank_book import ME, book_of
from integrations.sandbox.callbacks import forger
from kernel.clock import now, today
from kernel.db import Database
from kernel.outbox import Park
from kernel.settings import Settings
from tests.escrow.bank_sandbox import BankAndPlatform
from tests.escrow.banks import BANK, drawdown, project
from tests.escrow.books import wrongs
from tests.escrow.test_bank_lines import notice
from tests.escrow.world import ACTOR, COUNTY

FUND, MIRROR = AccountKind.PROJECT_FUND, AccountKind.BANK
DAY = timedelta(days=1)


class Journey:
    """A project whose account lies at the sandbox's bank; the bank's book begins with what it holds."""

    def __init__(self, ends: BankAndPlatform, project_id: UUID, account_no: str) -> None:
        self.ends, self.project_id, self.account_no = ends, project_id, account_no

    async def order(self, fen: int = 300_00, **changes: object) -> banking.PaymentOrder:
        async with self.ends.database.transaction(COUNTY) as tx:
            return await banking.order_payment(tx, ACTOR, drawdown(self.project_id, self.account_no, fen, **changes))

    async def state(self, order: banking.PaymentOrder) -> str:
        async with self.ends.database.read(COUNTY) as reader:
            return str((await banking.order(reader, order.id)).state)

    async def statement(self) -> list[Difference]:
        """The bank sends today's statement; what is open then."""
        day = today()
        await self.ends.ask(f"accounts/{self.account_no}/statement", day=str(day))
        await self.ends.deliver()
        await self.ends.work()
        return await self.open()

    async def open(self) -> list[Difference]:
        async with self.ends.database.read(COUNTY) as reader:
            query = select(Difference).where(Difference.account_no == self.account_no, Difference.state == "open")
            return list(await reader.scalars(query.order_by(Difference.id)))

    async def resolve(self, act: object, *arguments: object) -> None:
        async with self.ends.database.transaction(COUNTY) as tx:
            await act(tx, ACTOR, *arguments, "已与银行核对")  # type: ignore[operator]

    async def agrees(self) -> None:
        """Nothing is open, the ledger is sound, and the bank holds exactly what the book says."""
        book = book_of(self.ends.bank, COUNTY, self.account_no)
        async with self.ends.database.read(COUNTY) as reader:
            assert await open_differences(reader, [self.account_no]) == {}
            assert await wrongs(reader) == {}
            assert -await ledger.balance(reader, MIRROR, self.account_no) == sum(e.signed_fen for e in book.entries)


@pytest.fixture
async def journey(fresh_database: Database, settings: Settings, tmp_path: Path) -> AsyncIterator[Journey]:
    ends = BankAndPlatform.of(fresh_database, settings.model_copy(update={"var_dir": tmp_path}))
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx, 0)
        await connect_bank(
            tx, ACTOR, bank_code=BANK[0], bank_name=BANK[1], mode=banking.BankMode.GATEWAY, organisation_id=None
        )
        bill = await notice(tx, project_id)
    book_of(ends.bank, COUNTY, account_no).documents_url = "http://platform/documents"
    paid_in = {"county": COUNTY, "signed_fen": bill.amount_fen, "name": "张三", "remittance": bill.notice_no}
    await ends.ask(f"accounts/{account_no}/entries", **paid_in)
    assert await ends.deliver(twice=True) == ["confirmed", "duplicate"]
    yield Journey(ends, project_id, account_no)
    await ends.http.aclose()


async def test_paid_whatever_the_order_of_the_answers(journey: Journey) -> None:
    for backwards in (False, True):
        order = await journey.order(100_00)
        assert await journey.ends.work() == ["escrow.order_issued"]
        assert len(journey.ends.owed()) == 2
        await journey.ends.deliver(backwards=backwards, twice=True)
        assert await journey.state(order) == "paid"
    assert len([one for one in journey.ends.bank.store.state.payments.values() if one.state == "paid"]) == 2
    assert await journey.statement() == []
    await journey.agrees()


async def test_lost_answers_never_pay_twice(journey: Journey) -> None:
    order = await journey.order()
    await journey.ends.fault(lost_answer=True)
    for _ in range(2):
        with pytest.raises(CounterpartyUnavailable):
            await journey.ends.work()
    await journey.ends.fault()
    await journey.ends.work()
    await journey.ends.deliver()
    assert await journey.state(order) == "paid"
    debits = [e for e in book_of(journey.ends.bank, COUNTY, journey.account_no).entries if e.signed_fen < 0]
    assert len(debits) == 1
    await journey.agrees()


async def test_a_silent_bank_is_asked(journey: Journey) -> None:
    await journey.ends.fault(silent_payments=True)
    order = await journey.order()
    await journey.ends.work()
    assert journey.ends.owed() == []
    assert await journey.state(order) == "sent"
    assert await journey.ends.work() == []  # not before its time
    assert await journey.ends.work(later=timedelta(minutes=11)) == ["escrow.order_inquiry"]
    assert await journey.state(order) == "paid"
    await journey.agrees()


async def test_an_order_the_bank_forgot_is_sent_again(journey: Journey) -> None:
    await journey.ends.fault(hold_payments=True)
    order = await journey.order()
    await journey.ends.work()
    journey.ends.bank.store.state.payments.clear()
    await journey.ends.fault()
    await journey.ends.work(later=timedelta(minutes=11))
    await journey.ends.deliver()
    assert await journey.state(order) == "paid"


async def test_held_rejected_returned(journey: Journey) -> None:
    await journey.ends.fault(hold_payments=True)
    held = await journey.order(100_00)
    await journey.ends.work()
    assert await journey.ends.deliver() == ["accepted"]
    await journey.ends.fault()
    await journey.ends.ask(f"payments/{held.order_no}/execute")
    nobody = banking.Payee(name="某某", account_no="00001234", bank_name="某行")
    rejected = await journey.order(100_01, payee=nobody)
    await journey.ends.work()
    await journey.ends.deliver()
    await journey.ends.fault(return_payments=True)
    returned = await journey.order(100_02)
    await journey.ends.work()
    await journey.ends.deliver()
    assert [await journey.state(one) for one in (held, rejected, returned)] == ["paid", "rejected", "returned"]
    async with journey.ends.database.read(COUNTY) as reader:
        assert (await banking.order(reader, rejected.id)).reason == "收款账号不存在 （AC01）"
        assert await ledger.available(reader, FUND, str(journey.project_id)) == 400_00
    assert await journey.statement() == []
    await journey.agrees()


async def test_wrong_amount_is_seen_at_once_and_ends_by_the_banks_correction(journey: Journey) -> None:
    order = await journey.order()
    await journey.ends.fault(wrong_amount=True)
    await journey.ends.work()
    await journey.ends.fault()
    # The answer says paid under that serial, the notice tells the wrong amount; or the other way round.
    told = journey.ends.owed(ACCOUNT_NOTICE)[0]
    told.status = "acknowledged"
    assert await journey.ends.hear(told) == "difference"
    assert [one.bank_fen for one in await journey.open()] == [-301_00]
    assert await journey.state(order) == "sent"


@pytest.mark.parametrize(
    ("fault", "kinds", "pairs"),
    [
        ("statement_missing", ["missing_there"], 0),
        ("statement_extra", ["missing_here"], 1),
        ("statement_duplicate", ["missing_here"], 1),
        ("statement_wrong_amount", ["different"], 1),
    ],
)
async def test_a_bad_statement(journey: Journey, fault: str, kinds: list[str], pairs: int) -> None:
    """The bank errs on one day and sets it right on the next: drawdowns stop until both are in the book."""
    order = await journey.order()
    await journey.ends.work()
    await journey.ends.deliver()
    assert await journey.state(order) == "paid"
    await journey.ends.fault(**{fault: True})
    assert [one.kind for one in await journey.statement()] == kinds
    await journey.ends.fault()
    with time_machine.travel(now() + DAY):
        found = await journey.statement()
        assert len(found) == 2 * pairs
        if pairs:
            await journey.resolve(resolving.explain, *(one.id for one in found))
    await journey.agrees()


async def test_money_only_the_statement_tells(journey: Journey) -> None:
    told = {"county": COUNTY, "signed_fen": 7_00, "name": "李四", "account": "6222", "tell": False}
    await journey.ends.ask(f"accounts/{journey.account_no}/entries", **told)
    (found,) = await journey.statement()
    await journey.resolve(resolving.to_suspense, found.id)
    async with journey.ends.database.read(COUNTY) as reader:
        assert await ledger.balance(reader, AccountKind.SUSPENSE, journey.account_no) == 7_00
        (statement,) = await reader.scalars(select(BankStatement))
        assert (statement.matched, statement.entries) == (1, 2)
    await journey.agrees()


async def test_forged_replayed_and_hostile_documents(journey: Journey) -> None:
    await journey.ends.ask(f"accounts/{journey.account_no}/notice")
    (told,) = journey.ends.owed()
    with pytest.raises(BadSignature):
        await journey.ends.hear(told, forger(journey.ends.bank.keys[ME]))
    assert await journey.ends.hear(told) == "duplicate"  # the line was booked when it was told first
    other = msgspec.to_builtins(DocumentPush(document=str(told.data["document"]).replace("500.00", "600.00")))
    told.data = other
    with pytest.raises(Replayed):
        await journey.ends.hear(told)
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Document>&b;</Document>'
    told.event_id, told.data = "hostile", msgspec.to_builtins(DocumentPush(document=bomb))
    with pytest.raises(BadBankMessage, match="DTD"):
        await journey.ends.hear(told)
    async with journey.ends.database.read(COUNTY) as reader:
        refused = await reader.scalars(select(Exchange.error).where(Exchange.outcome == "refused"))
        assert {"integrations.bad_signature", "integrations.replayed", "integrations.bad_bank_message"} <= set(refused)
        assert len((await reader.scalars(select(BankMovement))).all()) == 1


async def test_a_bank_that_nobody_connected_parks_the_order(fresh_database: Database, settings: Settings) -> None:
    ends = BankAndPlatform.of(fresh_database, settings)
    async with fresh_database.transaction(COUNTY) as tx:
        project_id, account_no = await project(tx)
        await banking.order_payment(tx, ACTOR, drawdown(project_id, account_no))
    with pytest.raises(Park, match="尚未登记连接方式"):
        await ends.work()
    assert isinstance(ends.http, httpx.AsyncClient)
