"""Steps and looks that several tests share."""

from tests.journeys.registration.county import Desk
from tests.journeys.registration.people import applicant, citizen, home_of, obligor, part
from tests.testbed import HOME
from yiti.cases import service as cases
from yiti.cases.application import Part
from yiti.cases.business import Business
from yiti.cases.models import Case
from yiti.letters import service as letters


async def a_sale(office: Desk) -> Part:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    return part(
        Business.TRANSFER_RESALE, unit, applicant(buyer, phone="13812340001"), obligor(seller, phone="13812340002")
    )


async def kinds_of_letters(office: Desk, case: Case) -> list[str]:
    async with office.resources.database.read(HOME) as reader:
        return [one.kind for one in await letters.of_case(reader, case.id)]


async def texts_to(office: Desk, phone: str) -> str:
    return "".join(item["data"]["text"] for item in office.sandbox.get(f"/sms/messages?phone={phone}"))


async def actions_of(office: Desk, case: Case) -> list[str]:
    async with office.resources.database.read(HOME) as reader:
        return [one.action for one in await cases.history(reader, case.id)]
