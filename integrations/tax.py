"""The tax bureau (税务局): filed contracts go out, so that deed tax can be prepared (契税法 arts. 9–11).

Wire (ours): `POST /contracts` `tax.contract` `ContractNotice` → `Accepted`.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from integrations.http import CounterpartyClient, Operation
from integrations.wire import Accepted, Fen, Short


class Taxpayer(msgspec.Struct, frozen=True, kw_only=True):
    """A party of the contract; `share` such as `1/2`, or None for common ownership."""

    name: Short
    id_kind: Short
    id_no: Short
    share: str | None = None


class ContractNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A filed contract. Area in ㎡ with two digits; `proof_no` once the presale notice is booked."""

    filing_no: Short
    filed_at: datetime
    unit_code: Short
    location: Short
    usage: Short
    building_area: Decimal
    price_fen: Fen
    seller: Taxpayer
    buyers: tuple[Taxpayer, ...]
    proof_no: str | None = None


PUSH_CONTRACT = Operation("tax.contract", "备案合同推送税务", "/contracts", Accepted)


class TaxBureau:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient) -> None:
        self._client = client

    async def push_contract(self, notice: ContractNotice, *, subject: str | None = None) -> Accepted:
        """Tell the bureau of a filed contract; safe to repeat."""
        key = f"tax.contract:{notice.filing_no}:{notice.proof_no or '-'}"
        return await self._client.call(PUSH_CONTRACT, notice, key=key, subject=subject)
