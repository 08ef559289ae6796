"""Orders out, and what the bank says of them."""

from typing import Any

import pytest

from integrations.bank_messages.parties import BankAccount
from integrations.bank_messages.payment_orders import read_orders, write_orders
from integrations.bank_messages.payment_status import OrderState, OrderStatus, StatusReport, read_status, write_status
from integrations.bank_messages.reading import BadBankMessage
from kernel.money import MAX_FEN
from tests.integrations.bank_messages.factories import AT, DEVELOPER, batch, order

REJECTED = OrderStatus(end_to_end_id="A", state=OrderState.REJECTED, reason_code="AC01", reason="账号与户名不符")
REPORT = StatusReport(message_id="P-1", created_at=AT, original_message_id="M-1", orders=(REJECTED,))


def test_sums_are_counted() -> None:
    text = write_orders(batch(order(), order(reference="B", amount_fen=5))).decode()
    assert "<NbOfTxs>2</NbOfTxs><CtrlSum>123456.10</CtrlSum>" in text
    assert '<InstdAmt Ccy="CNY">0.05</InstdAmt>' in text
    assert "<ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId><MmbId>102515000018</MmbId></ClrSysMmbId>" in text
    assert "<Othr><Id>6222021234567890123</Id></Othr>" in text
    assert "IBAN" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"amount_fen": MAX_FEN + 1},
        {"reference": ""},
        {"reference": "x" * 36},
        {"creditor": BankAccount(name="无账号", bank_name="银行")},
        {"creditor": BankAccount(account="1", bank_name="银行")},
        {"creditor": BankAccount(account="1", name="无开户行")},
        {"creditor": BankAccount(account="1", name="行号不足", bank_code="10251500001")},
        {"creditor": BankAccount(account="1", name="行号非数字", bank_code="10251500001x")},
        {"creditor": BankAccount(account="1" * 35, name="账号过长", bank_name="银行")},
        {"purpose": "控制\x07字符"},
    ],
)
def test_orders_that_are_not_sent(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadBankMessage):
        write_orders(batch(order(**wrong)))


def test_a_reference_is_used_once() -> None:
    with pytest.raises(BadBankMessage, match="重复"):
        write_orders(batch(order(), order()))


def test_a_batch_without_orders_is_none() -> None:
    empty = type(batch())(message_id="M", created_at=AT, initiator="x", orders=())
    with pytest.raises(BadBankMessage):
        write_orders(empty)


def test_a_moment_has_its_zone() -> None:
    with pytest.raises(BadBankMessage, match="时区"):
        write_orders(
            type(batch())(message_id="M", created_at=AT.replace(tzinfo=None), initiator="x", orders=(order(),))
        )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<NbOfTxs>1<", "<NbOfTxs>2<", "笔数"),
        ("<CtrlSum>123456.05<", "<CtrlSum>123456.5<", "控制总额"),
        ('"CNY">', '"USD">', "币种"),
        ("123456.05</InstdAmt>", "123456.005</InstdAmt>", "两位小数"),
        (">TRF<", ">CHK<", "TRF"),
        ("<MmbId>102515000018<", "<MmbId>10251500001<", "12 位"),
    ],
)
def test_orders_that_a_bank_does_not_take(old: str, new: str, words: str) -> None:
    text = write_orders(batch()).decode()
    assert old in text
    with pytest.raises(BadBankMessage, match=words):
        read_orders(text.replace(old, new, 1).encode())


def test_a_number_in_another_system_is_no_cnaps_number() -> None:
    text = write_orders(batch()).decode().replace("<Cd>CNAPS</Cd>", "<Cd>CHIPS</Cd>")
    with pytest.raises(BadBankMessage, match="开户行"):  # the debtor's bank has a number only
        read_orders(text.encode())
    named = text.replace("</ClrSysMmbId></FinInstnId>", "</ClrSysMmbId><Nm>银行</Nm></FinInstnId>")
    (read,) = read_orders(named.encode()).orders
    assert (read.debtor.bank_code, read.creditor.bank_name) == ("", DEVELOPER.bank_name)


@pytest.mark.parametrize(
    ("code", "state"),
    [("ACSC", "settled"), ("ACCC", "settled"), ("ACSP", "accepted"), ("PDNG", "pending"), ("CANC", "rejected")],
)
def test_codes_of_the_standard(code: str, state: str) -> None:
    data = write_status(REPORT).replace(b"<TxSts>RJCT", b"<TxSts>" + code.encode())
    assert read_status(data).orders[0].state == state


def test_an_unknown_state_is_never_guessed() -> None:
    with pytest.raises(BadBankMessage, match="未知") as refused:
        read_status(write_status(REPORT).replace(b"<TxSts>RJCT", b"<TxSts>GOOD"))
    assert refused.value.extra["path"].endswith("TxInfAndSts/TxSts")


def test_an_answer_to_a_block_is_one_to_its_order() -> None:
    text = write_status(REPORT).decode()
    begin, end = text.index("<TxInfAndSts>"), text.index("</TxInfAndSts>") + len("</TxInfAndSts>")
    block = text[:begin] + "<PmtInfSts>RJCT</PmtInfSts>" + text[end:]
    assert read_status(block.encode()).orders == (OrderStatus(end_to_end_id="A", state=OrderState.REJECTED),)
    with pytest.raises(BadBankMessage, match="PmtInfSts"):
        read_status((text[:begin] + text[end:]).encode())


def test_an_answer_to_the_whole_file() -> None:
    whole = OrderStatus(end_to_end_id="", state=OrderState.REJECTED, reason_code="DUPL", reason="报文重复")
    report = read_status(
        write_status(StatusReport(message_id="P", created_at=AT, original_message_id="M", whole=whole))
    )
    assert report.whole == whole
    answer = report.status_of("B")
    assert answer is not None
    assert (answer.end_to_end_id, answer.state, answer.reason) == ("B", OrderState.REJECTED, "报文重复")
    assert REPORT.status_of("A") == REJECTED
    assert REPORT.status_of("B") is None


def test_answers_that_contradict_themselves() -> None:
    text = write_status(REPORT).decode()
    begin, end = text.index("<OrgnlPmtInfAndSts>"), text.index("</OrgnlPmtInfAndSts>") + len("</OrgnlPmtInfAndSts>")
    settled = text[begin:end].replace("RJCT", "ACSC")
    with pytest.raises(BadBankMessage, match="两个状态"):
        read_status((text[:end] + settled + text[end:]).encode())
    paid = text[:begin] + settled + text[end:]
    with pytest.raises(BadBankMessage, match="整批已拒绝"):
        read_status(paid.replace("</OrgnlMsgNmId>", "</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>").encode())
    with pytest.raises(BadBankMessage, match=r"pain\.001"):
        read_status(text.replace("pain.001.001.09", "pain.008.001.08").encode())
