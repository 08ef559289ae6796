"""Bank accounts that the book watches, and how their banks are reached."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from escrow.banking.errors import UnknownBank
from escrow.banking.models import BankConnection, BankMode, OrderState, PaymentOrder
from escrow.models import SupervisionAccount
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor


async def account(reader: ReadSession, account_no: str) -> SupervisionAccount:
    """The county's bank account of that number. Raises UnknownBank."""
    found = await reader.scalar(select(SupervisionAccount).where(SupervisionAccount.account_no == account_no))
    if found is None:
        raise UnknownBank
    return found


async def accounts(reader: ReadSession, bank_codes: Collection[str] | None = None) -> list[SupervisionAccount]:
    """All of the county's supervised bank accounts, or those at some banks, by number."""
    query = select(SupervisionAccount).order_by(SupervisionAccount.account_no)
    if bank_codes is not None:
        query = query.where(SupervisionAccount.bank_code.in_(bank_codes))
    return list(await reader.scalars(query))


async def connect_bank(
    tx: WriteSession, actor: Actor, *, bank_code: str, bank_name: str, mode: BankMode, organisation_id: UUID | None
) -> BankConnection:
    """Say how a bank is reached, and whose clerks see its orders; again changes both."""
    known = await tx.scalar(select(BankConnection).where(BankConnection.bank_code == bank_code).with_for_update())
    if known is None:
        known = BankConnection(bank_code=bank_code, bank_name=bank_name)
        tx.add(known)
    known.mode, known.organisation_id = BankMode(mode), organisation_id
    await tx.flush()
    if known.mode == BankMode.GATEWAY:
        await _send_waiting(tx, bank_code)
    audit(tx, actor, "escrow.bank_connected", f"bank_connection:{known.id}", {"bank_code": bank_code, "mode": mode})
    return known


async def banks(reader: ReadSession) -> list[tuple[str, str, BankConnection | None]]:
    """Code and name of every bank at which the county has an account, and how it is reached."""
    query = select(SupervisionAccount.bank_code, func.min(SupervisionAccount.bank_name))
    rows = await reader.execute(query.group_by(SupervisionAccount.bank_code).order_by(SupervisionAccount.bank_code))
    known = {one.bank_code: one for one in await reader.scalars(select(BankConnection))}
    return [(code, name, known.get(code)) for code, name in rows]


async def _send_waiting(tx: WriteSession, bank_code: str) -> None:
    """Orders that waited for a connection, or for a clerk with files, go out now; once, as always."""
    waiting = select(PaymentOrder.id).where(
        PaymentOrder.bank_code == bank_code, PaymentOrder.state == OrderState.ORDERED
    )
    for order_id in await tx.scalars(waiting.order_by(PaymentOrder.id)):
        key = f"escrow.order_issued:{order_id}:{now().isoformat()}"
        await emit(tx, "escrow.order_issued", {"order_id": str(order_id)}, key=key)


async def connection(reader: ReadSession, bank_code: str) -> BankConnection | None:
    """How the bank is reached; None where nobody has said it: then its orders wait for files."""
    return await reader.scalar(select(BankConnection).where(BankConnection.bank_code == bank_code))


async def connections_of(reader: ReadSession, organisation_id: UUID) -> list[BankConnection]:
    """The banks that an organisation's clerks work for."""
    query = select(BankConnection).where(BankConnection.organisation_id == organisation_id)
    return list(await reader.scalars(query.order_by(BankConnection.bank_code)))
