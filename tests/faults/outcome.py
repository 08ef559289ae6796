"""What must be true in the end, whatever was broken on the way: everything once, nothing lost, no gaps."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from contracts.models import Contract
from e_archive.models import Archive
from escrow.ledger.models import LedgerAccount, LedgerEntry
from escrow.models import Bill
from integrations.models import Exchange, Outcome
from kernel.db import ReadSession
from kernel.numbers.models import NumberSeries
from kernel.outbox.models import OutboxEvent
from signing.models import AppliedSignature, CeremonyDocument
from tests.faults.world import PATIENCE, World
from tests.journeys.stage import HOME
from yiti.cases import service as cases
from yiti.cases.models import Case
from yiti.certificates.models import Certificate
from yiti.journeys.models import Sale
from yiti.register.models import RegisterEntry

EVERY_SMS = ("money", "money", "proof")
INVITATION = "sale.invite"
LATER = ("signing.expire", "signing.remind")
"""What comes days later, and then finds everything signed."""


async def assert_sold_once(world: World, contract_id: UUID, *, invited: bool = True) -> Certificate:
    """Wait until the sale is archived and its last message sent, then look at every trace it has left.

    `invited`: whether its buyers were sent the signing link by SMS.
    """
    await world.stage.until(lambda: _closed(world, contract_id), bool, PATIENCE)
    await world.stage.until(lambda: unfinished(world, contract_id), lambda rows: not rows, PATIENCE)
    async with world.database.read(HOME) as reader:
        proof = await _assert_booked_once(reader, contract_id)
        await assert_no_gaps(reader)
        await assert_ledger_balanced(reader)
        contract = await contracts.get(reader, contract_id)
        content = await contracts.content_of(reader, contract)
        notices = [bill.notice_no for bill in await escrow.bills_of(reader, contract_id)]
        refused = select(Exchange.operation).where(
            Exchange.subject == f"contract:{contract_id}", Exchange.outcome == Outcome.REFUSED
        )
        assert list(await reader.scalars(refused)) == [], "a repetition said something else than before"
    texts = sorted((*EVERY_SMS, INVITATION) if invited else EVERY_SMS)
    for buyer in content.buyers:
        assert await asyncio.to_thread(_kinds_of_sms, world, buyer.phone) == texts
    await asyncio.to_thread(_assert_told_once, world, contract, notices, proof)
    return proof


async def _assert_booked_once(reader: ReadSession, contract_id: UUID) -> Certificate:
    """One filing, one decided case, one entry, one proof, one archive, and each signature once."""
    sale = (await reader.scalars(select(Sale).where(Sale.contract_id == contract_id))).one()
    assert (await contracts.get(reader, contract_id)).status == "filed"
    case = (await reader.scalars(select(Case).where(Case.contract_id == contract_id))).one()
    assert [one.action for one in await cases.history(reader, case.id)] == [
        "accept", "decide", "approve", "book", "close",
    ]  # fmt: skip
    entry = (await reader.scalars(select(RegisterEntry).where(RegisterEntry.unit_id == sale.unit_id))).one()
    proof = (await reader.scalars(select(Certificate).where(Certificate.entry_id == entry.id))).one()
    assert proof.state == "issued"
    (await reader.scalars(select(Archive).where(Archive.subject == f"case:{case.id}"))).one()
    await _assert_signed_once(reader, sale)
    return proof


async def _closed(world: World, contract_id: UUID) -> bool:
    async with world.database.read(HOME) as reader:
        status = await reader.scalar(select(Case.status).where(Case.contract_id == contract_id))
        return status == "closed"


async def unfinished(world: World, contract_id: UUID) -> list[tuple[str, str, str | None]]:
    """Events of this sale that are still to be delivered, or were given up."""
    async with world.database.read(HOME) as reader:
        sale = (await reader.scalars(select(Sale).where(Sale.contract_id == contract_id))).one()
        ids = {contract_id, sale.ceremony_id, sale.case_id}
        ids |= {bill.id for bill in await escrow.bills_of(reader, contract_id)}
        ids |= set(await reader.scalars(select(Certificate.id).where(Certificate.case_id == sale.case_id)))
        mine = or_(*(OutboxEvent.key.contains(str(one)) for one in ids if one))
        undone = (OutboxEvent.state != "done") & OutboxEvent.topic.not_in(LATER)
        rows = await reader.scalars(select(OutboxEvent).where(undone, mine))
        return [(row.topic, row.state, row.last_error) for row in rows]


async def _assert_signed_once(reader: ReadSession, sale: Sale) -> None:
    assert sale.ceremony_id is not None
    fields = await reader.execute(
        select(CeremonyDocument.key, AppliedSignature.field)
        .join(AppliedSignature, AppliedSignature.document_id == CeremonyDocument.id)
        .where(CeremonyDocument.ceremony_id == sale.ceremony_id)
    )
    twice = [place for place, times in Counter((key, field) for key, field in fields).items() if times > 1]
    assert twice == []
    documents = await signing.documents_of(reader, sale.ceremony_id)
    assert {document.key: document.current_digest for document in documents} == sale.documents


async def assert_no_gaps(reader: ReadSession) -> None:
    """Every series counts 1, 2, 3 …, and its last number is somebody's."""
    serials: dict[str, list[int]] = {
        "filing": _serials(await reader.scalars(select(Contract.filing_no).where(Contract.filing_no.is_not(None)))),
        "proof": _serials(await reader.scalars(select(Certificate.number))),
        "payment_notice": _serials(await reader.scalars(select(Bill.notice_no))),
        "archive": sorted(await reader.scalars(select(Archive.sequence))),
    }
    numbers = sorted(await reader.scalars(select(Case.number)))
    for day in {number[:14] for number in numbers}:
        serials[f"case.{day[10:14]}"] = [int(number[14:]) for number in numbers if number.startswith(day)]
    for series in await reader.scalars(select(NumberSeries)):
        name = "archive" if series.series.startswith("archive:") else series.series
        if name in serials:
            assert serials[name] == list(range(1, series.last + 1)), f"{series.series} has gaps"
            del serials[name]
    assert not any(serials.values()), f"numbers without a series: {serials}"


