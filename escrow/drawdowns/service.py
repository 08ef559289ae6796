"""The developer's part: drafting a drawdown, its evidence, submitting and withdrawing it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from escrow.agreements.release import FirstRegistration
from escrow.drawdowns.errors import NotNow, Refused, SamePerson, UnknownDrawdown, error_of
from escrow.drawdowns.fund import figures, fund_facts
from escrow.drawdowns.models import ALLOWED, Drawdown, DrawdownEvent, DrawdownFile, DrawdownState
from escrow.drawdowns.rules import (
    AT_SUBMISSION,
    DrawdownAction,
    Looker,
    Refusal,
    available_actions,
    refusals,
    wanted_evidence,
)
from escrow.drawdowns.schemas import Ask, FundFacts, StoredFile
from escrow.supervision import account_of
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid, NotFound
from kernel.money import MAX_FEN
from kernel.numbers import next_number
from kernel.permissions import Actor, Permission

MOST_FILES = 40
_LIMITS = {"purpose": 100, "reference": 60, "payee_name": 120, "payee_bank_name": 120}


async def start(tx: WriteSession, actor: Actor, project_id: UUID, organisation_id: UUID, ask: Ask) -> Drawdown:
    """Begin a drawdown of the developer's own project. Raises NoAccount, Invalid.

    That the project is the developer's, the caller has seen to.
    """
    _check(ask)
    await account_of(tx, project_id)
    year = today().year
    drawdown = Drawdown(
        number=f"YK{tx.tenant}{year}{await next_number(tx, 'drawdown', year):06d}",
        project_id=project_id,
        organisation_id=organisation_id,
        state=DrawdownState.DRAFT,
        asked_by=actor.id,
        attempt=0,
        **_content(ask),
    )
    tx.add(drawdown)
    await tx.flush()
    note(tx, actor, drawdown, "started", "")
    return drawdown


async def edit(tx: WriteSession, actor: Actor, drawdown_id: UUID, ask: Ask) -> Drawdown:
    """Change what is asked for, while it is in the developer's hands. Raises UnknownDrawdown, NotNow, Invalid."""
    _check(ask)
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.EDIT)
    for name, value in _content(ask).items():
        setattr(drawdown, name, value)
    await tx.flush()
    note(tx, actor, drawdown, "edited", "")
    return drawdown


async def attach(tx: WriteSession, actor: Actor, drawdown_id: UUID, evidence: str, file: StoredFile) -> DrawdownFile:
    """Lay a file with the drawdown as one of the wanted pieces of evidence. Raises UnknownDrawdown, NotNow, Invalid."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.EDIT)
    if not 0 < len(evidence) <= 40:
        raise Invalid("请选择证明材料的种类", field="evidence")
    if len(await files_of(tx, drawdown_id)) >= MOST_FILES:
        raise Invalid(f"一份申请最多上传{MOST_FILES}个文件", field="file")
    row = DrawdownFile(
        drawdown_id=drawdown.id,
        evidence=evidence,
        file_name=file.file_name,
        media_type=file.media_type,
        digest=file.digest,
        size=file.size,
        uploaded_by=actor.id,
    )
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "drawdown.file_attached", f"drawdown:{drawdown.id}", {"digest": file.digest})
    return row


async def detach(tx: WriteSession, actor: Actor, drawdown_id: UUID, file_id: UUID) -> None:
    """Take a file away again. Raises UnknownDrawdown, NotNow, NotFound."""
    await may(tx, actor, drawdown_id, DrawdownAction.EDIT)
    row = next((file for file in await files_of(tx, drawdown_id) if file.id == file_id), None)
    if row is None:
        raise NotFound("没有找到该文件")
    row.removed_at = now()
    await tx.flush()
    audit(tx, actor, "drawdown.file_removed", f"drawdown:{drawdown_id}", {"digest": row.digest})


async def submit(tx: WriteSession, actor: Actor, drawdown_id: UUID, register: FirstRegistration) -> Drawdown:
    """Hand it in, first or again. Raises UnknownDrawdown, NotNow, and what `AT_SUBMISSION` speaks of."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.SUBMIT)
    facts = await fund_facts(tx, drawdown.project_id, register)
    against = [one for one in await objections(tx, drawdown, facts) if one.code in AT_SUBMISSION]
    if against:
        raise error_of(against)
    drawdown.asked_by, drawdown.submitted_at = actor.id, now()
    drawdown.reviewed_by = drawdown.approved_by = drawdown.approved_at = None
    await move(tx, actor, drawdown, DrawdownState.SUBMITTED, "", facts)
    return drawdown


async def withdraw(tx: WriteSession, actor: Actor, drawdown_id: UUID, reason: str) -> Drawdown:
    """Take it back for good. Raises UnknownDrawdown, NotNow, Invalid."""
    drawdown = await may(tx, actor, drawdown_id, DrawdownAction.WITHDRAW)
    await move(tx, actor, drawdown, DrawdownState.WITHDRAWN, said(reason))
    return drawdown


async def drawdown_for(reader: ReadSession, actor: Actor, drawdown_id: UUID) -> Drawdown:
    """One drawdown: for its developer, or for who reviews or approves. Raises UnknownDrawdown."""
    found = await reader.scalar(select(Drawdown).where(Drawdown.id == drawdown_id))
    if found is None or not _visible(found, actor):
        raise UnknownDrawdown
    return found


async def project_of(reader: ReadSession, drawdown_id: UUID) -> UUID:
    """The project whose money it asks for. Raises UnknownDrawdown."""
    found = await reader.scalar(select(Drawdown.project_id).where(Drawdown.id == drawdown_id))
    if found is None:
        raise UnknownDrawdown
    return found


