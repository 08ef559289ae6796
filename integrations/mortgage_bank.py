"""The lending bank (按揭贷款银行) that the buyer permitted to be told: the presale notice is booked.

Wire (ours): `POST /notices` `mortgage_bank.notice` `NoticeBooked` → `Accepted`.
"""

from datetime import datetime

import msgspec

from integrations.http import CounterpartyClient, Operation
from integrations.wire import Accepted, Short


class NoticeBooked(msgspec.Struct, frozen=True, kw_only=True):
    """A presale notice in the register, and where its e-proof can be verified."""

    proof_no: Short
    bank_code: Short
    unit_code: Short
    location: Short
    right_holders: tuple[str, ...]
    filing_no: Short
    booked_at: datetime
    verify_url: str


PUSH_NOTICE = Operation("mortgage_bank.notice", "预告登记结果推送银行", "/notices", Accepted)


class MortgageBank:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient) -> None:
        self._client = client

    async def push_notice(self, notice: NoticeBooked, *, subject: str | None = None) -> Accepted:
        """Tell the bank; safe to repeat."""
        return await self._client.call(
            PUSH_NOTICE, notice, key=f"mortgage_bank.notice:{notice.proof_no}", subject=subject
        )
