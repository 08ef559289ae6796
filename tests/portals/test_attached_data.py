"""The data in a copy against the register: whatever was altered, page or data, the fields that differ are named."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pikepdf
import pytest
from httpx import AsyncClient
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from kernel import clock
from signing.attachments import xml_file
from tests.certificates.samples import entry_facts
from tests.certificates.world import ISSUER
from tests.portals.citizens import MakePhone
from tests.portals.test_public_verify import _another_page, upload
from tests.portals.test_verification_api import URL, interface, machine, many, original, proof
from tests.signing.hostile import update
from yiti.certificates.checking import Validity
from yiti.certificates.copies.document import copy_xml
from yiti.certificates.copies.schemas import Annotation, Wish
from yiti.certificates.freezing import freeze
from yiti.certificates.models import Certificate
from yiti.portals.public.attached import code_in, compared
from yiti.portals.public.stored import StoredData

__all__ = ["interface", "machine", "many", "original", "proof"]  # fixtures
Change = Callable[[bytes], bytes]
BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">%b]><BDCDJZM><ZL>&z;</ZL></BDCDJZM>""" % b"".join(
    b'<!ENTITY %c "%b">' % (letter, b"&%c;" % (letter - 1) * 60) for letter in range(ord("b"), ord("z") + 1)
)

OUTSIDE = b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><BDCDJZM><ZL>&a;</ZL></BDCDJZM>'


def rewritten(pdf: bytes, change: Change) -> bytes:
    """The file made anew with other data: no revision of it is ours any more."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        (spec,) = opened.attachments.values()
        stream = spec.obj.EF.F
        stream.write(change(stream.read_bytes()))
        opened.save(out)
    return out.getvalue()


def appended(pdf: bytes, change: Change) -> bytes:
    """A revision behind ours that swaps the data."""

    def swap(writer: IncrementalPdfFileWriter) -> None:
        spec = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
        data = change(spec["/EF"]["/F"].data)
        spec["/EF"][generic.pdf_name("/F")] = writer.add_object(generic.StreamObject(stream_data=data))
        writer.update_container(spec["/EF"])

    return update(pdf, swap)


def two_faced(pdf: bytes, change: Change) -> bytes:
    """The same attachment with another stream for readers that look for it under another name."""

    def swap(writer: IncrementalPdfFileWriter) -> None:
        files = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]["/EF"]
        data = change(files["/F"].data)
        files[generic.pdf_name("/Unix")] = writer.add_object(generic.StreamObject(stream_data=data))
        writer.update_container(files)

    return update(pdf, swap)


def several(pdf: bytes, data: bytes, name: str = "proof.xml") -> bytes:
    """One more attachment."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        opened.attachments["second"] = pikepdf.AttachedFileSpec(
            opened, data, filename=name, description="", mime_type="text/xml", creation_date="", mod_date=""
        )
        opened.save(out)
    return out.getvalue()


def without(pdf: bytes) -> bytes:
    def remove(writer: IncrementalPdfFileWriter) -> None:
        for key in ("/Names", "/AF"):
            del writer.root[generic.pdf_name(key)]
        writer.update_root()

    return update(pdf, remove)


def dearer(data: bytes) -> bytes:
    return data.replace("周武".encode(), "赵六".encode()).replace(b"<QDJG>", b"<QDJG>9")


@pytest.mark.parametrize("how", [rewritten, appended])
async def test_changed_data_under_an_untouched_page(
    machine: AsyncClient, proof: Certificate, original: bytes, how: Callable[[bytes, Change], bytes]
) -> None:
    told = (await machine.post(URL, content=how(original, dearer))).json()
    assert told["verdict"] in ("changed", "broken")
    assert (told["data"]["outcome"], told["data"]["number"]) == ("different", proof.number)
    assert told["data"]["register"] == "valid", "the paper that the copy was made from still holds"
    differences = {one["field"]: (one["paper"], one["register"]) for one in told["data"]["differences"]}
    assert differences["权利人的姓名（名称）"] == ("赵六", "周*")
    assert differences["取得价格"][1] == "与文件不同（不公开）"
    assert len(differences) == 2, "what agrees is not listed"
    assert "周武" not in str(told)


async def test_a_changed_page_over_untouched_data(machine: AsyncClient, original: bytes) -> None:
    told = (await machine.post(URL, content=original + _another_page(original))).json()
    assert (told["original"], told["data"]["outcome"]) == ("illegal", "same")
    same = rewritten(original + _another_page(original), lambda data: data)
    told = (await machine.post(URL, content=same)).json()
    assert (told["register"], told["verdict"], told["data"]["outcome"]) == ("not_ours", "broken", "same")