async def files_of(reader: ReadSession, drawdown_id: UUID) -> Sequence[DrawdownFile]:
    """What lies with the drawdown now, oldest first."""
    wanted = select(DrawdownFile).where(DrawdownFile.drawdown_id == drawdown_id, DrawdownFile.removed_at.is_(None))
    return (await reader.scalars(wanted.order_by(DrawdownFile.id))).all()


async def history(reader: ReadSession, drawdown_id: UUID) -> Sequence[DrawdownEvent]:
    """Everything that was done with it, newest first."""
    wanted = select(DrawdownEvent).where(DrawdownEvent.drawdown_id == drawdown_id)
    return (await reader.scalars(wanted.order_by(DrawdownEvent.id.desc()))).all()


async def objections(reader: ReadSession, drawdown: Drawdown, facts: FundFacts) -> list[Refusal]:
    """What speaks against paying it now."""
    there = frozenset(file.evidence for file in await files_of(reader, drawdown.id))
    return refusals(facts, drawdown.node, drawdown.amount_fen, there)


async def missing_evidence(reader: ReadSession, drawdown: Drawdown, facts: FundFacts) -> list[str]:
    """Wanted evidence that does not lie here yet."""
    there = {file.evidence for file in await files_of(reader, drawdown.id)}
    return [title for title in wanted_evidence(facts, drawdown.node) if title not in there]


def actions_on(drawdown: Drawdown, actor: Actor) -> frozenset[DrawdownAction]:
    """What the actor may do with it now."""
    return available_actions(DrawdownState(drawdown.state), _looker(drawdown, actor))


async def may(tx: WriteSession, actor: Actor, drawdown_id: UUID, action: DrawdownAction) -> Drawdown:
    """The drawdown, fresh and locked, if the actor may do this with it. Raises UnknownDrawdown, NotNow, SamePerson."""
    found = await tx.scalar(
        select(Drawdown).where(Drawdown.id == drawdown_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None or not _visible(found, actor):
        raise UnknownDrawdown
    if action in actions_on(found, actor):
        return found
    if action is DrawdownAction.APPROVE and found.state == DrawdownState.REVIEWED and found.reviewed_by == actor.id:
        raise SamePerson
    raise NotNow


async def move(
    tx: WriteSession,
    actor: Actor,
    drawdown: Drawdown,
    to: DrawdownState,
    words: str,
    facts: FundFacts | None = None,
) -> None:
    """The one place where a drawdown changes its state. Raises NotNow."""
    if to not in ALLOWED[DrawdownState(drawdown.state)]:
        raise NotNow
    drawdown.state = to
    await tx.flush()
    note(tx, actor, drawdown, to, words, facts)


def note(
    tx: WriteSession, actor: Actor, drawdown: Drawdown, action: str, words: str, facts: FundFacts | None = None
) -> None:
    """Write a step into the drawdown's history and into the audit log."""
    seen = figures(facts) if facts else {}
    tx.add(DrawdownEvent(drawdown_id=drawdown.id, action=action, actor_id=actor.id, words=words, figures=seen))
    detail = {"number": drawdown.number, "amount_fen": drawdown.amount_fen}
    audit(tx, actor, f"drawdown.{action}", f"drawdown:{drawdown.id}", detail)


async def write_refusal(tx: WriteSession, actor: Actor, drawdown_id: UUID, refused: Refused) -> None:
    """Keep that it was refused and why: in a transaction that lives on, for the refused one is undone."""
    drawdown = await drawdown_for(tx, actor, drawdown_id)
    tx.add(
        DrawdownEvent(drawdown_id=drawdown.id, action="not_now", actor_id=actor.id, words=refused.message, figures={})
    )
    audit(tx, actor, "drawdown.stopped", f"drawdown:{drawdown.id}", dict(refused.extra))
    await tx.flush()


def said(words: str) -> str:
    """Words that go into the history. Raises Invalid."""
    if not 0 < len(words.strip()) <= 300:
        raise Invalid("请填写意见（不超过300字）", field="words")
    return words.strip()


def _looker(drawdown: Drawdown, actor: Actor) -> Looker:
    mine = actor.organisation_id is not None and actor.organisation_id == drawdown.organisation_id
    return Looker(
        asks=mine and actor.may(Permission.DRAWDOWN_REQUEST),
        reviews=actor.may(Permission.DRAWDOWN_REVIEW),
        approves=actor.may(Permission.DRAWDOWN_APPROVE),
        same_person=drawdown.reviewed_by is not None and drawdown.reviewed_by == actor.id,
    )


def _visible(drawdown: Drawdown, actor: Actor) -> bool:
    looker = _looker(drawdown, actor)
    # What is not handed in yet is the developer's own.
    return looker.asks or ((looker.reviews or looker.approves) and drawdown.submitted_at is not None)


def _content(ask: Ask) -> dict[str, Any]:
    return {name: getattr(ask, name) for name in Ask.__struct_fields__}


def _check(ask: Ask) -> None:
    if not 0 < ask.amount_fen <= MAX_FEN:
        raise Invalid("申请金额应大于零", field="amount")
    for field, limit in _LIMITS.items():
        text = getattr(ask, field)
        if not (0 < len(text) <= limit and text.isprintable()):
            raise Invalid(f"此项应为1至{limit}个字，不含特殊字符", field=field)
    account = ask.payee_account
    if not (account.isascii() and account.replace("-", "").isalnum() and 6 <= len(account) <= 34):
        raise Invalid("收款账号应为6至34位数字或字母", field="payee_account")
    code = ask.payee_bank_code
    if code and not (code.isascii() and code.isdigit() and len(code) == 12):
        raise Invalid("收款人开户行行号应为12位数字，不清楚的可以不填", field="payee_bank_code")
