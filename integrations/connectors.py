"""All connectors of one process, built from the settings."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from integrations.addresses import OPTIONAL, optional_addresses
from integrations.bank_payments import BankPayments
from integrations.breaker import Breaker
from integrations.counterparties import Counterparty
from integrations.exchange import ExchangeLog
from integrations.gateway import Gateway
from integrations.housing import HousingFund
from integrations.http import CounterpartyClient, Policy
from integrations.identity import IdentityService
from integrations.keys import KeyRing, ensure_development_keys
from integrations.mortgage_bank import MortgageBank
from integrations.payment_channel import PaymentChannel
from integrations.sharing import DataSharing
from integrations.sms import SmsGateway
from integrations.supervision_bank import SupervisionBank
from integrations.tax import TaxBureau
from integrations.treasury import Treasury
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.settings import Settings


class SandboxInProduction(RuntimeError):
    """For the operator at start-up: production would talk to a sandbox, or in clear text."""


# A person waits for the identity service, for shared records and to pay; the others are called by jobs, which the
# outbox repeats anyway.
_INTERACTIVE = Policy(timeout_seconds=4, attempts=2)
_PEOPLE_WAIT_FOR = (Counterparty.IDENTITY, Counterparty.SHARING, Counterparty.PAYMENT_CHANNEL)
_BACKGROUND = Policy()


@dataclass(frozen=True)
class Connectors:
    """The outside world, typed. Close it when the process ends."""

    identity: IdentityService
    supervision_bank: SupervisionBank
    bank_payments: BankPayments
    tax: TaxBureau
    sms: SmsGateway
    mortgage_bank: MortgageBank
    housing: HousingFund | None
    """None where the county has not connected it, as with the next three."""
    treasury: Treasury | None
    sharing: DataSharing | None
    payment_channel: PaymentChannel | None
    gateway: Gateway
    breakers: dict[Counterparty, Breaker]
    http: httpx.AsyncClient

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def connect(settings: Settings, database: Database, blobs: BlobStore, policy: Policy | None = None) -> Connectors:
    """Build the connectors; no network yet. `database` serves the exchange log: give it a pool of its own.

    Outside production missing keys are made. In production raises SandboxInProduction and KeyProblem.
    """
    production = settings.environment == "production"
    addresses = _addresses(settings)
    if production:
        _refuse_sandbox(addresses)
    else:
        ensure_development_keys(settings.keys_dir)
    keys = KeyRing.load(settings.keys_dir, production=production)
    log = ExchangeLog(database)
    http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=httpx.Timeout(10, connect=3))
    clients = {
        counterparty: CounterpartyClient(
            counterparty,
            address,
            http=http,
            keys=keys,
            log=log,
            policy=policy or (_INTERACTIVE if counterparty in _PEOPLE_WAIT_FOR else _BACKGROUND),
            refuse_sandbox=production,
        )
        for counterparty, address in addresses.items()
    }
    housing, treasury, sharing, channel = (clients.get(one) for one in OPTIONAL)
    return Connectors(
        identity=IdentityService(clients[Counterparty.IDENTITY], keys, database),
        supervision_bank=SupervisionBank(clients[Counterparty.SUPERVISION_BANK], settings.public_url),
        bank_payments=BankPayments(clients[Counterparty.SUPERVISION_BANK], settings.public_url),
        tax=TaxBureau(clients[Counterparty.TAX], settings.public_url),
        sms=SmsGateway(clients[Counterparty.SMS]),
        mortgage_bank=MortgageBank(clients[Counterparty.MORTGAGE_BANK]),
        housing=HousingFund(housing, settings.public_url) if housing else None,
        treasury=Treasury(treasury, settings.public_url) if treasury else None,
        sharing=DataSharing(sharing) if sharing else None,
        payment_channel=PaymentChannel(channel, settings.public_url) if channel else None,
        gateway=Gateway(keys, log, blobs),
        breakers={counterparty: client.breaker for counterparty, client in clients.items()},
        http=http,
    )


def _addresses(settings: Settings) -> dict[Counterparty, str]:
    return {
        Counterparty.IDENTITY: settings.identity_url,
        Counterparty.SUPERVISION_BANK: settings.supervision_bank_url,
        Counterparty.TAX: settings.tax_url,
        Counterparty.SMS: settings.sms_url,
        Counterparty.MORTGAGE_BANK: settings.mortgage_bank_url,
        **optional_addresses(settings),
    }


def _refuse_sandbox(addresses: dict[Counterparty, str]) -> None:
    bad = [name.value for name, address in addresses.items() if not _acceptable(address)]
    if bad:
        raise SandboxInProduction(f"production needs https addresses outside this machine for: {', '.join(bad)}")


def _acceptable(address: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True
