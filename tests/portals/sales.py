"""Sales offices at their desks: signed in as the demo county's own people, on the stage's platform."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import html5lib
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from sqlalchemy import select

from contracts.schemas import Buyer
from tests.journeys.stage import ANSWERS, HOME, Stage
from tests.portals.pages import HOST, PageClient
from tests.portals.platforms import pages_of
from yiti.accounts import sessions
from yiti.accounts.cookies import SESSION
from yiti.accounts.models import User
from yiti.portals import sales_office

DeskAs = Callable[..., Awaitable[PageClient]]


def make_platform(stage: Stage) -> Litestar:
    """The sales office's pages on the stage's own resources."""
    return pages_of(stage, sales_office)


async def open_desk(app: Litestar, stage: Stage, login: str, county: str = HOME) -> PageClient:
    """A browser in which this member of staff has signed in."""
    async with stage.resources.database.transaction(county) as tx:
        user_id = (await tx.scalars(select(User.id).where(User.login == login))).one()
        cookie = await sessions.open_staff_session(tx, user_id)
    http = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{HOST}")  # type: ignore[arg-type]
    http.cookies.set(SESSION, cookie, domain=HOST)
    return PageClient(http)


def revision_of(html: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', html)
    assert found, "the page has no revision"
    return found[1]


def typed_in(html: str, prefix: str) -> dict[str, str]:
    """What stands in the fields of a page whose names begin so."""
    tree = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    values = {one.get("name", ""): one.get("value", "") for one in tree.iter("input")}
    values |= {one.get("name", ""): one.text or "" for one in tree.iter("textarea")}
    for one in tree.iter("select"):
        chosen = [option.get("value", "") for option in one.iter("option") if "selected" in option.attrib]
        values[one.get("name", "")] = chosen[0] if chosen else ""
    return {name: value for name, value in values.items() if name.startswith(prefix)}


def buyers_form(people: list[Buyer], ownership: str = "sole", **changes: str) -> dict[str, str]:
    fields = {"ownership": ownership, "buyers.count": str(len(people))}
    for place, one in enumerate(people, start=1):
        kind = "company" if one.kind == "company" else "minor" if one.representative_name else "person"
        kind = "agent" if one.by_power else kind
        values: dict[str, Any] = {
            "kind": kind,
            "name": one.name,
            "id_no": one.id_no,
            "phone": one.phone,
            "address": one.address,
            "share": str(one.share or ""),
            "representative_name": one.representative_name or "",
            "representative_id_no": one.representative_id_no or "",
            "representative_phone": one.representative_phone or "",
        }
        fields |= {f"buyers.{place}.{name}": value for name, value in values.items()}
    return fields | changes


def price_form(
    day: str, price: str = "600000", down: str = "200,000.00", loan: str = "400000", **more: str
) -> dict[str, str]:
    return {
        "price_fen": price,
        "instalments.count": "2",
        "instalments.1.kind": "down_payment",
        "instalments.1.due": day,
        "instalments.1.amount": down,
        "instalments.2.kind": "loan",
        "instalments.2.due": day,
        "instalments.2.amount": loan,
        "blanks.pricing": "building_area",
        "blanks.loan_bank": "演示建设银行",
        "blanks.loan_apply_days": "30",
        **more,
    }


async def save(desk: PageClient, url: str, fields: dict[str, str]) -> Any:
    """Open a page of the draft and send its form as the page's script does."""
    page = await desk.get(url)
    return await desk.htmx("POST", url, {"revision": revision_of(page.text), **fields})


def contract_of(url: str) -> UUID:
    return UUID(url.rsplit("/", 1)[-1])


def typed_answers(**changes: str) -> dict[str, str]:
    return {**ANSWERS, **changes}
