"""How an agreement on the platform is concluded: each party agrees by ordering its seal, the department last.

propose → the text is made (job) → developer and bank agree, in any order → their seals are set (jobs)
        → the department decides → its seal is set (job), and with it the agreement is in force

Whether somebody may use a seal is not decided here: the caller has authorised it in the same transaction.
"""

from uuid import UUID

from escrow.agreements.models import AgreementState, SupervisionAgreement
from escrow.agreements.plans import in_force
from escrow.agreements.release import is_released
from escrow.agreements.rules import AgreementAction, Side
from escrow.agreements.service import NotNow, Released, expect, locked, locked_for, noted, standing
from escrow.banking.accounts import connect_bank, connection
from escrow.banking.models import BankMode
from escrow.models import SupervisionAccount, SupervisionMode
from escrow.supervision import account_or_none, expect_free, lock_account, open_presale_account
from kernel.clock import now
from kernel.db import WriteSession
from kernel.outbox import emit
from kernel.permissions import Actor


async def keep_text(tx: WriteSession, agreement_id: UUID, digest: str) -> None:
    """The PDF that the three will seal; the first one stays. Raises UnknownAgreement."""
    terms = await locked(tx, agreement_id)
    if terms.state == AgreementState.PROPOSED and terms.document_digest is None:
        terms.document_digest = digest
        await tx.flush()


async def agree(tx: WriteSession, actor: Actor, agreement_id: UUID) -> SupervisionAgreement:
    """The actor's organisation agrees, and orders its seal. Raises UnknownAgreement, NotNow."""
    terms, side = await locked_for(tx, actor, agreement_id)
    expect(terms, side, AgreementAction.AGREE)
    if side is Side.DEVELOPER:
        terms.developer_agreed_at, terms.developer_agreed_by = now(), actor.id
    else:
        terms.bank_agreed_at, terms.bank_agreed_by = now(), actor.id
    await _order_seal(tx, terms, side)
    noted(tx, actor, terms, f"agreed_by_{side}")
    return terms


async def decide(tx: WriteSession, actor: Actor, agreement_id: UUID) -> SupervisionAgreement:
    """The department agrees too and orders the last seal; with that the agreement is in force.

    Raises UnknownAgreement, NotNow, Released, AccountTaken: what would hinder it then is told now.
    """
    terms = await locked(tx, agreement_id)
    expect(terms, Side.DEPARTMENT, AgreementAction.PUT_IN_FORCE)
    await _expect_account(tx, terms)
    terms.department_agreed_at, terms.department_agreed_by = now(), actor.id
    await _order_seal(tx, terms, Side.DEPARTMENT)
    noted(tx, actor, terms, f"agreed_by_{Side.DEPARTMENT}")
    return terms


async def due(tx: WriteSession, agreement_id: UUID, side: Side) -> SupervisionAgreement | None:
    """The agreement with its row held, if this side's seal is to be set now; None when that is done or has become
    superfluous. Raises UnknownAgreement."""
    terms = await locked(tx, agreement_id)
    came = standing(terms)
    if terms.state != AgreementState.PROPOSED or side not in came.agreed or side in came.sealed:
        return None
    return terms


async def seal_set(tx: WriteSession, actor: Actor, terms: SupervisionAgreement, side: Side, digest: str) -> None:
    """The side's seal is in the PDF; with the department's the agreement holds. The caller has it from `due`.

    The first terms of a project open its supervised account, later ones follow the former. Raises NotNow, Released,
    AccountTaken.
    """
    terms.sealed_digest = digest
    if side is Side.DEVELOPER:
        terms.developer_sealed_at = now()
    elif side is Side.BANK:
        terms.bank_sealed_at = now()
    else:
        await _put_in_force(tx, actor, terms)
    await tx.flush()
    noted(tx, actor, terms, f"sealed_by_{side}")


def order_key(agreement_id: UUID, side: Side) -> str:
    """The key of the event that orders a side's seal."""
    return f"supervision.seal_ordered:{agreement_id}:{side}"


async def _order_seal(tx: WriteSession, terms: SupervisionAgreement, side: Side) -> None:
    await tx.flush()
    payload = {"agreement_id": str(terms.id), "side": side.value}
    await emit(tx, "supervision.seal_ordered", payload, key=order_key(terms.id, side))


async def _expect_account(tx: WriteSession, terms: SupervisionAgreement) -> SupervisionAccount | None:
    """The account that the terms are for; None when they are to open it."""
    account = await account_or_none(tx, terms.project_id)
    if account is None:
        await expect_free(tx, terms.account_no)
        return None
    await lock_account(tx, terms.project_id)
    if await is_released(tx, terms.project_id):
        raise Released
    if account.account_no != terms.account_no:
        raise NotNow("该项目已登记另一监管账户，请撤回本协议后重新拟定")
    return account


async def _put_in_force(tx: WriteSession, actor: Actor, terms: SupervisionAgreement) -> None:
    if await _expect_account(tx, terms) is None:
        await open_presale_account(tx, actor, _account_of(terms))
        await _connect(tx, actor, terms)
    if former := await in_force(tx, terms.project_id):
        former.state = AgreementState.SUPERSEDED
        former.ended_at, former.ended_by = now(), terms.department_agreed_by
        await tx.flush()
    terms.state = AgreementState.IN_FORCE
    terms.in_force_at, terms.in_force_by = now(), terms.department_agreed_by


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
