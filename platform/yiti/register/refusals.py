"""Words for what the book's invariants refuse."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.errors import Conflict, Unavailable
from kernel.web.problems import constraint_of


class BookingRefused(Conflict):
    """The book does not allow this entry in its present state; nothing was booked."""

    code = "register.refused"
    default_message = "登记簿现状不允许此项登记，未登簿"


class LiveNoticeExists(BookingRefused):
    """民法典 art. 221: while the notice lives, the unit cannot be disposed of without its holder's consent."""

    code = "register.live_notice"
    default_message = "该不动产单元已有有效的预告登记，不能再次办理"


class UnitSeized(BookingRefused):
    """城市房地产管理法 art. 38: property under seizure is not disposed of."""

    code = "register.seized"
    default_message = "该不动产单元已被查封，不能办理处分登记"


class TransferBanned(BookingRefused):
    """民法典 art. 406, 担保解释 art. 43: the registered ban binds; the mortgagee has not agreed."""

    code = "register.transfer_banned"
    default_message = "抵押权登记有禁止或者限制转让的约定，未经抵押权人书面同意不能办理转移登记"


class EntryClosed(BookingRefused):
    """Somebody else was faster, or the entry is another unit's."""

    code = "register.entry_closed"
    default_message = "要变更或者注销的登记不存在，或者已经不是现势状态，请刷新后重试"


class UnitIsHistorical(BookingRefused):
    """A unit that was split or merged carries nothing any more."""

    code = "register.unit_historical"
    default_message = "该不动产单元已是历史单元，不能再登记"


class SharesWrong(BookingRefused):
    """Shares must add up to exactly one."""

    code = "register.shares_wrong"
    default_message = "权利人或者共有份额不完整，份额之和应当等于1"


class NoOwnership(BookingRefused):
    """These rights stand on an ownership that is in the book."""

    code = "register.no_ownership"
    default_message = "该不动产单元没有现势的所有权登记，不能办理此项登记"


class QueueOutOfOrder(BookingRefused):
    """Waiting seizures take effect by the order of delivery."""

    code = "register.seizure_queue"
    default_message = "该不动产单元有轮候查封，应当按送达先后依次生效"


class BookingBusy(Unavailable):
    """Two transactions waited for each other, and this one was ended: nothing was done, it may be tried again."""

    code = "register.busy"
    default_message = "该不动产正在办理其他登记，请稍后重试"


WORDS: dict[str, tuple[type[BookingRefused], str]] = {
    "uq_register_one_current_ownership": (BookingRefused, "该不动产单元已有现势的所有权登记"),
    "uq_register_one_live_presale_notice": (LiveNoticeExists, ""),
    "uq_register_one_effective_seizure": (QueueOutOfOrder, ""),
    "register_no_disposal_against_notice": (LiveNoticeExists, ""),
    "register_no_disposal_under_seizure": (UnitSeized, ""),
    "register_transfer_banned": (TransferBanned, ""),
    "register_closes_a_current_entry": (EntryClosed, ""),
    "register_closes_its_own_kind": (BookingRefused, "登记类型与所变更或者注销的登记不相符"),
    "register_unit_exists": (BookingRefused, "没有找到该不动产单元"),
    "register_unit_is_living": (UnitIsHistorical, ""),
    "register_unit_carries_rights": (BookingRefused, "该不动产单元还有现势的登记，不能转为历史单元"),
    "register_link_is_whole": (BookingRefused, "分割应有两个以上新单元，合并应有两个以上原单元"),
    "register_shares_are_whole": (SharesWrong, ""),
    "register_names_its_holder": (SharesWrong, "此项登记没有权利人"),
    "register_names_a_person_once": (SharesWrong, "权利人重复"),
    "register_ownership_carries_rights": (
        BookingRefused,
        "该不动产还有抵押权、居住权、地役权或者预告登记，应当先行注销",
    ),
    "register_transfer_closes_ownership": (
        BookingRefused,
        "转移登记须以现势的所有权登记为前提；已有所有权登记的不能再办理首次登记",
    ),
    "register_right_on_ownership": (NoOwnership, ""),
    "register_construction_mortgage_on_unsold": (
        BookingRefused,
        "该不动产单元已有所有权登记或者有效的预售预告登记，不能办理在建建筑物抵押",
    ),
    "register_mortgage_notice_on_notice": (
        BookingRefused,
        "预购商品房抵押预告登记须以有效的预售预告登记为前提；预告登记注销前应当先注销抵押预告登记",
    ),
    "register_queue_in_order": (QueueOutOfOrder, ""),
    "register_queue_moves_up": (QueueOutOfOrder, ""),
    "ck_register_entries_seizure_has_its_term": (BookingRefused, "查封没有期限，或者期限超过三年"),
    "ck_register_entries_priority_is_not_later": (BookingRefused, "查封文书的送达时间晚于登簿时间"),
    "register_term_fits": (BookingRefused, "该项登记已经不是现势状态，或者不适用法定期限"),
}

_COLLIDED = frozenset({"40P01", "40001", "55P03"})
"""SQLSTATE: deadlock detected, could not serialize, lock not available."""


def refusal(constraint: str | None) -> BookingRefused:
    """The domain error for the name of an invariant."""
    kind, words = WORDS.get(constraint or "", (BookingRefused, ""))
    return kind(words, extra={"invariant": constraint})


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what the database refuses inside the block into domain errors."""
    try:
        yield
    except IntegrityError as error:
        raise refusal(constraint_of(error)) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _COLLIDED:
            raise BookingBusy from error
        raise
