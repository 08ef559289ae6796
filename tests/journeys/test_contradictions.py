"""Reports of money that contradict the book: the counterparty gets its error, the finance clerk a difference."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from httpx import ASGITransport
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import select

from escrow import collection
from escrow.banking.lines import book_line
from escrow.models import Refund
from escrow.reconciliation import open_differences, resolving
from escrow.reconciliation.models import Difference, DifferenceKind
from escrow.reconciliation.statements import receive_statement, reconcile
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.exchange import ExchangeLog
from integrations.gateway import Gateway
from integrations.keys import KeyRing, ensure_development_keys
from integrations.models import InboundEvent
from integrations.payment_channel import PAID, REFUNDED
from integrations.supervision_bank import REFUND_DONE
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.errors import DomainError
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from kernel.web.problems import problem_response
from tests.escrow import collection_world as codes
from tests.escrow.test_bank_lines import DIGEST, line
from tests.escrow.test_corrections import refunded
from tests.escrow.test_reconciliation import statement
from tests.escrow.world import ACTOR, COUNTY
from yiti.api.gateway import receive_event
from yiti.resources import Resources


@dataclass
class Door:
    """The platform's ear with real keys, and the hands of those who sign."""

    database: Database
    keys_dir: Path
    http: httpx.AsyncClient

    async def tell(self, who: Counterparty, op: str, key: str, **data: Any) -> httpx.Response:
        ring = KeyRing.load(self.keys_dir, who)
        raw = msgspec.Raw(msgspec.json.encode(data))
        body = seal_message(ring, to=PLATFORM, op=op, county=COUNTY, key=key, data=raw).encode()
        headers = {"content-type": "application/jose"}
        return await self.http.post(f"/gateway/{COUNTY}/{who}/events", content=body, headers=headers)

    async def refund(self, key: str = "", **data: Any) -> httpx.Response:
        return await self.tell(Counterparty.SUPERVISION_BANK, REFUND_DONE, key or uuid4().hex, **data)

    async def differences(self, account_no: str) -> list[Difference]:
        async with self.database.read(COUNTY) as reader:
            mine = select(Difference).where(Difference.account_no == account_no).order_by(Difference.id)
            return list(await reader.scalars(mine))


@pytest.fixture
async def door(fresh_database: Database, settings: Settings, tmp_path: Path) -> Any:
    ensure_development_keys(tmp_path)
    blobs = BlobStore(settings.blob_url)
    gateway = Gateway(KeyRing.load(tmp_path), ExchangeLog(fresh_database), blobs)
    unused: Any = None
    ear: Any = SimpleNamespace(gateway=gateway)
    parts = Resources(settings, fresh_database, blobs, unused, unused, ear)
    app = Litestar(
        [receive_event],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: parts, sync_to_thread=False)},
        state=State({"database": fresh_database, "counties": {COUNTY: "息县"}}),
        exception_handlers={DomainError: problem_response},
        openapi_config=None,
    )
    async with httpx.AsyncClient(transport=ASGITransport(app), base_url="http://yiti") as http:  # type: ignore[arg-type]
        yield Door(fresh_database, tmp_path, http)


async def test_a_refund_that_differs_stays_in_sight(door: Door) -> None:
    async with door.database.transaction(COUNTY) as tx:
        _, refund, word, _, account_no = await refunded(tx)
        told: dict[str, Any] = {
            "refund_no": refund.refund_no, "amount_fen": word.amount_fen, "paid_at": now().isoformat(),
            "bank_serial": word.bank_serial, "account_no": account_no,
        }  # fmt: skip
    assert (await door.refund(**told)).json() == {"result": "refunded"}, "the same again is no news"
    wrong = (
        {"amount_fen": word.amount_fen - 1},
        {"bank_serial": "ANOTHER"},
        {"refund_no": "TK4115282026999999", "bank_serial": "UNKNOWN"},
    )
    for changes in wrong:
        for _ in range(2):  # banks repeat what was refused
            answer = await door.refund(**(told | changes))
            assert answer.status_code in {404, 409}, answer.text
    found = await door.differences(account_no)
    assert [(one.reference, one.kind, one.bank_fen, one.state) for one in found] == [
        (word.bank_serial, DifferenceKind.REPORT, 1 - word.amount_fen, "open"),
        ("ANOTHER", DifferenceKind.REPORT, -word.amount_fen, "open"),
        ("UNKNOWN", DifferenceKind.REPORT, -word.amount_fen, "open"),
    ]
    assert found[0].book_fen == -word.amount_fen
    assert "两笔不同的银行付款回执" in found[1].words
    assert refund.refund_no in found[1].words
    assert "没有找到" in found[2].words
    assert all(one.evidence_digest for one in found)
    async with door.database.read(COUNTY) as reader:
        assert (await reader.scalars(select(Refund))).one().bank_serial == word.bank_serial
        assert len((await reader.scalars(select(InboundEvent))).all()) == 1, "what was refused was not accepted"
        assert await open_differences(reader, [account_no]) == {account_no: 3}, "no drawdown before they are cleared up"


