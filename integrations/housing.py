"""The housing department's maintenance fund (维修资金): has it been paid for the unit? 河南省物业管理条例 art. 65.

Wire (ours): `POST /requests` `housing.inquire` `FundPush` → `Accepted`; the result as in `integrations.case_requests`.
"""

from decimal import Decimal

import msgspec

from integrations.case_requests import callback_url
from integrations.counterparties import Counterparty
from integrations.http import CounterpartyClient, Operation
from integrations.wire import Accepted, Short


class FundInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """Which units are asked about, and whose they become. Area in ㎡ with two digits, of all units together."""

    request_no: Short
    case_no: Short
    unit_codes: tuple[str, ...]
    location: Short
    building_area: Decimal
    owners: tuple[str, ...]


class FundPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the inquiry, and where the result goes."""

    inquiry: FundInquiry
    callback_url: str


INQUIRE = Operation("housing.inquire", "维修资金缴存核验", "/requests", Accepted)


class HousingFund:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url

    async def inquire(self, inquiry: FundInquiry, *, subject: str | None = None) -> Accepted:
        """Ask; safe to repeat, the request number is the key."""
        push = FundPush(inquiry=inquiry, callback_url=callback_url(self._public_url, Counterparty.HOUSING))
        return await self._client.call(INQUIRE, push, key=f"housing.inquire:{inquiry.request_no}", subject=subject)
