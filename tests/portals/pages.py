"""Helpers for the tests of pages: signed-in clients, and a check of every page they get.

Use the fixtures in `tests/portals/conftest.py`: `client` (nobody signed in) and `client_as("registrar")`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache, partial
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import html5lib  # type: ignore[import-untyped]
from argon2 import PasswordHasher
from httpx import AsyncClient, Response
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from kernel.identifiers import credit_code
from kernel.permissions import system_actor
from tests.testbed import HOME
from yiti.accounts import passwords, service, sessions
from yiti.accounts.cookies import SESSION
from yiti.accounts.roles import ORGANISATION_KINDS, ROLES, OrganisationKind
from yiti.portals.shell import templating

if TYPE_CHECKING:
    from uuid import UUID

    from kernel.db import Database, WriteSession

HOST = "testserver.local"
# Tests make hundreds of users; how strong the hashing is, is not what they look at.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "Guan-Shan-2026"


class _Compiled(BytecodeCache):
    """What this process has compiled: many tests build an application of their own, on the same templates."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self._known.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


templating.Environment = partial(Environment, bytecode_cache=_Compiled())  # type: ignore[assignment,attr-defined]
ELEMENT = "{http://www.w3.org/1999/xhtml}"
# html5lib knows no `dialog` and calls these sound documents wrong; everything else it reports is a fault.
_TOLERATED = frozenset[str]()


@dataclass(frozen=True)
class Staff:
    """A user made for a test."""

    user_id: UUID
    organisation_id: UUID
    login: str
    password: str
    cookie: str


async def make_staff(tx: WriteSession, role: str, *, organisation_id: UUID | None = None) -> Staff:
    """An organisation of the right kind (or the given one), a user with this role, and an open session."""
    actor = system_actor(tx.tenant)
    if organisation_id is None:
        organisation_id = (await make_organisation(tx, ROLES[role].kind)).id
    login = f"{role}-{uuid4().hex[:12]}"[:40]
    user, _ = await service.create_user(
        tx,
        actor,
        organisation_id=organisation_id,
        login=login,
        display_name="测试员",
        roles=[role],
        password=PASSWORD,
    )
    cookie = await sessions.open_staff_session(tx, user.id)
    return Staff(user.id, organisation_id, login, PASSWORD, cookie)


async def make_organisation(tx: WriteSession, kind: OrganisationKind, **more: Any) -> Any:
    """An organisation with a credit code of its own."""
    return await service.create_organisation(
        tx,
        system_actor(tx.tenant),
        kind=kind,
        name=more.pop("name", f"测试{ORGANISATION_KINDS[kind]}{uuid4().hex[:6]}"),
        credit_code=more.pop("credit_code", random_credit_code()),
        **more,
    )


def random_credit_code() -> str:
    """A valid unified social credit code of a company that does not exist."""
    from stdnum.cn import uscc

    body = "91990000" + f"{uuid4().int % 10**9:09d}"
    return credit_code(body + uscc.calc_check_digit(body + "0"))


@dataclass
class PageClient:
    """A browser's stand-in: keeps cookies, sends CSRF tokens, and refuses to accept a faulty page."""

    http: AsyncClient
    staff: Staff | None = None
    _token: str | None = field(default=None, repr=False)

    async def get(self, url: str, **named: Any) -> Response:
        """Get a page as a browser does, and check it."""
        headers = {"Accept": "text/html", **named.pop("headers", {})}
        answer = await self.http.get(url, headers=headers, **named)
        self._read(answer)
        return answer

    async def post(self, url: str, data: dict[str, Any] | None = None, **named: Any) -> Response:
        """Send a form with the token of the last page (any page will do: `get` one first)."""
        if self._token is None:
            await self.get("/" if self.staff else "/login", follow_redirects=True)
        headers = {"Accept": "text/html", **named.pop("headers", {})}
        answer = await self.http.post(url, data={"_csrf": self._token, **(data or {})}, headers=headers, **named)
        self._read(answer)
        return answer

    async def htmx(self, method: str, url: str, data: dict[str, Any] | None = None, **named: Any) -> Response:
        """Ask as HTMX does; errors come as problem details."""
        if self._token is None:
            await self.get("/" if self.staff else "/login", follow_redirects=True)
        headers = {"HX-Request": "true", "X-CSRF-Token": self._token or "", **named.pop("headers", {})}
        return await self.http.request(method, url, data=data, headers=headers, **named)

    def _read(self, answer: Response) -> None:
        if not answer.headers.get("Content-Type", "").startswith("text/html") or not answer.content:
            return
        check_page(answer.text, str(answer.url))
        token = re.search(r'name="_csrf" value="([^"]+)"', answer.text)
        self._token = token[1] if token else self._token


