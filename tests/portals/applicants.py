"""Citizens who apply online, and the homes that the book holds in their names."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from PIL import Image
from sqlalchemy import select

from contracts.schemas import Buyer
from kernel.permissions import Actor, ActorKind, Permission
from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import ME, Phone
from tests.register.world import make_unit
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.estate.models import Unit
from yiti.journeys.registration import desk
from yiti.journeys.registration.models import CaseSigning
from yiti.register.book import book
from yiti.register.kinds import EntryKind, RegistrationType, Sharing
from yiti.register.models import RegisterEntry
from yiti.register.schemas import Append, Booking, Person

_OFFICE = frozenset(Permission) - {Permission.CITIZEN_SELF}
ANSWERS = {"own_will": "yes", "other_owners": "no", "disputed": "no", "materials_true": "yes", "consequences": "yes",
           "hidden_rights": "no", "mortgage_known": "yes"}  # fmt: skip


@dataclass(frozen=True)
class OwnHome:
    """A finished home with its entry of ownership."""

    unit: Unit
    entry: RegisterEntry


async def own_home(stage: Stage, *owners: Buyer) -> OwnHome:
    """A home first registered to these people, jointly when there are several."""
    async with stage.resources.database.transaction(HOME) as tx:
        unit = await make_unit(tx)
        unit.state = "built"
        await tx.flush()
        first = Append(
            unit_id=unit.id,
            kind=EntryKind.OWNERSHIP,
            registration_type=RegistrationType.FIRST,
            cause="自建",
            holders=tuple(Person(name=one.name, id_kind="resident_id", id_number=one.id_no) for one in owners),
            sharing=Sharing.JOINT if len(owners) > 1 else Sharing.SOLE,
            details={"usage": "成套住宅", "building_area": "100.00"},
        )
        booked = await book(
            tx, Booking(case_id=uuid4(), case_number=uuid4().hex[:20], booked_by="测试", operations=(first,))
        )
    return OwnHome(unit, booked[0])


def clerk() -> Actor:
    """Somebody of the registration centre who may do everything there."""
    return Actor(kind=ActorKind.STAFF, name="窗口人员", tenant=HOME, id=uuid4(), permissions=_OFFICE)


def photo(colour: str = "white") -> bytes:
    """A photo of a paper."""
    out = BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()


async def begun(phone: Phone, business: str, **form: Any) -> str:
    """Begin an application; the address of the case."""
    await phone.get(f"{ME}/apply/{business}")
    answer = await phone.page.htmx("POST", f"{ME}/apply/{business}", form)
    assert "HX-Redirect" in answer.headers, answer.text
    return answer.headers["HX-Redirect"].removesuffix("/form")


async def sent(phone: Phone, url: str, name: str, data: bytes) -> Any:
    """Upload a file as the page's script does."""
    token = {"HX-Request": "true", "X-CSRF-Token": phone.page._token or ""}
    return await phone.page.http.post(url, files={"file": (name, data)}, headers=token)


def case_id(url: str) -> UUID:
    return UUID(url.rsplit("/", 1)[1])


def sale_form(seller: Buyer, other: Buyer, version: Any = 2, **changes: Any) -> dict[str, Any]:
    """A filled-in resale that the seller began."""
    return {
        "version": version, "contact_phone": seller.phone, "parts.0.cause": "买卖", "parts.0.sharing": "sole",
        "parts.0.price": "600,000", "parts.0.holder.count": "1", "parts.0.holder.1.name": other.name,
        "parts.0.holder.1.id_kind": "resident_id", "parts.0.holder.1.id_number": other.id_no,
        "parts.0.holder.1.phone": other.phone, "parts.0.obligor.count": "1", "parts.0.obligor.1.phone": seller.phone,
    } | changes  # fmt: skip


# Signing together.


async def case_of(stage: Stage, url: str) -> Case:
    async with stage.resources.database.read(HOME) as reader:
        return await cases.get(reader, case_id(url))


async def ready(phone: Phone, url: str) -> None:
    """Everything obtainable fetched, the rest photographed."""
    page = await phone.get(f"{url}/materials")
    await phone.page.htmx("POST", f"{url}/materials/fetch")
    async with phone.stage.resources.database.read(HOME) as reader:
        missing = [one.code for one in (await desk.checklist(reader, case_id(url))).missing]
    assert page.status_code == 200
    for number, code in enumerate(missing):
        colour = f"#{number:02d}{number:02d}{number:02d}"
        assert (await sent(phone, f"{url}/materials/{code}", f"{code}.jpg", photo(colour))).status_code == 200


async def asked_to_sign(phone: Phone, url: str) -> None:
    """The questions answered; the papers are made and everybody gets a link."""
    page = await phone.get(f"{url}/submit")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    form = {f"answers.{code}": value for code, value in ANSWERS.items()} | {"version": version[1]}
    answer = await phone.page.post(f"{url}/submit", form)
    assert answer.headers["Location"] == url, answer.text
    await phone.stage.until(lambda: phone.get(url), lambda page: "去签署" in page.text)


async def own_link(phone: Phone, url: str) -> str:
    """Who filled in the form signs at once."""
    await phone.get(url)
    return str((await phone.page.post(f"{url}/sign")).headers["Location"])


async def sms_link(stage: Stage, person: Buyer, but: str = "") -> str:
    """The newest link that came by SMS; the inbox shows the newest first."""

    async def newest() -> str:
        texts = [one["data"]["text"] for one in stage.sandbox.get(f"/sms/messages?phone={person.phone}")]
        links = [found[0] for text in texts if (found := re.search(r"/s/\S+", text))]
        return links[0] if links else ""

    return await stage.until(newest, lambda link: link not in {"", but})


async def signs(phone: Phone, link: str) -> None:
    assert (await phone.identify(link)).headers["Location"] == link
    page = (await phone.get(link)).text
    keys = re.findall(r'name="agreed"[^>]*value="(\w+)"', page) or re.findall(r'value="(\w+)"[^>]*name="agreed"', page)
    answer = await phone.sign(link, agreed=keys)
    assert answer.status_code == 303, answer.text


async def submitted(phone: Phone, url: str, *others: tuple[Phone, Buyer]) -> None:
    """Everybody signs; with the last signature the application is submitted."""
    await asked_to_sign(phone, url)
    await signs(phone, await own_link(phone, url))
    for here, person in others:
        await signs(here, await sms_link(phone.stage, person))
    await phone.stage.until(lambda: case_of(phone.stage, url), lambda case: case.status == CaseStatus.SUBMITTED)


async def rounds_of(stage: Stage, url: str) -> list[str]:
    async with stage.resources.database.read(HOME) as reader:
        found = await reader.scalars(select(CaseSigning).where(CaseSigning.case_id == case_id(url)))
        return [one.state if one.state != "void" else one.ending for one in found]
