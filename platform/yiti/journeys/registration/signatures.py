"""An online application is signed by everybody who makes it, and handed in by the last signature.

    finish → [papers are made] → [links by SMS] → each: identified, reads, signs → complete: kept and submitted

What is in brackets happens in jobs. Until the end the opener may take it back; any change of form or materials, any
refusal to sign and the end of its time end the round, and nobody's signature stands under other words.
"""

from hashlib import sha256
from uuid import UUID

from integrations.sms import SmsGateway
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import DomainError, Invalid
from kernel.outbox import emit
from kernel.permissions import Actor, system_actor
from signing import service as signing
from signing.models import CeremonySignatory
from signing.rules import ASK_AGAIN_AFTER
from yiti.cases import service as cases
from yiti.cases.application import Application
from yiti.cases.lifecycle import Action, Flag, available_actions
from yiti.cases.models import Case
from yiti.journeys import envelopes
from yiti.journeys.registration import correspondence, documents, envelope, filling, intake
from yiti.journeys.registration.access import locked, readable
from yiti.journeys.registration.checklist import expect_complete
from yiti.journeys.registration.correspondence import business_words
from yiti.journeys.registration.errors import ApplicationIncomplete, InvitedJustNow, MaterialsMissing, NothingToSign
from yiti.journeys.registration.models import CaseSigning
from yiti.journeys.registration.signers import person_id, signers_of
from yiti.resources import Resources


def order_key(round_id: UUID) -> str:
    """The key of the event that orders the papers."""
    return f"registration.prepare_signing:{round_id}"


async def finish(tx: WriteSession, actor: Actor, case_id: UUID, application: Application, version: int) -> Case:
    """Form and answers are complete: everybody who applies is asked to sign. Doing it twice does nothing.

    A correction that leaves the signed words as they are needs no new signatures and is handed in at once.
    """
    case = await locked(tx, actor, case_id)
    step = _step(case)
    cases.expect(actor, case, step)
    if await envelope.live(tx, case_id) is not None and application == cases.application_of(case):
        return case
    case = await filling.save(tx, actor, case_id, application, version)
    if step is Action.CORRECT and await envelope.stands(tx, case):
        return await intake.correct(tx, actor, case_id, "申请人已在网上补正")
    await expect_complete(tx, case)
    await _order(tx, actor, case)
    return case


def _step(case: Case) -> Action:
    """What the last signature does: hand in, or hand in the correction."""
    return Action.CORRECT if Flag.NEEDS_CORRECTION in case.standing.flags else Action.SUBMIT


async def _order(tx: WriteSession, actor: Actor, case: Case) -> None:
    found = CaseSigning(case_id=case.id, form_digest=envelope.form_digest(case), ordered_at=now(), state="preparing")
    tx.add(found)
    case.version += 1
    await tx.flush()
    audit(tx, actor, "case.signing_ordered", subject=f"case:{case.id}", detail={"number": case.number})
    await emit(tx, "registration.prepare_signing", {"round_id": str(found.id)}, key=order_key(found.id))


async def prepare(tx: WriteSession, resources: Resources, round_id: UUID) -> None:
    """Make the papers, open the ceremony, invite everybody. For a job; repeating it does nothing."""
    found = await envelope.get(tx, round_id)
    if found.state != "preparing":
        return
    case = await cases.get(tx, found.case_id)
    signers = signers_of(cases.application_of(case))
    papers = await envelopes.stored(resources, await documents.to_sign(tx, case, signers))
    # The papers take a second: only now is the case locked. Whoever changed it meanwhile has ended the round.
    case = await cases.locked(tx, found.case_id)
    await tx.refresh(found)
    if found.state != "preparing":
        return
    ceremony = await signing.open_ceremony(
        tx, system_actor(tx.tenant), f"{envelope.SUBJECT}:{found.id}", papers, [one.signatory for one in signers],
        expires_at=now() + envelopes.SIGNING_TERM,
    )  # fmt: skip
    found.ceremony_id, found.state = ceremony.id, "open"
    case.version += 1
    reachable = {one.key for one in signers if one.phone}
    for key in await signing.beginners(tx, ceremony.id):
        if key in reachable:
            await order_invitation(tx, found, ceremony.id, key)


async def order_invitation(
    tx: WriteSession, found: CaseSigning, ceremony_id: UUID, key: str, *, renew: bool = False, why: str = ""
) -> None:
    """Order the SMS with a person's link, once for each link and each `why`."""
    # The link is made here and not where it is sent: a link that was sent must not be undone by a worker's end.
    token = await signing.invite(tx, system_actor(tx.tenant), ceremony_id, key, renew=renew)
    payload = {"round_id": str(found.id), "signatory_key": key, "why": why}
    once = f"registration.invite:{found.id}:{key}:{sha256(token.encode()).hexdigest()[:16]}:{why}".rstrip(":")
    await emit(tx, "registration.invite", payload, key=once)


async def invite(
    tx: WriteSession, sms: SmsGateway, public_url: str, round_id: UUID, key: str, why: str, *, once: str
) -> None:
    """Send one person their link. For a job."""
    found = await envelope.get(tx, round_id)
    case = await cases.get(tx, found.case_id)
    if found.ceremony_id is None:
        return
    what = f"您参与的{business_words(case)}申请（业务号{case.number}）"
    await envelopes.invite(
        tx, sms, public_url, found.ceremony_id, key, what, once=once, subject=f"case:{case.id}",
        reminder=why.startswith(envelopes.REMINDER),
    )  # fmt: skip


