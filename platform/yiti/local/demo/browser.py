"""A browser without a window: keeps cookies, reads forms from the page, and can send only what the page offers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

T = TypeVar("T")
_PATIENCE = 30.0
_LOUD = ("error-words", "error-list", "alert", "form-problem", "field-error", "findings")
_WORDS_SHOWN = 300
_NOTHING = "—"


class StepFailed(Exception):
    """What went wrong, in one line for the person at the terminal."""


@dataclass(frozen=True)
class Page:
    """An answer of the platform, as a person would read it."""

    url: str
    status: int
    kind: str
    data: bytes

    @cached_property
    def tree(self) -> Any:
        """The page's elements."""
        return html.document_fromstring(self.data.decode())

    @cached_property
    def text(self) -> str:
        """All that can be read on it, blanks drawn together."""
        return _plain(self.tree)

    @property
    def path(self) -> str:
        """Where we are now."""
        return urlsplit(self.url).path

    @property
    def facts(self) -> dict[str, str]:
        """The labelled values on it; a dash stands for nothing."""
        values = {_plain(term): _plain(term.getnext()) for term in self.tree.iter("dt")}
        return {label: value for label, value in values.items() if value != _NOTHING}

    @property
    def complaint(self) -> str:
        """What it says in its warnings; for an answer that is no page, its title."""
        if not self.kind.startswith("text/html"):
            return self.data[:_WORDS_SHOWN].decode(errors="replace")
        said = [_plain(element) for name in _LOUD for element in self.tree.find_class(name)]
        return "；".join(words for words in said if words)[:_WORDS_SHOWN]

    def links(self, beginning: str) -> list[Any]:
        """Link elements whose address begins so."""
        return [link for link in self.tree.iter("a") if link.get("href", "").startswith(beginning)]

    def has_form(self, ending: str) -> bool:
        """Whether a form that posts to such an address is on the page."""
        return self._form(ending) is not None

    def form(self, ending: str) -> "Form":
        """The form that posts to an address with this ending."""
        found = self._form(ending)
        if found is None:
            raise StepFailed(f"页面 {self.path} 上没有“{ending}”这一步；页面提示：{self.complaint or '无'}")
        return Form(self, found)

    def _form(self, ending: str) -> Any:
        posted = (form for form in self.tree.forms if form.method == "POST")
        return next((form for form in posted if (form.action or "").endswith(ending)), None)


class Form:
    """A form on a page. Only what the page offers can be filled in."""

    def __init__(self, page: Page, element: Any) -> None:
        self.page = page
        self.element = element

    @property
    def target(self) -> str:
        """The whole address that it is sent to."""
        return str(urljoin(self.page.url, self.element.action or ""))

    @property
    def names(self) -> set[str]:
        """Everything that can be filled in."""
        return {name for name in self.element.inputs.keys() if name}  # noqa: SIM118 - not a mapping

    def fill(self, values: Mapping[str, str]) -> Self:
        """Type and choose. Raises StepFailed for what the form does not offer."""
        for name, value in values.items():
            try:
                self.element.fields[name] = value
            except (KeyError, ValueError) as error:
                raise StepFailed(f"页面 {self.page.path} 的表单里没有“{name}”，或不能填“{value}”") from error
        return self

    def tick(self, name: str, *values: str) -> Self:
        """Tick these of the boxes that go by one name. Raises StepFailed for what the form does not offer."""
        for value in values:
            boxes = self.element.xpath('.//input[@type="checkbox"][@name=$name][@value=$value]', name=name, value=value)
            if not boxes:
                raise StepFailed(f"页面 {self.page.path} 的表单里没有“{name}”的选项“{value}”")
            boxes[0].checked = True
        return self

    def tick_all(self) -> Self:
        """Tick every box."""
        for box in self.element.xpath('.//input[@type="checkbox"]'):
            box.checked = True
        return self

    def values(self) -> dict[str, list[str]]:
        """What will be sent."""
        found: dict[str, list[str]] = {}
        for name, value in self.element.form_values():
            found.setdefault(name, []).append(value)
        return found

    def swap(self, part: str, fragment: str) -> None:
        """Put a part drawn anew by the server in the place of the old one, as the page's script does."""
        old = self.element.get_element_by_id(part)
        old.getparent().replace(old, html.fragment_fromstring(fragment))


class Browser:
    """One person's browser."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=_PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def look(self, url: str) -> Page:
        """Open an address, whatever it answers."""
        return _page(self.http.get(url, headers={"Accept": "text/html"}))

    def get(self, url: str) -> Page:
        """Open an address. Raises StepFailed when it answers with an error."""
        return _good(self.look(url))

    def send(self, form: Form, press: Mapping[str, str] | None = None, files: Mapping[str, Any] | None = None) -> Page:
        """Send a form and follow where it leads, whatever it answers; `press` names the button, where it matters."""
        data = form.values() | {name: [value] for name, value in (press or {}).items()}
        headers = {"Accept": "text/html", "Referer": form.page.url}
        return _page(self.http.post(form.target, data=data, files=files, headers=headers))

    def submit(
        self, form: Form, press: Mapping[str, str] | None = None, files: Mapping[str, Any] | None = None
    ) -> Page:
        """Send a form. Raises StepFailed when it is refused."""
        return _good(self.send(form, press, files))

    def redraw(self, form: Form, url: str, part: str) -> None:
        """Have the server draw a part of the form for what has been chosen so far (HTMX)."""
        answer = self.http.post(url, data=form.values(), headers={"HX-Request": "true", "Referer": form.page.url})
        form.swap(part, _good(_page(answer)).data.decode())

    def wait(
        self,
        url: str,
        ready: Callable[[Page], T | None],
        what: str,
        *,
        every: float = 0.05,
        patience: float = _PATIENCE,
    ) -> T:
        """Look again and again until `ready` finds what it wants. Raises StepFailed when patience ends."""
        end = time.monotonic() + patience
        while True:
            page = self.look(url)
            found = ready(page)
            if found is not None:
                return found
            if time.monotonic() > end:
                raise StepFailed(f"等了 {patience:.0f} 秒仍没有{what}；页面 {page.path} 提示：{page.complaint or '无'}")
            time.sleep(every)


def _page(answer: httpx.Response) -> Page:
    return Page(str(answer.url), answer.status_code, answer.headers.get("Content-Type", ""), answer.content)


def _good(page: Page) -> Page:
    if page.status >= 400:
        raise StepFailed(f"{page.path} 回答 {page.status}：{page.complaint}")
    return page


def _plain(element: Any) -> str:
    return " ".join(str(element.text_content()).split()) if element is not None else ""
