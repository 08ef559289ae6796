"""Making the papers of a sale and opening the ceremony in which they are signed. Runs as a job: rendering is slow."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
from contracts.schemas import FrozenContract
from contracts.signers import Signer, signers_of
from integrations.sms import SmsGateway
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.outbox.delivery import park_reason
from kernel.permissions import system_actor
from kernel.tenancy.models import County
from signing import service as signing
from signing.schemas import Signatory
from yiti.accounts.service import organisation
from yiti.journeys import envelopes
from yiti.journeys.documents import PresaleFacts, handover_agreement, inquiry_record, notice_application
from yiti.journeys.models import Sale
from yiti.journeys.sale import powers
from yiti.journeys.sale.errors import SaleNotFound
from yiti.resources import Resources

SEALED_BY_DEVELOPER = ("contract", "notice_application", "handover_agreement", "supervision_agreement")
"""What a developer's e-seal may be used on (用印范围); the inquiry record is the buyers' and the registry's alone."""
SUBJECT = "contract"
"""The ceremony of a sale is `contract:<id of the contract>`."""
SELLER = "seller"
"""The developer's key in a ceremony; it signs last and locks every document that it signs."""


def order_key(contract_id: UUID, rounds: int = 0) -> str:
    """The key of the event that orders the papers, anew after each signing that has ended without all signatures."""
    return f"sale.prepare:{contract_id}:{rounds}" if rounds else f"sale.prepare:{contract_id}"


async def refused(reader: ReadSession, sale: Sale) -> str | None:
    """Why the ordered papers cannot be made (a name with characters that no font has), in words; None if they can."""
    return await park_reason(reader, order_key(sale.contract_id, sale.rounds))


async def prepare(tx: WriteSession, resources: Resources, contract_id: UUID) -> None:
    """Render the four documents, store them, open the ceremony and invite the buyers. Repeating it does nothing."""
    sale = await tx.scalar(select(Sale).where(Sale.contract_id == contract_id).with_for_update())
    if sale is None:
        raise SaleNotFound
    if sale.ceremony_id is not None or sale.submitted_at is None:
        return
    contract = await contracts.get(tx, contract_id)
    if contract.status == "abandoned":
        return
    frozen = await contracts.content_of(tx, contract)
    pages = await _pages(tx, sale, frozen)
    documents = await envelopes.stored(resources, pages)
    actor = system_actor(tx.tenant)
    await contracts.begin_signing(tx, actor, contract_id, documents[0].digest)
    ceremony = await signing.open_ceremony(
        tx, actor, f"{SUBJECT}:{contract_id}", documents, await _signatories(tx, frozen), last=SELLER,
        expires_at=await _end(tx, contract_id),
    )  # fmt: skip
    sale.ceremony_id = ceremony.id
    sale.documents = {document.key: document.digest for document in documents}
    for key in await signing.beginners(tx, ceremony.id):
        await order_invitation(tx, sale, key)


async def _end(tx: WriteSession, contract_id: UUID) -> datetime:
    """An agent's power that ends sooner than the usual term ends the signing: a new power, a new signing."""
    term, power = now() + envelopes.SIGNING_TERM, await powers.first_end(tx, contract_id)
    return min(term, power) if power else term


async def _pages(tx: WriteSession, sale: Sale, frozen: FrozenContract) -> list[envelopes.Page]:
    county = (await tx.scalars(select(County).where(County.code == tx.tenant))).one()
    facts = PresaleFacts(
        contract=frozen,
        county_name=county.name,
        agency_name=county.agency_name,
        answers=sale.answers,
        inquirer=sale.inquirer,
        place=f"{frozen.home.project_name}售楼部",
        dated=today(),
        powers=await contracts.powers_of(tx, frozen.contract_id),
    )
    return [
        ("contract", "商品房买卖合同（预售）", contracts.contract_html(frozen)),
        ("notice_application", "不动产登记申请书（预告登记）", notice_application(facts)),
        ("inquiry_record", "询问笔录", inquiry_record(facts)),
        ("handover_agreement", "“交房即交证”约定书", handover_agreement(facts)),
    ]


async def _signatories(tx: WriteSession, frozen: FrozenContract) -> list[Signatory]:
    seller = await organisation(tx, frozen.seller.organisation_id)
    return [
        *(_person(signer) for signer in signers_of(frozen.buyers)),
        Signatory(
            key=SELLER,
            kind="organisation",
            name=frozen.seller.legal_representative,
            id_kind="credit_code",
            id_no=seller.credit_code,
            organisation=seller.name,
            credit_code=seller.credit_code,
            turn=1,
        ),
    ]


def _person(signer: Signer) -> Signatory:
    return Signatory(
        key=signer.key,
        kind="person",
        name=signer.name,
        id_kind="resident_id",
        id_no=signer.id_no,
        phone=signer.phone,
        organisation=signer.organisation,
        credit_code=signer.credit_code,
    )


async def invite_again(tx: WriteSession, sale: Sale, key: str) -> None:
    """Order the SMS with the signing link once more; at most one a minute for each buyer."""
    await order_invitation(tx, sale, key, f"{now():%Y%m%d%H%M}")


async def order_invitation(tx: WriteSession, sale: Sale, key: str, again: str = "") -> None:
    """Order the SMS with a buyer's link, once for each `again`."""
    # The link is made here and not where it is sent: a link that was sent must not be undone by a worker's end.
    await signing.invite(tx, system_actor(tx.tenant), _ceremony(sale), key)
    payload = {"ceremony_id": str(sale.ceremony_id), "signatory_key": key, "contract_id": str(sale.contract_id)}
    name = f"sale.invite:{sale.ceremony_id}:{key}:{again}".rstrip(":")
    await emit(tx, "sale.invite", payload | {"again": again}, key=name)


def _ceremony(sale: Sale) -> UUID:
    if sale.ceremony_id is None:
        raise SaleNotFound
    return sale.ceremony_id


async def invite(
    tx: WriteSession, sms: SmsGateway, public_url: str, ceremony_id: UUID, key: str, subject: str, *, again: str = ""
) -> None:
    """Send a buyer the signing link by SMS, once for each `again`; nothing where there is no more to sign."""
    once = f"sale.invite:{ceremony_id}:{key}:{again}".rstrip(":")
    await envelopes.invite(
        tx, sms, public_url, ceremony_id, key, await _what(tx, subject, key), once=once, subject=subject,
        reminder=again.startswith(envelopes.REMINDER),
    )  # fmt: skip


async def _what(reader: ReadSession, subject: str, key: str) -> str:
    """What somebody is asked to sign; an agent is told that it is not for themselves."""
    buyers = await contracts.buyers_of(reader, UUID(subject.removeprefix(f"{SUBJECT}:")))
    places = next((one.places for one in signers_of(buyers) if one.key == key), ())
    by_power = bool(places) and all(buyers[place - 1].by_power for place in places)
    return "您受托代签的购房合同" if by_power else "您的购房合同"
