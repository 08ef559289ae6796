"""An application made online, from the buyer's phone to the new proof: one asks for a renewed proof of the notice."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from yiti.local.demo.browser import Form, Page
from yiti.local.demo.parties import Party
from yiti.local.demo.people import Phone, Window
from yiti.local.demo.play import COUNTY, Stage
from yiti.local.demo.scene import Scene
from yiti.local.demo.timeline import Timeline

TITLE = "在线换发证明"
BUSINESS, CAUSE = "certificate_replacement", "更换电子证照"
_NUMBER = "业务号 "
_ANSWERED_NO = frozenset({"answers.other_owners", "answers.disputed", "answers.hidden_rights"})
_BOOKED = ("已登簿", "已办结")
_PAPERS = {"application_form": "不动产登记申请书", "inquiry_record": "询问笔录"}


class ApplicationInPlay(Scene):
    """Call its methods in their order, inside `with`. The phone is that of a buyer who holds a booked notice."""

    number: str
    proof: bytes

    def __init__(self, stage: Stage, phone: Phone, party: Party, timeline: Timeline) -> None:
        self.stage, self.phone, self.party, self.timeline = stage, phone, party, timeline
        self.window = Window(stage.web)
        super().__init__(self.window)
        self.url = ""

    def sign_in(self) -> None:
        """At the registration centre's window; the buyer is known by the face check of the sale."""
        with self.timeline.stage("登录"):
            self.window.sign_in(COUNTY, "shouli", self.stage.password)

    def fill_in(self) -> None:
        """The form, the materials and the questions."""
        with self.timeline.stage("录入"):
            start = f"/me/{COUNTY}/apply/{BUSINESS}"
            form = self.phone.submit(self.phone.get(start).form(start))
            self.url = form.path.removesuffix("/form")
            mobile = dict.fromkeys(("contact_phone", "parts.0.holder.1.phone"), self.party.phone)
            known = mobile | {"parts.0.cause": CAUSE}
            materials = self.phone.submit(form.form("/form").fill(known).tick_all())
            self._bring(materials)
        questions = self.phone.get(f"{self.url}/submit").form("/submit")
        asked = [name for name in questions.names if name.startswith("answers.")]
        questions.fill({name: "no" if name in _ANSWERED_NO else "yes" for name in asked})
        with self.timeline.stage("文件生成"):
            self.phone.submit(questions)
            self.to_the_desk = self._wait(self.url, lambda page: _form(page, "/sign"), "待签文件")

    def _bring(self, page: Page) -> None:
        """What the platform can fetch is fetched, the rest photographed."""
        if page.has_form("/materials/fetch"):
            self.phone.submit(page.form("/materials/fetch"))
        page = self.phone.get(f"{self.url}/materials")
        for place, form in enumerate(_wanted(page)):
            photo = ("材料.jpg", _photo(place), "image/jpeg")
            self.phone.submit(form, files={"file": photo})

    def sign(self) -> None:
        """By one's own face and hand; with it the application is handed in."""
        desk = self.phone.submit(self.to_the_desk)
        with self.timeline.stage("实名"):
            desk = self.phone.identify(desk)
        with self.timeline.stage("阅读"):
            self.phone.read(desk)
        with self.timeline.stage("签署"):
            self.phone.sign(desk, self.party.signer)
            handed_in = self._wait(self.url, lambda page: page if "待受理" in page.text else None, "待受理的申请")
        self.number = handed_in.text.partition(_NUMBER)[2].split()[0]

    def accept(self) -> None:
        """At the window; then the fee by its code (一码付), on the phone."""
        with self.timeline.stage("受理"):
            self.window.accept(self.number)
        with self.timeline.stage("银行确认"):
            self.phone.pay(self._wait(self.url, lambda page: page if "去缴款" in page.text else None, "缴款码"))

    def wait_until_booked(self) -> None:
        """Everything is proved by signatures and messages, so that nobody has to decide (智能秒批)."""
        address = self.window.case(self.number).path
        with self.timeline.stage("登簿"):
            self.window.wait(address, lambda page: page if _booked(page) else None, "登簿结果")

    def fetch_proof(self) -> None:
        """Until the new proof can be downloaded on the phone."""
        with self.timeline.stage("证明可下载"):
            shown = self.phone.get(self._wait(self.url, _proof_link, "新的登记证明"))
            self.proof = self._wait(f"{shown.path}/pdf", _file, "登记证明文件")

    def save(self, number: int) -> Path:
        """The signed application and the new proof, as the applicant downloads them."""
        folder = self.stage.documents / f"{number}-{TITLE}"
        folder.mkdir(parents=True, exist_ok=True)
        for place, (key, title) in enumerate(_PAPERS.items(), start=1):
            (folder / f"{place}-{title}.pdf").write_bytes(self.phone.get(f"{self.url}/papers/{key}").data)
        (folder / f"{len(_PAPERS) + 1}-不动产登记证明.pdf").write_bytes(self.proof)
        return folder

    def _wait(self, url: str, ready: Any, what: str) -> Any:
        return self.phone.wait(url, ready, what)


def play(application: ApplicationInPlay) -> None:
    """The whole way."""
    application.sign_in()
    application.fill_in()
    application.sign()
    application.accept()
    application.wait_until_booked()
    application.fetch_proof()


def _form(page: Page, ending: str) -> Form | None:
    return page.form(ending) if page.has_form(ending) else None


def _file(page: Page) -> bytes | None:
    return page.data if page.status == 200 else None


def _booked(page: Page) -> bool:
    return any(words in page.text for words in _BOOKED)


def _proof_link(page: Page) -> str | None:
    links = [link.get("href") for link in page.links("/me/") if "/proofs/" in link.get("href")]
    return links[0] if links else None


def _wanted(page: Page) -> Iterator[Form]:
    """The upload forms that the page draws as the next thing to do."""
    for form in page.tree.forms:
        if form.get("enctype") == "multipart/form-data" and form.xpath('.//label[contains(@class, "btn-primary")]'):
            yield Form(page, form)


def _photo(place: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), (240 - place, 240, 240)).save(out, "JPEG")
    return out.getvalue()
