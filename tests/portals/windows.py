"""Clerks at their windows: the steps of an application over HTTP, on a registration centre at work."""

import re
from io import BytesIO
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response
from PIL import Image

from tests.journeys.registration.county import Desk
from tests.portals.pages import PageClient
from yiti.cases.models import Case
from yiti.estate.models import Unit

_shades = count(1)


def photo() -> bytes:
    """A scan; each one different."""
    shade, out = next(_shades), BytesIO()
    Image.new("RGB", (400, 500), (shade % 256, shade // 256, 90)).save(out, "PNG")
    return out.getvalue()


async def begin(clerk: PageClient, *businesses: str) -> str:
    """Start a draft; the address of its window pages."""
    answer = await clerk.post("/registration/window", {"businesses": list(businesses)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removesuffix("/units")


async def choose(clerk: PageClient, url: str, *units: Unit) -> None:
    for unit in units:
        answer = await clerk.post(f"{url}/units/add", {"unit_id": str(unit.id)})
        assert answer.status_code == 303, answer.text


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send of the page's big form: names and values of inputs, chosen options, texts."""
    part = html.split("data-enter-next")[1].split("</form>", maxsplit=1)[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", part):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and not (re.search(r'type="(checkbox|radio)"', tag) and " checked" not in tag):
            found[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', part, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else ""
    return found | dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', part, re.DOTALL))


async def fill(clerk: PageClient, url: str, **changes: Any) -> dict[str, str]:
    """The form as it stands, with changes; what is to be sent."""
    page = await clerk.get(f"{url}/form")
    assert page.status_code == 200, page.text
    return fields_of(page.text) | {name.replace("__", "."): value for name, value in changes.items()}


async def send_file(clerk: PageClient, url: str, fields: dict[str, str], name: str, data: bytes) -> Response:
    """A form with a file, as the page's script sends it."""
    token = {"HX-Request": "true", "X-CSRF-Token": clerk._token or ""}
    return await clerk.http.post(url, data=fields, files={"file": (name, data)}, headers=token)


async def upload_all(clerk: PageClient, url: str) -> None:
    """A scan for every required material, and the copy of nothing twice."""
    page = (await clerk.get(f"{url}/materials")).text
    for code in re.findall(r'material-missing"[^>]*aria-labelledby="material-(\w+)"', page):
        answer = await send_file(clerk, f"{url}/materials/{code}", {}, f"{code}.png", photo())
        assert answer.status_code == 200, answer.text
        assert "已上传1个文件" in answer.text


async def answer_all(clerk: PageClient, url: str) -> None:
    """Everybody compared with their document, every question answered as it should be."""
    page = (await clerk.get(f"{url}/answers")).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    bad = ("other_owners", "disputed", "hidden_rights")
    names = set(re.findall(r'name="answers\.(\w+)"', page))
    sent = {f"answers.{name}": "no" if name in bad else "yes" for name in names}
    sent |= {f"people.{place}": "1" for place in set(re.findall(r'name="people\.(\d+)"', page))}
    answer = await clerk.post(f"{url}/answers", sent | {"version": version[1]})
    assert answer.status_code == 303, answer.text


def case_id_of(url: str) -> UUID:
    return UUID(url.rsplit("/", 1)[1])


async def read(office: Desk, url: str) -> Case:
    return await office.case(case_id_of(url))


async def resale_form(clerk: PageClient, url: str, buyer: tuple[str, str, str]) -> dict[str, str]:
    return await fill(
        clerk, url, parts__0__holder__1__name=buyer[0], parts__0__holder__1__id_number=buyer[2],
        parts__0__sharing="sole", parts__0__price="500,000", contact_phone="13900000001",
    )  # fmt: skip
