"""Annotated copies as the pages of citizens and of the registration centre show them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from yiti.certificates.copies import rules
from yiti.certificates.copies.models import REQUESTED, VOID, AnnotatedCopy
from yiti.certificates.models import CANCELLED, Certificate

PURPOSES: Final = ("子女入学", "办理贷款", "提取住房公积金", "户籍迁移", "工商注册登记", "水电气过户")
"""What people ask copies for; anything else is typed."""
Tone = Literal["success", "info", "neutral", "danger"]


@dataclass(frozen=True)
class CopyView:
    """One copy, for a list or for its own page."""

    url: str
    number: str
    purpose: str
    recipient: str
    valid_until: str
    requested_on: str
    state: str
    tone: Tone
    waiting: bool
    """The page asks again until it is sealed."""
    ready: bool
    sealed_at: datetime | None


def copy_view(copy: AnnotatedCopy, certificate: Certificate, base: str, today: date) -> CopyView:
    """`base`: the address of the certificate's copies."""
    state, tone = _state(copy, certificate, today)
    return CopyView(
        url=f"{base}/{copy.id}",
        number=copy.number,
        purpose=copy.purpose,
        recipient=copy.recipient,
        valid_until=copy.valid_until.isoformat(),
        requested_on=copy.requested_on.isoformat(),
        state=state,
        tone=tone,
        waiting=copy.state == REQUESTED,
        ready=copy.pdf_digest is not None,
        sealed_at=copy.sealed_at,
    )


def copy_views(copies: Sequence[AnnotatedCopy], certificate: Certificate, base: str, today: date) -> list[CopyView]:
    """In the order given."""
    return [copy_view(one, certificate, base, today) for one in copies]


def usual_last_day(today: date) -> str:
    """What the form proposes."""
    return (today + rules.USUAL).isoformat()


def _state(copy: AnnotatedCopy, certificate: Certificate, today: date) -> tuple[str, Tone]:
    if copy.state == VOID:
        return "原证已失效，未签发", "neutral"
    if certificate.state == CANCELLED:
        return "原证已失效", "danger"
    if copy.state == REQUESTED:
        return "正在制作", "info"
    return ("已过有效期", "neutral") if rules.expired(copy.valid_until, today) else ("有效", "success")
