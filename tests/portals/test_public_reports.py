"""Verdicts on uploaded bytes are kept for a short while; never longer, never too many."""

import asyncio

import pytest

from kernel.errors import Unavailable
from signing.schemas import ValidationReport
from yiti.portals.public import reports
from yiti.portals.public.reports import Reports


class Validator:
    def __init__(self, seconds: float = 0.0) -> None:
        self.asked: list[bytes] = []
        self.seconds = seconds

    async def __call__(self, pdf: bytes) -> ValidationReport:
        self.asked.append(pdf)
        await asyncio.sleep(self.seconds)
        return ValidationReport(valid=True, signatures=(), unsigned_tail=False)


async def test_the_same_bytes_are_validated_once() -> None:
    kept, validator = Reports(), Validator()
    for pdf in (b"one", b"two", b"one", b"one"):
        await kept.validated(pdf, validator)
    assert validator.asked == [b"one", b"two"]


async def test_many_at_once_wait_for_one_validation() -> None:
    kept, validator = Reports(), Validator(seconds=0.05)
    found = await asyncio.gather(*(kept.validated(b"one", validator) for _ in range(9)))
    assert len({id(one) for one in found}) == 1
    assert validator.asked == [b"one"]


async def test_a_verdict_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, validator = Reports(), Validator()
    await kept.validated(b"one", validator)
    # Not the clock itself: this process's event loop lives by it, and would sleep on after the test.
    monkeypatch.setattr(reports, "KEPT_SECONDS", -1.0)
    await kept.validated(b"one", validator)
    assert len(validator.asked) == 2


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "KEPT", 3)
    kept, validator = Reports(), Validator()
    for pdf in (b"1", b"2", b"3", b"4", b"4", b"1"):
        await kept.validated(pdf, validator)
    assert validator.asked == [b"1", b"2", b"3", b"4", b"1"]


async def test_who_has_no_patience_left_comes_again_and_finds_the_answer() -> None:
    kept, validator = Reports(patience=0.02), Validator(seconds=0.1)
    with pytest.raises(Unavailable):
        await kept.validated(b"slow", validator)
    await asyncio.sleep(0.15)
    assert (await kept.validated(b"slow", validator)).valid
    assert len(validator.asked) == 1


@pytest.mark.parametrize("patience", [1.0, 0.01])
async def test_a_failure_is_not_kept(patience: float) -> None:
    async def broken(_: bytes) -> ValidationReport:
        await asyncio.sleep(0.03)
        raise Unavailable

    kept, validator = Reports(patience), Validator()
    with pytest.raises(Unavailable):
        await kept.validated(b"one", broken)
    await asyncio.sleep(0.05)
    assert (await kept.validated(b"one", validator)).valid
