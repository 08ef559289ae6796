"""Pieces that several connectors' formats share."""

from datetime import datetime
from typing import Annotated

import msgspec

from integrations.http import Answer

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Fen = Annotated[int, msgspec.Meta(gt=0)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Accepted(Answer, frozen=True, kw_only=True):
    """The counterparty has taken the message and gives its own reference; repeated messages get the same one."""

    reference: Short
    received_at: Moment

    def facts(self) -> dict[str, str]:
        return {"对方回执号": self.reference}
