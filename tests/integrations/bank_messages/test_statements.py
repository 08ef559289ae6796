"""Statements and notices: money is whole, in CNY, booked, of that day, and adds up."""

import time
from datetime import timedelta

import pytest

from integrations.bank_messages.credit_notices import AccountNotice, NoticeMessage, read_notices, write_notices
from integrations.bank_messages.entries import Direction
from integrations.bank_messages.parties import BankAccount
from integrations.bank_messages.reading import BadBankMessage
from integrations.bank_messages.statements import read_statements, write_statements
from kernel.money import MAX_FEN
from tests.integrations.bank_messages.factories import AT, DAY, SUPERVISED, day_file, entry, statement

IN = entry()
OUT = entry(serial="ICBC0002", direction=Direction.DEBIT, amount_fen=120_000_50, remittance="拨付")
GOOD = write_statements(day_file(IN, OUT)).decode()
AMOUNT = '<Amt Ccy="CNY">300000.00</Amt>'
CLOSING = '<Amt Ccy="CNY">180999.50</Amt>'


def changed(*changes: tuple[str, str]) -> bytes:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def refusal(*changes: tuple[str, str]) -> BadBankMessage:
    with pytest.raises(BadBankMessage) as refused:
        read_statements(changed(*changes))
    return refused.value


@pytest.mark.parametrize(
    "amount",
    [
        "1e5",
        "NaN",
        "INF",
        "-1",
        "1.005",
        "300000.000",
        "",
        "1,000.00",
        "0x10",
        "１２",
        "1 000",
        "9" * 19,
        "1000000000000",
    ],
)
def test_amounts_that_are_none(amount: str) -> None:
    assert "/Amt" in refusal((AMOUNT, f'<Amt Ccy="CNY">{amount}</Amt>')).extra["path"]


@pytest.mark.parametrize("amount", ["300000", "+300000.0", " 300000.00 ", "0300000.00", "300000."])
def test_other_spellings_of_an_amount(amount: str) -> None:
    read = read_statements(changed((AMOUNT, f'<Amt Ccy="CNY">{amount}</Amt>')))
    assert read == read_statements(GOOD.encode())


@pytest.mark.parametrize("currency", ["", ' Ccy=""', ' Ccy="USD"', ' Ccy="CNH"'])
def test_other_money(currency: str) -> None:
    refused = refusal((AMOUNT, f"<Amt{currency}>300000.00</Amt>"))
    assert refused.extra["path"] == "BkToCstmrStmt/Stmt/Ntry[1]/Amt"


def test_an_account_in_other_money() -> None:
    assert "币种" in refusal(("<Ccy>CNY</Ccy>", "<Ccy>USD</Ccy>")).message
    assert "币种" in refusal((CLOSING, CLOSING.replace("CNY", "USD"))).message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((AMOUNT, '<Amt Ccy="CNY">300000.01</Amt>'), "汇总"),
        ((CLOSING, '<Amt Ccy="CNY">180999.51</Amt>'), "期末余额"),
        (("<NbOfNtries>2<", "<NbOfNtries>3<"), "汇总笔数"),
        (("<Sum>420000.50<", "<Sum>420000.51<"), "汇总金额"),
        (("<Sum>300000.00<", "<Sum>300000.005<"), "金额"),
        (("<Sum>120000.50<", "<Sum>120000.05<"), "汇总金额"),
        (("<Amt>179999.50<", "<Amt>179999.05<"), "汇总净额"),
        (("<Cd>CLBD<", "<Cd>CLAV<"), "CLBD"),
        (("<Cd>CLBD<", "<Cd>OPBD<"), "OPBD"),
        (("<Dt><Dt>2026-03-05", "<Dt><Dt>2026-03-04"), "同一天"),
        (("<BookgDt><Dt>2026-03-05", "<BookgDt><Dt>2026-03-04"), "记账日期"),
        (("<BookgDt><Dt>2026-03-05</Dt></BookgDt>", ""), "BookgDt"),
        (("<FrDtTm>2026-03-05", "<FrDtTm>2026-03-04"), "期间"),
        (("<ToDtTm>2026-03-05", "<ToDtTm>2026-03-06"), "期间"),
        (("<AcctSvcrRef>ICBC0002<", "<AcctSvcrRef>ICBC0001<"), "重复"),
        (("<AcctSvcrRef>ICBC0002</AcctSvcrRef>", ""), "流水号"),
        (("<AcctSvcrRef>ICBC0002<", "<AcctSvcrRef>  <"), "流水号"),
        (("<Id>S-64</Id>", "<Id>S-64</Id><StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"), "分页"),
        (("<ElctrncSeqNb>64", "<ElctrncSeqNb>-64"), "非负整数"),
        (("<TxDtls>", "<Btch><NbOfTxs>2</NbOfTxs></Btch><TxDtls>"), "逐笔"),
        (("</TxDtls>", "</TxDtls><TxDtls/>"), "逐笔"),
        (("</Refs>", '</Refs><Amt Ccy="CNY">1.00</Amt>'), "明细金额"),
        (("<Othr><Id>41152800010001</Id></Othr>", "<Othr><Id> </Id></Othr>"), "账号"),
    ],
)
def test_what_cannot_be_right(change: tuple[str, str], words: str) -> None:
    assert words in refusal(change).message


