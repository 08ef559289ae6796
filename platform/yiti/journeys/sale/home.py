"""The home and its seller, as the rooms know them, in the contract engine's own words."""

from dataclasses import asdict
from uuid import UUID

from contracts.schemas import Home, Seller
from escrow.supervision import account_of
from kernel.db import ReadSession
from yiti.accounts.service import organisation
from yiti.estate.queries import home_facts


async def home_for_sale(reader: ReadSession, unit_id: UUID) -> tuple[Home, Seller]:
    """Gather what a contract must say of the unit and the developer.

    Raises the rooms' own refusals: no permit, no supervision account, retired unit.
    """
    facts = await home_facts(reader, unit_id)
    developer = await organisation(reader, facts.organisation_id)
    account = await account_of(reader, facts.project_id)
    described = asdict(facts)
    del described["organisation_id"]
    seller = Seller(
        organisation_id=developer.id,
        name=developer.name,
        credit_code=developer.credit_code,
        legal_representative=developer.legal_representative,
        address=developer.address,
        phone=developer.phone,
        supervision_bank=account.bank_name,
        supervision_account=account.account_no,
    )
    return Home(**described), seller
