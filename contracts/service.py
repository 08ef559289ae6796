"""The contracts engine as its callers see it: one place to import from, in the order of a sale."""

from contracts.cancelling import (
    Cancellation,
    agree_cancellation,
    cancellation_of,
    request_cancellation,
    withdraw_cancellation,
)
from contracts.document import contract_html
from contracts.drafting import abandon, freeze, open_draft, refresh, reopen, save_buyers, save_terms
from contracts.filing import begin_signing, end_signing, file
from contracts.loan_parts import LoanPart, loans_of
from contracts.powers import expect_powers, power_findings_of, powers_of, record_power
from contracts.reading import (
    buyers_of,
    content_of,
    contracts_of_person,
    contracts_of_seller,
    findings_of,
    get,
    history_of,
    limits_on,
    open_contracts_by_unit,
)

__all__ = [
    "Cancellation",
    "LoanPart",
    "abandon",
    "agree_cancellation",
    "begin_signing",
    "buyers_of",
    "cancellation_of",
    "content_of",
    "contract_html",
    "contracts_of_person",
    "contracts_of_seller",
    "end_signing",
    "expect_powers",
    "file",
    "findings_of",
    "freeze",
    "get",
    "history_of",
    "limits_on",
    "loans_of",
    "open_contracts_by_unit",
    "open_draft",
    "power_findings_of",
    "powers_of",
    "record_power",
    "refresh",
    "reopen",
    "request_cancellation",
    "save_buyers",
    "save_terms",
    "withdraw_cancellation",
]
