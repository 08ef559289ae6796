"""Buyers who do not exist, with numbers that check, and the handwriting that they leave on the pad."""

import base64
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Literal

from PIL import Image, ImageDraw
from stdnum.cn import uscc

from kernel.identifiers import TEST_REGION, test_resident_id

_ADDRESS = "息县谯楼街道演示小区6号楼"
_FIRST_BIRTH = date(1970, 1, 1)
_BIRTH_DAYS = 12_000
_PAD = (600, 240)


@dataclass(frozen=True)
class Party:
    """One buyer as the clerk types it in. A company signs by its representative."""

    kind: Literal["person", "company"]
    name: str
    id_no: str
    phone: str
    share: str = ""
    representative_name: str = ""
    representative_id_no: str = ""

    @property
    def signer(self) -> str:
        """Whose hand signs."""
        return self.representative_name or self.name

    def fields(self, place: int) -> Mapping[str, str]:
        """What the form asks of this buyer, in the place that it has there."""
        typed = {"name": self.name, "id_no": self.id_no, "phone": self.phone, "address": _ADDRESS}
        if self.share:
            typed["share"] = self.share
        if self.kind == "company":
            typed |= {
                "representative_name": self.representative_name,
                "representative_id_no": self.representative_id_no,
            }
        return {f"buyers.{place}.{name}": value for name, value in typed.items()}


def person(name: str, share: str = "") -> Party:
    """A grown-up with a number of their own in every run."""
    return Party("person", name, _id_no(), _phone(), share)


def company(name: str, representative: str) -> Party:
    """A company, and who acts for it."""
    body = f"91{TEST_REGION}MA{random.randrange(10**7):07d}"
    code = body + uscc.calc_check_digit(body)
    return Party("company", name, code, _phone(), representative_name=representative, representative_id_no=_id_no())


def handwriting(name: str) -> str:
    """The drawing on the pad as the page's script sends it: a PNG as data URL, another for every name."""
    hand = random.Random(name)
    picture = Image.new("RGBA", _PAD)
    pen = ImageDraw.Draw(picture)
    step = _PAD[0] // (len(name) + 1)
    for place in range(len(name)):
        left = step // 2 + place * step
        for _ in range(5):
            points = [(left + hand.randrange(step), hand.randrange(30, _PAD[1] - 30)) for _ in range(4)]
            pen.line(points, fill=(16, 24, 64, 255), width=7, joint="curve")
    out = BytesIO()
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _id_no() -> str:
    return test_resident_id(_FIRST_BIRTH + timedelta(days=random.randrange(_BIRTH_DAYS)), random.randint(1, 999))


def _phone() -> str:
    return f"139{random.randrange(10**8):08d}"
