"""An agreement on the platform: the department proposes, developer and bank agree, the department puts it in force."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from escrow.agreements.models import AgreementState, Origin, SupervisionAgreement
from escrow.agreements.plans import in_force
from escrow.agreements.release import is_released
from escrow.agreements.rules import AgreementAction, Node, Side, available_actions, checked_nodes, checked_terms
from escrow.banking.accounts import connect_bank, connection
from escrow.banking.models import BankMode
from escrow.models import SupervisionAccount, SupervisionMode
from escrow.supervision import account_number, account_or_none, lock_account, open_presale_account
from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.numbers import next_number
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

    Account and mode of a project never change; nodes and quota may. Raises ProposalOpen, Released, Invalid.
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
        origin=Origin.ONLINE,
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
    _noted(tx, actor, new, "proposed")
    return new


async def agree(tx: WriteSession, actor: Actor, agreement_id: UUID) -> SupervisionAgreement:
    """The actor's organisation agrees. Raises UnknownAgreement, NotNow."""
    terms, side = await _of_party(tx, actor, agreement_id)
    _may(terms, side, AgreementAction.AGREE)
    if side is Side.DEVELOPER:
        terms.developer_agreed_at, terms.developer_agreed_by = now(), actor.id
    else:
        terms.bank_agreed_at, terms.bank_agreed_by = now(), actor.id
    await tx.flush()
    _noted(tx, actor, terms, f"agreed_by_{side}")
    return terms


async def decline(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> SupervisionAgreement:
    """The actor's organisation does not agree; the department proposes anew.

    Raises UnknownAgreement, NotNow, Invalid.
    """
    terms, side = await _of_party(tx, actor, agreement_id)
    _may(terms, side, AgreementAction.DECLINE)
    await _end(tx, actor, terms, AgreementState.DECLINED, reason)
    return terms


async def withdraw(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> SupervisionAgreement:
    """The department takes its proposal back. Raises UnknownAgreement, NotNow, Invalid."""
    terms = await _locked(tx, agreement_id)
    _may(terms, Side.DEPARTMENT, AgreementAction.WITHDRAW)
    await _end(tx, actor, terms, AgreementState.WITHDRAWN, reason)
    return terms


async def put_in_force(tx: WriteSession, actor: Actor, agreement_id: UUID) -> SupervisionAgreement:
    """Let agreed terms hold from now on; the first ones open the supervised account, later ones follow the former.

    Raises UnknownAgreement, NotNow, Released, AccountTaken.
    """
    terms = await _locked(tx, agreement_id)
    _may(terms, Side.DEPARTMENT, AgreementAction.PUT_IN_FORCE)
    account = await account_or_none(tx, terms.project_id)
    if account is None:
        await open_presale_account(tx, actor, _account_of(terms))
        await _connect(tx, actor, terms)
    else:
        await lock_account(tx, terms.project_id)
        if await is_released(tx, terms.project_id):
            raise Released
        if account.account_no != terms.account_no:
            raise NotNow("该项目已登记另一监管账户，请撤回本协议后重新拟定")
    if former := await in_force(tx, terms.project_id):
        former.state = AgreementState.SUPERSEDED
        former.ended_at, former.ended_by = now(), actor.id
        await tx.flush()
    terms.state = AgreementState.IN_FORCE
    terms.in_force_at, terms.in_force_by = now(), actor.id
    await tx.flush()
    _noted(tx, actor, terms, "in_force")
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


def actions_on(terms: SupervisionAgreement, side: Side) -> frozenset[AgreementAction]:
    """What this side may do with it now."""
    return available_actions(
        AgreementState(terms.state),
        side,
        developer_agreed=terms.developer_agreed_at is not None,
        bank_agreed=terms.bank_agreed_at is not None,
    )


def _may(terms: SupervisionAgreement, side: Side, action: AgreementAction) -> None:
    if action not in actions_on(terms, side):
        raise NotNow


async def _locked(tx: WriteSession, agreement_id: UUID) -> SupervisionAgreement:
    found = await tx.scalar(
        select(SupervisionAgreement)
        .where(SupervisionAgreement.id == agreement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownAgreement
    return found


async def _of_party(tx: WriteSession, actor: Actor, agreement_id: UUID) -> tuple[SupervisionAgreement, Side]:
    terms = await _locked(tx, agreement_id)
    return terms, side_of(terms, actor)


async def _end(tx: WriteSession, actor: Actor, terms: SupervisionAgreement, state: AgreementState, reason: str) -> None:
    if not 0 < len(reason.strip()) <= 300:
        raise Invalid("请填写原因（不超过300字）", field="reason")
    terms.state = state
    terms.ended_at, terms.ended_by, terms.ended_because = now(), actor.id, reason.strip()
    await tx.flush()
    _noted(tx, actor, terms, state)


async def _bank_is_the_same(reader: ReadSession, bank_code: str, organisation_id: UUID) -> None:
    known = await connection(reader, bank_code)
    if known is not None and known.organisation_id not in {None, organisation_id}:
        raise Invalid("该银行代码属于另一家银行，请核对监管银行和银行代码", field="bank_code")


async def _connect(tx: WriteSession, actor: Actor, terms: SupervisionAgreement) -> None:
    """Let the bank's own clerks see its orders; by files, until somebody sets up its gateway."""
    known = await connection(tx, terms.bank_code)
    if known is None or known.organisation_id is None:
        await connect_bank(
            tx,
            actor,
            bank_code=terms.bank_code,
            bank_name=terms.bank_name,
            mode=BankMode(known.mode) if known else BankMode.FILE,
            organisation_id=terms.bank_organisation_id,
        )


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


def _account_of(terms: SupervisionAgreement) -> SupervisionAccount:
    return SupervisionAccount(
        project_id=terms.project_id,
        account_no=terms.account_no,
        account_name=terms.account_name,
        bank_code=terms.bank_code,
        bank_name=terms.bank_name,
        agreement_no=terms.agreement_no,
        mode=SupervisionMode(terms.mode),
        quota_fen=terms.quota_fen,
    )


def _noted(tx: WriteSession, actor: Actor, terms: SupervisionAgreement, what: str) -> None:
    detail = {"agreement_no": terms.agreement_no, "version": terms.version}
    audit(tx, actor, f"supervision.{what}", f"supervision_agreement:{terms.id}", detail)
