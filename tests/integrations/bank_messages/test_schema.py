"""The schema rebuilt from classes is as strict as the standard's: order, choice, occurrence, facets, codes."""

import threading

import pytest
from lxml import etree

from integrations.bank_messages.reading import BadBankMessage, check_schema
from integrations.bank_messages.schema import Message, schema_document, schema_of
from integrations.bank_messages.statements import read_statements, write_statements
from tests.integrations.bank_messages.factories import day_file, entry

GOOD = write_statements(day_file(entry())).decode()
XS = "{http://www.w3.org/2001/XMLSchema}"
SHORTCOMINGS = {
    "order": (
        "<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>",
        "<Sts><Cd>BOOK</Cd></Sts><CdtDbtInd>CRDT</CdtDbtInd>",
    ),
    "choice, both": ("<Cd>BOOK</Cd>", "<Cd>BOOK</Cd><Prtry>booked</Prtry>"),
    "choice, none": ("<Cd>BOOK</Cd>", ""),
    "required": ("<MsgId>F-64</MsgId>", ""),
    "once only": ("<MsgId>F-64</MsgId>", "<MsgId>F-64</MsgId><MsgId>F-64</MsgId>"),
    "unknown": ("<MsgId>F-64</MsgId>", "<MsgId>F-64</MsgId><Colour>red</Colour>"),
    "shortest": ("F-64", ""),
    "longest": ("F-64", "F" * 36),
    "pattern": ('Ccy="CNY"', 'Ccy="cny"'),
    "code": ("<CdtDbtInd>CRDT", "<CdtDbtInd>IN"),
    "date": ("<Dt>2026-03-05", "<Dt>2026-02-30"),
    "moment": ("<CreDtTm>2026", "<CreDtTm>26"),
    "boolean": ("<AcctSvcrRef>", "<RvslInd>yes</RvslInd><AcctSvcrRef>"),
    "attribute needed": (' Ccy="CNY">300000.00', ">300000.00"),
    "attribute unknown": (' Ccy="CNY">300000.00', ' Ccy="CNY" Old="1">300000.00'),
    "text where parts belong": ("<Stmt>", "<Stmt>x"),
}


@pytest.mark.parametrize("name", SHORTCOMINGS)
def test_what_the_standard_forbids(name: str) -> None:
    old, new = SHORTCOMINGS[name]
    assert old in GOOD
    root = etree.fromstring(GOOD.replace(old, new, 1).encode())
    with pytest.raises(BadBankMessage) as refused:
        check_schema(root, Message.STATEMENT)
    assert refused.value.extra["path"].startswith("BkToCstmrStmt")


@pytest.mark.parametrize("message", Message)
def test_every_message_has_its_whole_schema(message: Message) -> None:
    schema = schema_document(message.value)
    kinds = {one.get("name"): one for one in schema}
    used = {one.get("type") for one in schema.iter(f"{XS}element")} - {None}
    assert used <= set(kinds)
    assert len(kinds) > 80
    assert schema.get("targetNamespace") == message.namespace
    choices = {name for name, one in kinds.items() if one.find(f"{XS}choice") is not None}
    assert {"AccountIdentification4Choice", "Party38Choice", "DateAndDateTime2Choice"} <= choices
    assert not any(one.get("minOccurs") == "0" for name in choices for one in kinds[name].iter(f"{XS}element"))
    assert schema_of(message.value) is schema_of(message.value)


def test_threads_hear_of_their_own_file() -> None:
    """The compiled schema is shared, and keeps the faults of one file at a time."""
    faults: dict[int, set[str]] = {0: set(), 1: set()}
    broken = [GOOD.replace("F-64", "F" * 36), GOOD.replace("<CdtDbtInd>CRDT", "<CdtDbtInd>IN")]

    def work(which: int) -> None:
        for _ in range(40):
            try:
                read_statements(broken[which].encode())
            except BadBankMessage as refused:
                faults[which].add(refused.extra["path"].rsplit("/", maxsplit=1)[-1])

    threads = [threading.Thread(target=work, args=(which,)) for which in faults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == {0: {"MsgId"}, 1: {"CdtDbtInd"}}
