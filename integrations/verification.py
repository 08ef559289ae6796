"""The verification record (核验结果): what one exchange established, in a fixed form for printing and archiving."""

from datetime import datetime
from uuid import UUID

import msgspec

from integrations.counterparties import Counterparty
from integrations.exchange import exchange
from integrations.models import Direction, Outcome
from kernel.clock import SHANGHAI
from kernel.db import ReadSession


class Line(msgspec.Struct, frozen=True):
    """A labelled line of the record."""

    label: str
    value: str


class VerificationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Always the same lines in the same order, then what the answer established (`facts`). Holds no personal data."""

    exchange_id: UUID
    title: str
    passed: bool
    lines: tuple[Line, ...]
    facts: tuple[Line, ...]


async def verification_record(reader: ReadSession, exchange_id: UUID) -> VerificationRecord:
    """The record of one exchange; NotFound in another county."""
    row = await exchange(reader, exchange_id)
    outcome = Outcome(row.outcome)
    lines = (
        Line("核验单号", row.id.hex.upper()),
        Line("对方机构", Counterparty(row.counterparty).words),
        Line("核验事项", row.title),
        Line("关联业务", row.subject or "—"),
        Line("交换方向", "本系统发起" if row.direction == Direction.OUT else "对方推送"),
        Line("请求标识", row.idempotency_key),
        Line("发起时间", _legal(row.started_at)),
        Line("用时", f"{row.duration_ms} 毫秒"),
        Line("尝试次数", f"第 {row.attempt} 次" if row.attempt else "未发出"),
        Line("交换结果", outcome.words),
        Line("结果说明", row.error or "—"),
        Line("请求摘要（SHA-256）", row.request_digest),
        Line("应答摘要（SHA-256）", row.answer_digest or "—"),
    )
    return VerificationRecord(
        exchange_id=row.id,
        title=f"{row.title}核验结果",
        passed=outcome in (Outcome.ANSWERED, Outcome.DUPLICATE),
        lines=lines,
        facts=tuple(Line(label, str(value)) for label, value in row.facts.items()),
    )


def _legal(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
