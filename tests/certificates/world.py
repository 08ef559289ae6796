"""A booked notice, the facts of its proof, and a process's resources with a seal of paper."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from kernel.blobs import BlobStore
from kernel.db import WriteSession
from kernel.permissions import Actor, system_actor
from kernel.rendering import Box, Renderer
from signing.models import OrganisationSeal
from tests.register.world import booked, entry, make_unit
from yiti.certificates.content import freeze_notice_proof
from yiti.certificates.models import Certificate
from yiti.certificates.schemas import Issuer, NoticeFacts, Party, ProofContent
from yiti.certificates.service import take_number_and_freeze
from yiti.register.kinds import Sharing

COUNTY = "411528"
ACTOR: Actor = system_actor(COUNTY)
ISSUER = Issuer(
    county_code=COUNTY,
    county_name="息县",
    province="豫",
    agency_name="息县自然资源局",
    agency_code="11411528MB1234568F",
    public_url="http://127.0.0.1:8080/",
)
SELLER = Party(name="息县息州置业有限公司", id_kind="credit_code", id_number="91411528MA99999963")
LOCATION = "息县龙湖街道淮河大道66号淮河新城3号楼2单元1101室"
LONG_LOCATION = (
    "河南省信阳市息县龙湖街道办事处淮河大道与息夫人大道交叉口西北角二百米（原县棉纺厂家属院旧址）"
    "淮河新城·观澜府二期（B区）第13号楼2单元11层1101室（含附属储藏室负一层B-118号）"
)
FROZEN_AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def party(name: str = "王小明", share: Fraction | None = None, number: str = "990000199001010013") -> Party:
    return Party(name=name, id_kind="resident_id", id_number=number, share=share)


def facts(**changes: Any) -> NoticeFacts:
    usual: dict[str, Any] = {
        "entry_id": uuid4(),
        "case_id": uuid4(),
        "case_number": "4115282026112100001",
        "unit_id": uuid4(),
        "unit_code": "411528001001GB00001F00010001",
        "location": LOCATION,
        "usage": "成套住宅",
        "building_area": Decimal("118.36"),
        "holders": (party(),),
        "obligors": (SELLER,),
        "sharing": Sharing.SOLE,
        "price_fen": 73383205,
        "filing_number": "YS4115282026000001",
        "booked_on": date(2026, 11, 21),
    }
    return NoticeFacts(**(usual | changes))


def content(**changes: Any) -> ProofContent:
    code = "abcdefghijklmnopqrst"
    return freeze_notice_proof(facts(**changes), ISSUER, serial=1, verify_code=code, frozen_at=FROZEN_AT)


async def seal_of_the_county(tx: WriteSession, *kinds: str, key: str = f"county:{COUNTY}:registration") -> None:
    """The registration agency's seal in the books (or another's), allowed for these kinds of documents."""
    if await tx.scalar(select(OrganisationSeal.id).where(OrganisationSeal.key == key)) is None:
        tx.add(
            OrganisationSeal(
                key=key,
                organisation="息县自然资源局",
                credit_code="11411528MB1234568F",
                document_kinds=list(kinds),
                serial="1",
            )
        )


async def numbered(tx: WriteSession, **changes: Any) -> Certificate:
    """A notice booked on a new unit, and its numbered proof."""
    await seal_of_the_county(tx, "proof")
    unit = await make_unit(tx)
    (notice,) = await booked(tx, entry(unit))
    known = {"entry_id": notice.id, "case_id": notice.case_id, "unit_id": unit.id, "unit_code": unit.code}
    return await take_number_and_freeze(tx, ACTOR, facts(**(known | changes)))


@dataclass
class PaperResources:
    """Real renderer and blobs; the seal is an incremental remark, and may fail."""

    renderer: Renderer
    blobs: BlobStore
    sealed: list[tuple[str, str, Box]] = field(default_factory=list)
    failures: int = 0

    async def seal_pdf(self, pdf: bytes, *, seal: str, field: str, box: Box) -> bytes:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the seal does not answer")
        self.sealed.append((seal, field, box))
        remark = f"% sealed {len(self.sealed)} {hashlib.sha256(pdf).hexdigest()}\n%%EOF\n"
        return pdf + remark.encode()
