"""Files are examined in processes of their own, with limits, and nobody else's work is lost with them."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from kernel.errors import Unavailable
from signing.examiners import TOO_MUCH, Examiners, Limits
from signing.pades import Desk
from signing.pki import Pki
from signing.validation import MAX_BYTES, Trust
from tests.signing import hostile
from tests.signing.making import sealed


@pytest.fixture(scope="module")
async def proof(pki: Pki, desk: Desk) -> bytes:
    return await sealed(pki, desk)


@pytest.fixture
async def examiners() -> AsyncIterator[Examiners]:
    made = Examiners(1, Limits(cpu_seconds=2, seconds=8.0))
    yield made
    await made.close()


async def test_a_good_file_is_judged_as_in_this_process(examiners: Examiners, proof: bytes, trust: Trust) -> None:
    report = await examiners.examine(proof, trust)
    assert (report.valid, report.outcome) == (True, "valid")
    assert report.signatures[0].signer == "河南某某置业有限公司"


async def test_what_never_ends_is_given_up_and_the_next_file_is_judged(
    examiners: Examiners, proof: bytes, trust: Trust
) -> None:
    for hopeless in (hostile.endless_table(), hostile.one_long_string()):
        waiting = asyncio.create_task(examiners.examine(hopeless, trust))
        behind = asyncio.create_task(examiners.examine(proof, trust))
        started = time.monotonic()
        report = await waiting
        assert not report.valid
        assert report.problem
        assert (await behind).valid
        assert time.monotonic() - started < 12


async def test_time_and_memory_are_bounded(proof: bytes, trust: Trust) -> None:
    tight = Examiners(1, Limits(cpu_seconds=1, seconds=30.0, memory=256 * 1024 * 1024))
    try:
        assert (await tight.examine(hostile.endless_table(), trust)).problem in (TOO_MUCH, "文件展开后过大，无法核验")
        assert (await tight.examine(proof, trust)).valid
    finally:
        await tight.close()
    hurried = Examiners(1, Limits(cpu_seconds=30, seconds=0.0))
    try:
        assert (await hurried.examine(proof, trust)).problem == TOO_MUCH
    finally:
        await hurried.close()


async def test_a_process_that_is_ended_by_others_costs_nobody_an_answer(
    examiners: Examiners, proof: bytes, trust: Trust
) -> None:
    await examiners.examine(proof, trust)
    (idle,) = examiners._idle
    assert idle.process.pid
    os.kill(idle.process.pid, signal.SIGKILL)
    assert (await examiners.examine(proof, trust)).valid


async def test_too_many_have_to_come_again(proof: bytes, trust: Trust) -> None:
    crowded = Examiners(1, Limits(waiting=2))
    try:
        answers = await asyncio.gather(*(crowded.examine(proof, trust) for _ in range(4)), return_exceptions=True)
        assert [isinstance(one, Unavailable) for one in answers] == [False, False, True, True]
        assert (await crowded.examine(proof, trust)).valid
        assert (await crowded.examine(b"%PDF-" + b"0" * MAX_BYTES, trust)).problem
    finally:
        await crowded.close()
    with pytest.raises(Unavailable):
        await crowded.examine(proof, trust)
