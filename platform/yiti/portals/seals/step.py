"""An organisation's seal on one thing: the one next step of the person who looks, also under four eyes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from kernel.clock import now
from kernel.db import ReadSession
from kernel.permissions import Actor
from kernel.pii import mask_name
from signing import seal_requests
from signing.models import OrganisationSeal, SealRequest
from signing.seal_policies import policy_of
from signing.seal_rules import REASON_WORDS, Reason, SealStatus, Use, needs_approval, what_refused, who_refused
from yiti.accounts.models import User
from yiti.portals.shell.templating import moment

STEPS = ("申请用印", "待批准", "盖章")


@dataclass(frozen=True, slots=True)
class SealDesk:
    """`step`: ask, wait, approve, seal, or blocked; `text` says why or until when. `url`: where requests are approved.

    `steps`: the three of four eyes, or none; `place`: the present one.
    """

    step: str
    text: str = ""
    url: str = ""
    steps: tuple[str, ...] = ()
    place: int = 2


async def seal_step(
    reader: ReadSession, actor: Actor, seal: OrganisationSeal, documents: Mapping[str, str], subject: str
) -> SealDesk:
    """What the actor can do now to have the seal set on these documents (kind to digest)."""
    policy = await policy_of(reader, seal)
    use = Use(actor=actor, owner=seal.organisation_id, status=SealStatus(seal.status), documents=documents)
    if reason := what_refused(use, policy) or who_refused(use, policy):
        return SealDesk("blocked", _blocked(reason))
    if not needs_approval(use, policy):
        return SealDesk("seal")
    request = await seal_requests.last_request(reader, seal.id, subject)
    return await _under_four_eyes(reader, actor, seal, request, documents)


def _blocked(reason: Reason) -> str:
    if reason in {Reason.NOT_PERMITTED, Reason.NOT_NAMED}:
        return "请有盖章权限的负责人登录后盖章"
    return f"暂时不能盖章：{REASON_WORDS[reason]}"


async def _under_four_eyes(
    reader: ReadSession, actor: Actor, seal: OrganisationSeal, request: SealRequest | None, documents: Mapping[str, str]
) -> SealDesk:
    if request is None or request.documents != dict(documents):
        return _ask("此类文件须经本单位另一名用印人批准后盖章")
    if request.status == seal_requests.WAITING:
        return await _waiting(reader, actor, seal, request)
    approval = seal_requests.approval_of(request)
    if approval is None or now() >= approval.expires_at:
        turned_down = request.status == seal_requests.TURNED_DOWN
        return _ask(f"上次申请未获批准：{request.reason}" if turned_down else "上次的批准已失效，请重新申请")
    if approval.holds(actor, documents, now()):
        return SealDesk("seal", f"已批准，{moment(approval.expires_at)}前有效", steps=STEPS)
    return SealDesk("wait", f"已批准，由申请人{await _name(reader, request)}盖章", steps=STEPS)


def _ask(text: str) -> SealDesk:
    return SealDesk("ask", text, steps=STEPS, place=0)


async def _waiting(reader: ReadSession, actor: Actor, seal: OrganisationSeal, request: SealRequest) -> SealDesk:
    if request.requested_by == actor.id:
        return SealDesk("wait", "已申请用印，等待本单位另一名用印人批准", steps=STEPS, place=1)
    text = f"{await _name(reader, request)}申请用印，请核对文书后批准"
    return SealDesk("approve", text, f"/seals/{seal.id}", STEPS, place=1)


async def _name(reader: ReadSession, request: SealRequest) -> str:
    name = await reader.scalar(select(User.display_name).where(User.id == request.requested_by))
    return mask_name(name) if name else "用印人"
