"""The letters of the registry (文书): their state, their pages, the sealed file."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from kernel.audit import audit
from kernel.errors import Forbidden, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.letters import service as letters
from yiti.letters.models import Letter
from yiti.portals.registration.openings import opened
from yiti.portals.registration.rules import Tone
from yiti.portals.shell.files import file_response, pdf_response
from yiti.portals.shell.pictures import PICTURES, page_number
from yiti.portals.shell.views import AnyRequest, is_htmx, page
from yiti.resources import Parts

VIEWED = "letter.viewed"
_PAGE = 50
"""The register of letters comes in pages of this length."""


@dataclass(frozen=True, slots=True)
class LetterView:
    """What the page says of a letter; its words are on its pages."""

    id: UUID
    url: str
    title: str
    number: str
    written_on: date
    sealed_at: datetime | None
    state: str
    tone: Tone
    back: tuple[str, str]
    """Where it came from: label and address."""


def letter_view(one: Letter) -> LetterView:
    """A letter for its page or a list."""
    issued = one.pdf_digest is not None
    back = ("业务件", f"/registration/cases/{one.case_id}") if one.case_id else ("查询和证明", "/registration/searches")
    return LetterView(
        id=one.id,
        url=f"/registration/letters/{one.id}",
        title=one.title,
        number=one.number,
        written_on=one.written_on,
        sealed_at=one.sealed_at,
        state="已盖章" if issued else "正在制作",
        tone="success" if issued else "info",
        back=back,
    )


class LettersController(Controller):
    """Letters name people in full: for the registration centre's own staff, and every opening is written down."""

    path = "/registration/letters"
    guards = (requires(Permission.CASE_VIEW),)

    @get("/")
    async def register(self, reader: Reader, before: FromQuery[UUID | None] = None) -> Response[Any]:
        """文书登记簿, newest first."""
        found = await letters.register(reader, before=before)
        return page(
            "registration/letters.html",
            letters=[letter_view(one) for one in found],
            next_url=f"?before={found[-1].id}" if len(found) >= _PAGE else None,
            first_url="/registration/letters" if before else None,
        )

    @get("/{letter_id:uuid}")
    async def letter(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID]
    ) -> Response[Any]:
        """The letter page by page; while it is being sealed, the page asks for it by itself."""
        found = await letters.get(tx, letter_id)
        pages = 0
        if found.pdf_digest is not None:
            audit(tx, actor, VIEWED, f"letter:{letter_id}", {"number": found.number, "paper": str(letter_id)})
            pages = await PICTURES.count(resources, found.pdf_digest)
        return page(
            "registration/letter.html" + ("#viewer" if is_htmx(request) else ""),
            letter=letter_view(found),
            pages=range(1, pages + 1),
        )

    @get("/{letter_id:uuid}/pages/{picture:str}")
    async def picture(
        self, reader: Reader, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID], picture: FromPath[str]
    ) -> Response[bytes]:
        """One page, for who has opened the letter."""
        digest = _digest(await letters.get(reader, letter_id))
        if not await opened(reader, actor, f"letter:{letter_id}", VIEWED, str(letter_id)):
            raise Forbidden("请先打开该文书")
        drawn = await PICTURES.page(resources, digest, page_number(picture))
        return file_response(drawn, picture, "image/png", download=False)

    @get("/{letter_id:uuid}/file.pdf")
    async def pdf(self, tx: Tx, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID]) -> Response[bytes]:
        """The sealed file as it was issued."""
        found = await letters.get(tx, letter_id)
        data = await resources.blobs.get(_digest(found))
        audit(tx, actor, "letter.downloaded", f"letter:{letter_id}", {"number": found.number})
        return pdf_response(data, f"{found.number}{found.title}.pdf")


def _digest(found: Letter) -> str:
    if found.pdf_digest is None:
        raise NotFound("文书正在制作，请稍候")
    return found.pdf_digest
