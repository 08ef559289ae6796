"""Who pays and who is paid: Chinese accounts are no IBANs, Chinese banks have a number in CNAPS (支付系统行号)."""

import re
from typing import Final

import msgspec
from lxml import etree

from integrations.bank_messages.reading import BadBankMessage, Part
from integrations.bank_messages.values import CURRENCY
from integrations.bank_messages.writing import put, put_if

CLEARING_SYSTEM: Final = "CNAPS"
_BANK_CODE: Final = re.compile(r"\d{12}", re.ASCII)


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account and its holder; `bank_code` is the 12 digits of CNAPS. What a bank does not tell is empty."""

    account: str = ""
    name: str = ""
    bank_code: str = ""
    bank_name: str = ""


def check_payable(party: BankAccount, words: str) -> None:
    """Refuse an account that money cannot be sent to or from for want of a number, a name or a bank."""
    if not (party.account and party.name):
        raise BadBankMessage(f"{words}须有账号和户名")
    if not (party.bank_code or party.bank_name):
        raise BadBankMessage(f"{words}须有开户行行号或行名")


def read_account_number(part: Part | None) -> str:
    """The number in an `Id` of an account; foreign payers may have an IBAN."""
    return "" if part is None else part.text("Id/Othr/Id") or part.text("Id/IBAN")


def put_account_number(parent: etree._Element, path: str, account: str) -> None:
    """An account that is no IBAN; nothing for an unknown one."""
    put_if(parent, f"{path}/Id/Othr/Id", account)


def read_own_account(part: Part) -> str:
    """The number of the account that a statement or notice is about; refuses one in another currency."""
    if part.text("Ccy") not in {"", CURRENCY}:
        part.one("Ccy").refuse(f"币种须为 {CURRENCY}")
    return read_account_number(part) or part.refuse("缺少账号")


def put_own_account(parent: etree._Element, account: str) -> None:
    """The account that a statement or notice is about."""
    own = put(parent, "Acct")
    put(own, "Id/Othr/Id", account)
    put(own, "Ccy", CURRENCY)


def read_party(name: str, account: Part | None, agent: Part | None) -> BankAccount:
    """Put together what stands in three places of a transaction."""
    bank = None if agent is None else agent.maybe("FinInstnId")
    return BankAccount(
        account=read_account_number(account),
        name=name,
        bank_code="" if bank is None else _bank_code(bank),
        bank_name="" if bank is None else bank.text("Nm"),
    )


def put_agent(parent: etree._Element, path: str, party: BankAccount) -> None:
    """The bank of a party; nothing if it is unknown."""
    if not (party.bank_code or party.bank_name):
        return
    bank = put(parent, f"{path}/FinInstnId")
    if party.bank_code:
        if not _BANK_CODE.fullmatch(party.bank_code):
            raise BadBankMessage("支付系统行号须为 12 位数字", f"{path}/FinInstnId")
        member = put(bank, "ClrSysMmbId")
        put(member, "ClrSysId/Cd", CLEARING_SYSTEM)
        put(member, "MmbId", party.bank_code)
    put_if(bank, "Nm", party.bank_name)


def _bank_code(bank: Part) -> str:
    """The number in CNAPS; a number in another system is not taken for one."""
    member = bank.maybe("ClrSysMmbId")
    if member is None or member.maybe("ClrSysId/Prtry") or member.text("ClrSysId/Cd") not in {"", CLEARING_SYSTEM}:
        return ""
    code = member.text("MmbId")
    return code if _BANK_CODE.fullmatch(code) else member.one("MmbId").refuse("支付系统行号须为 12 位数字")
