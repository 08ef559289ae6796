"""What the ledger refuses, in words for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from kernel.web.problems import constraint_of


class InsufficientFunds(Conflict):
    """A guarded account has not that much that may be spent."""

    code = "escrow.insufficient_funds"
    default_message = "账户可用余额不足，未做任何划转"


class KeyReused(Conflict):
    """The same key came again with another content: somebody's mistake, nothing was booked."""

    code = "escrow.key_reused"
    default_message = "同一笔业务的入账内容前后不一致，未重复记账"


class UnknownAccount(NotFound):
    """No such ledger account in this county."""

    code = "escrow.unknown_account"
    default_message = "没有找到该账户"


class DayClosed(Conflict):
    """The value date lies in a closed day; corrections are new transfers in the open day."""

    code = "escrow.day_closed"
    default_message = "该日已经日终结账，不能再记入；更正请在当日另行冲正"


class DayNotOver(Conflict):
    """Only days that are over in China are closed."""

    code = "escrow.day_not_over"
    default_message = "当日尚未结束，不能日终结账"


class LedgerDisagrees(Conflict):
    """A balance is not what its postings say: the day stays open, and somebody must look at once."""

    code = "escrow.ledger_disagrees"
    default_message = "账目核对不平，未结账，请立即核查"


class HoldClosed(Conflict):
    """The hold was used, released or has expired; a hold ends once."""

    code = "escrow.hold_closed"
    default_message = "该笔冻结已经结束，不能重复处理"


class BeyondHold(Conflict):
    """More was asked of a hold than it holds, or from another account than its own."""

    code = "escrow.beyond_hold"
    default_message = "支付金额超出冻结金额，或者付款账户与冻结账户不符，未做任何划转"


class FrozenByCourt(Conflict):
    """Only a document of the court ends its freeze."""

    code = "escrow.frozen_by_court"
    default_message = "该笔款项由司法机关冻结，须凭解除冻结文书办理"


class UnknownHold(NotFound):
    """No such hold in this county."""

    code = "escrow.unknown_hold"
    default_message = "没有找到该笔冻结"


class Corrected(Conflict):
    """A transfer is taken back once."""

    code = "escrow.corrected"
    default_message = "该笔记账已经冲正，不能重复冲正"


class UnknownTransfer(NotFound):
    """No such transfer in this county."""

    code = "escrow.unknown_transfer"
    default_message = "没有找到该笔记账"


class LedgerBusy(Unavailable):
    """This transaction waited for others too long, or they for it: nothing was done, it may be tried again."""

    code = "escrow.ledger_busy"
    default_message = "账户正在处理其他款项，请稍后重试"


_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "ledger_never_overdrawn": InsufficientFunds,
    "ledger_account_known": UnknownAccount,
    "fk_ledger_holds_tenant_id_account_id": UnknownAccount,
    "ledger_day_open": DayClosed,
    "ledger_day_over": DayNotOver,
    "ledger_hold_pending": HoldClosed,
    "ledger_within_hold": BeyondHold,
    "fk_ledger_transfers_tenant_id_hold_id": UnknownHold,
    "fk_ledger_transfers_tenant_id_corrects_id": UnknownTransfer,
    "uq_ledger_transfer_hold": HoldClosed,
    "uq_ledger_transfer_corrects": Corrected,
    "ck_ledger_transfers_value_date_is_not_ahead": Invalid,
}
_COLLIDED: Final = frozenset({"40P01", "55P03"})
"""SQLSTATE: deadlock detected, lock not available."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what the database refuses inside the block into domain errors.

    The transaction can do nothing more then; who wants to go on opens a savepoint (`tx.begin_nested()`) around it.
    """
    try:
        yield
    except IntegrityError as error:
        known = _REFUSALS.get(constraint_of(error) or "")
        if known is None:
            raise
        raise (known("起息日不能晚于当日") if known is Invalid else known()) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _COLLIDED:
            raise LedgerBusy from error
        raise
