"""One's own property and proofs as their pages show them. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.rendering.qr import qr_png
from yiti.journeys.registration.searches import OwnRight
from yiti.letters import service as letters
from yiti.letters.models import Letter

SHOWN = 20
PURPOSES = ("子女入学", "申请住房保障", "提取住房公积金", "购房资格审核", "办理贷款", "户籍迁移")
"""What people ask proofs for; anything else is typed."""


@dataclass(frozen=True)
class RightLine:
    """One right in the citizen's name."""

    unit_id: UUID
    title: str
    location: str
    facts: tuple[tuple[str, str], ...]
    restrictions: tuple[str, ...]
    papers: tuple[tuple[str, str], ...]
    """Number and address of its certificates."""


@dataclass(frozen=True)
class PaperLine:
    """A proof in the list."""

    url: str
    title: str
    number: str
    written_on: str
    ready: bool


@dataclass(frozen=True)
class LetterView:
    """The page of a proof."""

    url: str
    title: str
    number: str
    written_on: str
    ready: bool
    sealed_at: datetime | None
    qr: str
    verify_url: str


def rights(county: str, found: Sequence[OwnRight]) -> list[RightLine]:
    """In the order of the book."""
    return [
        RightLine(
            unit_id=one.unit_id,
            title=one.words,
            location=one.location,
            facts=(
                ("不动产单元号", one.unit_code),
                ("用途", one.usage),
                ("建筑面积", f"{one.building_area} ㎡"),
                ("共有情况", f"{one.sharing} {one.share}".strip()),
            ),
            restrictions=one.restrictions,
            papers=tuple(
                (number, f"/me/{county}/proofs/{paper}")
                for number, paper in zip(one.numbers, one.certificate_ids, strict=True)
            ),
        )
        for one in found
    ]


def papers(county: str, found: Sequence[Letter]) -> list[PaperLine]:
    """Newest first."""
    return [
        PaperLine(
            url=f"/me/{county}/property/letters/{one.id}",
            title=one.title,
            number=one.number,
            written_on=one.written_on.isoformat(),
            ready=one.pdf_digest is not None,
        )
        for one in found
    ]


def letter(county: str, one: Letter) -> LetterView:
    """With the QR code by which others verify it, once it is sealed."""
    ready = one.pdf_digest is not None
    base = letters.content_of(one).agency.public_url.rstrip("/")
    verify_url = f"{base}/verify/{county}/{one.verify_code}"
    picture = base64.b64encode(qr_png(verify_url)).decode() if ready else ""
    return LetterView(
        url=f"/me/{county}/property/letters/{one.id}",
        title=one.title,
        number=one.number,
        written_on=one.written_on.isoformat(),
        ready=ready,
        sealed_at=one.sealed_at,
        qr=f"data:image/png;base64,{picture}" if picture else "",
        verify_url=verify_url,
    )
