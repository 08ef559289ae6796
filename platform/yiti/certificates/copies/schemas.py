"""What is asked of an annotated copy, and what it says beyond its certificate."""

from datetime import date, datetime

from msgspec import Struct

from yiti.certificates.wording import long_date


class Wish(Struct, frozen=True, kw_only=True):
    """For what and whom a copy is wanted, and the last day on which it may be relied on."""

    purpose: str
    recipient: str
    valid_until: date


class Annotation(Struct, frozen=True, kw_only=True):
    """加注内容, as printed and as attached for machines."""

    number: str
    wish: Wish
    requested_on: date
    requested_at: datetime
    verify_url: str

    @property
    def words(self) -> str:
        """The watermark."""
        wish = self.wish
        return f"仅供{wish.recipient}用于{wish.purpose}　有效期至{long_date(wish.valid_until)}"
