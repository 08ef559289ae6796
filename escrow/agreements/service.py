"""An agreement on the platform: the department proposes; who has not sealed yet may decline, the department withdraw.

How it is sealed and comes into force: `escrow.agreements.concluding`.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from escrow.agreements.models import AgreementState, Origin, SupervisionAgreement
from escrow.agreements.release import is_released
from escrow.agreements.rules import (
    AgreementAction,
    Node,
    Side,
    Standing,
    available_actions,
    checked_nodes,
    checked_terms,
)
from escrow.banking.accounts import connection
from escrow.models import SupervisionAccount, SupervisionMode
from escrow.supervision import account_number, account_or_none
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.web.problems import constraint_of


class UnknownAgreement(NotFound):
    """No such agreement in this county, or not this organisation's."""

    code = "supervision.unknown_agreement"
    default_message = "没有找到该监管协议"


class ProposalOpen(Conflict):
    """One version at a time is on the table."""

    code = "supervision.proposal_open"
    default_message = "该项目已有一份待各方同意的监管协议，请先办结或者撤回"


class NotNow(Conflict):
    """The agreement has moved on."""

    code = "supervision.not_now"
    default_message = "监管协议的当前状态不允许此操作，请刷新后重试"


class Released(Conflict):
    """Supervision has ended: there are no terms to agree any more."""

    code = "supervision.released"
    default_message = "该项目已解除监管，不再变更监管协议"


class NewTerms(Struct, frozen=True, kw_only=True):
    """What the department proposes. For a project that has its account, the account's own particulars hold."""

    project_id: UUID
    developer_id: UUID
    bank_organisation_id: UUID
    account_no: str
    account_name: str
    bank_code: str
    bank_name: str
    mode: SupervisionMode
    quota_fen: int | None
    quota_basis: str
    nodes: Sequence[Node]
    source: str


async def propose(tx: WriteSession, actor: Actor, terms: NewTerms, *, full_required: bool) -> SupervisionAgreement:
    """Put terms before developer and bank; for a project that has terms, an amendment (补充协议).

    Emits `supervision.proposed` {agreement_id}: its text is made, and then it may be sealed. Account and mode of a
    project never change; nodes and quota may. Raises ProposalOpen, Released, Invalid.
    """
    account = await account_or_none(tx, terms.project_id)
    if await is_released(tx, terms.project_id):
        raise Released
    if account is not None and terms.mode != account.mode:
        raise Invalid("监管方式随监管账户确定，补充协议只能调整额度和节点", field="mode")
    # What was agreed before stays possible: the rule looks at projects that begin their supervision.
    checked_terms(terms.mode, terms.quota_fen, terms.quota_basis, full_required=full_required and account is None)
    nodes = checked_nodes(terms.nodes)
    await _bank_is_the_same(tx, account.bank_code if account else terms.bank_code, terms.bank_organisation_id)
    latest = select(func.max(SupervisionAgreement.version)).where(SupervisionAgreement.project_id == terms.project_id)
    version = (await tx.scalar(latest) or 0) + 1
    new = SupervisionAgreement(
        project_id=terms.project_id,
        version=version,
        origin=Origin.SEALED,
        agreement_no=await _number(tx, account, version),
        **_particulars(terms, account),
        developer_id=terms.developer_id,
        bank_organisation_id=terms.bank_organisation_id,
        mode=terms.mode,
        quota_fen=terms.quota_fen,
        quota_basis=terms.quota_basis.strip(),
        nodes=msgspec.to_builtins(nodes),
        source=terms.source,
        state=AgreementState.PROPOSED,
        proposed_by=actor.id,
    )
    try:
        async with tx.begin_nested():
            tx.add(new)
            await tx.flush()
    except IntegrityError as error:
        if constraint_of(error) in {
            "uq_supervision_agreement_proposed",
            "uq_supervision_agreements_tenant_id_project_id_version",
        }:
            raise ProposalOpen from error
        raise
    await emit(tx, "supervision.proposed", {"agreement_id": str(new.id)}, key=text_key(new.id))
    noted(tx, actor, new, "proposed")
    return new


def text_key(agreement_id: UUID) -> str:
    """The key of the event that orders an agreement's text."""
    return f"supervision.proposed:{agreement_id}"


