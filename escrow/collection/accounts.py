"""The intermediate account (中转账户), one per county, and the authorities' accounts by date."""

from datetime import date

from sqlalchemy import or_, select

from escrow.banking import Payee
from escrow.collection.errors import AccountTaken, NoAuthority
from escrow.collection.models import MAINTENANCE, CollectionAuthority
from escrow.collection.schemas import Authority
from escrow.models import AccountPurpose, SupervisionAccount
from escrow.supervision import account_number, maintenance_account_or_none
from kernel.audit import audit
from kernel.db import ReadSession, WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor


async def collection_account(reader: ReadSession) -> SupervisionAccount | None:
    """The county's intermediate account; None where cases are paid at each authority as before."""
    wanted = select(SupervisionAccount).where(SupervisionAccount.purpose == AccountPurpose.COLLECTION)
    found: SupervisionAccount | None = await reader.scalar(wanted)
    return found


async def register_collection_account(
    tx: WriteSession, actor: Actor, account_no: str, account_name: str, bank_code: str, bank_name: str
) -> SupervisionAccount:
    """Register it: from then on every case is paid by one code. Raises AccountTaken, Invalid."""
    number = account_number(account_no)
    taken = or_(SupervisionAccount.account_no == number, SupervisionAccount.purpose == AccountPurpose.COLLECTION)
    if await tx.scalar(select(SupervisionAccount.id).where(taken).limit(1)):
        raise AccountTaken
    account = SupervisionAccount(
        purpose=AccountPurpose.COLLECTION,
        account_no=number,
        account_name=account_name,
        bank_code=bank_code,
        bank_name=bank_name,
    )
    tx.add(account)
    await tx.flush()
    audit(tx, actor, "collection.account_registered", f"supervision_account:{account.id}", {})
    return account


async def set_authority(tx: WriteSession, actor: Actor, new: Authority) -> None:
    """Set where an authority's money goes from a day on. Raises Invalid, also for a second row of one day."""
    if not (new.code.strip() and new.name.strip() and new.account_name.strip() and new.source.strip()):
        raise Invalid("请填写收款单位、户名和文件依据", field="source")
    same = select(CollectionAuthority.id).where(
        CollectionAuthority.code == new.code, CollectionAuthority.valid_from == new.valid_from
    )
    if await tx.scalar(same):
        raise Invalid("该单位同一日期的账户已设定，请另设执行日期", field="valid_from")
    row = CollectionAuthority(
        code=new.code,
        name=new.name,
        account_no=account_number(new.account_no),
        account_name=new.account_name,
        bank_code=new.bank_code,
        bank_name=new.bank_name,
        valid_from=new.valid_from,
        source=new.source,
    )
    tx.add(row)
    await tx.flush()
    audit(tx, actor, "collection.authority_set", f"authority:{new.code}", {"valid_from": new.valid_from.isoformat()})


async def authorities(reader: ReadSession) -> list[CollectionAuthority]:
    """Every row, by authority, the newest first."""
    order = (CollectionAuthority.code, CollectionAuthority.valid_from.desc())
    return list(await reader.scalars(select(CollectionAuthority).order_by(*order)))


async def authority_on(reader: ReadSession, code: str, on: date) -> CollectionAuthority:
    """The authority's account in force on a day. Raises NoAuthority."""
    wanted = select(CollectionAuthority).where(CollectionAuthority.code == code, CollectionAuthority.valid_from <= on)
    found: CollectionAuthority | None = await reader.scalar(
        wanted.order_by(CollectionAuthority.valid_from.desc()).limit(1)
    )
    if found is None:
        raise NoAuthority(f"本县尚未登记收款单位（{code}）的账户，请收费财务先行登记")
    return found


async def payee_of(reader: ReadSession, code: str, on: date) -> Payee:
    """Where money cleared to an authority goes; of the maintenance fund, to the county's own account. NoAuthority."""
    to: CollectionAuthority | SupervisionAccount | None
    to = await (maintenance_account_or_none(reader) if code == MAINTENANCE else authority_on(reader, code, on))
    if to is None:
        raise NoAuthority("本县尚未登记维修资金专户，请住建部门先行登记")
    # Our own short name of a bank is no number in CNAPS, and stays at home.
    code_ = to.bank_code if to.bank_code.isascii() and to.bank_code.isdigit() else ""
    return Payee(name=to.account_name, account_no=to.account_no, bank_code=code_, bank_name=to.bank_name)
