"""Words for what the book's invariants refuse."""

from kernel.errors import Conflict


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


REFUSALS: dict[str, type[BookingRefused]] = {
    "uq_register_one_live_presale_notice": LiveNoticeExists,
    "register_no_disposal_against_notice": LiveNoticeExists,
    "register_no_disposal_under_seizure": UnitSeized,
}


def refusal(constraint: str | None) -> BookingRefused:
    """The domain error for the name of an invariant."""
    return REFUSALS.get(constraint or "", BookingRefused)(extra={"invariant": constraint})
