"""Hostile and broken files: each is refused with its reason, quickly, and never by the parser's own exception."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.bank_messages.reading import LARGEST_FILE, LARGEST_STATEMENT, BadBankMessage
from integrations.bank_messages.statements import read_statements, write_statements
from tests.integrations.bank_messages.factories import day_file, entry

GOOD = write_statements(day_file(entry()))
HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n"
BODY = GOOD.removeprefix(HEAD)
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def declared(inner: bytes) -> bytes:
    return HEAD + b"<!DOCTYPE Document [" + inner + b"]>" + BODY.replace(b"JK4115280001", b"&a;")


def in_envelope(inner: bytes) -> bytes:
    """Where the standard lets anything stand."""
    place = b"</BkToCstmrStmt>"
    extra = b"<SplmtryData><Envlp>" + inner + b"</Envlp></SplmtryData>"
    return GOOD.replace(place, extra + place)


def bomb() -> bytes:
    levels = b"".join(b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (98 + n) * 10) for n in range(9))
    return declared(levels + b'<!ENTITY j "lol">')


def many(opening: bytes, closing: bytes, times: int) -> bytes:
    return in_envelope(opening * times + closing * times)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "entity bomb": (bomb, "DTD"),
    "external entity": (lambda: declared(b'<!ENTITY a SYSTEM "file:///etc/passwd">'), "DTD"),
    "external entity over the network": (lambda: declared(b'<!ENTITY a SYSTEM "http://127.0.0.1:9/a">'), "DTD"),
    "parameter entity": (lambda: declared(b'<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;'), "DTD"),
    "quadratic blow-up": (lambda: declared(b'<!ENTITY a "' + b"x" * 1_000_000 + b'">'), "DTD"),
    "external DTD": (lambda: HEAD + b'<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/a.dtd">' + BODY, "DTD"),
    "DTD after a comment": (lambda: HEAD + b"<!-- x --><?pi x?><!DOCTYPE Document>" + BODY, "DTD"),
    "entity nobody declared": (lambda: GOOD.replace(b"JK4115280001", b"&a;"), "XML"),
    "deep nesting": (lambda: many(b"<a>", b"</a>", 100_000), "嵌套过深"),
    "deep root": (lambda: b"<a>" * 500_000, "嵌套过深"),
    "long text": (lambda: GOOD.replace(b"ICBC0001", b"9" * 11_000_000), "过长"),
    "many elements": (lambda: many(b"<a/>", b"", 2_000_000), "项数过多"),
    "many attributes": (
        lambda: GOOD.replace(b"<Stmt>", b"<Stmt " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b">"),
        "标准以外的属性",
    ),
    "attribute twice": (lambda: GOOD.replace(b'Ccy="CNY"', b'Ccy="CNY" Ccy="USD"', 1), "XML"),
    "wrong namespace": (lambda: GOOD.replace(SPACE.encode(), b"urn:other"), "应为 camt.053.001.08"),
    "no namespace": (lambda: GOOD.replace(b' xmlns="' + SPACE.encode() + b'"', b""), "应为 camt.053.001.08"),
    "other version": (lambda: GOOD.replace(b"001.08", b"001.02"), "应为 camt.053.001.08"),
    "other message": (lambda: GOOD.replace(b"camt.053", b"camt.054"), "应为 camt.053.001.08"),
    "other root": (lambda: BODY.replace(b"Document", b"Dokument"), "应为 camt.053.001.08"),
    "two documents": (lambda: GOOD + BODY, "XML"),
    "two messages in one": (
        lambda: GOOD.replace(b"</BkToCstmrStmt>", b"</BkToCstmrStmt><BkToCstmrStmt/>"),
        "不应在此处",
    ),
    "truncated": (lambda: GOOD[: len(GOOD) // 2], "XML"),
    "nothing": (lambda: b"", "XML"),
    "blanks": (lambda: b" \n", "XML"),
    "no XML": (lambda: b"PK\x03\x04 spreadsheet", "XML"),
    "UTF-16": (lambda: GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "UTF-8"),
    "UTF-16 without mark": (lambda: BODY.decode().encode("utf-16-le"), "UTF-8"),
    "GBK": (lambda: GOOD.decode().replace("UTF-8", "GBK").encode("gbk"), "UTF-8"),
    "labelled GBK": (lambda: GOOD.replace(b"UTF-8", b"GBK"), "声明的编码"),
    "labelled UTF-7": (lambda: GOOD.replace(b"UTF-8", b"UTF-7"), "声明的编码"),
    "NUL": (lambda: GOOD.replace(b"ICBC0001", b"ICBC\x000001"), "空字符"),
    "control character": (lambda: GOOD.replace(b"ICBC0001", b"ICBC\x010001"), "XML"),
    "control character by number": (lambda: GOOD.replace(b"ICBC0001", b"ICBC&#1;0001"), "XML"),
    "50 MB": (lambda: GOOD + b" " * 50_000_000, "超过 20 MB"),
    "XML 1.1": (lambda: GOOD.replace(b"'1.0'", b"'1.1'", 1), "版本"),
    "bare type change": (
        lambda: GOOD.replace(
            b"<Stmt>", b'<Stmt xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="Party40Choice">'
        ),
        "标准",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_with_its_reason(name: str) -> None:
    make, reason = HOSTILE[name]
    data = make()
    assert data != GOOD
    begun = time.process_time()
    with pytest.raises(BadBankMessage) as refused:
        read_statements(data)
    assert reason in refused.value.message
    assert time.process_time() - begun < 3


def test_the_good_one_is_read() -> None:
    read_statements(GOOD)


@pytest.mark.parametrize(
    "harmless",
    [
        lambda: b"\xef\xbb\xbf" + GOOD,
        lambda: BODY,
        lambda: GOOD.replace(b"<Stmt>", b"<Stmt><!-- <!DOCTYPE x> -->"),
        lambda: GOOD.replace(b">ICBC0001<", b"> ICBC<!-- x --><![CDATA[0001]]>\n<"),
        lambda: GOOD.replace(b"><", b">\n  <"),
        lambda: in_envelope(b'<our xmlns="urn:bank">x</our>'),
        lambda: (
            GOOD.replace(b"<", b"<c:").replace(b"<c:/", b"</c:").replace(b"<c:?", b"<?").replace(b"xmlns=", b"xmlns:c=")
        ),
    ],
    ids=["mark", "no declaration", "comment", "pieces", "indented", "supplement", "prefixed"],
)
def test_other_spellings_say_the_same(harmless: Callable[[], bytes]) -> None:
    assert harmless() != GOOD
    assert read_statements(harmless()) == read_statements(GOOD)


def test_the_place_is_named() -> None:
    with pytest.raises(BadBankMessage) as refused:
        read_statements(GOOD.replace(b"CRDT</CdtDbtInd><Sts>", b"CREDIT</CdtDbtInd><Sts>"))
    assert refused.value.extra["path"] == "BkToCstmrStmt/Stmt/Ntry/CdtDbtInd"
    assert refused.value.message == "银行报文有误（BkToCstmrStmt/Stmt/Ntry/CdtDbtInd）：内容不在规定的代码之内"


def test_limits_stand_apart() -> None:
    assert LARGEST_FILE < LARGEST_STATEMENT


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    until = data.draw(st.integers(at, min(at + 30, len(GOOD))))
    changed = GOOD[:at] + data.draw(st.binary(max_size=12)) + GOOD[until:]
    with suppress(BadBankMessage):
        read_statements(changed)
