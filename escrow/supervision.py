"""Supervised accounts and maintenance-fund rates: what the housing department sets up before the first sale."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from escrow.agreements.plans import adopt_paper
from escrow.agreements.rules import Node
from escrow.models import AccountPurpose, MaintenanceFundRate, SupervisionAccount, SupervisionMode
from escrow.rules import Rate, UsageClass
from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid
from kernel.permissions import Actor


class NoAccount(Conflict):
    """The project (or the county, for the maintenance fund) has no supervised account yet."""

    code = "escrow.no_account"
    default_message = "该项目尚未登记预售资金监管账户"


class AccountTaken(Conflict):
    """The project has its account already (it may not change after the permit), or the number is in use."""

    code = "escrow.account_taken"
    default_message = "该项目已登记监管账户，或该账号已被使用；监管账户登记后不得变更"


class RateTaken(Conflict):
    """A rate of that usage and day exists; rates are never changed, only followed by later ones."""

    code = "escrow.rate_taken"
    default_message = "该日期的缴存标准已设定，如需调整请另设新的执行日期"


async def register_account(
    tx: WriteSession,
    actor: Actor,
    project_id: UUID,
    account_no: str,
    account_name: str,
    bank_code: str,
    bank_name: str,
    agreement_no: str,
    mode: SupervisionMode,
    quota_fen: int | None,
    nodes: Sequence[Node] | None = None,
) -> SupervisionAccount:
    """Register a project's presale supervision account (预售资金监管账户) from its three-party agreement on paper.

    `quota_fen` goes with mode `quota` only; without `nodes` the county's own of that mode hold. Raises AccountTaken,
    Invalid.
    """
    mode = SupervisionMode(mode)
    if (mode is SupervisionMode.QUOTA) != (quota_fen is not None) or (quota_fen is not None and quota_fen <= 0):
        raise Invalid("按额度监管须填写监管额度，全额监管不填", field="quota_fen")
    if not agreement_no.strip():
        raise Invalid("请填写监管协议编号", field="agreement_no")
    account = SupervisionAccount(
        project_id=project_id,
        account_no=account_number(account_no),
        account_name=account_name,
        bank_code=bank_code,
        bank_name=bank_name,
        agreement_no=agreement_no.strip(),
        mode=mode,
        quota_fen=quota_fen,
    )
    await open_presale_account(tx, actor, account)
    await adopt_paper(tx, actor, account, nodes)
    return account


async def open_presale_account(tx: WriteSession, actor: Actor, account: SupervisionAccount) -> SupervisionAccount:
    """Let the account of an agreement come into being; its terms are kept by `escrow.agreements`. AccountTaken."""
    account.purpose = AccountPurpose.PRESALE
    return await _add(tx, actor, account)


async def register_maintenance_account(
    tx: WriteSession, actor: Actor, account_no: str, account_name: str, bank_code: str, bank_name: str
) -> SupervisionAccount:
    """Register the county's maintenance-fund account (维修资金专户), one per county. Raises AccountTaken, Invalid."""
    account = SupervisionAccount(
        purpose=AccountPurpose.MAINTENANCE,
        account_no=account_number(account_no),
        account_name=account_name,
        bank_code=bank_code,
        bank_name=bank_name,
    )
    return await _add(tx, actor, account)


async def account_of(reader: ReadSession, project_id: UUID) -> SupervisionAccount:
    """The project's supervision account. Raises NoAccount."""
    account = await account_or_none(reader, project_id)
    if account is None:
        raise NoAccount
    return account


async def account_or_none(reader: ReadSession, project_id: UUID) -> SupervisionAccount | None:
    """The project's supervision account, if it has one."""
    return await reader.scalar(
        select(SupervisionAccount).where(
            SupervisionAccount.purpose == AccountPurpose.PRESALE, SupervisionAccount.project_id == project_id
        )
    )


async def expect_free(reader: ReadSession, account_no: str) -> None:
    """Raises AccountTaken when the number is a registered account's already."""
    if await reader.scalar(select(SupervisionAccount.id).where(SupervisionAccount.account_no == account_no)):
        raise AccountTaken