async def decline(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> SupervisionAgreement:
    """The actor's organisation does not agree; the department proposes anew.

    Raises UnknownAgreement, NotNow, Invalid.
    """
    terms, side = await locked_for(tx, actor, agreement_id)
    expect(terms, side, AgreementAction.DECLINE)
    await _end(tx, actor, terms, AgreementState.DECLINED, reason)
    return terms


async def withdraw(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> SupervisionAgreement:
    """The department takes its proposal back. Raises UnknownAgreement, NotNow, Invalid."""
    terms = await locked(tx, agreement_id)
    expect(terms, Side.DEPARTMENT, AgreementAction.WITHDRAW)
    await _end(tx, actor, terms, AgreementState.WITHDRAWN, reason)
    return terms


async def agreement(reader: ReadSession, agreement_id: UUID) -> SupervisionAgreement:
    """One version. Raises UnknownAgreement."""
    found = await reader.scalar(select(SupervisionAgreement).where(SupervisionAgreement.id == agreement_id))
    if found is None:
        raise UnknownAgreement
    return found


async def agreement_for(reader: ReadSession, actor: Actor, agreement_id: UUID) -> tuple[SupervisionAgreement, Side]:
    """One version, for its developer or its bank. Raises UnknownAgreement for everybody else."""
    found = await agreement(reader, agreement_id)
    return found, side_of(found, actor)


async def agreements_of(
    reader: ReadSession, organisation_id: UUID, limit: int, before: UUID | None = None
) -> list[SupervisionAgreement]:
    """The agreements that a developer or a bank is a party of, newest first."""
    mine = (SupervisionAgreement.developer_id == organisation_id) | (
        SupervisionAgreement.bank_organisation_id == organisation_id
    )
    wanted = select(SupervisionAgreement).where(mine)
    if before is not None:
        wanted = wanted.where(SupervisionAgreement.id < before)
    return list(await reader.scalars(wanted.order_by(SupervisionAgreement.id.desc()).limit(limit)))


def side_of(terms: SupervisionAgreement, actor: Actor) -> Side:
    """Which party the actor's organisation is. Raises UnknownAgreement when it is none."""
    if actor.organisation_id is not None and actor.organisation_id == terms.developer_id:
        return Side.DEVELOPER
    if actor.organisation_id is not None and actor.organisation_id == terms.bank_organisation_id:
        return Side.BANK
    raise UnknownAgreement


def standing(terms: SupervisionAgreement) -> Standing:
    """How far it has come."""
    agreed = {
        Side.DEVELOPER: terms.developer_agreed_at,
        Side.BANK: terms.bank_agreed_at,
        Side.DEPARTMENT: terms.department_agreed_at,
    }
    sealed = {
        Side.DEVELOPER: terms.developer_sealed_at,
        Side.BANK: terms.bank_sealed_at,
        Side.DEPARTMENT: terms.in_force_at,
    }
    return Standing(
        text_made=terms.document_digest is not None,
        agreed=frozenset(side for side, at in agreed.items() if at),
        sealed=frozenset(side for side, at in sealed.items() if at),
    )


def actions_on(terms: SupervisionAgreement, side: Side) -> frozenset[AgreementAction]:
    """What this side may do with it now."""
    return available_actions(AgreementState(terms.state), side, standing(terms))


def expect(terms: SupervisionAgreement, side: Side, action: AgreementAction) -> None:
    """Raises NotNow unless this side may do that now."""
    if action not in actions_on(terms, side):
        raise NotNow


async def locked(tx: WriteSession, agreement_id: UUID) -> SupervisionAgreement:
    """One version, fresh and held. Raises UnknownAgreement."""
    found = await tx.scalar(
        select(SupervisionAgreement)
        .where(SupervisionAgreement.id == agreement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownAgreement
    return found


async def locked_for(tx: WriteSession, actor: Actor, agreement_id: UUID) -> tuple[SupervisionAgreement, Side]:
    """The same for its developer or its bank, and which of them the actor is. Raises UnknownAgreement."""
    terms = await locked(tx, agreement_id)
    return terms, side_of(terms, actor)


async def _end(tx: WriteSession, actor: Actor, terms: SupervisionAgreement, state: AgreementState, reason: str) -> None:
    if not 0 < len(reason.strip()) <= 300:
        raise Invalid("请填写原因（不超过300字）", field="reason")
    terms.state = state
    terms.ended_at, terms.ended_by, terms.ended_because = now(), actor.id, reason.strip()
    await tx.flush()
    noted(tx, actor, terms, state)


async def _bank_is_the_same(reader: ReadSession, bank_code: str, organisation_id: UUID) -> None:
    known = await connection(reader, bank_code)
    if known is not None and known.organisation_id not in {None, organisation_id}:
        raise Invalid("该银行代码属于另一家银行，请核对监管银行和银行代码", field="bank_code")


async def _number(tx: WriteSession, account: SupervisionAccount | None, version: int) -> str:
    if account is not None and account.agreement_no:
        return f"{account.agreement_no}补{version - 1}"[-60:]
    year = today().year
    return f"监管协议〔{year}〕{await next_number(tx, 'supervision_agreement', year)}号"


def _particulars(terms: NewTerms, account: SupervisionAccount | None) -> dict[str, str]:
    names = ("account_name", "bank_code", "bank_name")
    if account is not None:
        return {"account_no": account.account_no} | {name: getattr(account, name) for name in names}
    return {"account_no": account_number(terms.account_no)} | {name: getattr(terms, name) for name in names}


def noted(tx: WriteSession, actor: Actor, terms: SupervisionAgreement, what: str) -> None:
    """Into the audit log."""
    detail = {"agreement_no": terms.agreement_no, "version": terms.version}
    audit(tx, actor, f"supervision.{what}", f"supervision_agreement:{terms.id}", detail)
