"""The decision: by the platform where the business allows it and everything is clear and proved, else by people.

A person's last review books at once. Rules run on the locked book, and nobody overrules what blocks.
"""

from kernel.db import ReadSession, WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from yiti.cases import service as cases
from yiti.cases.configuration import settings_of
from yiti.cases.facts import CaseFacts
from yiti.cases.findings import Finding
from yiti.cases.lifecycle import Action, CaseStatus
from yiti.cases.models import Case
from yiti.cases.rules import VERSION, examine
from yiti.journeys.registration.booking import book_case
from yiti.journeys.registration.facts import gather
from yiti.register import book

AUTOMATIC_NOTE = "智能秒批：全部核验事项通过"


async def consider(tx: WriteSession, case: Case) -> bool:
    """Decide the locked case at once if that may be (智能秒批); whether it was booked.

    What is not clear waits for a person, with the reasons in the receipt.
    """
    if case.status != CaseStatus.ACCEPTED or case.flags or not _automatic(case):
        return False
    actor = system_actor(tx.tenant)
    facts = await _locked_facts(tx, case)
    findings = examine(facts)
    await cases.act(tx, actor, case, Action.DECIDE, "自动审核")
    if await cases.record_decision(tx, actor, case, VERSION, facts, findings) != "book":
        return False
    await cases.approve(tx, actor, case, findings, AUTOMATIC_NOTE)
    await book_case(tx, actor, case, facts)
    return True


async def soon(tx: WriteSession, case: Case) -> None:
    """Order `consider` for after the commit: what the book refuses then undoes only the decision, not its occasion."""
    if case.status == CaseStatus.ACCEPTED and not case.flags and _automatic(case):
        await emit(
            tx, "registration.consider", {"case_id": str(case.id)},
            key=f"registration.consider:{case.id}:{case.version}",
        )  # fmt: skip


def _automatic(case: Case) -> bool:
    return all(one.automatic for one in settings_of(case).values())


async def approve(tx: WriteSession, actor: Actor, case: Case, note: str) -> None:
    """The last reviewer decides for booking. `Blocked` with the words of what stands in the way."""
    cases.expect(actor, case, Action.APPROVE)
    facts = await _locked_facts(tx, case)
    findings = examine(facts)
    await cases.record_decision(tx, actor, case, VERSION, facts, findings)
    await cases.approve(tx, actor, case, findings, note)
    await book_case(tx, actor, case, facts)


async def recheck(tx: WriteSession, actor: Actor, case: Case) -> tuple[Finding, ...]:
    """Run the rules on what is true now; the new receipt is kept beside the old ones."""
    await cases.act(tx, actor, case, Action.RECHECK)
    facts = await gather(tx, case)
    findings = examine(facts)
    await cases.record_decision(tx, actor, case, VERSION, facts, findings)
    return findings


async def findings_now(reader: ReadSession, case: Case) -> tuple[Finding, ...]:
    """What the rules would say now; nothing is kept."""
    return examine(await gather(reader, case))


async def _locked_facts(tx: WriteSession, case: Case) -> CaseFacts:
    unit_ids = cases.application_of(case).unit_ids
    await book.lock_units(tx, unit_ids)
    return await gather(tx, case)