async def test_the_very_file_needs_no_comparison(machine: AsyncClient, original: bytes) -> None:
    assert (await machine.post(URL, content=original)).json()["data"] is None


async def test_data_that_are_gone_are_missed(machine: AsyncClient, original: bytes) -> None:
    told = (await machine.post(URL, content=without(original))).json()
    assert (told["original"], told["data"]["outcome"]) == ("illegal", "missing")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda pdf: appended(pdf, lambda _: BOMB), "不是有效的 XML"),
        (lambda pdf: appended(pdf, lambda _: OUTSIDE), "DOCTYPE"),
        (lambda pdf: appended(pdf, lambda data: data.replace(b"<ZL>", b"<ZL>" + b"x" * 10**6)), "过大"),
        (lambda pdf: appended(pdf, lambda _: b"<BDCDJZM>" + b"<a>" * 5000), "不是有效的 XML"),
        (lambda pdf: appended(pdf, lambda _: b"%PDF-1.7"), "不是有效的 XML"),
        (lambda pdf: appended(pdf, lambda _: b"<BDCDJZM>" + b"<a/>" * 5000 + b"</BDCDJZM>"), "过多"),
        (lambda pdf: appended(pdf, lambda _: b"<BDCDJZM>\xff\xfe</BDCDJZM>"), "不是有效的 XML"),
    ],
    ids=["bomb", "outside", "huge", "unclosed", "no xml", "many fields", "no text"],
)
async def test_hostile_data_are_told_and_harm_nobody(
    machine: AsyncClient, original: bytes, made: Change, words: str
) -> None:
    found = await machine.post(URL, content=made(original))
    assert found.status_code == 200
    assert found.json()["data"]["outcome"] == "unreadable"
    assert words in found.json()["data"]["words"]


async def test_two_of_one_kind_are_not_believed(machine: AsyncClient, original: bytes) -> None:
    with pikepdf.open(BytesIO(original)) as opened:
        (spec,) = opened.attachments.values()
        data = spec.get_file().read_bytes()
    for second in (data, dearer(data)):
        told = (await machine.post(URL, content=several(original, second))).json()
        assert (told["data"]["outcome"], "只有一份" in told["data"]["words"]) == ("unreadable", True)
    told = (await machine.post(URL, content=two_faced(original, dearer))).json()
    assert (told["data"]["outcome"], "几个不同的版本" in told["data"]["words"]) == ("unreadable", True)
    other = (await machine.post(URL, content=several(original, b"<Invoice/>", "invoice.xml"))).json()
    assert other["data"]["outcome"] == "same", "what does not pretend to be ours is nobody's business"


def test_an_annotated_copy_is_compared_with_all_that_it_carries() -> None:
    wish = Wish(purpose="子女入学", recipient="息县第一小学", valid_until=date(2027, 1, 1))
    annotation = Annotation(
        number="JZ1", wish=wish, requested_on=date(2026, 1, 1), requested_at=clock.now(),
        verify_url=f"https://yiti.example/verify/411528/{'c' * 20}",
    )  # fmt: skip
    stored = copy_xml(freeze(entry_facts(), ISSUER, serial=7, verify_code="d" * 20, frozen_at=clock.now()), annotation)
    assert code_in(xml_file("x", stored)) == "c" * 20, "its own, and not that of the certificate inside"
    known = StoredData("JZ1", Validity.VALID, stored)
    assert compared(known, [xml_file("annotated-copy.xml", stored)]).outcome == "same"
    changed = stored.replace("子女入学".encode(), "贷款".encode()).replace(b"<ZL>", "<ZL>别处".encode())
    told = compared(known, [xml_file("annotated-copy.xml", changed)])
    fields = {one.field: one for one in told.differences}
    assert set(fields) == {"用途", "坐落"}
    assert fields["用途"].register == "子女入学"
    assert fields["坐落"].register.endswith("***")


async def test_the_page_names_the_fields(proof: Certificate, original: bytes, phone: MakePhone) -> None:
    told = (await upload(phone(), rewritten(original, dearer))).text
    for words in (
        "<h2>已被篡改</h2>",
        "文件所附的数据有2项与登记机构的记载不同",
        proof.number,
        "登记机构现行记载：有效",
        "赵六",
    ):
        assert words in told, words