async def test_one_event_with_two_contents(door: Door) -> None:
    async with door.database.transaction(COUNTY) as tx:
        _, refund, word, _, account_no = await refunded(tx)
    told: dict[str, Any] = {
        "refund_no": refund.refund_no, "amount_fen": word.amount_fen, "paid_at": now().isoformat(),
        "bank_serial": word.bank_serial, "account_no": account_no,
    }  # fmt: skip
    assert (await door.refund("E1", **told)).status_code == 200
    assert (await door.refund("E1", **(told | {"bank_serial": "CHANGED"}))).status_code == 409
    (found,) = await door.differences(account_no)
    assert (found.reference, found.kind) == ("CHANGED", DifferenceKind.REPORT)
    forged = seal_message(
        KeyRing.load(door.keys_dir, Counterparty.PAYMENT_CHANNEL), to=PLATFORM, op=REFUND_DONE, county=COUNTY, key="E2",
        data=msgspec.Raw(msgspec.json.encode(told)),
    )  # fmt: skip
    answer = await door.http.post(f"/gateway/{COUNTY}/supervision_bank/events", content=forged.encode())
    assert answer.status_code == 401
    assert len(await door.differences(account_no)) == 1, "nobody else can open differences"


async def test_closed_once_the_statement_is_there_and_never_again(door: Door) -> None:
    async with door.database.transaction(COUNTY) as tx:
        _, refund, word, _, account_no = await refunded(tx)
    told: dict[str, Any] = {
        "refund_no": refund.refund_no, "amount_fen": word.amount_fen, "paid_at": word.paid_at.isoformat(),
        "bank_serial": "ANOTHER", "account_no": account_no,
    }  # fmt: skip
    assert (await door.refund(**told)).status_code == 409
    (found,) = await door.differences(account_no)
    async with door.database.transaction(COUNTY) as tx:
        with pytest.raises(resolving.StillDiffers):
            await resolving.confirm_order(tx, ACTOR, found.id, "银行说是误报")
    async with door.database.transaction(COUNTY) as tx:
        lines = [line(account_no, -word.amount_fen, bank_serial=word.bank_serial, value_date=found.day)]
        bank = await receive_statement(tx, ACTOR, statement(account_no, lines, 1_500_00, found.day), DIGEST)
        await reconcile(tx, bank.id)
        await resolving.confirm_order(tx, ACTOR, found.id, "银行说是误报，对账单没有第二笔")
    assert (await door.refund(**told)).status_code == 409
    assert [one.state for one in await door.differences(account_no)] == ["closed"]


async def test_the_channel_s_contradictions(door: Door) -> None:
    async with door.database.transaction(COUNTY) as tx:
        await codes.open_county(tx)
        bill = await codes.billed(tx)
        paid = codes.told(bill)
        await collection.record_payment(tx, ACTOR, paid)
        await collection.send_back(tx, ACTOR, bill.case_id, "退件")
        (order,) = await collection.refunds_of(tx, bill.id)
    channel = Counterparty.PAYMENT_CHANNEL
    money = {"account_no": bill.account_no, "paid_at": paid.paid_at.isoformat(), "channel": paid.channel}
    other = money | {"bill_no": bill.bill_no, "amount_fen": bill.total_fen - 1, "serial": paid.serial}
    assert (await door.tell(channel, PAID, "P2", **other)).status_code == 409
    back = {
        "refund_no": order.refund_no, "state": "paid", "amount_fen": bill.total_fen + 1, "serial": "TL1",
        "paid_at": now().isoformat(), "account_no": bill.account_no, "words": "",
    }  # fmt: skip
    assert (await door.tell(channel, REFUNDED, "R2", **back)).status_code == 409
    found = await door.differences(bill.account_no)
    assert [(one.reference, one.bank_fen, one.book_fen) for one in found] == [
        (paid.serial, bill.total_fen - 1, bill.total_fen), ("TL1", -bill.total_fen - 1, 0),
    ]  # fmt: skip


async def test_what_a_line_tells_of_the_same_serial_takes_the_report_s_place(door: Door) -> None:
    async with door.database.transaction(COUNTY) as tx:
        _, refund, word, _, account_no = await refunded(tx)
        assert await book_line(tx, ACTOR, line(account_no, -7_00, bank_serial="X7"), DIGEST) == "difference"
    told: dict[str, Any] = {
        "refund_no": refund.refund_no, "amount_fen": 7_00, "paid_at": word.paid_at.isoformat(), "bank_serial": "X7",
        "account_no": account_no,
    }  # fmt: skip
    assert (await door.refund(**told)).status_code == 409
    assert [one.reference for one in await door.differences(account_no)] == ["X7"], "one matter, one difference"
