"""A clerk sees the orders and accounts of his own bank, and nothing of another one's."""

from uuid import UUID

from escrow.banking.accounts import accounts, connections_of
from escrow.banking.errors import UnknownOrder
from escrow.banking.models import BankConnection, BankMode, PaymentOrder
from escrow.banking.orders import order
from kernel.db import ReadSession
from kernel.errors import Forbidden
from kernel.permissions import Actor


async def own_banks(reader: ReadSession, actor: Actor) -> list[BankConnection]:
    """The banks that the actor's organisation is connected as; empty where nobody has connected it yet."""
    return await connections_of(reader, actor.organisation_id) if actor.organisation_id else []


async def own_codes(reader: ReadSession, actor: Actor) -> list[str]:
    """Their codes."""
    return [one.bank_code for one in await own_banks(reader, actor)]


async def own_account_nos(reader: ReadSession, actor: Actor) -> list[str]:
    """The county's accounts at the actor's bank."""
    return [one.account_no for one in await accounts(reader, await own_codes(reader, actor))]


async def own_order(reader: ReadSession, actor: Actor, order_id: UUID) -> PaymentOrder:
    """The order, if it is the actor's bank's; else UnknownOrder, as if it did not exist."""
    found = await order(reader, order_id)
    if found.bank_code not in await own_codes(reader, actor):
        raise UnknownOrder
    return found


async def bank_of_files(reader: ReadSession, actor: Actor) -> BankConnection:
    """The actor's bank, where it exchanges files. Raises Forbidden."""
    for one in await own_banks(reader, actor):
        if one.mode == BankMode.FILE:
            return one
    raise Forbidden("本行的付款指令由系统直接发送，不需要下载文件")