async def invite_again(tx: WriteSession, actor: Actor, case_id: UUID, key: str) -> None:
    """A new link for one who has not signed yet, by SMS; the old one is dead. Once a minute: `InvitedJustNow`."""
    case = await locked(tx, actor, case_id)
    cases.expect(actor, case, Action.SAVE)
    found = await envelope.live(tx, case_id)
    person = next((one for one in await _missing(tx, found) if one.key == key), None)
    if found is None or found.ceremony_id is None or person is None:
        raise NothingToSign("这位申请人现在不需要签署")
    if not person.phone:
        raise Invalid("没有填写这位申请人的手机号码，请撤回修改后补填", field="phone")
    if person.invited_at is not None and now() < person.invited_at + ASK_AGAIN_AFTER:
        raise InvitedJustNow
    await order_invitation(tx, found, found.ceremony_id, key, renew=True)


async def _missing(reader: ReadSession, found: CaseSigning | None) -> list[CeremonySignatory]:
    """Whose signature an open round still waits for."""
    if found is None or found.ceremony_id is None:
        return []
    people = await signing.signatories_of(reader, found.ceremony_id)
    return [one for one in people if one.status not in {"consented", "signed"}]


async def own_link(tx: WriteSession, actor: Actor, case_id: UUID) -> str:
    """The token of this citizen's own link, to sign at once. `NothingToSign` when there is none."""
    await readable(tx, actor, case_id)
    found = await envelope.live(tx, case_id)
    for one in await _missing(tx, found):
        if person_id(one.id_no) == actor.id and found is not None and found.ceremony_id is not None:
            return await signing.link_token(tx, actor, found.ceremony_id, one.key)
    raise NothingToSign


async def take_back(tx: WriteSession, actor: Actor, case_id: UUID) -> None:
    """Back to the form: all signatures are void. Nothing where nothing is being signed, `AllSigned` when too late."""
    case = await locked(tx, actor, case_id)
    cases.expect(actor, case, Action.SAVE)
    await envelope.void(tx, actor, case, "taken_back")


async def ended(tx: WriteSession, round_id: UUID, ceremony_id: UUID) -> None:
    """Somebody declined, or the time is over: the round is void and the opener is told. For a job; repeating it, or a
    round that was ended otherwise, does nothing."""
    found = await envelope.get(tx, round_id)
    case = await cases.locked(tx, found.case_id)
    await tx.refresh(found)
    how = await signing.ended(tx, ceremony_id)
    if found.state != "open" or how is None or how.how == "cancelled":
        return
    envelope.close(found, how.how, reason=how.reason, by=how.signatory)
    case.version += 1
    await tx.flush()
    await correspondence.tell(tx, case, how.how)


async def complete(tx: WriteSession, resources: Resources, round_id: UUID) -> None:
    """All have signed: the papers lie with the case, everybody is known by their identification, it is handed in.

    For a job, in one transaction; repeating it does nothing. What has become incomplete meanwhile is not handed in.
    """
    found = await envelope.get(tx, round_id)
    case, actor = await cases.locked(tx, found.case_id), system_actor(tx.tenant)
    await tx.refresh(found)
    if found.state != "open" or found.ceremony_id is None:
        return
    problem = await _problem(tx, actor, case)
    if problem is not None:
        envelope.close(found, "incomplete", reason=problem.message)
        case.version += 1
        await tx.flush()
        await correspondence.tell(tx, case, "incomplete")
        return
    await _lay_papers(tx, resources, actor, case, found.ceremony_id)
    for one in await signing.signatories_of(tx, found.ceremony_id):
        await filling.identified(tx, actor, case.id, one.id_no, one.identity_reference or "")
    found.state, found.ended_at = envelope.SIGNED, now()
    await tx.flush()
    if _step(case) is Action.CORRECT:
        await intake.correct(tx, actor, case.id, "各方已重新签署，补正自动提交")
    else:
        await intake.submit(tx, actor, case.id)
    await correspondence.tell(tx, case, "signed")


async def _problem(tx: WriteSession, actor: Actor, case: Case) -> DomainError | None:
    """What has come between the order and the last signature: the county asks for more, or the case has ended."""
    if _step(case) not in available_actions(case.standing, actor):
        return NothingToSign("业务件已经不在申请阶段")
    try:
        await expect_complete(tx, case)
    except (ApplicationIncomplete, MaterialsMissing) as error:
        return error
    return None


async def _lay_papers(tx: WriteSession, resources: Resources, actor: Actor, case: Case, ceremony_id: UUID) -> None:
    for earlier in await cases.materials(tx, case.id):
        if earlier.source == envelope.SIGNED:
            await cases.remove_material(tx, actor, case, earlier.id)
    for key, digest in (await signing.signed_documents(tx, ceremony_id)).items():
        await cases.add_material(
            tx, actor, case, code=key, file_name=f"{envelope.PAPERS[key]}（已签署）.pdf", media_type="application/pdf",
            size=len(await resources.blobs.get(digest)), digest=digest, source=envelope.SIGNED, verified=True,
            reference=str(ceremony_id),
        )  # fmt: skip
