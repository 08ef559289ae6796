"""What happens to a case. Every step is checked by `available_actions` and written into the case's log.

Callers lock the case first (`locked`), and compare the version of the page they acted on (`expect_version`).
"""

from yiti.cases.service.deciding import approve, is_open, mark_booked, record_decision, refuse, review, send_back
from yiti.cases.service.errors import (
    ActionRefused,
    Blocked,
    CaseNotFound,
    MaterialNotFound,
    MaterialTwice,
    StalePage,
)
from yiti.cases.service.filling import add_material, remove_material, save
from yiti.cases.service.finishing import HAND_OVER_WORDS, HandOver, close, hand_over, issue
from yiti.cases.service.intake import accept, correct, reject, request_correction, submit, withdraw
from yiti.cases.service.opening import draft, open_case
from yiti.cases.service.outside import answer, ask, end_publication, freeze, publish, unfreeze
from yiti.cases.service.readers import (
    WorkFilter,
    application_of,
    by_number,
    cases_of_person,
    cases_opened_by,
    get,
    history,
    latest_receipt,
    locked,
    materials,
    open_cases_on,
    outside_of,
    parties,
    receipts,
    units,
    worklist,
)
from yiti.cases.service.steps import act, expect, expect_version, is_current

__all__ = [
    "HAND_OVER_WORDS",
    "ActionRefused",
    "Blocked",
    "CaseNotFound",
    "HandOver",
    "MaterialNotFound",
    "MaterialTwice",
    "StalePage",
    "WorkFilter",
    "accept",
    "act",
    "add_material",
    "answer",
    "application_of",
    "approve",
    "ask",
    "by_number",
    "cases_of_person",
    "cases_opened_by",
    "close",
    "correct",
    "draft",
    "end_publication",
    "expect",
    "expect_version",
    "freeze",
    "get",
    "hand_over",
    "history",
    "is_current",
    "is_open",
    "issue",
    "latest_receipt",
    "locked",
    "mark_booked",
    "materials",
    "open_case",
    "open_cases_on",
    "outside_of",
    "parties",
    "publish",
    "receipts",
    "record_decision",
    "refuse",
    "reject",
    "remove_material",
    "request_correction",
    "review",
    "save",
    "send_back",
    "submit",
    "unfreeze",
    "units",
    "withdraw",
    "worklist",
]
