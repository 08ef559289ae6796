"""What PostgreSQL itself does and refuses in the ledger (ADR 0019).

The application role may add accounts, transfers, holds and closings, and close a hold. Slots, entries, parts of holds
and daily balances it may only read: the triggers here write them, as the owner of the tables, so that no SQL of
anybody's can bend a balance. They name the county by the row that fired them.

One order of locks for all: the county's gate (shared; a closing takes it alone), the hold, then account by account in
the order of their ids; of an account with several slots the account's row before its slots when money leaves it.
"""

from escrow.ledger.triggers.closing import ON_CLOSINGS
from escrow.ledger.triggers.ddl import read_only
from escrow.ledger.triggers.holding import ON_HOLDS
from escrow.ledger.triggers.moving import ON_ACCOUNTS, ON_SLOTS, ON_TRANSFERS

__all__ = ["ON_ACCOUNTS", "ON_CLOSINGS", "ON_HOLDS", "ON_SLOTS", "ON_TRANSFERS", "read_only"]
