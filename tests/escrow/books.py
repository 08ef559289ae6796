"""What the ledger's tests do with it: deposits, and a look at everything that must be true."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import text

from escrow import ledger
from escrow.ledger.models import AccountKind
from kernel.db import ReadSession, WriteSession

FUND, BANK, OWED = AccountKind.PROJECT_FUND, AccountKind.BANK, AccountKind.REFUND_PAYABLE


async def deposit(
    tx: WriteSession, owner: str, fen: int, key: str = "", *, kind: AccountKind = FUND, on: date | None = None
) -> UUID:
    """Money that a bank has received (or, below zero, paid) for the owner's account."""
    bank, fund = await ledger.open_account(tx, BANK, owner), await ledger.open_account(tx, kind, owner)
    moves = [ledger.Move(bank, -fen), ledger.Move(fund, fen)]
    return await ledger.post(tx, key or uuid4().hex, "test:1", moves, words="测试", value_date=on)


async def transfer(tx: WriteSession, out: UUID, into: UUID, fen: int, key: str = "", hold: UUID | None = None) -> UUID:
    moves = [ledger.Move(out, -fen), ledger.Move(into, fen)]
    return await ledger.post(tx, key or uuid4().hex, "test:1", moves, words="测试", hold_id=hold)


# Each of these finds nothing in a sound ledger, whatever has happened to it.
WRONG = {
    "the sum of all accounts is not zero": """
        SELECT sum(balance_fen) FROM ledger_slots HAVING sum(balance_fen) <> 0""",
    "a balance is not its postings": """
        SELECT s.account_id, s.slot FROM ledger_slots s LEFT JOIN ledger_entries e USING (tenant_id, account_id, slot)
        GROUP BY s.account_id, s.slot, s.balance_fen, s.seq
        HAVING s.balance_fen <> coalesce(sum(e.amount_fen), 0) OR s.seq <> count(e)""",
    "a guarded account was negative": """
        SELECT e.account_id, e.slot, e.seq FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE a.guarded AND e.balance_fen < 0""",
    "what is held is not the pending holds": """
        SELECT s.account_id, s.slot FROM ledger_slots s
        LEFT JOIN (SELECT p.account_id, p.slot, sum(p.amount_fen) AS fen FROM ledger_hold_parts p
            JOIN ledger_holds h ON h.id = p.hold_id WHERE h.state = 'pending' GROUP BY 1, 2) p USING (account_id, slot)
        WHERE s.held_fen <> coalesce(p.fen, 0) OR s.held_fen > s.balance_fen AND s.guarded""",
    "a hold lies on its slots otherwise than it says": """
        SELECT h.id FROM ledger_holds h LEFT JOIN ledger_hold_parts p ON p.hold_id = h.id
        GROUP BY h.id, h.amount_fen HAVING h.amount_fen <> coalesce(sum(p.amount_fen), 0)""",
    "a slot's entries do not follow each other": """
        SELECT account_id, slot, seq FROM (SELECT account_id, slot, seq, amount_fen, balance_fen, booked_at,
            lag(balance_fen, 1, 0::bigint) OVER s AS before_fen, lag(seq, 1, 0::bigint) OVER s AS before_seq,
            lag(booked_at) OVER s AS earlier
            FROM ledger_entries WINDOW s AS (PARTITION BY account_id, slot ORDER BY seq)) e
        WHERE balance_fen <> before_fen + amount_fen OR seq <> before_seq + 1 OR booked_at < earlier""",
    "a transfer took effect otherwise than it says": """
        SELECT t.id FROM ledger_transfers t CROSS JOIN LATERAL unnest(t.accounts, t.amounts) AS said (account_id, fen)
        LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM ledger_entries e
            WHERE e.transfer_id = t.id AND e.account_id = said.account_id) done ON true
        WHERE done.fen IS DISTINCT FROM said.fen""",
    "a transfer was booked at two moments": """
        SELECT transfer_id FROM ledger_entries GROUP BY transfer_id
        HAVING count(DISTINCT booked_at) <> 1 OR count(DISTINCT value_date) <> 1 OR sum(amount_fen) <> 0""",
    "a hold was used otherwise than by one transfer": """
        SELECT h.id FROM ledger_holds h LEFT JOIN ledger_transfers t ON t.hold_id = h.id
        GROUP BY h.id, h.state HAVING count(t.id) <> (h.state = 'posted')::int""",
}


async def wrongs(reader: ReadSession) -> dict[str, str]:
    """Everything that is not as it must be, in words."""
    found = {words: (await reader.execute(text(query))).first() for words, query in WRONG.items()}
    return {words: str(row) for words, row in found.items() if row is not None}
