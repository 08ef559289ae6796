"""The window (一窗受理): from the choice of the business to the book, over HTTP on the real application."""

import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from PIL import Image

from kernel.settings import Settings
from tests.journeys.registration.county import Desk, centre
from tests.journeys.registration.people import BANK, citizen, home_of, mortgaged
from tests.portals.pages import PageClient
from tests.portals.registrars import audited, desk, make_platform
from tests.testbed import Testbed
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind
from yiti.register.page import entries_for

pytestmark = pytest.mark.timeout(180)
HOME = "411528"


@pytest.fixture(scope="module")
async def office(testbed: Testbed, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with centre(testbed, settings, tmp_path_factory.mktemp("window")) as found:
        yield found


@pytest.fixture(scope="module")
def app(office: Desk) -> Litestar:
    return make_platform(office)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def clerk(app: Litestar, office: Desk) -> AsyncIterator[PageClient]:
    client = await desk(app, office, "window_clerk")  # type: ignore[arg-type]
    yield client
    await client.http.aclose()


@pytest.fixture(scope="module")
async def registrar(app: Litestar, office: Desk) -> AsyncIterator[PageClient]:
    client = await desk(app, office, "registrar")  # type: ignore[arg-type]
    yield client
    await client.http.aclose()


def photo(shade: int) -> bytes:
    out = BytesIO()
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
    part = html.split('class="yiti-form"')[-1] if "data-enter-next" not in html else html.split("data-enter-next")[1]
    part = part.split("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", part):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and not (re.search(r'type="(checkbox|radio)"', tag) and " checked" not in tag):
            found[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', part, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', part, re.S):
        found[name] = text
    return found


async def fill(clerk: PageClient, url: str, **changes: Any) -> dict[str, str]:
    """The form as it stands, with changes; what is to be sent."""
    page = await clerk.get(f"{url}/form")
    assert page.status_code == 200, page.text
    return fields_of(page.text) | {name.replace("__", "."): value for name, value in changes.items()}


async def upload_all(clerk: PageClient, office: Desk, url: str) -> None:
    """A scan for every required material, and the copy of nothing twice."""
    page = (await clerk.get(f"{url}/materials")).text
    for place, code in enumerate(re.findall(r'material-missing"[^>]*aria-labelledby="material-(\w+)"', page)):
        token = {"HX-Request": "true", "X-CSRF-Token": clerk._token or ""}
        files = {"file": (f"{code}.png", photo(place + 256 * (hash(url) % 200)))}
        answer = await clerk.http.post(f"{url}/materials/{code}", files=files, headers=token)
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


async def test_businesses_are_found_by_the_words_of_people(clerk: PageClient) -> None:
    page = (await clerk.get("/registration/window")).text
    for words in ("转移登记（过户）", "存量房", "二手房买卖过户", "合并办理", "可共享获取"):
        assert words in page, words
    assert "依法失效" not in page
    found = await clerk.htmx("GET", "/registration/window?q=解押")
    assert "offer-mortgage_cancellation" in found.text
    assert "offer-transfer_gift" not in found.text
    assert "没有找到" in (await clerk.htmx("GET", "/registration/window?q=飞机")).text


async def test_units_are_found_by_whatever_is_in_hand(clerk: PageClient, office: Desk) -> None:
    owner = citizen("诸葛亮")
    unit, _ = await home_of(office, owner)
    await office.booked(mortgaged(unit, owner))
    url = await begin(clerk, "transfer_resale")
    for text, by in ((unit.code, "不动产单元号"), (owner[2].lower(), "权利人证件号码"), (unit.location[-12:], "坐落")):
        found = await clerk.htmx("POST", f"{url}/units/search", {"text": text})
        assert f"按{by}找到 1 个" in found.text, found.text
        assert unit.location in found.text
        assert "抵押 1" in found.text
        assert "第1顺位" in found.text
        assert owner[0] not in found.text
        assert "诸**" not in text
    looked = await audited(office, f"case:{case_id_of(url)}", "case.person_looked_up")  # type: ignore[arg-type]
    assert [one["found"] for one in looked] == [1]
    short = await clerk.htmx("POST", f"{url}/units/search", {"text": "息"})
    assert short.status_code == 422


async def test_a_resale_goes_from_the_window_into_the_book(
    clerk: PageClient, registrar: PageClient, office: Desk
) -> None:
    seller, buyer = citizen("卢俊义"), citizen("燕青")
    unit, entry = await home_of(office, seller)
    url = await begin(clerk, "transfer_resale")
    await choose(clerk, url, unit)
    sent = await resale_form(clerk, url, buyer)
    assert sent["parts.0.obligor.1.id_number"] == seller[2], "the owner is prefilled from the book"
    saved = await clerk.post(f"{url}/form", sent)
    assert (saved.status_code, saved.headers.get("Location")) == (303, f"{url}/materials"), saved.text
    lacking = (await clerk.get(f"{url}/check")).text
    assert "缺材料：存量房买卖合同" in lacking
    assert "请回答：申请登记的事项是否为申请人的真实意思表示？" in lacking
    refused = await clerk.post(f"{url}/accept", {"version": str((await read(office, url)).version)})
    assert refused.status_code == 422
    await upload_all(clerk, office, url)
    await answer_all(clerk, url)
    ready = await clerk.get(f"{url}/check")
    assert "申请信息和材料齐全" in ready.text
    accepted = await clerk.post(f"{url}/accept", {"version": str((await read(office, url)).version)})
    case_url = f"/registration/cases/{case_id_of(url)}"
    assert (accepted.status_code, accepted.headers.get("Location")) == (303, case_url), accepted.text
    waiting = (await clerk.get(case_url)).text
    for words in ("待完税", "税务核税", "等待结果", "计时中止", "受理", "卢**", "燕*"):
        assert words in waiting, words
    assert seller[0] not in waiting
    assert seller[2] not in waiting
    await office.answered(await read(office, url))
    page = (await registrar.get(case_url)).text
    assert "核准并登簿" in page
    version = str((await read(office, url)).version)
    done = await registrar.post(f"{case_url}/approve", {"note": "已核对全部材料", "version": version})
    assert done.status_code == 303, done.text
    assert (await read(office, url)).status == CaseStatus.BOOKED
    async with office.resources.database.read(HOME) as reader:
        (owned,) = (await entries_for(reader, [unit.id]))[unit.id]
    assert owned.holders[0].id_number == buyer[2]
    after = (await registrar.get(case_url)).text
    for words in ("不动产权第", "登簿结果", "国有建设用地使用权/房屋所有权"):
        assert words in after, words
    register = (await registrar.get(f"/registration/units/{unit.id}")).text
    for words in ("燕*", "转移登记，买卖", "历史", "50", "不动产权第"):
        assert words in register, words
    assert entry != owned.entry.id
