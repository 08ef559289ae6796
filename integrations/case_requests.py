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
AnswerState = Literal["clear", "exempt", "refused", "assessed"]
"""clear: paid (完税, 已缴存, 已缴费); exempt: nothing is due (免税, 无需缴存, 免收); refused: it must not go on;
assessed: the tax bureau has assessed the tax (已核税), and it is still to be paid by one code."""
TaxKind = Literal["deed_tax", "vat", "surcharge", "income_tax", "land_vat", "stamp_tax"]
"""契税, 增值税, 附加税费, 个人所得税, 土地增值税, 印花税."""
_Amount = Annotated[int, msgspec.Meta(ge=0)]


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One assessed tax (分). `rate` in words for the bill (1.5%); `basis` the rule of an exemption."""

    kind: TaxKind
    base_fen: _Amount
    rate: Annotated[str, msgspec.Meta(max_length=20)] = ""
    due_fen: _Amount
    exempt_fen: _Amount = 0
    amount_fen: _Amount
    """What is to be paid: due less exempt."""
    basis: Annotated[str, msgspec.Meta(max_length=200)] = ""


class CaseAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """Inbound: the result of one request. `reference` is the voucher's number, `amount_fen` what was paid (分).

    `lines` come with `assessed` only; their amounts add up to `amount_fen`.
    """

    request_no: Short
    state: AnswerState
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    amount_fen: Annotated[int, msgspec.Meta(ge=0)] = 0
    decided_at: Moment
    lines: Annotated[tuple[TaxLine, ...], msgspec.Meta(max_length=20)] = ()


def callback_url(public_url: str, counterparty: Counterparty) -> str:
    """Where this counterparty reports for the current county."""
    return f"{public_url.rstrip('/')}/gateway/{county_of_work()}/{counterparty}/answers"


def adds_up(answer: CaseAnswered) -> bool:
    """Whether an answer's lines are whole: each and together, some for an assessment and none for anything else."""
    if answer.state != "assessed":
        return not answer.lines
    whole = all(line.amount_fen == line.due_fen - line.exempt_fen for line in answer.lines)
    total = sum(line.amount_fen for line in answer.lines)
    return bool(answer.lines) and whole and total == answer.amount_fen
