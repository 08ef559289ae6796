"""Finding a unit by what people have in hand: unit code, certificate number or case number."""

import re
import unicodedata
from uuid import UUID

from sqlalchemy import select

from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from yiti.cases.models import Case
from yiti.certificates.models import Certificate
from yiti.estate.models import Unit

_CASE_NUMBER = re.compile(r"\d{19}", re.ASCII)
_UNIT_CODE_LENGTH = 28
_SEARCH_MAX = 80


async def find_unit(reader: ReadSession, text: str) -> UUID:
    """The unit that the number speaks of. `Invalid` for what is no such number, `NotFound` when nobody has it."""
    if len(text) > _SEARCH_MAX:
        raise Invalid("查询内容过长，请填写完整的单元号、证号或者业务号", field="code")
    # NFKC makes half-width brackets of full-width ones: numbers are compared in that form, printed in the other.
    typed = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if len(typed) == _UNIT_CODE_LENGTH:
        found = await reader.scalar(select(Unit.id).where(Unit.code == typed))
        words = "本县没有这个不动产单元"
    elif _CASE_NUMBER.fullmatch(typed):
        found = await reader.scalar(select(Case.unit_id).where(Case.number == typed))
        words = "本县没有这个业务号"
    elif "不动产" in typed:
        printed = typed.replace("(", "（").replace(")", "）")
        found = await reader.scalar(select(Certificate.unit_id).where(Certificate.number == printed))
        words = "本县没有签发这个证号的证书或者证明"
    else:
        raise Invalid("请填写28位不动产单元号、不动产登记证明号或者19位业务号", field="code")
    if found is None:
        raise NotFound(f"{words}，请核对后重新查询", field="code")
    return found