def test_pending_money_is_no_money() -> None:
    """A pending entry is left out; the balances are of booked money only."""
    pending = GOOD[GOOD.index("<Ntry>") : GOOD.index("</Ntry>") + len("</Ntry>")]
    pending = pending.replace("BOOK", "PDNG").replace("ICBC0001", "ICBC0003")
    assert read_statements(changed(("<Ntry>", pending + "<Ntry>"))) == read_statements(GOOD.encode())


def test_a_bank_that_tells_little() -> None:
    """Without a summary, period, number, value date and details it is still a statement."""
    text = GOOD
    for name in ("TxsSummry", "FrToDt", "ElctrncSeqNb", "ValDt", "NtryDtls"):
        while f"<{name}>" in text:
            text = text[: text.index(f"<{name}>")] + text[text.index(f"</{name}>") + len(name) + 3 :]
    text = text.replace("</BkTxCd></Ntry>", "</BkTxCd><AddtlNtryInf>首付款</AddtlNtryInf></Ntry>", 1)
    (read,) = read_statements(text.encode()).statements
    assert [one.remittance for one in read.entries] == ["首付款", ""]
    assert read.sequence is None
    assert [one.value_on for one in read.entries] == [DAY, DAY]
    assert [one.counterparty for one in read.entries] == [BankAccount(), BankAccount()]


def test_days_are_those_of_beijing() -> None:
    at = "2026-03-04T16:30:00Z"
    data = changed(("<BookgDt><Dt>2026-03-05</Dt>", f"<BookgDt><DtTm>{at}</DtTm>"))
    assert read_statements(data).statements[0].entries[0].booked_on == DAY
    assert "记账日期" in refusal(("<BookgDt><Dt>2026-03-05</Dt>", "<BookgDt><DtTm>2026-03-05T16:00:00Z</DtTm>")).message


def test_a_reversal_counts_as_it_stands_and_keeps_its_parties() -> None:
    payee = BankAccount(account="622", name="收款人")
    back = entry(serial="R1", reversal=True, counterparty=payee, amount_fen=1)
    data = write_statements(day_file(IN, back))
    assert "<Cdtr><Pty><Nm>收款人" in data.decode()
    read = read_statements(data).statements[0]
    assert (read.entries[1].counterparty, read.entries[1].signed_fen) == (payee, 1)


def test_an_overdrawn_account_is_told_as_such() -> None:
    overdrawn = statement(OUT, opening_fen=100)
    message = day_file()
    data = write_statements(type(message)(message_id="F", created_at=AT, statements=(overdrawn,)))
    assert read_statements(data).statements[0].closing_fen == 100 - OUT.amount_fen


def test_nothing_wrong_is_written() -> None:
    good = statement(IN)
    for wrong in (
        {"closing_fen": good.closing_fen + 1},
        {"day": DAY + timedelta(days=1)},
        {"entries": (IN, IN), "closing_fen": good.opening_fen + 2 * IN.amount_fen},
        {"opening_fen": MAX_FEN + 1, "closing_fen": MAX_FEN + 1 + IN.amount_fen},
        {"account": ""},
        {"account": "6" * 35},
        {"statement_id": "\x00"},
    ):
        facts = {name: getattr(good, name) for name in good.__struct_fields__}
        with pytest.raises(BadBankMessage):
            write_statements(
                type(day_file())(message_id="F", created_at=AT, statements=(type(good)(**{**facts, **wrong}),))
            )


def test_a_notice_of_several_accounts() -> None:
    notices = (
        AccountNotice(notice_id="N1", account=SUPERVISED.account, entries=(IN,)),
        AccountNotice(notice_id="N2", account="2", entries=(OUT,)),
    )
    message = NoticeMessage(message_id="F", created_at=AT, notices=notices)
    data = write_notices(message)
    assert read_notices(data) == message
    with pytest.raises(BadBankMessage, match="币种"):
        read_notices(data.replace(b'"CNY"', b'"USD"'))
    pending = read_notices(data.replace(b"<Cd>BOOK", b"<Cd>PDNG"))
    assert [notice.entries for notice in pending.notices] == [(), ()]


@pytest.mark.soak
def test_ten_thousand_entries() -> None:
    many = [entry(serial=f"ICBC{number:012d}", end_to_end_id=f"JK4115282026{number:08d}") for number in range(10_000)]
    data = write_statements(day_file(*many))
    begun = time.process_time()
    read = read_statements(data)
    assert time.process_time() - begun < 5
    assert read == day_file(*many)
