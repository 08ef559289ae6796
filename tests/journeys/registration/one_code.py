"""Steps of a county that collects by one code: assessed, billed, paid at the sandbox's channel; its pages."""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import select

from escrow import collection
from escrow.banking.schemas import Line
from escrow.collection.models import BillState, CollectionBill
from escrow.maintenance import service as fund
from escrow.maintenance.schemas import EarlierPayment
from escrow.models import Bill
from integrations.gateway import CaseAnswer
from kernel.clock import now, today
from kernel.web.dependencies import DEPENDENCIES
from tests.escrow.collection_world import FUND
from tests.journeys.registration.county import CLERK, Desk
from tests.portals.pages import HOST, PageClient, sign_in_as
from tests.testbed import COUNTIES, HOME
from yiti.cases.application import Part
from yiti.cases.models import Case
from yiti.estate.queries import get_unit
from yiti.journeys.registration import desk
from yiti.journeys.registration.models import CaseRequest
from yiti.portals import collection as pages
from yiti.portals import registration
from yiti.portals.shell.plugin import Shell

TOPICS = ("registration.", "collection.", "escrow.clearing")


async def jobs(office: Desk) -> None:
    for _ in range(3):
        for topic in TOPICS:
            await office.run_jobs(topic)


async def assessed(office: Desk, case: Case, **verdict: Any) -> None:
    """The tax bureau assesses, by its own tables unless told otherwise."""
    await jobs(office)
    (tax,) = [one for one in await office.requests(case) if one.which == "tax" and one.state == "requested"]
    answer = {"state": "assessed"} | verdict
    office.sandbox.post(f"/requests/{tax.request_no}/answer", json=answer).raise_for_status()

    async def state() -> str:
        return next(one.state for one in await office.requests(case) if one.id == tax.id)

    await office.until(state, lambda found: found != "requested")


async def bill_of(office: Desk, case: Case) -> CollectionBill:
    async with office.resources.database.read(HOME) as reader:
        return (await collection.of_case(reader, case.id))[-1]


async def paid(office: Desk, bill: CollectionBill, **payment: Any) -> None:
    """Over HTTP at the sandbox's channel, as the page's button leads there."""
    web = AsyncClient(transport=ASGITransport(app(office)), base_url=f"http://{HOST}")  # type: ignore[arg-type]
    answer = await web.get(f"/pay/{HOME}/{bill.code}/go")
    assert (answer.status_code, answer.headers["location"].startswith("http")) == (303, True)
    await web.aclose()
    office.sandbox.post(f"/payment_channel/orders/{bill.bill_no}/pay", json=payment).raise_for_status()


async def in_state(office: Desk, bill: CollectionBill, *states: BillState) -> CollectionBill:
    async def now_() -> CollectionBill:
        async with office.resources.database.read(HOME) as reader:
            return await collection.bill(reader, bill.id)

    return await office.until(now_, lambda one: one.state in states)


def app(office: Desk) -> Litestar:
    return Litestar(
        route_handlers=[*pages.ROUTES, *registration.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: office.resources, sync_to_thread=False)},
        plugins=[Shell(office.resources.settings, [registration.PORTAL, pages.PORTAL])],
        state=State(
            {
                "database": office.resources.database,
                "counties": {str(one["code"]): str(one["name"]) for one in COUNTIES},
            }
        ),
        openapi_config=None,
    )


async def browser(office: Desk, role: str) -> PageClient:
    transport = ASGITransport(app(office), raise_app_exceptions=False)  # type: ignore[arg-type]
    http = AsyncClient(transport=transport, base_url=f"http://{HOST}")
    return await sign_in_as(office.resources.database, http, role, HOME)


async def paid_on_paper(office: Desk, part: Part, fen: int, receipt_no: str = "豫财001") -> None:
    """Of 6,000 yuan that are due for the unit."""
    async with office.resources.database.transaction(HOME) as tx:
        unit = await get_unit(tx, part.unit_ids[0])
        paid = EarlierPayment(
            unit_id=unit.id, unit_code=unit.code, amount_fen=fen, paid_on=date(2021, 6, 30), receipt_no=receipt_no
        )
        await fund.enter_earlier(tx, CLERK, paid)


async def housing(office: Desk, case: Case) -> CaseRequest:
    return [one for one in await office.requests(case) if one.which == "housing"][-1]


async def lines_of(office: Desk, bill: CollectionBill) -> list[tuple[str, int]]:
    async with office.resources.database.read(HOME) as reader:
        return [(one.kind, one.amount_fen) for one in await collection.lines_of(reader, bill.id)]


def arrival(order_no: str, notice: Bill) -> Line:
    return Line(
        account_no=FUND, bank_serial=f"LS{notice.notice_no}", signed_fen=notice.amount_fen, value_date=today(),
        booked_on=today(), end_to_end_id=order_no,
    )  # fmt: skip


async def told_again(office: Desk, request_id: UUID) -> None:
    """The tax bureau changes its mind while the payment is being taken in."""
    (request,) = [one for one in await _requests(office, request_id) if one.id == request_id]
    answer = CaseAnswer(
        event_id="x", request_no=request.request_no, state="clear", reference="PZ1", words="", amount_fen=0,
        decided_at=now(), evidence_digest="a" * 64,
    )  # fmt: skip
    async with office.resources.database.transaction(HOME) as tx:
        await desk.receive(tx, "tax", answer)


async def _requests(office: Desk, request_id: UUID) -> list[Any]:
    async with office.resources.database.read(HOME) as reader:
        return list(await reader.scalars(select(CaseRequest).where(CaseRequest.id == request_id)))
