"""Version 2 of the presale contract: a commercial loan, a housing-fund loan, or both (组合贷款); else version 1."""

from contracts.templates.gf_2014_0171.v2.blanks import BLANKS

INSTALMENTS: dict[str, str] = {
    "down_payment": "首付款",
    "instalment": "分期款",
    "loan": "商业贷款",
    "fund_loan": "公积金贷款",
}

__all__ = ["BLANKS", "INSTALMENTS"]
