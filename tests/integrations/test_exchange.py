from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from integrations.counterparties import Counterparty
from integrations.exchange import Attempt, ExchangeLog, exchange, exchanges
from integrations.models import Direction, Outcome
from integrations.verification import verification_record
from kernel.clock import now
from kernel.db import Database
from kernel.errors import NotFound

from .conftest import HOME

OTHER = "411522"


def attempt(**changed: object) -> Attempt:
    given: dict[str, object] = {
        "counterparty": Counterparty.TAX,
        "operation": "tax.contract",
        "title": "备案合同推送税务",
        "direction": Direction.OUT,
        "key": uuid4().hex,
        "attempt": 1,
        "outcome": Outcome.ANSWERED,
        "started_at": now(),
        "duration_ms": 12,
        "request": "王小明的合同".encode(),
        "answer": b"{}",
        "http_status": 200,
        "facts": {"对方回执号": "SW1"},
        "subject": "contract:1",
    }
    return Attempt(**(given | changed))  # type: ignore[arg-type]


@pytest.fixture
def log(database: Database) -> ExchangeLog:
    return ExchangeLog(database)


async def test_pages_follow_each_other_without_gap_or_repetition(database: Database, log: ExchangeLog) -> None:
    subject = f"case:{uuid4()}"
    written = [await log.record(HOME, attempt(subject=subject)) for _ in range(7)]
    seen: list[UUID] = []
    before = None
    async with database.read(HOME) as reader:
        while True:
            page = await exchanges(reader, subject=subject, before=before, limit=3)
            seen += [row.id for row in page.rows]
            before = page.next_before
            if before is None:
                break
    assert seen == written[::-1]


async def test_the_list_can_be_narrowed(database: Database, log: ExchangeLog) -> None:
    subject = f"case:{uuid4()}"
    await log.record(HOME, attempt(subject=subject))
    await log.record(HOME, attempt(subject=subject, outcome=Outcome.UNREACHABLE, answer=None))
    await log.record(HOME, attempt(subject=subject, counterparty=Counterparty.SMS))
    async with database.read(HOME) as reader:
        assert len((await exchanges(reader, subject=subject)).rows) == 3
        assert len((await exchanges(reader, subject=subject, counterparty="sms")).rows) == 1
        assert len((await exchanges(reader, subject=subject, outcome="unreachable")).rows) == 1


async def test_another_county_sees_nothing(database: Database, log: ExchangeLog) -> None:
    subject = f"case:{uuid4()}"
    written = await log.record(HOME, attempt(subject=subject))
    async with database.read(OTHER) as reader:
        assert (await exchanges(reader, subject=subject)).rows == ()
        with pytest.raises(NotFound):
            await exchange(reader, written)
        with pytest.raises(NotFound):
            await verification_record(reader, written)


async def test_bodies_are_unreadable_in_the_database(database: Database, log: ExchangeLog) -> None:
    written = await log.record(HOME, attempt())
    async with database.read(HOME) as reader:
        stored = await reader.scalar(text("SELECT request_body FROM exchanges WHERE id = :id"), {"id": written})
        assert "王小明".encode() not in bytes(stored)
        assert (await exchange(reader, written)).request_body == "王小明的合同"


async def test_nonsense_bytes_can_be_kept(database: Database, log: ExchangeLog) -> None:
    written = await log.record(HOME, attempt(answer=b"\xff\x00\xfe"))
    async with database.read(HOME) as reader:
        row = await exchange(reader, written)
    assert row.answer_body == "\\xff\\x00\\xfe"


@pytest.mark.parametrize("statement", ["DELETE FROM exchanges", "UPDATE exchanges SET outcome = 'answered'"])
async def test_nobody_changes_the_log(database: Database, log: ExchangeLog, statement: str) -> None:
    written = await log.record(HOME, attempt(outcome=Outcome.UNREACHABLE))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction(HOME) as tx:
            await tx.execute(text(f"{statement} WHERE id = :id"), {"id": written})


async def test_the_verification_record_has_a_fixed_form(database: Database, log: ExchangeLog) -> None:
    good = await log.record(HOME, attempt())
    bad = await log.record(HOME, attempt(outcome=Outcome.NOT_SENT, attempt=0, answer=None, facts={}, error="x"))
    async with database.read(HOME) as reader:
        passed, failed = await verification_record(reader, good), await verification_record(reader, bad)
    assert [line.label for line in passed.lines] == [line.label for line in failed.lines]
    assert (passed.passed, failed.passed) == (True, False)
    assert passed.title == "备案合同推送税务核验结果"
    lines = {line.label: line.value for line in failed.lines}
    assert (lines["对方机构"], lines["交换结果"], lines["尝试次数"]) == ("税务局", "未发出（熔断中）", "未发出")
    assert [(fact.label, fact.value) for fact in passed.facts] == [("对方回执号", "SW1")]
    assert not any("王小明" in line.value for line in passed.lines)