def check_page(html: str, url: str = "") -> None:
    """Fail unless the page is valid HTML with a title, one `h1`, unique ids, CSRF in every form, labelled fields.

    A strict parser takes its time, and most pages differ from one that was looked at only in their words: the page is
    looked at with its words taken out, and as it is when that finds fault.
    """
    problems = _problems(_skeleton(html)) and _problems(html)
    assert not problems, f"{url} is a faulty page: " + "; ".join(problems)


# Nothing that HTML takes for syntax, and no character that is not allowed.
_WORDS = re.compile(r"(?<=>)[^<>&\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]+(?=[<&])")
_SECRET = re.compile(r"""(name="_csrf" value="|X-CSRF-Token": ?")[^"]+""")
_MADE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
_OWN = re.compile(r"""\b(?:id|for|aria-[a-z]+)="[^"]*"|(?<![a-z])\d+|[\u3400-\u9fff\U00020000-\U0003ffff]+""")


def _skeleton(html: str) -> str:
    head, title, body = html.partition("</title>")
    # Blanks stay: between the elements of a head no word may stand.
    bare = _SECRET.sub(r"\1x", _WORDS.sub(lambda found: "x" if found[0].strip() else " ", body))
    names: dict[str, str] = {}
    named = _MADE.sub(lambda found: names.setdefault(found[0], f"made-{len(names)}"), bare)
    return head + title + _OWN.sub(lambda found: found[0] if '="' in found[0] else "0", named)


@lru_cache(maxsize=2000)
def _problems(html: str) -> tuple[str, ...]:
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"))
    tree: ET.Element = parser.parse(html)
    problems = [f"{place}: {code} {data}" for place, code, data in parser.errors if code not in _TOLERATED]
    title = tree.findtext(f"{ELEMENT}head/{ELEMENT}title") or ""
    if not title.strip(" ·\n"):
        problems.append("no title")
    headings = sum(1 for _ in tree.iter(f"{ELEMENT}h1"))
    if headings != 1:
        problems.append(f"{headings} h1 elements")
    ids = Counter(element.attrib["id"] for element in tree.iter() if "id" in element.attrib)
    problems += [f"id {name!r} is used {count} times" for name, count in ids.items() if count > 1]
    problems += _form_problems(tree)
    body = tree.find(f"{ELEMENT}body")
    headers = body.attrib.get("hx-headers") if body is not None else None
    if headers is not None and not json.loads(headers).get("X-CSRF-Token"):
        problems.append("scripts of this page have no CSRF token")
    problems += _label_problems(tree, set(ids))
    problems += [f"inline script: {str(s.text)[:40]!r}" for s in tree.iter(f"{ELEMENT}script") if _inline_code(s)]
    problems += [f"{name} attribute" for e in tree.iter() for name in e.attrib if name.startswith("on")]
    return tuple(problems)


def links(html: str) -> set[str]:
    """Addresses on this site that the page links to."""
    return {unescape(href) for href in re.findall(r'<a\b[^>]*?\bhref="(/[^"]*)"', html)}


def _inline_code(script: ET.Element) -> bool:
    data = script.attrib.get("type", "") in {"application/json", "application/ld+json"}
    return bool((script.text or "").strip()) and not data


def _form_problems(tree: ET.Element) -> list[str]:
    problems = []
    for form in tree.iter(f"{ELEMENT}form"):
        action = form.attrib.get("action", "")
        if not action:
            problems.append("a form without action")
        unsafe = form.attrib.get("method", "get").lower() != "get"
        tokens = [i for i in form.iter(f"{ELEMENT}input") if i.attrib.get("name") == "_csrf" and i.attrib.get("value")]
        if unsafe and len(tokens) != 1:
            problems.append(f"form {action} has {len(tokens)} CSRF tokens")
    return problems


def _label_problems(tree: ET.Element, ids: set[str]) -> list[str]:
    labelled = {label.attrib.get("for") for label in tree.iter(f"{ELEMENT}label")}
    problems = [f"label for {name!r}, which is not there" for name in labelled - ids if name]
    for tag in ("input", "select", "textarea"):
        for control in tree.iter(ELEMENT + tag):
            silent = control.attrib.get("type") in {"hidden", "submit", "button"} or "aria-label" in control.attrib
            if not silent and control.attrib.get("id") not in labelled:
                problems.append(f"{tag} {control.attrib.get('name')!r} has no label")
    return problems


async def sign_in_as(
    database: Database, http: AsyncClient, role: str, county: str = HOME, **employer: Any
) -> PageClient:
    """A client with the session of a new user who has this role."""
    async with database.transaction(county) as tx:
        staff = await make_staff(tx, role, **employer)
    http.cookies.set(SESSION, staff.cookie, domain=HOST)
    return PageClient(http, staff)
