"""What a registration case asks of tax bureau, housing department and treasury, and how they answer.

Wire (ours): each is asked by one signed request with a `request_no` of the platform and a `callback_url`, answered at
once with `Accepted`. The result comes back later by `POST <callback_url>` with a signed message
(`integrations.envelope`, key = its event id), operation `case.answered`, content `CaseAnswered`, repeated, each time
signed afresh, until answered 200.
"""

from typing import Annotated, Literal

import msgspec

from integrations.counterparties import Counterparty
from integrations.http import county_of_work
from integrations.wire import Moment, Short

ANSWERED = "case.answered"
AnswerState = Literal["clear", "exempt", "refused"]
"""clear: paid (完税, 已缴存, 已缴费); exempt: nothing is due (免税, 无需缴存, 免收); refused: it must not go on."""


class CaseAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: the result of one request. `reference` is the voucher's number, `amount_fen` what was paid (分)."""

    request_no: Short
    state: AnswerState
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    amount_fen: Annotated[int, msgspec.Meta(ge=0)] = 0
    decided_at: Moment


def callback_url(public_url: str, counterparty: Counterparty) -> str:
    """Where this counterparty reports for the current county."""
    return f"{public_url.rstrip('/')}/gateway/{county_of_work()}/{counterparty}/answers"
