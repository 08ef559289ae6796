"""The form in which the catalogue declares a kind of business, once for pages, rules, documents and booking."""

from typing import Literal

from msgspec import Struct

from yiti.cases.business import Business
from yiti.register.kinds import EntryKind, RegistrationType

Group = Literal["first", "transfer", "change", "cancellation", "correction", "notice", "mortgage", "other_right",
                "seizure", "certificate"]  # fmt: skip
Applicants = Literal["holder", "both", "interested", "authority", "ex_officio"]
"""Who applies: the right holder alone (单方申请), both sides (共同申请), an interested party (利害关系人), an authority
(嘱托), or nobody (依职权). 条例 art. 14."""
FeeRule = Literal["by_usage", "half", "book_cost", "free"]
"""登记费: 住宅 80 / 非住宅 550, half of it, the cost of the book alone (补证、换证: 10 元一本), or none; the
amounts are dated parameters (发改价格规〔2016〕2559号)."""


class Material(Struct, frozen=True, kw_only=True):
    """One item of the list of materials (收件清单)."""

    code: str
    name: str
    required: bool = True
    source: str | None = None
    """The shared source from which it is fetched instead of asked for, such as ``tax`` or ``register``."""
    accepts: tuple[str, ...] = ("application/pdf", "image/jpeg", "image/png")
    basis: str = ""


class Field(Struct, frozen=True, kw_only=True):
    """One of the business's own fields on the application form. `kind` says how it is entered and checked."""

    name: str
    label: str
    kind: Literal["text", "long_text", "date", "moment", "area", "money", "number", "yes_no", "choice", "unit_code"]
    """`moment` is a day with its time (ISO, with zone); money is 分, area ㎡ as decimal text."""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


class Settings(Struct, frozen=True, kw_only=True):
    """What a county may set: the declaration's own values, or those of the newest row in force."""

    limit_half_days: int
    review_levels: int
    fee: FeeRule
    automatic: bool
    materials: tuple[Material, ...]
    acceptance_half_days: int = 1
    """受理决定 within half a working day (全豫通办)."""


class Declaration(Struct, frozen=True, kw_only=True):
    """What the catalogue says of a business. Counties override limit, review levels, fee, materials and
    automatic decision by dated rows (`cases.configuration`)."""

    business: Business
    name: str
    group: Group
    registration_type: RegistrationType
    right_type: str
    """权利类型 (QLLX) for reports: 4, 37, …"""
    basis: str
    applicants: Applicants
    holder_words: str = "权利人"
    """What the holder's side is called on the form: 受让人, 抵押权人, …"""
    obligor_words: str = "义务人"
    targets: tuple[EntryKind, ...] = ()
    """The kinds of current entry of which the application names one (or more) as its object."""
    books: EntryKind | None = None
    """The kind of entry that is booked; none where only a cancellation is."""
    asks_sharing: bool = False
    asks_price: bool = False
    price_words: str = "取得价格（元）"
    asks_term: bool = False
    term_words: str = "期限"
    fields: tuple[Field, ...] = ()
    causes: tuple[str, ...] = ()
    """登记原因 to choose from; the first is the default."""
    materials: tuple[Material, ...] = ()
    rules: tuple[str, ...] = ()
    """Codes of `cases.rules`."""
    documents: tuple[str, ...] = ("application_form", "inquiry_record")
    """What is generated for the applicants to sign."""
    limit_half_days: int = 2
    """Half working days from acceptance to booking; the statute allows 60 (条例 art. 20)."""
    review_levels: int = 1
    """1 审核 (and booking), 2 初审+复审, 3 初审+复审+核定."""
    fee: FeeRule = "free"
    tax: bool = False
    """契税法 art. 11: no registration before tax is paid or exempt."""
    housing: bool = False
    """河南省物业管理条例 art. 65: the maintenance fund is checked."""
    public_notice_days: int = 0
    """公告 in working days; not counted in the limit."""
    automatic: bool = False
    """May be decided without a person when every finding is clear and verified."""
    online: bool = False
    window: bool = True
    """Offered to the clerk at the window; false for what only other journeys or jobs open."""
    combines_with: tuple[Business, ...] = ()
    """What may follow it in one combined case (合并办理), in this order of booking."""

    @property
    def settings(self) -> Settings:
        """What holds where the county has set nothing."""
        return Settings(
            limit_half_days=self.limit_half_days,
            review_levels=self.review_levels,
            fee=self.fee,
            automatic=self.automatic,
            materials=self.materials,
        )
