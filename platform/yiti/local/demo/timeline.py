"""How long each stage of each sale took, and the table that shows it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from unicodedata import east_asian_width

STAGES = (
    "登录", "选房", "录入", "缴款通知", "银行确认", "文件生成", "实名", "阅读", "签署", "盖章→备案", "受理", "登簿",
    "证明可下载", "归档", "审批", "银行付款", "对账",
)  # fmt: skip
TOGETHER = "同时"
"""In the same transaction as the stage before."""


@dataclass
class Timeline:
    """Milliseconds per stage of one sale; the machine's time, without people's thinking."""

    title: str
    spent: dict[str, float] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    now: str = ""
    """The stage in which the sale is, or stopped."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; what several people do in it adds up."""
        self.now = name
        started = time.perf_counter()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + (time.perf_counter() - started) * 1000

    def cell(self, stage: str) -> str:
        """What the table shows."""
        if stage in self.words:
            return self.words[stage]
        return f"{self.spent[stage]:,.0f}" if stage in self.spent else "—"


def table(timelines: Sequence[Timeline]) -> str:
    """Stages down, sales across."""
    rows = [["毫秒", *(one.title for one in timelines)]]
    rows += [[stage, *(one.cell(stage) for one in timelines)] for stage in STAGES]
    rows.append(["合计", *(f"{sum(one.spent.values()):,.0f}" for one in timelines)])
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = "─" * width(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(row, widths, strict=True)
    return "  ".join(_cell(cell, size, left=not place) for place, (cell, size) in enumerate(cells))


def _cell(text: str, size: int, *, left: bool) -> str:
    blank = " " * (size - width(text))
    return text + blank if left else blank + text
