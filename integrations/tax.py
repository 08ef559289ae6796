"""The tax bureau (税务局): filed contracts go out, so that deed tax can be prepared (契税法 arts. 9–11); transfers are
declared, and its answer opens or shuts the gate of registration.

Wire (ours):

* `POST /contracts` `tax.contract` `ContractNotice` → `Accepted`.
* `POST /requests` `tax.declare` `DeclarationPush` → `Accepted`; the result as `integrations.case_requests` says. Where
  the county collects by one code it may be `assessed`, with lines that are paid to the county's intermediate account.
* `POST /settlements` `tax.settled` `Settlement` → `Accepted`: what was paid so has been cleared to the treasury.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from integrations.case_requests import callback_url
from integrations.counterparties import Counterparty
from integrations.http import CounterpartyClient, Operation
from integrations.settlements import TAX_SETTLED, Settlement
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


class TaxDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that waits for its tax (契税 and what the seller owes); several units where they move together."""

    request_no: Short
    case_no: Short
    business: Short
    cause: Short
    unit_codes: tuple[str, ...]
    location: Short
    usage: Short
    building_area: Decimal
    price_fen: int | None
    transferors: tuple[Taxpayer, ...]
    transferees: tuple[Taxpayer, ...]


class DeclarationPush(msgspec.Struct, frozen=True, kw_only=True):
    """On the wire: the declaration, and where the result goes."""

    declaration: TaxDeclaration
    callback_url: str


DECLARE = Operation("tax.declare", "核税申报", "/requests", Accepted)
PUSH_CONTRACT = Operation("tax.contract", "备案合同推送税务", "/contracts", Accepted)


class TaxBureau:
    """The connector; works for the current county."""

    def __init__(self, client: CounterpartyClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url

    async def push_contract(self, notice: ContractNotice, *, subject: str | None = None) -> Accepted:
        """Tell the bureau of a filed contract; safe to repeat."""
        key = f"tax.contract:{notice.filing_no}:{notice.proof_no or '-'}"
        return await self._client.call(PUSH_CONTRACT, notice, key=key, subject=subject)

    async def declare(self, declaration: TaxDeclaration, *, subject: str | None = None) -> Accepted:
        """Ask for the tax of a transfer; safe to repeat, the request number is the key."""
        push = DeclarationPush(declaration=declaration, callback_url=callback_url(self._public_url, Counterparty.TAX))
        return await self._client.call(DECLARE, push, key=f"tax.declare:{declaration.request_no}", subject=subject)

    async def settled(self, told: Settlement, *, subject: str | None = None) -> Accepted:
        """Tax paid by one code is on the tax treasury's account; safe to repeat, the voucher is the key."""
        return await self._client.call(TAX_SETTLED, told, key=f"tax.settled:{told.voucher}", subject=subject)
