"""What other rooms call. Everything happens inside the caller's transaction."""

from escrow.bills import bill, bills_of, issue_bills, mark_sent, missing, void_bills
from escrow.confirmations import confirm
from escrow.notices import payment_notice_html, title_of
from escrow.overview import balance_of, maintenance_fund_of, project_fund, suspense_list
from escrow.refunds import confirm_refund, order_refund, refund, refunds_of

__all__ = [
    "balance_of",
    "bill",
    "bills_of",
    "confirm",
    "confirm_refund",
    "issue_bills",
    "maintenance_fund_of",
    "mark_sent",
    "missing",
    "order_refund",
    "payment_notice_html",
    "project_fund",
    "refund",
    "refunds_of",
    "suspense_list",
    "title_of",
    "void_bills",
]
