"""The counterparties' state for the administration page."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import select

from integrations.breaker import Breaker, BreakerState
from integrations.counterparties import Counterparty
from integrations.models import Direction, Exchange, Outcome
from kernel.db import ReadSession

_GOOD = (Outcome.ANSWERED.value, Outcome.REFUSED.value)
_BAD = (Outcome.UNREACHABLE.value, Outcome.BAD_ANSWER.value)


class CounterpartyState(msgspec.Struct, frozen=True, kw_only=True):
    """One counterparty as this county (`last_…`) and this process (`breaker`) see it."""

    counterparty: str
    title: str
    breaker: BreakerState
    last_answer_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None


async def counterparty_states(
    reader: ReadSession, breakers: Mapping[Counterparty, Breaker]
) -> tuple[CounterpartyState, ...]:
    """All counterparties, in a fixed order. A refusal counts as an answer: the counterparty is there."""
    return tuple([await _state(reader, counterparty, breaker) for counterparty, breaker in breakers.items()])


async def _state(reader: ReadSession, counterparty: Counterparty, breaker: Breaker) -> CounterpartyState:
    answer = await _latest(reader, counterparty, _GOOD)
    failure = await _latest(reader, counterparty, _BAD)
    return CounterpartyState(
        counterparty=counterparty.value,
        title=counterparty.words,
        breaker=breaker.state,
        last_answer_at=answer[0] if answer else None,
        last_failure_at=failure[0] if failure else None,
        last_failure=failure[1] if failure else None,
    )


async def _latest(
    reader: ReadSession, counterparty: Counterparty, outcomes: tuple[str, ...]
) -> tuple[datetime, str | None] | None:
    query = (
        select(Exchange.started_at, Exchange.error)
        .where(
            Exchange.counterparty == counterparty.value,
            Exchange.direction == Direction.OUT.value,
            Exchange.outcome.in_(outcomes),
        )
        .order_by(Exchange.id.desc())
        .limit(1)
    )
    row = (await reader.execute(query)).first()
    return None if row is None else (row[0], row[1])
