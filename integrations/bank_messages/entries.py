"""One movement of money on an account (`Ntry`), the same in a day's statement and in a notice during the day."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec
from lxml import etree

from integrations.bank_messages.parties import BankAccount, put_account_number, put_agent, read_party
from integrations.bank_messages.reading import BadBankMessage, Part
from integrations.bank_messages.values import count_of, day_of, fen_of, put_amount
from integrations.bank_messages.writing import put, put_if, put_pieces

BOOKED = "BOOK"
_NOT_PROVIDED = "NOTPROVIDED"
"""The standard's word for an end-to-end reference that the payer did not give."""
_LONGEST_LINE = 140


class Direction(StrEnum):
    """Which way the money went, seen from the account."""

    CREDIT = "CRDT"
    DEBIT = "DBIT"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A booked movement. `serial` is the bank's own number of it and unlike any other on that account.

    `counterparty` is the payer of a credit, the payee of a debit. `reversal`: it takes an earlier one back;
    `direction` tells what it does to the account all the same.
    """

    serial: str
    direction: Direction
    amount_fen: int
    booked_on: date
    value_on: date
    counterparty: BankAccount = BankAccount()
    end_to_end_id: str = ""
    remittance: str = ""
    reversal: bool = False

    @property
    def signed_fen(self) -> int:
        """What it adds to the balance."""
        return self.amount_fen if self.direction is Direction.CREDIT else -self.amount_fen


def read_entries(parent: Part) -> tuple[Entry, ...]:
    """The booked entries; pending and merely informing ones are no money yet and are left out."""
    booked = [part for part in parent.all("Ntry") if part.text("Sts/Cd") == BOOKED]
    entries: dict[str, Entry] = {}
    for part in booked:
        entry = _read_entry(part)
        if entries.setdefault(entry.serial, entry) is not entry:
            part.refuse(f"银行流水号 {entry.serial} 重复")
    return tuple(entries.values())


def put_entries(parent: etree._Element, entries: Sequence[Entry]) -> None:
    """Write them in this order."""
    if len({entry.serial for entry in entries}) != len(entries):
        raise BadBankMessage("银行流水号重复", "Ntry/AcctSvcrRef")
    for entry in entries:
        _put_entry(parent, entry)


def _read_entry(part: Part) -> Entry:
    details = _only_details(part)
    direction = Direction(part.text("CdtDbtInd"))
    amount = fen_of(part.one("Amt"))
    reversal = part.text("RvslInd") in {"true", "1"}
    booked_on = day_of(part.one("BookgDt"))
    value = part.maybe("ValDt")
    entry = Entry(
        serial=part.text("AcctSvcrRef") or _serial_of(part, details),
        direction=direction,
        amount_fen=amount,
        booked_on=booked_on,
        value_on=booked_on if value is None else day_of(value),
        remittance=part.text("AddtlNtryInf"),  # where banks put their 摘要 that keep no details
        reversal=reversal,
    )
    if details is None:
        return entry
    told = details.maybe("Amt")
    if told is not None and fen_of(told) != amount:
        told.refuse("明细金额与分录金额不一致")
    end_to_end_id = details.text("Refs/EndToEndId")
    return msgspec.structs.replace(
        entry,
        counterparty=_read_counterparty(details, _role(direction, reversal=reversal)),
        end_to_end_id="" if end_to_end_id == _NOT_PROVIDED else end_to_end_id,
        remittance=details.joined("RmtInf/Ustrd") or entry.remittance,
    )


def _only_details(part: Part) -> Part | None:
    """The transaction behind the entry. A lump sum of several is refused: each payer's money is its own."""
    details = part.all("NtryDtls/TxDtls")
    batches = part.all("NtryDtls/Btch/NbOfTxs")
    if len(details) > 1 or any(count_of(batch) > 1 for batch in batches):
        part.refuse("一笔分录含多笔交易，须逐笔列示")
    return details[0] if details else None


def _serial_of(part: Part, details: Part | None) -> str:
    serial = "" if details is None else details.text("Refs/AcctSvcrRef")
    return serial or part.refuse("缺少银行流水号 AcctSvcrRef")


def _role(direction: Direction, *, reversal: bool) -> str:
    """The other side's part; in a reversal the parties keep the parts they had in what is taken back."""
    return "Dbtr" if (direction is Direction.CREDIT) is not reversal else "Cdtr"


def _read_counterparty(details: Part, role: str) -> BankAccount:
    parties = f"RltdPties/{role}"
    name = details.text(f"{parties}/Pty/Nm") or details.text(f"{parties}/Agt/FinInstnId/Nm")
    return read_party(name, details.maybe(f"{parties}Acct"), details.maybe(f"RltdAgts/{role}Agt"))


def _put_entry(parent: etree._Element, entry: Entry) -> None:
    if not entry.serial:
        raise BadBankMessage("缺少银行流水号", "Ntry/AcctSvcrRef")
    part = put(parent, "Ntry")
    put_amount(part, "Amt", entry.amount_fen)
    put(part, "CdtDbtInd", entry.direction.value)
    if entry.reversal:
        put(part, "RvslInd", "true")
    put(part, "Sts/Cd", BOOKED)
    put(part, "BookgDt/Dt", entry.booked_on.isoformat())
    put(part, "ValDt/Dt", entry.value_on.isoformat())
    put(part, "AcctSvcrRef", entry.serial)
    domain = put(part, "BkTxCd/Domn")
    put(domain, "Cd", "PMNT")
    family = put(domain, "Fmly")
    put(family, "Cd", "RCDT" if entry.direction is Direction.CREDIT else "ICDT")
    put(family, "SubFmlyCd", "DMCT")
    _put_details(put(part, "NtryDtls/TxDtls"), entry)


def _put_details(details: etree._Element, entry: Entry) -> None:
    put(details, "Refs/EndToEndId", entry.end_to_end_id or _NOT_PROVIDED)
    role = _role(entry.direction, reversal=entry.reversal)
    other = entry.counterparty
    if other.name or other.account:
        parties = put(details, "RltdPties")
        put_if(parties, f"{role}/Pty/Nm", other.name)
        put_account_number(parties, f"{role}Acct", other.account)
    if other.bank_code or other.bank_name:
        put_agent(put(details, "RltdAgts"), f"{role}Agt", other)
    if entry.remittance:
        put_pieces(put(details, "RmtInf"), "Ustrd", entry.remittance, _LONGEST_LINE)
