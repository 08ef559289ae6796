"""What can be told of a booking without looking at the book: people, shares, terms and fields of each entry. Pure."""

import calendar
from datetime import date, timedelta

import msgspec

from kernel.errors import Invalid
from yiti.register import details
from yiti.register.kinds import KIND_WORDS, PURCHASE_NOTICES, SECURITIES, EntryKind, Sharing
from yiti.register.schemas import Append, Booking, Person

SEIZURE_MONTHS = 36
"""At most (民诉法解释 art. 485)."""
_NO_HOLDER_NEEDED = frozenset({EntryKind.SEIZURE, EntryKind.CANCELLATION, EntryKind.COMMON_PARTS})
_SHARED = frozenset({EntryKind.OWNERSHIP}) | PURCHASE_NOTICES


def check(booking: Booking) -> None:
    """Raise `Invalid` in words that name what is wrong; the database would refuse it all the same."""
    if not booking.operations and not booking.links:
        raise Invalid("没有要登簿的内容", field="operations")
    for operation in booking.operations:
        _check_people(operation)
        _check_amount(operation)
        _check_term(operation)
        _check_details(operation)
        if operation.kind == EntryKind.CANCELLATION and operation.closes_id is None:
            raise Invalid("注销登记须指明所注销的登记", field="closes_id")


def _check_people(operation: Append) -> None:
    holders, words = operation.holders, KIND_WORDS[operation.kind]
    if not holders and operation.kind not in _NO_HOLDER_NEEDED:
        raise Invalid(f"{words}没有权利人", field="holders")
    if len({_same_number(one) for one in holders}) < len(holders):
        raise Invalid(f"{words}的权利人重复：同一证件号码出现了两次", field="holders")
    if operation.sharing is None and operation.kind in _SHARED:
        raise Invalid(f"{words}没有写明共有方式", field="sharing")
    shares = [one.share for one in holders if one.share is not None]
    if operation.sharing == Sharing.FRACTIONAL:
        if len(holders) < 2 or len(shares) < len(holders):
            raise Invalid("按份共有须有两个以上权利人，并写明每个人的份额", field="shares")
        if min(shares) <= 0 or sum(shares) != 1:
            raise Invalid(f"按份共有的份额之和应当等于1，现为{sum(shares)}", field="shares")
    elif shares:
        raise Invalid("只有按份共有才写份额", field="shares")
    elif operation.sharing == Sharing.SOLE and len(holders) != 1:
        raise Invalid("单独所有只能有一个权利人", field="holders")
    elif operation.sharing == Sharing.JOINT and len(holders) < 2:
        raise Invalid("共同共有须有两个以上权利人", field="holders")


def _same_number(person: Person) -> str:
    return "".join(person.id_number.upper().split())


def _check_amount(operation: Append) -> None:
    security = operation.kind in SECURITIES
    if (operation.amount_fen or 0) < 0 or (security and not operation.amount_fen):
        words = "被担保的主债权数额（最高债权额）应当大于零" if security else "取得价格不能小于零"
        raise Invalid(words, field="amount_fen")
    if operation.bans_transfer is not None and not security:
        raise Invalid("只有抵押权可以约定禁止或者限制转让", field="bans_transfer")


def _check_term(operation: Append) -> None:
    first, last = operation.valid_from, operation.valid_until
    if first is not None and last is not None:
        if last < first:
            raise Invalid("期限的截止日期早于起始日期", field="valid_until")
        if operation.kind == EntryKind.SEIZURE and last > add_months(first, SEIZURE_MONTHS):
            raise Invalid("查封期限不得超过三年（民事诉讼法解释第485条）", field="valid_until")


def _check_details(operation: Append) -> None:
    try:
        found = details.read(operation.kind, operation.details)
    except msgspec.ValidationError as error:
        raise Invalid(f"{KIND_WORDS[operation.kind]}的登记内容不完整：{error}", field="details") from error
    if isinstance(found, details.SeizureDetails) and not 0 < found.term_months <= SEIZURE_MONTHS:
        raise Invalid("查封期限应当为1至36个月（民事诉讼法解释第485条）", field="term_months")


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(first: date, months: int) -> date:
    """The last day of a term of months that includes its first day."""
    return add_months(first, months) - timedelta(days=1)
