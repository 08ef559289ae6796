"""The questions of the inquiry (询问笔录). 民法典 art. 212: the registry asks the applicants about the registration."""

from collections.abc import Iterable

from msgspec import Struct

from yiti.cases.business import Business
from yiti.cases.declaration import Declaration


class Question(Struct, frozen=True, kw_only=True):
    """One question that is answered yes or no; any other answer than the clear one is weighed by a person."""

    code: str
    text: str
    clear: bool
    only: frozenset[Business] | None = None
    """The businesses in which it is asked; none where it always is."""


_HEIRS = frozenset({Business.TRANSFER_INHERITANCE, Business.TRANSFER_BEQUEST})
_MORTGAGES = frozenset(
    {Business.MORTGAGE, Business.MAXIMUM_MORTGAGE, Business.CONSTRUCTION_MORTGAGE, Business.PRESALE_MORTGAGE_NOTICE}
)
_SALES = frozenset(
    {Business.TRANSFER_NEW_HOME, Business.TRANSFER_RESALE, Business.TRANSFER_EXCHANGE, Business.SALE_NOTICE}
)

QUESTIONS: tuple[Question, ...] = (
    Question(code="own_will", text="申请登记的事项是否为申请人的真实意思表示？", clear=True),
    Question(code="other_owners", text="除已申报的共有人外，是否还有其他共有人？", clear=False),
    Question(code="disputed", text="申请登记的不动产是否存在权属争议，或者尚未了结的诉讼、仲裁？", clear=False),
    Question(code="materials_true", text="提交的申请材料是否真实、合法、有效？", clear=True),
    Question(code="consequences", text="是否知晓提交虚假材料或者虚假申请应当承担的法律责任？", clear=True),
    Question(code="hidden_rights", text="房屋是否有未告知对方的居住权、租赁、抵押或者查封？", clear=False, only=_SALES),
    Question(code="all_heirs", text="是否已如实申报全部法定继承人、遗嘱继承人和受遗赠人？", clear=True, only=_HEIRS),
    Question(
        code="mortgage_known", text="抵押人是否知晓债务不履行时抵押财产可能被处置？", clear=True, only=_MORTGAGES
    ),
    Question(
        code="residence_known", text="是否知晓居住权不得转让、继承，设立居住权的住宅除另有约定外不得出租？", clear=True,
        only=frozenset({Business.RESIDENCE}),
    ),
)  # fmt: skip


def questions_of(declared: Iterable[Declaration]) -> tuple[Question, ...]:
    """What is asked in a case of these businesses; nothing where none of them has an inquiry record."""
    asked = {one.business for one in declared if "inquiry_record" in one.documents}
    if not asked:
        return ()
    return tuple(one for one in QUESTIONS if one.only is None or one.only & asked)