async def lock_account(tx: WriteSession, project_id: UUID) -> SupervisionAccount:
    """The project's account, locked: decisions about its money are taken one after another. Raises NoAccount."""
    account = await account_of(tx, project_id)
    await tx.execute(select(SupervisionAccount.id).where(SupervisionAccount.id == account.id).with_for_update())
    return account


async def maintenance_account(reader: ReadSession) -> SupervisionAccount:
    """The county's maintenance-fund account. Raises NoAccount."""
    account = await maintenance_account_or_none(reader)
    if account is None:
        raise NoAccount("本县尚未登记维修资金专户，请住建部门先行登记")
    return account


async def maintenance_account_or_none(reader: ReadSession) -> SupervisionAccount | None:
    """The county's maintenance-fund account; None where it keeps its fund elsewhere."""
    return await reader.scalar(
        select(SupervisionAccount).where(SupervisionAccount.purpose == AccountPurpose.MAINTENANCE)
    )


async def set_rate(tx: WriteSession, actor: Actor, rate: Rate) -> None:
    """Add a dated maintenance-fund rate. Raises RateTaken, Invalid."""
    if rate.fen_per_sqm < 0:
        raise Invalid("缴存标准不能为负数", field="fen_per_sqm")
    if not rate.source.strip():
        raise Invalid("请填写缴存标准的文件依据", field="source")
    same_day = select(MaintenanceFundRate.id).where(
        MaintenanceFundRate.usage_class == rate.usage_class,
        MaintenanceFundRate.with_lift == rate.with_lift,
        MaintenanceFundRate.valid_from == rate.valid_from,
    )
    if await tx.scalar(same_day):
        raise RateTaken
    row = MaintenanceFundRate(
        usage_class=rate.usage_class,
        with_lift=rate.with_lift,
        fen_per_sqm=rate.fen_per_sqm,
        valid_from=rate.valid_from,
        source=rate.source,
        demonstration=rate.demonstration,
    )
    tx.add(row)
    audit(tx, actor, "escrow.rate_set", f"rate:{row.id}", {"fen_per_sqm": rate.fen_per_sqm})


async def rates(reader: ReadSession) -> list[Rate]:
    """All rates of the county, oldest first."""
    rows = await reader.scalars(select(MaintenanceFundRate).order_by(MaintenanceFundRate.valid_from))
    return [
        Rate(
            usage_class=UsageClass(row.usage_class),
            with_lift=row.with_lift,
            fen_per_sqm=row.fen_per_sqm,
            valid_from=row.valid_from,
            source=row.source,
            demonstration=row.demonstration,
        )
        for row in rows
    ]


def demonstration_rates(valid_from: date = date(2020, 1, 1)) -> Iterable[Rate]:
    """Invented rates for demo data and tests: no county's real rates were found. Notices made from them say so."""
    fen = {
        (UsageClass.RESIDENTIAL, True): 6000,
        (UsageClass.RESIDENTIAL, False): 4000,
        (UsageClass.NON_RESIDENTIAL, True): 6000,
        (UsageClass.NON_RESIDENTIAL, False): 4000,
        (UsageClass.ANCILLARY, True): 0,
        (UsageClass.ANCILLARY, False): 0,
    }
    for (usage, with_lift), amount in fen.items():
        yield Rate(
            usage_class=usage,
            with_lift=with_lift,
            fen_per_sqm=amount,
            valid_from=valid_from,
            source="演示标准（虚构，非本县实际执行标准）",
            demonstration=True,
        )


async def _add(tx: WriteSession, actor: Actor, account: SupervisionAccount) -> SupervisionAccount:
    taken = SupervisionAccount.account_no == account.account_no
    taken |= (
        SupervisionAccount.project_id == account.project_id
        if account.project_id
        else (SupervisionAccount.purpose == AccountPurpose.MAINTENANCE)
    )
    if await tx.scalar(select(SupervisionAccount.id).where(taken).limit(1)):
        raise AccountTaken
    tx.add(account)
    await tx.flush()
    audit(tx, actor, "escrow.account_registered", f"supervision_account:{account.id}", {"purpose": account.purpose})
    return account


def account_number(text: str) -> str:
    """A bank account's number as it is kept, or Invalid."""
    number = text.replace(" ", "")
    if not (number.isascii() and number.isalnum() and 6 <= len(number) <= 32):
        raise Invalid("银行账号应为6至32位数字或字母", field="account_no")
    return number
