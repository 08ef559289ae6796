"""Finding living units by parts of their address (坐落)."""

import re
from collections.abc import Sequence

from sqlalchemy import Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.db import ReadSession
from kernel.errors import Invalid
from yiti.estate.models import Unit

_SEARCHABLE = re.compile(r"[^\W_]{3}")
"""What has no trigram is found by no index."""
_FOUND = func.units_by_address(bindparam("words", type_=ARRAY(Text)), bindparam("most", type_=Integer))
_AT = select(Unit).where(Unit.id.in_(select(_FOUND))).order_by(Unit.code)


async def units_at(reader: ReadSession, words: Sequence[str], most: int, field: str) -> list[Unit]:
    """At most so many living units whose address contains every word, by code.

    `Invalid` at the field unless one of the words has three letters or figures in a row.
    """
    if not any(_SEARCHABLE.search(word) for word in words):
        raise Invalid("请至少填写坐落中连续的三个字", field=field)
    return list(await reader.scalars(_AT, {"words": list(words), "most": most}))
