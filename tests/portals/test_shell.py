"""Sign-in pages, CSRF, errors, headers: what every page rests on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from httpx import ASGITransport, AsyncClient

from kernel.clock import now
from kernel.db import Database
from kernel.settings import Settings
from tests.portals.conftest import ClientAs
from tests.portals.pages import HOST, PASSWORD, PageClient, make_staff
from tests.portals.small_app import make_app
from tests.testbed import HOME, OTHER
from yiti.accounts import rules
from yiti.accounts.cookies import SESSION


def sign_in_form(login: str, password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"county": HOME, "login": login, "password": password, "next": "/", **more}


async def test_one_signs_in_by_the_form_and_lands_where_one_wanted(client: PageClient, database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "administrator")
    asked = await client.get("/admin/users?search=x")
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/login?next=%2Fadmin%2Fusers%3Fsearch%3Dx"
    form = await client.get(asked.headers["Location"])
    assert 'value="/admin/users?search=x"' in form.text
    answer = await client.post("/login", sign_in_form(staff.login, next="/admin/users?search=x"))
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/users?search=x"
    cookie = next(c for c in answer.headers.get_list("Set-Cookie") if c.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await client.get("/admin/users")
    assert page.status_code == 200
    assert "息县" in page.text


async def test_a_foreign_return_address_is_not_followed(client: PageClient, database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "administrator")
    await client.get("/login?next=https://evil.example/")
    answer = await client.post("/login", sign_in_form(staff.login, next="//evil.example/"))
    assert answer.headers["Location"] == "/"


async def test_refusals_are_counted_although_they_are_refusals(client: PageClient, database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "registrar")
    statuses = [(await client.post("/login", sign_in_form(staff.login, "wrong"))).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    blocked = await client.post("/login", sign_in_form(staff.login))
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) > 800
    assert "分钟后再试" in blocked.text


async def test_the_other_county_does_not_know_the_account(client: PageClient, database: Database) -> None:
    async with database.transaction(HOME) as tx:
        staff = await make_staff(tx, "registrar")
    for county in (OTHER, "999999", ""):
        answer = await client.post("/login", sign_in_form(staff.login, county=county))
        assert answer.status_code == 401
        assert SESSION not in answer.headers.get("Set-Cookie", "")


async def test_signing_in_gives_a_new_session_and_ends_the_old_one(client_as: ClientAs, database: Database) -> None:
    client = await client_as("registrar")
    assert client.staff is not None
    old = client.staff.cookie
    async with database.transaction(HOME) as tx:
        other = await make_staff(tx, "registrar")
    answer = await client.post("/login", sign_in_form(other.login))
    assert client.http.cookies[SESSION] != old
    assert answer.status_code == 303
    client.http.cookies.set(SESSION, old, domain=HOST)
    assert (await client.get("/account/password")).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(client_as: ClientAs) -> None:
    client = await client_as("registrar")
    assert client.staff is not None
    assert (await client.get("/account/password")).status_code == 200
    answer = await client.post("/logout")
    assert answer.headers["Location"] == "/login"
    client.http.cookies.set(SESSION, client.staff.cookie, domain=HOST)
    assert (await client.get("/account/password")).status_code == 303


async def test_an_expired_session_leads_to_the_form_with_words_and_the_way_back(client_as: ClientAs) -> None:
    client = await client_as("administrator")
    assert (await client.get("/admin/users")).status_code == 200
    with time_machine.travel(now() + rules.SESSION_IDLE + timedelta(minutes=1), tick=False):
        asked = await client.get("/admin/users")
        assert asked.headers["Location"] == "/login?expired=1&next=%2Fadmin%2Fusers"
        assert "登录已过期" in (await client.get(asked.headers["Location"])).text
        by_script = await client.htmx(
            "GET", "/admin/state", headers={"HX-Current-URL": "http://testserver.local/admin/state?x=1"}
        )
        assert by_script.headers["HX-Redirect"] == "/login?expired=1&next=%2Fadmin%2Fstate%3Fx%3D1"
        form = await client.htmx("POST", "/logout", {})
        assert form.headers["HX-Redirect"].startswith("/login?expired=1")


@pytest.mark.parametrize("token", [None, "", "nonsense", "AAAA" * 22])
async def test_a_form_without_its_token_is_refused(client_as: ClientAs, token: str | None) -> None:
    client = await client_as("registrar")
    data = {} if token is None else {"_csrf": token}
    answer = await client.http.post("/logout", data=data, headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert (await client.get("/account/password")).status_code == 200


async def test_a_token_of_another_session_is_refused(client_as: ClientAs) -> None:
    mine, other = await client_as("registrar"), await client_as("registrar")
    await other.get("/account/password")
    answer = await mine.http.post("/logout", data={"_csrf": other._token})
    assert answer.status_code == 403
    assert answer.json()["code"] == "accounts.stale_page"


async def test_the_sign_in_form_itself_is_protected(client: PageClient, new_client: Callable[[], AsyncClient]) -> None:
    await client.get("/login")
    stranger = new_client()
    answer = await stranger.post("/login", data={"_csrf": client._token, **sign_in_form("x")})
    assert answer.status_code == 403


async def test_forms_with_files_carry_their_token_too(client_as: ClientAs) -> None:
    client = await client_as("registrar")
    await client.get("/account/password")
    answer = await client.http.post("/logout", data={"_csrf": client._token}, files={"file": ("a.txt", b"x")})
    assert answer.status_code == 303


async def test_every_answer_carries_the_security_headers(client: PageClient) -> None:
    for url in ("/login", "/no-such-page", "/static/shell/yiti.css"):
        headers = (await client.get(url)).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        assert "frame-ancestors 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in headers
    assert (await client.get("/login")).headers["Cache-Control"] == "no-store"
    assert "immutable" in (await client.get("/static/shell/yiti.css")).headers["Cache-Control"]


async def test_under_https_cookies_are_bound_to_the_host(database: Database, settings: Settings) -> None:

    app = make_app(database, settings.model_copy(update={"public_url": "https://testserver.local"}))
    transport = ASGITransport(app)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="https://testserver.local") as http:
        answer = await http.get("/login", headers={"Accept": "text/html"})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-yiti-visit=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


async def test_errors_are_pages_for_people_and_problems_for_machines(client_as: ClientAs) -> None:
    client = await client_as("registrar")
    missing = await client.get("/no-such-page")
    assert missing.status_code == 404
    assert "没有找到" in missing.text
    forbidden = await client.get("/admin/users")
    assert forbidden.status_code == 403
    assert "没有权限" in forbidden.text
    by_script = await client.htmx("GET", "/admin/users")
    assert by_script.status_code == 403
    assert by_script.json()["title"] == "您没有权限进行此操作"
    wrong_method = await client.http.delete("/login", headers={"Accept": "text/html"})
    assert wrong_method.status_code == 405


async def test_a_flash_is_shown_once(client_as: ClientAs) -> None:
    client = await client_as("registrar")
    await client.get("/account/password")
    await client.post("/logout")
    assert "已退出登录" in (await client.get("/login")).text
    assert "已退出登录" not in (await client.get("/login")).text


async def test_a_forged_flash_is_ignored(client: PageClient) -> None:
    for value in ("nonsense", "W10=", "WyJldmlsIiwieCJd", "WyJpbmZvIiwxXQ=="):
        client.http.cookies.set("yiti-flash", value)
        assert (await client.get("/login")).status_code == 200


async def test_a_one_time_password_must_be_changed_first(client: PageClient, client_as: ClientAs) -> None:
    boss = await client_as("administrator")
    other = await client_as("administrator")
    assert other.staff is not None
    await boss.get(f"/admin/users/{other.staff.user_id}")
    shown = await boss.post(f"/admin/users/{other.staff.user_id}/password")
    password = shown.text.split("一次性密码</dt><dd>")[1].split("<")[0]
    await client.get("/login")
    answer = await client.post("/login", sign_in_form(other.staff.login, password))
    assert answer.headers["Location"] == "/account/password"
    assert (await client.get("/admin/users")).headers["Location"] == "/account/password"
    assert "一次性密码" in (await client.get("/account/password")).text
    form = {"old_password": password, "new_password": "My-Own-Pass-1", "repeated": "My-Own-Pass-1"}
    wrong = await client.htmx("POST", "/account/password", {**form, "repeated": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "repeated")
    await client.get("/account/password")
    assert (await client.post("/account/password", form)).headers["Location"] == "/"
    assert (await client.get("/admin/users")).status_code == 200


async def test_home_leads_to_ones_own_portal(client_as: ClientAs) -> None:
    assert (await (await client_as("administrator")).get("/")).headers["Location"] == "/admin/state"
    assert "没有可以使用的功能" in (await (await client_as("bank_clerk")).get("/")).text


@pytest.mark.parametrize("url", ["/gallery", f"/gallery/{HOME}", "/gallery/999999"])
async def test_every_component_makes_sound_html(client: PageClient, url: str) -> None:
    answer = await client.get(url)
    assert answer.status_code == 200
    assert ("息县" in answer.text) == (HOME in url)


async def test_what_people_typed_is_shown_and_not_run(client: PageClient) -> None:
    answer = await client.post("/login", sign_in_form('"><script>alert(1)</script>', "x"))
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
