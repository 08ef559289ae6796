"""The printable payment notice (缴款通知书)."""

from escrow.models import Bill, BillKind, LoanPart
from escrow.rules import ACCOUNTS, LOANS, TITLES
from kernel.money import yuan, yuan_in_words
from kernel.rendering import render_template


def title_of(bill: Bill) -> str:
    """What the notice asks for, in words; of a loan also which one."""
    return f"{LOANS[LoanPart(bill.loan_part)]}（放款）" if bill.loan_part else TITLES[BillKind(bill.kind)]


def payment_notice_html(bill: Bill) -> str:
    """The notice as HTML for `Renderer.pdf`. Pure: only what the bill says; for the payer, so nothing is masked.

    Of a loan it is the 放款通知书 for the lender, with the conditions under which it was issued.
    """
    kind = BillKind(bill.kind)
    context = {
        "bill": bill,
        "title": title_of(bill),
        "account_title": ACCOUNTS[kind],
        "amount": yuan(bill.amount_fen),
        "amount_in_words": yuan_in_words(bill.amount_fen),
        "rate": _rate(bill) if kind is BillKind.MAINTENANCE_FUND else None,
        "issued_on": f"{bill.issued_on:%Y}年{bill.issued_on.month}月{bill.issued_on.day}日",
    }
    template = "loan_notice.html" if kind is BillKind.MORTGAGE_LOAN else "payment_notice.html"
    return render_template("escrow", template, context)


def _rate(bill: Bill) -> dict[str, object]:
    basis = bill.basis
    return {
        "per_sqm": yuan(basis["fen_per_sqm"]),
        "lift": "有电梯" if basis["with_lift"] else "无电梯",
        "area": basis["area"],
        "source": basis["source"],
        "valid_from": basis["valid_from"],
        "demonstration": basis["demonstration"],
    }
