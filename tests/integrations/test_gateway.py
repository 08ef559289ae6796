"""Signed reports of the bank, over real HTTP from the sandbox and hand-made ones."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import time_machine
from sqlalchemy import func, select

from integrations.connectors import Connectors
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import LIMIT_BYTES, Envelope, seal_message, sign
from integrations.errors import (
    BadSignature,
    CounterpartyRefused,
    MalformedMessage,
    MessageTooLarge,
    Replayed,
    StaleMessage,
)
from integrations.gateway import BankConfirmation, RefundReport
from integrations.keys import KeyRing
from integrations.models import Exchange, InboundEvent
from integrations.supervision_bank import PAYMENT_CONFIRMED, Notice, RefundOrder
from kernel.blobs import BlobStore
from kernel.clock import now
from kernel.db import Database
from kernel.errors import DomainError

from .conftest import HOME, Platform, Sandbox, until

pytestmark = pytest.mark.usefixtures("home")
BANK = Counterparty.SUPERVISION_BANK


def notice(amount_fen: int = 30_000_000) -> Notice:
    return Notice(
        notice_no=f"JK{uuid4().hex[:12]}",
        kind="down_payment",
        title="首付款",
        payer="王小明",
        amount_fen=amount_fen,
        account_no="6222000000001",
        account_name="息县某某置业有限公司商品房预售资金监管专户",
        location="息县谯楼街道一号楼 101",
        issued_on=date(2026, 11, 1),
    )


async def pushed(connectors: Connectors, amount_fen: int = 30_000_000) -> Notice:
    made = notice(amount_fen)
    await connectors.supervision_bank.push_notice(made)
    return made


async def pay(sandbox: Sandbox, paid: Notice, **content: Any) -> dict[str, Any]:
    answer = await asyncio.to_thread(sandbox.post, f"/bank/notices/{paid.notice_no}/pay", **content)
    answer.raise_for_status()
    return dict(answer.json())


def callback(sandbox: Sandbox, event_id: str) -> dict[str, Any]:
    return next(item for item in sandbox.get("/bank/callbacks") if item["event_id"] == event_id)


async def settled(sandbox: Sandbox, event_id: str, status: str = "acknowledged") -> dict[str, Any]:
    await until(lambda: callback(sandbox, event_id)["status"] == status)
    return callback(sandbox, event_id)


async def test_a_payment_is_confirmed_with_its_evidence(
    connectors: Connectors, sandbox: Sandbox, platform: Platform, blobs: BlobStore
) -> None:
    due = await pushed(connectors)
    paid = await pay(sandbox, due)
    await settled(sandbox, paid["event_id"])
    (received,) = platform.received
    event = received.event
    assert isinstance(event, BankConfirmation)
    assert not received.duplicate
    assert (event.event_id, event.notice_no, event.amount_fen) == (paid["event_id"], due.notice_no, due.amount_fen)
    assert (event.bank_serial, event.account_no, event.payer) == (paid["bank_serial"], due.account_no, "王小明")
    assert abs(event.paid_at - now()) < timedelta(seconds=20)
    assert (await blobs.get(event.evidence_digest)).count(b".") == 2


async def test_a_notice_is_paid_once(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    due = await pushed(connectors)
    await pay(sandbox, due)
    assert sandbox.post(f"/bank/notices/{due.notice_no}/pay").status_code == 409


async def test_a_repeated_push_is_one_notice(connectors: Connectors, sandbox: Sandbox) -> None:
    due = await pushed(connectors)
    again = await connectors.supervision_bank.push_notice(due)
    assert sandbox.get(f"/bank/notices/{due.notice_no}")["reference"] == again.reference
    changed = msgspec.structs.replace(due, amount_fen=1)
    with pytest.raises(CounterpartyRefused):
        await connectors.supervision_bank.push_notice(changed)


async def test_duplicate_callbacks_at_the_same_moment_count_once(
    connectors: Connectors, sandbox: Sandbox, platform: Platform
) -> None:
    sandbox.fault("supervision_bank", duplicate_callback=True)
    paid = await pay(sandbox, await pushed(connectors))
    done = await settled(sandbox, paid["event_id"])
    assert done["last_answer"] == "200、200"
    assert sorted(item.duplicate for item in platform.received) == [False, True]


async def test_a_resent_callback_is_a_duplicate(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    paid = await pay(sandbox, await pushed(connectors))
    await settled(sandbox, paid["event_id"])
    await asyncio.to_thread(sandbox.post, f"/bank/callbacks/{paid['event_id']}/resend")
    await until(lambda: len(platform.received) == 2)
    assert [item.duplicate for item in platform.received] == [False, True]


async def test_a_late_callback_comes_late(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    sandbox.fault("supervision_bank", late_seconds=1)
    paid = await pay(sandbox, await pushed(connectors))
    await asyncio.sleep(0.4)
    assert platform.received == []
    await settled(sandbox, paid["event_id"])
    assert len(platform.new()) == 1


async def test_a_forged_callback_is_refused_and_the_genuine_one_follows(
    connectors: Connectors, sandbox: Sandbox, platform: Platform, database: Database
) -> None:
    sandbox.fault("supervision_bank", forged_signature=True)
    paid = await pay(sandbox, await pushed(connectors))
    await until(lambda: platform.refused)
    assert isinstance(platform.refused[0], BadSignature)
    assert platform.received == []
    assert callback(sandbox, paid["event_id"])["status"] == "owed"
    sandbox.fault("supervision_bank")
    await settled(sandbox, paid["event_id"])
    assert len(platform.new()) == 1
    async with database.read(HOME) as reader:
        query = select(Exchange).where(Exchange.direction == "in").order_by(Exchange.id.desc()).limit(5)
        outcomes = [(row.outcome, row.error) for row in await reader.scalars(query)]
    assert outcomes[0] == ("answered", None)
    assert ("refused", "integrations.bad_signature") in outcomes


async def test_a_wrong_amount_arrives_as_it_is(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    sandbox.fault("supervision_bank", wrong_amount=True)
    due = await pushed(connectors)
    await settled(sandbox, (await pay(sandbox, due))["event_id"])
    assert platform.received[0].event.amount_fen != due.amount_fen


async def test_someone_pays_another_sum(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    paid = await pay(sandbox, await pushed(connectors), json={"amount_fen": 5, "payer": "李四"})
    await settled(sandbox, paid["event_id"])
    assert platform.received[0].event.amount_fen == 5


async def test_work_that_fails_after_receipt_is_delivered_again_as_new(
    connectors: Connectors, sandbox: Sandbox, platform: Platform
) -> None:
    platform.fail_next = 1
    paid = await pay(sandbox, await pushed(connectors))
    done = await settled(sandbox, paid["event_id"])
    assert done["attempts"] == 2
    assert [item.duplicate for item in platform.received] == [False]


async def test_a_refund_is_paid_and_reported_once(connectors: Connectors, sandbox: Sandbox, platform: Platform) -> None:
    due = await pushed(connectors)
    paid = await pay(sandbox, due)
    order = RefundOrder(
        refund_no=f"TK{uuid4().hex[:10]}",
        notice_no=due.notice_no,
        bank_serial=paid["bank_serial"],
        amount_fen=due.amount_fen,
        payee=due.payer,
        reason="双方协商解除合同",
    )
    first = await connectors.supervision_bank.push_refund(order)
    assert await connectors.supervision_bank.push_refund(order) == first
    await until(lambda: len(platform.received) == 2)
    await asyncio.sleep(0.2)
    reports = [item.event for item in platform.received if isinstance(item.event, RefundReport)]
    assert [(report.refund_no, report.amount_fen) for report in reports] == [(order.refund_no, order.amount_fen)]


async def test_the_bank_refuses_a_refund_without_its_payment(connectors: Connectors, sandbox: Sandbox) -> None:
    due = await pushed(connectors)
    order = RefundOrder(
        refund_no="TK-none", notice_no=due.notice_no, bank_serial="none", amount_fen=1, payee="王小明", reason="试"
    )
    with pytest.raises(CounterpartyRefused, match="没有找到原缴款记录"):
        await connectors.supervision_bank.push_refund(order)


# By hand: what the sandbox would not send.


@pytest.fixture
def bank(connectors: Connectors, sandbox: Sandbox) -> KeyRing:
    return KeyRing.load(sandbox.keys_dir, BANK)


def report(keys: KeyRing, *, county: str = HOME, op: str = PAYMENT_CONFIRMED, key: str = "", **changed: Any) -> bytes:
    data = {
        "notice_no": "JK1",
        "amount_fen": 100,
        "paid_at": "2026-11-01T08:00:00+08:00",
        "bank_serial": "LS1",
        "account_no": "622",
        "payer": "王小明",
    }
    raw = msgspec.Raw(msgspec.json.encode(data | changed))
    return seal_message(keys, to=PLATFORM, op=op, county=county, key=key or uuid4().hex, data=raw).encode()


async def receive(connectors: Connectors, database: Database, compact: bytes, sender: str = BANK) -> bool:
    async with database.transaction(HOME) as tx:
        return (await connectors.gateway.receive(tx, sender, compact)).duplicate


async def test_the_same_bytes_again_change_nothing(connectors: Connectors, database: Database, bank: KeyRing) -> None:
    compact = report(bank)
    assert [await receive(connectors, database, compact) for _ in range(3)] == [False, True, True]


async def test_many_deliveries_at_once_are_accepted_once(
    connectors: Connectors, database: Database, bank: KeyRing
) -> None:
    key = uuid4().hex
    deliveries = [receive(connectors, database, report(bank, key=key)) for _ in range(6)]
    assert sorted(await asyncio.gather(*deliveries)) == [False] + [True] * 5
    async with database.read(HOME) as reader:
        count = select(func.count()).select_from(InboundEvent).where(InboundEvent.event_key == key)
        assert await reader.scalar(count) == 1


async def test_one_event_with_two_contents_is_refused(
    connectors: Connectors, database: Database, bank: KeyRing
) -> None:
    key = uuid4().hex
    await receive(connectors, database, report(bank, key=key))
    with pytest.raises(Replayed):
        await receive(connectors, database, report(bank, key=key, amount_fen=101))


async def test_a_used_message_number_is_refused_for_another_event(
    connectors: Connectors, database: Database, bank: KeyRing
) -> None:
    number = uuid4().hex

    def numbered(key: str) -> bytes:
        envelope = Envelope(
            iss=BANK,
            aud=PLATFORM,
            iat=int(now().timestamp()),
            jti=number,
            key=key,
            op=PAYMENT_CONFIRMED,
            county=HOME,
            data=msgspec.Raw(
                b'{"notice_no":"1","amount_fen":1,"paid_at":"2026-11-01T00:00:00Z","bank_serial":"s",'
                b'"account_no":"a","payer":"p"}'
            ),
        )
        return sign(bank.own, msgspec.json.encode(envelope)).encode()

    await receive(connectors, database, numbered(uuid4().hex))
    with pytest.raises(Replayed):
        await receive(connectors, database, numbered(uuid4().hex))


async def test_an_old_recording_is_refused(connectors: Connectors, database: Database, bank: KeyRing) -> None:
    compact = report(bank)
    with time_machine.travel(now() + timedelta(minutes=6)), pytest.raises(StaleMessage):
        await receive(connectors, database, compact)


async def test_a_message_for_the_other_county_is_refused(
    connectors: Connectors, database: Database, bank: KeyRing
) -> None:
    with pytest.raises(BadSignature):
        await receive(connectors, database, report(bank, county="411522"))


@pytest.mark.parametrize("sender", ["tax", "nobody", ""])
async def test_a_message_at_another_ones_door_is_refused(
    connectors: Connectors, database: Database, bank: KeyRing, sender: str
) -> None:
    with pytest.raises(BadSignature):
        await receive(connectors, database, report(bank), sender)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": 0},
        {"amount_fen": -5},
        {"amount_fen": 1.5},
        {"amount_fen": "100"},
        {"paid_at": "2026-11-01T08:00:00"},
        {"paid_at": "yesterday"},
        {"notice_no": ""},
        {"bank_serial": None},
        {"op": "refund.unheard_of"},
    ],
)
async def test_well_signed_nonsense_is_malformed(
    connectors: Connectors, database: Database, bank: KeyRing, wrong: dict[str, Any]
) -> None:
    with pytest.raises(MalformedMessage):
        await receive(connectors, database, report(bank, **wrong))


async def test_a_flood_is_cut_off_and_little_of_it_kept(connectors: Connectors, database: Database) -> None:
    with pytest.raises(MessageTooLarge):
        await receive(connectors, database, b"x" * (LIMIT_BYTES + 1))
    async with database.read(HOME) as reader:
        row = await reader.scalar(select(Exchange).order_by(Exchange.id.desc()).limit(1))
    assert row is not None
    assert (row.outcome, row.http_status, len(row.request_body)) == ("refused", 413, 4096)


async def test_a_refused_message_leaves_no_event(connectors: Connectors, database: Database) -> None:
    async with database.read(HOME) as reader:
        count = select(func.count()).select_from(InboundEvent)
        before = await reader.scalar(count)
    for rubbish in (b"", b"...", b"a.b.c", b"\xff\x00", b"{}"):
        with pytest.raises(DomainError):
            await receive(connectors, database, rubbish)
    async with database.read(HOME) as reader:
        assert await reader.scalar(count) == before
