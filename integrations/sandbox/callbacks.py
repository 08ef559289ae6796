"""The bank's reports to the platform: repeated, each time signed afresh, until they are acknowledged."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import msgspec
import structlog
from joserfc.jwk import ECKey

from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.keys import KeyRing
from integrations.sandbox.state import Callback, Faults, Store
from kernel.clock import now

log = structlog.get_logger()

_FINAL = frozenset({400, 404, 409, 410, 413, 422})
"""Answers after which a repetition is useless; a person looks at the page and may send it again."""
_LONGEST_PAUSE = 30.0
_AT_ONCE = 8


class Deliverer:
    """Sends what is owed, for as long as `run()` runs."""

    def __init__(self, store: Store, keys: dict[Counterparty, KeyRing]) -> None:
        self._store = store
        self._keys = keys
        self._wake = asyncio.Event()
        self._limit = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def owe(self, counterparty: Counterparty, county: str, url: str, op: str, data: msgspec.Struct) -> Callback:
        """Note an event down; the caller saves the store."""
        faults = self._faults(counterparty)
        callback = Callback(
            event_id=uuid4().hex,
            county=county,
            counterparty=counterparty.value,
            url=url,
            op=op,
            data=msgspec.to_builtins(data),
            due_at=now() + timedelta(seconds=faults.late_seconds),
        )
        self._store.state.callbacks[callback.event_id] = callback
        self._wake.set()
        return callback

    def again(self, callback: Callback) -> None:
        """Send it once more, whatever was answered before."""
        callback.status = "owed"
        callback.due_at = now()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. Sleeps until something is due or newly owed."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            try:
                while True:
                    self._wake.clear()
                    pause = self._start_due(http)
                    try:
                        await asyncio.wait_for(self._wake.wait(), pause)
                    except TimeoutError:
                        continue
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start_due(self, http: httpx.AsyncClient) -> float | None:
        """Start all that is due; seconds until the next, None when nothing is owed."""
        waiting = [
            c for c in self._store.state.callbacks.values() if c.status == "owed" and c.event_id not in self._under_way
        ]
        moment = now()
        for callback in waiting:
            if callback.due_at <= moment:
                task = asyncio.create_task(self._deliver(http, callback))
                self._under_way[callback.event_id] = task
                task.add_done_callback(lambda _, name=callback.event_id: self._finished(name))  # type: ignore[misc]
        later = [(c.due_at - moment).total_seconds() for c in waiting if c.due_at > moment]
        return min(later, default=None)

    def _finished(self, event_id: str) -> None:
        task = self._under_way.pop(event_id)
        if not task.cancelled() and task.exception() is not None:
            log.error("sandbox_callback_broken", event_id=event_id, exc_info=task.exception())
        self._wake.set()

    async def _deliver(self, http: httpx.AsyncClient, callback: Callback) -> None:
        faults = self._faults(Counterparty(callback.counterparty))
        async with self._limit:
            callback.attempts += 1
            copies = 2 if faults.duplicate_callback else 1
            statuses = await asyncio.gather(*(self._send(http, callback, faults) for _ in range(copies)))
        callback.last_answer = "、".join(str(status or "无应答") for status in statuses)
        if any(status is not None and 200 <= status < 300 for status in statuses):
            callback.status = "acknowledged"
        elif statuses[0] in _FINAL:
            callback.status = "refused"
        else:
            callback.due_at = now() + timedelta(seconds=min(0.5 * 2 ** min(callback.attempts - 1, 10), _LONGEST_PAUSE))
        await self._store.save()

    async def _send(self, http: httpx.AsyncClient, callback: Callback, faults: Faults) -> int | None:
        keys = self._keys[Counterparty(callback.counterparty)]
        message = seal_message(
            forger(keys) if faults.forged_signature else keys,
            to=PLATFORM,
            op=callback.op,
            county=callback.county,
            key=callback.event_id,
            data=msgspec.Raw(msgspec.json.encode(callback.data)),
        )
        try:
            answer = await http.post(callback.url, content=message, headers={"content-type": "application/jose"})
        except httpx.HTTPError as error:
            log.info("sandbox_callback_unanswered", event_id=callback.event_id, error=type(error).__name__)
            return None
        return answer.status_code

    def _faults(self, counterparty: Counterparty) -> Faults:
        return self._store.state.faults.get(counterparty.value, Faults())


def forger(keys: KeyRing) -> KeyRing:
    """Someone who claims to be the owner of the keys but has another private key."""
    false = ECKey.import_key({**ECKey.generate_key("P-256").as_dict(private=True), "kid": str(keys.own.kid)})
    return KeyRing(keys.owner, false, {})
