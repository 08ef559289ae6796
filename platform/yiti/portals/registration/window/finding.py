"""Finding units at the window: by code, certificate number, address, or the holder's identity number.

An identity reader types like a keyboard, so one field takes everything.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, select

from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from kernel.pii import blind_index
from yiti.cases.models import Case
from yiti.certificates.models import Certificate
from yiti.estate.addresses import units_at
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind, EntryStatus, HolderRole
from yiti.register.models import RegisterEntry, RightHolder

SHOWN = 20
_TEXT_MAX = 100
_UNIT_CODE_LENGTH = 28
_ADDRESS_MIN = 3
_IDENTITY = re.compile(r"\d{17}[\dX]|[0-9A-Z]{18}", re.ASCII)
By = Literal["code", "certificate", "person", "address"]
BY_WORDS: dict[By, str] = {
    "code": "不动产单元号",
    "certificate": "证书、证明号",
    "person": "权利人证件号码",
    "address": "坐落",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The units that fit, and by what they were looked for; `more`: there are others, the words are too few."""

    by: By
    unit_ids: tuple[UUID, ...]
    more: bool


def kind_of(text: str) -> tuple[By, str]:
    """What was typed, and its canonical form. `Invalid` for what is too short or too long to look for."""
    if len(text) > _TEXT_MAX:
        raise Invalid("查询内容过长，请填写单元号、证号、证件号码或者坐落", field="text")
    # NFKC makes half-width brackets of full-width ones: numbers are compared in that form, printed in the other.
    typed = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if len(typed) == _UNIT_CODE_LENGTH and typed.isascii():
        return "code", typed
    if "不动产" in typed and any(one.isdigit() for one in typed):
        return "certificate", typed.replace("(", "（").replace(")", "）")
    if _IDENTITY.fullmatch(typed):
        return "person", typed
    if len(typed) < _ADDRESS_MIN:
        raise Invalid("请填写单元号、证号、证件号码，或者三个字以上的坐落", field="text")
    return "address", " ".join(unicodedata.normalize("NFKC", text).split())


async def find_units(tx: WriteSession, actor: Actor, case: Case, text: str) -> Found:
    """The units that fit. Who looks for somebody's property is written down, with the case (条例 art. 27)."""
    by, typed = kind_of(text)
    match by:
        case "code":
            ids = await _ids(tx, select(Unit.id).where(Unit.code == typed))
        case "certificate":
            ids = await _ids(tx, select(Certificate.unit_id).where(Certificate.number == typed))
        case "person":
            ids = await _of_person(tx, typed)
            audit(tx, actor, "case.person_looked_up", f"case:{case.id}", {"number": case.number, "found": len(ids)})
        case "address":
            ids = [one.id for one in await units_at(tx, typed.split(), SHOWN + 1, "text")]
    return Found(by, tuple(ids[:SHOWN]), len(ids) > SHOWN)


async def _of_person(reader: ReadSession, number: str) -> list[UUID]:
    same = (RegisterEntry.tenant_id == RightHolder.tenant_id) & (RegisterEntry.id == RightHolder.entry_id)
    wanted = (
        select(RegisterEntry.unit_id)
        .join(RightHolder, same)
        .where(
            RightHolder.id_index == blind_index(number),
            RightHolder.role == HolderRole.HOLDER,
            RegisterEntry.status == EntryStatus.CURRENT,
            RegisterEntry.kind != EntryKind.CANCELLATION,
        )
        .distinct()
    )
    return await _ids(reader, wanted)


async def _ids(reader: ReadSession, wanted: Select[UUID]) -> list[UUID]:
    return list(await reader.scalars(wanted.limit(SHOWN + 1)))
