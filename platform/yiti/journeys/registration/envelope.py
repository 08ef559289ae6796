"""The envelope of an online application: whether it is being signed, and under which words it was."""

from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.permissions import Actor
from signing import service as signing
from signing.errors import CeremonyClosed
from yiti.cases.models import Case
from yiti.journeys.registration.errors import AllSigned, NotSigned
from yiti.journeys.registration.models import CaseSigning

SUBJECT = "application"
"""The ceremony of a round is `application:<id of the round>`."""
SIGNED = "signed"
"""The source of a material that came out of a ceremony."""
PAPERS = {"application_form": "不动产登记申请书", "inquiry_record": "询问笔录"}
"""What is signed, by the key of the paper and the code of the material; the record where there is an inquiry."""
Ending = Literal["taken_back", "changed", "declined", "expired", "incomplete", "ended"]
"""Taken back to the form; changed under the signatures; declined by one; not signed in time; no longer complete when
all had signed; the case ended otherwise."""
_LIVE = ("preparing", "open")


def form_digest(case: Case) -> str:
    """Of everything that the applicants say, their answers to the inquiry too."""
    return sha256((case.application or "").encode()).hexdigest()


async def get(reader: ReadSession, round_id: UUID) -> CaseSigning:
    """One round."""
    return (await reader.scalars(select(CaseSigning).where(CaseSigning.id == round_id))).one()


async def latest(reader: ReadSession, case_id: UUID) -> CaseSigning | None:
    """The newest round of the case, however it stands."""
    wanted = select(CaseSigning).where(CaseSigning.case_id == case_id).order_by(CaseSigning.id.desc()).limit(1)
    return await reader.scalar(wanted.execution_options(populate_existing=True))


async def live(reader: ReadSession, case_id: UUID) -> CaseSigning | None:
    """The round that is under way, if any."""
    found = await latest(reader, case_id)
    return found if found is not None and found.state in _LIVE else None


async def live_among(reader: ReadSession, case_ids: list[UUID]) -> frozenset[UUID]:
    """Those of the cases that are being signed."""
    wanted = select(CaseSigning.case_id).where(CaseSigning.case_id.in_(case_ids), CaseSigning.state.in_(_LIVE))
    return frozenset(await reader.scalars(wanted))


async def signed(reader: ReadSession, case_id: UUID) -> CaseSigning | None:
    """The newest round that everybody has signed."""
    wanted = select(CaseSigning).where(CaseSigning.case_id == case_id, CaseSigning.state == SIGNED)
    return await reader.scalar(wanted.order_by(CaseSigning.id.desc()).limit(1))


async def stands(reader: ReadSession, case: Case) -> bool:
    """Whether everybody has signed the application as it is now worded."""
    found = await signed(reader, case.id)
    return found is not None and found.form_digest == form_digest(case)


async def expect_signed(reader: ReadSession, case: Case) -> None:
    """`NotSigned` unless everybody has signed the application as it is now worded."""
    if not await stands(reader, case):
        raise NotSigned


async def void(
    tx: WriteSession, actor: Actor, case: Case, ending: Ending, *, reason: str = "", by: str = ""
) -> CaseSigning | None:
    """End the round that is under way: what was signed counts for nothing, links are dead. The case is locked.

    `AllSigned` when the last signature is in place; None when nothing was under way.
    """
    found = await live(tx, case.id)
    if found is None:
        return None
    if found.ceremony_id is not None:
        try:
            await signing.cancel(tx, actor, found.ceremony_id, ending)
        except CeremonyClosed as error:
            raise AllSigned from error
    close(found, ending, reason=reason, by=by)
    case.version += 1
    audit(tx, actor, "case.signing_void", subject=f"case:{case.id}", detail={"number": case.number, "ending": ending})
    await tx.flush()
    return found


def close(found: CaseSigning, ending: Ending, *, reason: str = "", by: str = "") -> None:
    """Write down that the round is void, and why."""
    found.state, found.ending, found.ended_at = "void", ending, now()
    found.reason, found.ended_by = reason, by
