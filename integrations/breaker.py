"""A circuit breaker: after a row of failures a counterparty is left alone for a while, then tried once."""

from datetime import datetime, timedelta
from enum import StrEnum

from kernel.clock import now


class BreakerState(StrEnum):
    """As the administration page shows it."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """The state of one counterparty in this process. Only failures to get an answer count; a refusal is an answer."""

    def __init__(self, failures_to_open: int = 5, open_for: timedelta = timedelta(seconds=30)) -> None:
        self._limit = failures_to_open
        self._open_for = open_for
        self._failures = 0
        self._resting_until: datetime | None = None

    @property
    def state(self) -> BreakerState:
        """HALF_OPEN: the pause is over and the next call is the trial."""
        if self._resting_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now() < self._resting_until else BreakerState.HALF_OPEN

    def admit(self) -> bool:
        """Whether a call may go out now. Of many callers after the pause only the first may: it is the trial."""
        state = self.state
        if state is BreakerState.HALF_OPEN:
            # Starting the pause anew keeps the others out, also when the trial itself is cancelled half way.
            self._resting_until = now() + self._open_for
        return state is not BreakerState.OPEN

    def succeeded(self) -> None:
        """The counterparty answered."""
        self._failures = 0
        self._resting_until = None

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        if self._failures >= self._limit:
            self._resting_until = now() + self._open_for
