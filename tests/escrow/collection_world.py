"""A county that collects by one code, its bills, and what the channel and the bank say of them."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select

from escrow import banking, collection
from escrow.banking import orders
from escrow.banking.schemas import Movement
from escrow.collection.models import MAINTENANCE, CollectionBill, LineKind
from escrow.ledger.models import AccountKind
from escrow.ledger.service import balance
from escrow.maintenance import service as fund
from escrow.maintenance.schemas import EarlierPayment, FundUnit
from escrow.supervision import demonstration_rates, register_maintenance_account, set_rate
from kernel.clock import now, today
from kernel.db import Database, ReadSession, WriteSession
from kernel.outbox.models import OutboxEvent
from tests.escrow.world import ACTOR, COUNTY

ACCOUNT = "41050188880000007777"
FUND = "41050188880000009999"
BANK = ("CCB", "建设银行息县支行")
DEED, FEE = 920_000, 8_000


async def open_county(tx: WriteSession) -> None:
    """中转账户, tax treasury and fiscal account."""
    await collection.register_collection_account(tx, ACTOR, ACCOUNT, "息县税费中转账户", "CCB", "建设银行息县支行")
    for code, name in (("tax", "国家税务总局息县税务局"), ("treasury", "息县财政局")):
        await collection.set_authority(
            tx,
            ACTOR,
            collection.Authority(
                code=code, name=name, account_no=f"4105018888000{len(code):04d}", account_name=f"{name}待缴库户",
                bank_code="105515000001", bank_name="建设银行息县支行", valid_from=date(2020, 1, 1), source="测试",
            ),
        )  # fmt: skip


def deed(fen: int = DEED) -> collection.NewLine:
    return collection.NewLine(kind=LineKind.DEED_TAX, title="契税", amount_fen=fen, authority="tax")


def fee(fen: int = FEE, exempt: int = 0) -> collection.NewLine:
    return collection.NewLine(
        kind=LineKind.REGISTRATION_FEE, title="不动产登记费", amount_fen=fen, exempt_fen=exempt, authority="treasury"
    )


def new_bill(
    *lines: collection.NewLine, case_id: UUID | None = None, life: timedelta = timedelta(hours=24)
) -> collection.NewBill:
    payer = collection.Payer(case_id=case_id or uuid4(), case_no="2026000001", title="税费合缴", name="张三、李四")
    return collection.NewBill(payer=payer, lines=lines or (deed(), fee()), expires_at=now() + life)


async def billed(tx: WriteSession, **changes: object) -> CollectionBill:
    return await collection.issue(tx, ACTOR, new_bill(**changes))  # type: ignore[arg-type]


def told(bill: CollectionBill, **changes: object) -> collection.ChannelPayment:
    """The channel's callback that pays the bill exactly, with changes."""
    values: dict[str, object] = {
        "event_id": f"event-{uuid4()}", "bill_no": bill.bill_no, "amount_fen": bill.total_fen,
        "serial": f"LS{uuid4().hex}", "paid_at": now(), "account_no": bill.account_no, "channel": "微信支付",
        "evidence_digest": "a" * 64, "evidence_bytes": 900,
    }  # fmt: skip
    return collection.ChannelPayment(**(values | changes))  # type: ignore[arg-type]


def given_back(refund_no: str, amount_fen: int, **changes: object) -> collection.ChannelRefund:
    """The channel's callback that a refund is paid, with changes."""
    values: dict[str, object] = {
        "event_id": f"event-{uuid4()}", "refund_no": refund_no, "paid": True, "amount_fen": amount_fen,
        "serial": f"TL{uuid4().hex}", "paid_at": now(), "account_no": ACCOUNT, "words": "", "evidence_digest": "b" * 64,
    }  # fmt: skip
    return collection.ChannelRefund(**(values | changes))  # type: ignore[arg-type]


async def open_fund(tx: WriteSession) -> None:
    """维修资金专户, with the demonstration rates: 60 yuan a square metre in a home with a lift."""
    await register_maintenance_account(tx, ACTOR, FUND, "息县住宅专项维修资金专户", *BANK)
    for rate in demonstration_rates():
        await set_rate(tx, ACTOR, rate)


def unit(**changes: object) -> FundUnit:
    values: dict[str, object] = {
        "unit_id": uuid4(), "unit_code": "411528001001GB00001F00010001", "usage": "成套住宅",
        "area": Decimal("100.00"), "has_lift": True,
    }  # fmt: skip
    return FundUnit(**(values | changes))  # type: ignore[arg-type]


async def owing(tx: WriteSession, paid_fen: int = 1_000_00, **changes: object) -> FundUnit:
    """A unit that paid part of its fund on paper before: 6,000 yuan are due for it."""
    made = unit(**changes)
    paid = EarlierPayment(
        unit_id=made.unit_id, unit_code=made.unit_code, amount_fen=paid_fen, paid_on=date(2021, 6, 30),
        receipt_no="豫财001",
    )  # fmt: skip
    await fund.enter_earlier(tx, ACTOR, paid)
    return made


async def fund_lines(tx: WriteSession, *units: FundUnit) -> list[collection.NewLine]:
    """What these units owe, as lines of a bill."""
    return [
        collection.NewLine(
            kind=LineKind.MAINTENANCE_FUND, title="住宅专项维修资金", amount_fen=one.amount_fen, authority=MAINTENANCE,
            words=one.words, fund=one,
        )
        for one in await fund.dues_of(tx, units)
    ]  # fmt: skip


async def bank_pays(tx: WriteSession, order_no: str) -> None:
    order = await orders.locked_order(tx, order_no)
    await orders.pay(tx, ACTOR, order, _movement(order))


async def bank_returns(tx: WriteSession, order_no: str) -> None:
    order = await orders.locked_order(tx, order_no)
    await orders.give_back(tx, ACTOR, order, _movement(order), "账号与户名不符")


def _movement(order: banking.PaymentOrder) -> Movement:
    return Movement(
        account_no=order.account_no, bank_serial=uuid4().hex, amount_fen=order.amount_fen, value_date=today()
    )


async def settle(tx: WriteSession) -> None:
    """What the outbox would do with the ends of payment orders that nobody has looked at yet."""
    wanted = select(OutboxEvent).where(OutboxEvent.topic == "escrow.clearing_settled").order_by(OutboxEvent.id)
    for event in await tx.scalars(wanted):
        payload = event.payload
        await collection.settle_clearing(
            tx, ACTOR, UUID(payload["subject"].partition(":")[2]), UUID(payload["order_id"]), payload["state"],
            payload["reason"] or "",
        )  # fmt: skip


async def at_bank(reader: ReadSession) -> int:
    """What must lie on the intermediate account."""
    return -await balance(reader, AccountKind.BANK, ACCOUNT)


async def in_book(reader: ReadSession, kind: AccountKind, owner: str) -> int:
    return await balance(reader, kind, owner)


async def topics(reader: ReadSession) -> list[str]:
    wanted = select(OutboxEvent.topic).where(OutboxEvent.topic.startswith("collection.")).order_by(OutboxEvent.id)
    return list(await reader.scalars(wanted))


async def one_code_county(database: Database) -> None:
    async with database.transaction(COUNTY) as tx:
        await open_county(tx)
