"""What any statement about money must be, whoever makes it, before it is looked at further."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from kernel.errors import Invalid
from kernel.money import MAX_FEN

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Told(Protocol):
    """A bank's or a channel's word that money came in; its signature has been verified."""

    @property
    def amount_fen(self) -> int: ...
    @property
    def paid_at(self) -> datetime: ...
    @property
    def evidence_digest(self) -> str: ...


def check(told: Told, limits: Mapping[str, int], title: str) -> None:
    """Whether its texts (`limits`: their most characters), amount, moment and evidence can be true. Raises Invalid.

    `title` is what it is called to people: 银行回执.
    """
    for field, limit in limits.items():
        text = getattr(told, field)
        if not (0 < len(text) <= limit and text.isprintable()):
            raise Invalid(f"{title}的 {field} 为空、过长或含有不可见字符", field=field)
    if not 0 < told.amount_fen <= MAX_FEN:
        raise Invalid(f"{title}的金额应大于零", field="amount_fen")
    if told.paid_at.tzinfo is None:
        raise Invalid(f"{title}的缴款时间缺少时区", field="paid_at")
    if not _DIGEST.fullmatch(told.evidence_digest):
        raise Invalid(f"{title}的凭证摘要格式不正确", field="evidence_digest")
