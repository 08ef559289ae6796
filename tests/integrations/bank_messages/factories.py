"""Messages as a bank would send them, and every kind of them for hypothesis."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from integrations.bank_messages.credit_notices import AccountNotice, NoticeMessage
from integrations.bank_messages.entries import Direction, Entry
from integrations.bank_messages.parties import BankAccount
from integrations.bank_messages.payment_orders import PaymentBatch, PaymentOrder
from integrations.bank_messages.payment_status import OrderState, OrderStatus, StatusReport
from integrations.bank_messages.statements import AccountStatement, StatementMessage

DAY = date(2026, 3, 5)
AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
DEVELOPER = BankAccount(
    account="6222021234567890123", name="息县安居置业有限公司", bank_code="102515000018", bank_name="息县城关支行"
)
SUPERVISED = BankAccount(account="41152800010001", name="息县商品房预售资金监管专户", bank_code="313515000011")


def order(**changes: Any) -> PaymentOrder:
    facts = {
        "reference": "BK20260305-1",
        "debtor": SUPERVISED,
        "creditor": DEVELOPER,
        "amount_fen": 123_456_05,
        "execute_on": DAY,
        "purpose": "拨付工程款（主体封顶）",
    }
    return PaymentOrder(**{**facts, **changes})


def batch(*orders: PaymentOrder) -> PaymentBatch:
    return PaymentBatch(message_id="M-1", created_at=AT, initiator="息县住房和城乡建设局", orders=orders or (order(),))


def entry(**changes: Any) -> Entry:
    facts = {
        "serial": "ICBC0001",
        "direction": Direction.CREDIT,
        "amount_fen": 300_000_00,
        "booked_on": DAY,
        "value_on": DAY,
        "counterparty": BankAccount(account="6217000000000001", name="张三"),
        "end_to_end_id": "JK4115280001",
        "remittance": "购房首付款 3号楼101室",
    }
    return Entry(**{**facts, **changes})


def statement(*entries: Entry, opening_fen: int = 1_000_00) -> AccountStatement:
    return AccountStatement(
        statement_id="S-64",
        sequence=64,
        account=SUPERVISED.account,
        day=DAY,
        opening_fen=opening_fen,
        closing_fen=opening_fen + sum(one.signed_fen for one in entries),
        entries=entries,
    )


def day_file(*entries: Entry) -> StatementMessage:
    return StatementMessage(message_id="F-64", created_at=AT, statements=(statement(*entries),))


# What XML can carry, without blanks at the ends: those are not told apart.
SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="\ufffe\uffff")


def words(longest: int, *, shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(SIGNS, min_size=shortest, max_size=longest)


NAMES = words(35, shortest=1)
FEN = st.integers(0, 10**12)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  zones are given
BANK_CODES = st.from_regex(r"[0-9]{12}", fullmatch=True)
PARTIES = st.builds(
    BankAccount,
    account=words(34),
    name=words(140),
    bank_code=st.just("") | BANK_CODES,
    bank_name=words(140),
)
PAYABLE = st.builds(
    BankAccount, account=words(34, shortest=1), name=words(140, shortest=1), bank_code=BANK_CODES, bank_name=words(140)
)
REFERENCES = words(35).filter(lambda text: text != "NOTPROVIDED")


def entries(days: st.SearchStrategy[date]) -> st.SearchStrategy[tuple[Entry, ...]]:
    one = st.builds(
        Entry,
        serial=NAMES,
        direction=st.sampled_from(Direction),
        amount_fen=FEN,
        booked_on=days,
        value_on=DAYS,
        counterparty=PARTIES,
        end_to_end_id=REFERENCES,
        remittance=words(400),
        reversal=st.booleans(),
    )
    return st.lists(one, max_size=4, unique_by=lambda entry: entry.serial).map(tuple)


@st.composite
def statements(draw: st.DrawFn) -> AccountStatement:
    day, opening = draw(DAYS), draw(st.integers(-(10**12), 10**12))
    listed = draw(entries(st.just(day)))
    return AccountStatement(
        statement_id=draw(NAMES),
        sequence=draw(st.none() | st.integers(0, 10**17)),
        account=draw(words(34, shortest=1)),
        day=day,
        opening_fen=opening,
        closing_fen=opening + sum(one.signed_fen for one in listed),
        entries=listed,
    )


FILES = st.builds(
    StatementMessage,
    message_id=NAMES,
    created_at=MOMENTS,
    statements=st.lists(statements(), min_size=1, max_size=3).map(tuple),
)
NOTICES = st.builds(
    NoticeMessage,
    message_id=NAMES,
    created_at=MOMENTS,
    notices=st.lists(
        st.builds(AccountNotice, notice_id=NAMES, account=words(34, shortest=1), entries=entries(DAYS)),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
ORDERS = st.builds(
    PaymentOrder,
    reference=NAMES,
    debtor=PAYABLE,
    creditor=PAYABLE,
    amount_fen=st.integers(1, 10**12),
    execute_on=DAYS,
    purpose=words(400),
)
BATCHES = st.builds(
    PaymentBatch,
    message_id=NAMES,
    created_at=MOMENTS,
    initiator=NAMES,
    orders=st.lists(ORDERS, min_size=1, max_size=4, unique_by=lambda order: order.reference).map(tuple),
)
STATUSES = st.builds(
    OrderStatus,
    end_to_end_id=NAMES,
    state=st.sampled_from(OrderState),
    reason_code=words(35),
    reason=words(300),
    serial=words(35),
)
REPORTS = st.builds(
    StatusReport,
    message_id=NAMES,
    created_at=MOMENTS,
    original_message_id=NAMES,
    orders=st.lists(STATUSES, max_size=4, unique_by=lambda status: status.end_to_end_id).map(tuple),
)
