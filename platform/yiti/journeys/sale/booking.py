"""From the decided sale to the book: the operations, and what the proof will say."""

from uuid import UUID

import contracts.service as contracts
from kernel.clock import SHANGHAI
from kernel.db import WriteSession
from kernel.permissions import Actor
from yiti.cases.models import Case
from yiti.cases.presale_notice import PresaleFacts
from yiti.certificates.schemas import NoticeFacts, Party
from yiti.journeys.models import Sale
from yiti.register.book import book
from yiti.register.kinds import EntryKind, RegistrationType, Sharing
from yiti.register.models import RegisterEntry
from yiti.register.schemas import Append, Booking, Person


async def book_notice(tx: WriteSession, actor: Actor, sale: Sale, case: Case, facts: PresaleFacts) -> RegisterEntry:
    """Book the presale notice in the buyers' names against the developer."""
    frozen = await contracts.content_of(tx, await contracts.get(tx, sale.contract_id))
    operation = Append(
        unit_id=sale.unit_id,
        kind=EntryKind.PRESALE_NOTICE,
        registration_type=RegistrationType.NOTICE,
        cause="预售商品房买卖",
        holders=tuple(
            Person(name=buyer.name, id_kind=buyer.id_kind, id_number=buyer.id_no, share=buyer.share)
            for buyer in frozen.buyers
        ),
        obligors=(Person(name=frozen.seller.name, id_kind="credit_code", id_number=frozen.seller.credit_code),),
        sharing=Sharing(facts.sharing),
        amount_fen=facts.price_fen,
        details={"contract_number": facts.contract_number, "permit_number": facts.permit_number},
    )
    booking = Booking(case_id=case.id, case_number=case.number, booked_by=actor.name, operations=(operation,))
    (entry,) = await book(tx, booking)
    return entry


async def book_cancellation(tx: WriteSession, actor: Actor, case: Case, notice: RegisterEntry, cause: str) -> UUID:
    """Book the cancellation that closes a presale notice."""
    operation = Append(
        unit_id=notice.unit_id, kind=EntryKind.CANCELLATION, registration_type=RegistrationType.CANCELLATION,
        cause=cause, closes_id=notice.id, details={"closes": notice.case_number},
    )  # fmt: skip
    booking = Booking(case_id=case.id, case_number=case.number, booked_by=actor.name, operations=(operation,))
    (entry,) = await book(tx, booking)
    return entry.id


async def proof_facts(tx: WriteSession, sale: Sale, case: Case, entry: RegisterEntry) -> NoticeFacts:
    """What the booked entry tells its proof."""
    contract = await contracts.get(tx, sale.contract_id)
    frozen = await contracts.content_of(tx, contract)
    return NoticeFacts(
        entry_id=entry.id,
        case_id=case.id,
        case_number=case.number,
        unit_id=sale.unit_id,
        unit_code=sale.unit_code,
        location=sale.location,
        usage=frozen.home.usage,
        building_area=frozen.home.building_area,
        holders=tuple(
            Party(name=buyer.name, id_kind=buyer.id_kind, id_number=buyer.id_no, share=buyer.share)
            for buyer in frozen.buyers
        ),
        obligors=(Party(name=frozen.seller.name, id_kind="credit_code", id_number=frozen.seller.credit_code),),
        sharing=Sharing(entry.sharing or Sharing.SOLE),
        price_fen=entry.amount_fen or 0,
        filing_number=contract.filing_no or "",
        booked_on=entry.booked_at.astimezone(SHANGHAI).date(),
    )