def _serials(numbers: Iterable[str | None]) -> list[int]:
    """`YS4115282026000012` is 12, and so is `豫（2026）息县不动产证明第0000012号`."""
    return sorted(int(re.sub(r"\D*$", "", number or "")[-6:]) for number in numbers)


async def assert_ledger_balanced(reader: ReadSession) -> None:
    """Each transfer balances, and each account holds what its entries say."""
    sums = select(LedgerEntry.transfer_id).group_by(LedgerEntry.transfer_id)
    assert list(await reader.scalars(sums.having(func.sum(LedgerEntry.amount_fen) != 0))) == []
    moved = func.coalesce(func.sum(LedgerEntry.amount_fen), 0)
    wrong = (
        select(LedgerAccount.kind, LedgerAccount.owner)
        .outerjoin(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.tenant_id, LedgerAccount.id)
        .having(moved != LedgerAccount.balance_fen)
    )
    assert (await reader.execute(wrong)).all() == []


def _kinds_of_sms(world: World, phone: str) -> list[str]:
    """`sms:sale.invite:<ceremony>:buyer-1` is a `sale.invite`."""
    return sorted(item["key"].split(":")[1] for item in world.sandbox.get(f"/sms/messages?phone={phone}"))


def _assert_told_once(world: World, contract: Contract, notices: Sequence[str], proof: Certificate) -> None:
    sandbox = world.sandbox
    contracts_told = [one["data"] for one in sandbox.get("/tax/contracts")]
    told = [one["proof_no"] for one in contracts_told if one["filing_no"] == contract.filing_no]
    assert sorted(told, key=str) == sorted([None, proof.number], key=str)
    booked = [one["data"]["proof_no"] for one in sandbox.get("/mortgage-bank/notices")]
    assert booked.count(proof.number) == 1
    assert sum(one["notice"]["notice_no"] in notices for one in sandbox.get("/bank/notices")) == len(notices)
