"""The form by which a copy is asked for."""

from datetime import date

from msgspec import Struct

from kernel.errors import Invalid
from yiti.certificates.copies.schemas import Wish


class CopyForm(Struct, kw_only=True):
    """As typed; `applicant` is the place of the right holder in the certificate, asked at the window only."""

    purpose: str = ""
    recipient: str = ""
    valid_until: str = ""
    applicant: str = ""


def wish_of(form: CopyForm) -> Wish:
    """Raises Invalid for what is no date; the rest is checked by the rules."""
    try:
        last = date.fromisoformat(form.valid_until.strip())
    except ValueError:
        raise Invalid("请选择有效期截止日期", field="valid_until") from None
    return Wish(purpose=form.purpose, recipient=form.recipient, valid_until=last)
