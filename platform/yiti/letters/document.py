"""A frozen letter as pages (HTML) and as data (JSON inside the PDF)."""

import hashlib
from datetime import date, datetime
from typing import Any, Final

import msgspec

from kernel.clock import SHANGHAI
from kernel.money import yuan, yuan_in_words
from kernel.pii import mask_id
from kernel.rendering import Attachment, qr_png, render_template
from yiti.certificates.content import grouped_unit_code
from yiti.certificates.wording import long_date
from yiti.letters.schemas import FrozenLetter, LetterKind

_TEMPLATES: Final = {f"{kind.value}/1": f"{kind.value}_1.html" for kind in LetterKind}


def letter_html(letter: FrozenLetter) -> str:
    """The pages. Seal place: `sign-agency`."""
    context: dict[str, Any] = {
        "letter": letter,
        "it": letter.content,
        "agency": letter.agency,
        "qr": qr_png(letter.verify_url),
        "digest": letter_digest(letter),
        "day": _day,
        "moment": moment,
        "units": _units,
        "mask_id": _masked_id,
        "yuan": yuan,
        "yuan_in_words": yuan_in_words,
    }
    return render_template("yiti.letters", _TEMPLATES[letter.template], context)


def letter_json(letter: FrozenLetter) -> bytes:
    """The letter for machines: the fields of `FrozenLetter`, sorted, so that the same letter gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(letter, order="sorted"), indent=2)


def letter_digest(letter: FrozenLetter) -> str:
    """The first 16 hex digits of the SHA-256 of the JSON, printed so that paper and data can be matched."""
    return hashlib.sha256(letter_json(letter)).hexdigest()[:16].upper()


def letter_attachment(letter: FrozenLetter) -> Attachment:
    """The same content for machines."""
    return Attachment(
        name="letter.json",
        data=letter_json(letter),
        created=letter.frozen_at,
        description=letter.title,
        relationship="Data",
    )


def moment(at: datetime) -> str:
    """2026年11月21日 09:30, local time."""
    local = at.astimezone(SHANGHAI)
    return f"{long_date(local.date())} {local:%H:%M}"


def _day(when: date) -> str:
    return long_date(when.astimezone(SHANGHAI).date() if isinstance(when, datetime) else when)


def _units(*codes: str) -> str:
    return "、".join(grouped_unit_code(code) for code in codes)


def _masked_id(number: str) -> str:
    """A dash that stands for no number stays one."""
    return mask_id(number) if number.strip("—／ ") else number
