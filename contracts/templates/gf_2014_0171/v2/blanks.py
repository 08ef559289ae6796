"""Version 1's blanks, with a lender for each kind of loan in place of the one."""

from contracts.blanks import Blank, Kind
from contracts.templates.gf_2014_0171.v1.blanks import BLANKS as V1

_LENDERS = (
    Blank("loan_bank", 7, "商业贷款的贷款机构（有商业贷款时填写）", Kind.TEXT, required=False),
    Blank("fund_centre", 7, "公积金贷款的贷款机构（有公积金贷款时填写）", Kind.TEXT, required=False),
)

BLANKS: tuple[Blank, ...] = tuple(
    blank for before in V1 for blank in (_LENDERS if before.key == "loan_bank" else (before,))
)
