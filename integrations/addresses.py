"""Where the counterparties of the registration centre are; each county connects those that it has.

Outside production the sandbox plays them all, beside the tax bureau.
"""

from urllib.parse import urlsplit, urlunsplit

from integrations.counterparties import Counterparty
from kernel.settings import Settings

OPTIONAL = (Counterparty.HOUSING, Counterparty.TREASURY, Counterparty.SHARING, Counterparty.PAYMENT_CHANNEL)


def optional_addresses(settings: Settings) -> dict[Counterparty, str]:
    """Those that are connected. In production one without an address is not: its answers are entered by hand."""
    named: dict[Counterparty, str] = {one: getattr(settings, f"{one.value}_url") for one in OPTIONAL}
    if settings.environment != "production":
        named = {one: address or _beside(settings.tax_url, one) for one, address in named.items()}
    return {one: address for one, address in named.items() if address}


def _beside(tax_url: str, counterparty: Counterparty) -> str:
    return urlunsplit(urlsplit(tax_url)._replace(path=f"/{counterparty.value}"))
