"""What a registration costs (不动产登记费), item by item, with the words and the basis of each amount. Pure.

The fee is per item, never by area or price (民法典 art. 223). Amounts in 分.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from escrow.rules import UsageClass, usage_class
from yiti.cases.declaration import FeeRule, Group

Effect = Literal["free", "half"]


class Tariff(Struct, frozen=True, kw_only=True):
    """Fees of one item, in 分, in force from a day on."""

    residential_fen: int
    """Homes, and parking spaces, garages and store rooms with a certificate of their own."""
    other_fen: int
    book_fen: int
    """工本费 of one certificate: where it alone is due (换发, 补发), and of each further one (每增加一本)."""
    effective_from: date
    source: str


class Exemption(Struct, frozen=True, kw_only=True):
    """A reason for which less is due. Some hold by themselves for a kind of business, others the clerk claims."""

    code: str
    title: str
    basis: str
    effect: Effect = "free"
    claimed: bool = True
    """The clerk claims it, and says on what evidence."""
    groups: tuple[Group, ...] = ()
    """Kinds of business to which it applies; empty: to all."""
    ancillary: bool = False
    """Only to garages, parking spaces and store rooms."""


class Item(Struct, frozen=True, kw_only=True):
    """One business on one unit. `books` is how many certificates are made of it."""

    title: str
    group: Group
    rule: FeeRule
    usage: str
    books: int = 1


class FeeLine(Struct, frozen=True, kw_only=True):
    """What one item costs: `full_fen` less `exempt_fen` is due. `words` say how and by which rule."""

    title: str
    full_fen: int
    exempt_fen: int
    words: str

    @property
    def due_fen(self) -> int:
        """What is to be paid."""
        return self.full_fen - self.exempt_fen


NATIONAL = Tariff(
    residential_fen=8_000,
    other_fen=55_000,
    book_fen=1_000,
    effective_from=date(2016, 12, 15),
    source="发改价格规〔2016〕2559号；财税〔2016〕79号",
)
_2016 = "财税〔2016〕79号；发改价格规〔2016〕2559号"
NATIONAL_EXEMPTIONS = (
    Exemption(code="small_business", title="小微企业（含个体工商户）", basis=_2016),
    Exemption(code="district", title="行政区划调整导致坐落变更", basis=_2016, groups=("change",)),
    Exemption(
        code="registry_error", title="登记机构错误导致的更正", basis=_2016, groups=("correction", "certificate")
    ),
    Exemption(code="with_home", title="与房屋配套的车库、车位、储藏室，不单独发证", basis=_2016, ancillary=True),
    Exemption(code="seizure", title="查封登记", basis=_2016, claimed=False, groups=("seizure",)),
    Exemption(code="cancellation", title="注销登记", basis=_2016, claimed=False, groups=("cancellation",)),
    Exemption(code="notice", title="预告登记", basis=_2016, claimed=False, groups=("notice",)),
    Exemption(
        code="change", title="变更登记、更正登记", basis="财税〔2019〕45号", claimed=False,
        groups=("change", "correction"),
    ),
)  # fmt: skip
"""In force since 2019-07-01 at the latest; a county's own list takes their place as a whole."""


def fee_fen(rule: FeeRule, usage: str, prices: Tariff) -> int:
    """What one item costs: one business on one unit."""
    if rule == "free":
        return 0
    if rule == "book_cost":
        return prices.book_fen
    full = prices.other_fen if usage_class(usage) is UsageClass.NON_RESIDENTIAL else prices.residential_fen
    return full // 2 if rule == "half" else full


def assess(
    items: Iterable[Item], prices: Tariff, exemptions: Sequence[Exemption], claims: Sequence[str]
) -> tuple[FeeLine, ...]:
    """The lines of all items in their order. `claims`: codes of the exemptions that the clerk has claimed."""
    return tuple(_line(item, prices, exemptions, claims) for item in items)


def _line(item: Item, prices: Tariff, exemptions: Sequence[Exemption], claims: Sequence[str]) -> FeeLine:
    if item.rule == "free":
        own = next((one for one in exemptions if not one.claimed and _fits(one, item)), None)
        words = f"{own.title}免收（{own.basis}）" if own else "本业务不收登记费"
        return FeeLine(title=item.title, full_fen=0, exempt_fen=0, words=words)
    further = (item.books - 1) * prices.book_fen
    full = fee_fen(item.rule, item.usage, prices) + further
    words = _words(item, prices, further)
    granted = [one for one in exemptions if one.claimed and one.code in claims and _fits(one, item)]
    best = max(granted, key=lambda one: one.effect == "free", default=None)
    if best is None:
        return FeeLine(title=item.title, full_fen=full, exempt_fen=0, words=words)
    # Half of an odd sum: the 分 in the middle is the payer's gain.
    exempt = full if best.effect == "free" else full - int(Fraction(full, 2))
    verb = "免收" if best.effect == "free" else "减半收取"
    return FeeLine(
        title=item.title, full_fen=full, exempt_fen=exempt, words=f"{words}；{best.title}{verb}（{best.basis}）"
    )


def _fits(one: Exemption, item: Item) -> bool:
    if one.groups and item.group not in one.groups:
        return False
    return not one.ancillary or usage_class(item.usage) is UsageClass.ANCILLARY


def _words(item: Item, prices: Tariff, further: int) -> str:
    other = usage_class(item.usage) is UsageClass.NON_RESIDENTIAL
    kind = {
        "by_usage": "非住宅类每件" if other else "住宅类每件",
        "half": f"{'非住宅' if other else '住宅'}类减半收取",
        "book_cost": "证书工本费",
    }[item.rule]
    more = f"，另增发{item.books - 1}本工本费" if further else ""
    return f"{kind}{more}（{prices.source}）"
