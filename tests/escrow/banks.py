"""What the bank rooms' tests share: a project with money, orders out of it, and the words of its bank."""

from datetime import date
from uuid import UUID, uuid4

from escrow import banking, ledger
from escrow.banking.schemas import Movement
from escrow.ledger.models import AccountKind
from escrow.models import SupervisionMode
from escrow.supervision import register_account
from kernel.db import WriteSession
from tests.escrow.world import ACTOR

DAY = date(2026, 11, 20)
PAYEE = banking.Payee(name="河南某某建筑有限公司", account_no="4100990000001234", bank_name="某某银行信阳分行")
BANK = ("999900001234", "中原示范银行息县支行")


def serial() -> str:
    return f"LS{uuid4().hex[:16]}"


async def project(tx: WriteSession, fen: int = 1_000_00) -> tuple[UUID, str]:
    """A project whose supervised account holds that much, told by the bank on the day before DAY."""
    project_id, account_no = uuid4(), f"4105{uuid4().int % 10**12:012d}"
    await register_account(
        tx, ACTOR, project_id, account_no, "某某置业监管专户", *BANK, "监管协议〔2026〕1号", SupervisionMode.FULL, None
    )
    if fen:
        await receive(tx, project_id, account_no, fen, serial(), date(2026, 11, 19))
    return project_id, account_no


async def receive(tx: WriteSession, project_id: UUID, account_no: str, fen: int, no: str, day: date = DAY) -> UUID:
    """Money in, on the ledger and as a movement."""
    bank = await ledger.open_account(tx, AccountKind.BANK, account_no)
    fund = await ledger.open_account(tx, AccountKind.PROJECT_FUND, str(project_id))
    moves = [ledger.Move(bank, -fen), ledger.Move(fund, fen)]
    transfer_id = await ledger.post(tx, f"test:{account_no}:{no}", "test:1", moves, words="测试", value_date=day)
    return await banking.record_movement(
        tx, account_no=account_no, bank_serial=no, signed_fen=fen, value_date=day, transfer_id=transfer_id,
        subject="test:1",
    )  # fmt: skip


def drawdown(project_id: UUID, account_no: str, fen: int = 300_00, **changes: object) -> banking.NewOrder:
    subject = f"drawdown:{uuid4()}"
    values: dict[str, object] = {
        "key": subject, "purpose": banking.Purpose.DRAWDOWN, "subject": subject, "account_no": account_no,
        "source": (AccountKind.PROJECT_FUND, str(project_id)), "payee": PAYEE, "amount_fen": fen, "words": "工程进度款",
    }  # fmt: skip
    return banking.NewOrder(**(values | changes))  # type: ignore[arg-type]


def paid(order: banking.PaymentOrder, **changes: object) -> Movement:
    """The bank's word that it paid the order exactly, with changes."""
    values = {
        "account_no": order.account_no, "bank_serial": serial(), "amount_fen": order.amount_fen, "value_date": DAY,
    }  # fmt: skip
    return Movement(**(values | changes))  # type: ignore[arg-type]
