"""The registration journey for pages: every step of a case under one name.

    start → save, attach, fetch_shared → submit → accept → [tax, housing, fee] → review … → booked → hand_over → archive
                                   online: finish → everybody signs → submitted by the last signature

Every step runs in its caller's transaction, checks who may take it, and is written into the case's log. `version` is
that of the page on which somebody decided: `StalePage` when the case has moved on since.
"""

from uuid import UUID

from kernel.db import ReadSession
from kernel.permissions import Actor
from yiti.cases.findings import Finding
from yiti.journeys.registration import deciding
from yiti.journeys.registration.access import readable
from yiti.journeys.registration.checklist import Checklist, Item, Lack, Lying, checklist
from yiti.journeys.registration.filling import (
    attach,
    compare_identity,
    detach,
    fetch_shared,
    identified,
    material_file,
    save,
    start,
)
from yiti.journeys.registration.handling import (
    ask_again,
    claim_exemption,
    close,
    end_publication,
    enter_answer,
    hand_over,
    issue,
    publish,
    receive,
    recheck,
    refuse,
    review,
    send_back,
    withdraw_exemption,
)
from yiti.journeys.registration.intake import accept, correct, reject, request_correction, submit, withdraw
from yiti.journeys.registration.schemas import CaseView
from yiti.journeys.registration.signatures import finish, invite_again, own_link, take_back
from yiti.journeys.registration.signing_view import SignerView, SigningView, signing_of
from yiti.journeys.registration.suits import record_suit
from yiti.journeys.registration.view import view

__all__ = [
    "CaseView",
    "Checklist",
    "Item",
    "Lack",
    "Lying",
    "SignerView",
    "SigningView",
    "accept",
    "ask_again",
    "attach",
    "checklist",
    "claim_exemption",
    "close",
    "compare_identity",
    "correct",
    "detach",
    "end_publication",
    "enter_answer",
    "fetch_shared",
    "findings",
    "finish",
    "hand_over",
    "identified",
    "invite_again",
    "issue",
    "material_file",
    "own_link",
    "publish",
    "receive",
    "recheck",
    "record_suit",
    "refuse",
    "reject",
    "request_correction",
    "review",
    "save",
    "send_back",
    "signing_of",
    "start",
    "submit",
    "take_back",
    "view",
    "withdraw",
    "withdraw_exemption",
]


async def findings(reader: ReadSession, actor: Actor, case_id: UUID) -> tuple[Finding, ...]:
    """What the rules say of the case now; nothing is kept."""
    return await deciding.findings_now(reader, await readable(reader, actor, case_id))
