"""Pure decisions of a ceremony."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from signing.schemas import DocumentToSign, IdentityAssertion, Signatory

LINK_LIFETIME = timedelta(hours=72)
IDENTITY_LIFETIME = timedelta(minutes=30)
"""From the identity service's confirmation to the signature."""
ASSERTION_SKEW = timedelta(minutes=2)
CLOSING_FIELD = "platform-close"
REMIND_AFTER = timedelta(hours=24)
"""From the invitation to the first reminder, from the second to the end, and at least between two messages."""
ASK_AGAIN_AFTER = timedelta(minutes=1)
ENDED = frozenset({"declined", "expired", "cancelled"})
"""How a ceremony ends without all signatures."""
AGREED = frozenset({"consented", "signed"})
"""A signatory who has done what a person has to do; the signature itself is made by a job."""

Step = Literal["wait", "identify", "sign", "applying", "done", "closed"]
_STEPS: Mapping[str, Step] = {
    "waiting": "identify",
    "identifying": "identify",
    "identified": "sign",
    "consented": "applying",
    "signed": "done",
}


class InTurn(Protocol):
    """What the order of signing is decided by."""

    @property
    def key(self) -> str: ...

    @property
    def turn(self) -> int: ...

    @property
    def status(self) -> str: ...


T = TypeVar("T", bound=InTurn)


def _place(one: InTurn, last: str) -> tuple[int, bool]:
    return one.turn, one.key == last


def coming_first(people: Sequence[T], one: InTurn, last: str) -> list[T]:
    """Who has still to sign before `one` may begin: everybody of the earlier turns, and before `last` everybody."""
    return [other for other in people if _place(other, last) < _place(one, last) and other.status != "signed"]


def begun_by(people: Sequence[InTurn], signed: InTurn, last: str) -> int | None:
    """The turn that begins with the signature of `signed`; None while others of its turn are missing, or at the end."""
    missing = [_place(other, last) for other in people if other.status != "signed"]
    return min(missing)[0] if missing and min(missing) > _place(signed, last) else None


def standing(status: str, expires_at: datetime | None, at: datetime, *, agreed: bool = False) -> str:
    """A ceremony's status at a moment: its time may be over before the job that ends it has run.

    `agreed`: everybody has consented, and consents are taken before the end only. Then its time is no longer counted.
    """
    over = expires_at is not None and at >= expires_at and not agreed
    return "expired" if status == "open" and over else status


def all_agreed(people: Sequence[InTurn]) -> bool:
    """Whether nobody has to consent any more, though signatures may still have to be made."""
    return all(one.status in AGREED for one in people)


def step_of(
    ceremony_status: str, signatory_status: str, identified_at: datetime | None, at: datetime, *, waits: bool = False
) -> Step:
    """What the signer has to do next; an identification that has grown old must be repeated.

    `waits`: others come first.
    """
    if ceremony_status in ENDED:
        return "closed"
    if signatory_status == "signed":
        return "done"
    if ceremony_status != "open":
        return "closed"
    if waits:
        return "wait"
    if signatory_status == "identified" and not identity_holds(identified_at, at):
        return "identify"
    return _STEPS[signatory_status]


def identity_holds(identified_at: datetime | None, at: datetime) -> bool:
    return identified_at is not None and identified_at <= at + ASSERTION_SKEW and at < identified_at + IDENTITY_LIFETIME


def same_person(name: str, id_no: str, assertion: IdentityAssertion) -> bool:
    """Names are compared as written in the identity document: width and blanks aside, no character may differ."""
    return _plain(name) == _plain(assertion.name) and _plain(id_no) == _plain(assertion.id_no)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def consent_is_complete(documents: Sequence[str], consents: Mapping[str, bool]) -> bool:
    """Every document agreed to, and nothing that was not shown."""
    return set(consents) == set(documents) and all(consents[key] is True for key in documents)


def plan_problems(documents: Sequence[DocumentToSign], signatories: Sequence[Signatory], last: str) -> list[str]:
    """What makes a ceremony impossible; programming faults of the caller, not of users."""
    keys = [signatory.key for signatory in signatories]
    problems = []
    if len(set(keys)) != len(keys) or (last and last not in keys):
        problems.append("signatory keys must be unique and contain `last`")
    turns = [signatory.turn for signatory in signatories]
    if last and len(set(turns)) > 1 and [one.key for one in signatories if one.turn == max(turns)] != [last]:
        problems.append("`last` must stand alone in the last turn")
    if not documents or len({document.key for document in documents}) != len(documents):
        problems.append("document keys must be unique")
    for document in documents:
        names = [field.name for field in document.fields]
        owners = {field.signatory for field in document.fields}
        if not names or len(set(names)) != len(names) or any(name.startswith("platform") for name in names):
            problems.append(f"{document.key}: field names must be unique and not the platform's")
        if not owners <= set(keys):
            problems.append(f"{document.key}: unknown signatories {sorted(owners - set(keys))}")
        if sum(field.signatory == last for field in document.fields) > 1:
            problems.append(f"{document.key}: the last signatory signs a document once")
    signed = {field.signatory for document in documents for field in document.fields}
    problems += [f"{key} signs nothing" for key in keys if key not in signed]
    return problems


@dataclass(frozen=True)
class Link:
    """One link of the evidence chain."""

    sequence: int
    body: str
    previous: str
    digest: str


def evidence_body(kind: str, at: datetime, signatory: str | None, detail: Mapping[str, Any]) -> str:
    """Canonical JSON: keys sorted, no blanks, UTF-8."""
    body = {"kind": kind, "at": at.isoformat(), "signatory": signatory, "detail": dict(detail)}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link_digest(ceremony: str, sequence: int, previous: str, body: str) -> str:
    return hashlib.sha256(f"{ceremony}\n{sequence}\n{previous}\n{body}".encode()).hexdigest()


def chain_holds(ceremony: str, links: Sequence[Link]) -> bool:
    """Recompute every digest: nothing changed, removed, inserted or reordered."""
    previous = ""
    for place, link in enumerate(links, start=1):
        expected = link_digest(ceremony, place, previous, link.body)
        if link.sequence != place or link.previous != previous or link.digest != expected:
            return False
        previous = link.digest
    return True
