"""Every item that can fail does fail when its own thing is spoilt, and a sound package fails none."""

import io
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from e_archive import service
from e_archive.build import lay_out
from e_archive.errors import ArchiveRefused, UnreadablePackage
from e_archive.facts import Facts
from e_archive.four_properties import check
from e_archive.package import Package, from_zip, make_bag, to_zip
from e_archive.pdf import inspect
from e_archive.schemas import ArchiveManifest
from kernel.blobs import BlobStore
from kernel.db import WriteSession
from tests.e_archive.cases import KEYS, MOMENT, make_case, make_pdf, sign, validation

ARCHIVED = MOMENT + timedelta(hours=1)
NUMBER = "411528BDC-YG·2026-Y-000001"
Change = Callable[[dict[str, bytes]], None]


async def package_of(blobs: BlobStore, manifest: ArchiveManifest) -> Package:
    pdfs = {document.key: await blobs.get(document.digest) for document in manifest.documents}
    return lay_out(manifest, NUMBER, ARCHIVED, pdfs, None)


def failed(package: Package, **known: Any) -> set[str]:
    facts = Facts(package, inspect, **({"unique": True, "continuous": True} | known))
    return {item.id.removeprefix("GD-") for item in check(facts, "GD").failed}


def rebag(package: Package, change: Change) -> Package:
    """Change files and make the bag whole again, as a forger who knows BagIt would."""
    files = dict(package.files)
    change(files)
    payload = {path.removeprefix("data/"): data for path, data in files.items() if path.startswith("data/")}
    own = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
    tags = {path: data for path, data in files.items() if not path.startswith("data/") and path not in own}
    return make_bag(package.root, payload, tags, {})


def edit(path: str, old: str, new: str, files: dict[str, bytes]) -> None:
    assert old.encode() in files[path], old
    files[path] = files[path].replace(old.encode(), new.encode(), 1)


def meta(old: str, new: str) -> Change:
    return partial(edit, "data/metadata.xml", old, new)


def put(path: str, data: bytes | None) -> Change:
    def change(files: dict[str, bytes]) -> None:
        if data is None:
            del files[path]
        else:
            files[path] = data

    return change


async def test_a_sound_package_fails_nothing(blobs: BlobStore) -> None:
    assert failed(await package_of(blobs, await make_case(blobs))) == set()


CONTRACT = "data/documents/01-contract.pdf"


@pytest.mark.parametrize(
    ("change", "item"),
    [
        (put(CONTRACT, b"%PDF-1.7 forged"), "1-1"),
        (put("data/records/signatures-contract.json", b"{}"), "1-1"),
        (meta("息县谯楼", "谯" * 301), "1-2"),
        (meta("GB00001F00010001<", "GB00001F0001<"), "1-3"),
        (meta("2026-11-20</", "20261120</"), "1-3"),
        (meta(">700<", ">701<"), "1-4"),
        (meta(">Y</", ">D20</"), "1-4"),
        (meta("系统生成", "来路不明"), "1-4"),
        (meta(">2026-11-20</", ">2026-12-20</"), "1-5"),
        (meta("T02:00:01+00:00", "T01:00:01+00:00"), "1-5"),
        (meta("T02:00:01+00:00", "T09:00:01+00:00"), "1-5"),
        (meta(">2026</", ">2025</"), "1-5"),
        (meta("张三", "张\u200b三"), "1-6"),
        (meta("张三", "张\ue000三"), "1-6"),
        (meta("张三", "张\ufffd三"), "1-6"),
        (meta("-Y-000001<", "-Y-000002<"), "1-7"),
        (meta("YG</", "YZ</"), "1-7"),
        (meta("<key>inquiry_record<", "<key>contract<"), "1-8"),
        (put("data/records/action-log.json", b"not json"), "1-9"),
        (put("data/documents/99-extra.pdf", b"%PDF-"), "1-10"),
        (put(CONTRACT, None), "1-10"),
        (put("README.txt", b"read me"), "1-11"),
        (partial(edit, "data/catalogue.xml", "03-inquiry", "04-inquiry"), "1-11"),
        (put("data/catalogue.xml", b"<!DOCTYPE x><x/>"), "1-11"),
        (put("data/deep/er/file", b"x"), "1-12"),
        (put("run.exe", b"x"), "1-12"),
        (put("metadata.xsd", None), "1-12"),
        (meta(">5</", ">6</"), "2-1"),
        (partial(edit, "data/records/action-log.json", "[]", "[ ]"), "2-2"),
        (meta("<author>息县不动产登记中心</author>", ""), "2-3"),
        (meta("<author>息县不动产登记中心</author>", "<author/>"), "2-4"),
        (meta("<name>登簿</name>", "<name>审核</name>"), "2-5"),
        (put(CONTRACT, b"%PDF-1.7 forged"), "2-7"),
        (put("data/records/evidence-report.json", b"broken"), "2-8"),
        (put("data/records/signatures-proof.json", b"broken"), "2-8"),
        (meta("<key>inquiry_record</key>", "<key>other</key>"), "2-9"),
        (put("data/metadata.xml", None), "2-10"),
        (put("data/metadata.xml", b"<archive"), "3-1"),
        (put("data/metadata.xml", b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'), "3-1"),
        (put("data/metadata.xml", b"<other/>"), "2-3"),
        (put("data/records/exchange-01-identity.json", b"<html>"), "3-3"),
        (put("data/records/exchange-01-identity.json", b"<html>"), "3-7"),
        (put(CONTRACT, b"%PDF-1.7 forged"), "3-4"),
        (put(CONTRACT, make_pdf("x", password="secret")), "3-4"),
        (put(CONTRACT, make_pdf("x", pdfa=False)), "3-5"),
        (put(CONTRACT, make_pdf("x", script=True)), "3-5"),
    ],
)  # fmt: skip
async def test_each_item_finds_its_own_fault(blobs: BlobStore, change: Change, item: str) -> None:
    package = await package_of(blobs, await make_case(blobs))
    found = failed(rebag(package, change))
    assert item in found
    assert "1-13" not in found


async def test_what_only_the_database_knows(blobs: BlobStore) -> None:
    package = await package_of(blobs, await make_case(blobs))
    assert failed(package, unique=False) == {"1-8"}
    assert failed(package, continuous=False) == {"2-6"}


async def test_a_changed_file_breaks_the_bag(blobs: BlobStore) -> None:
    package = await package_of(blobs, await make_case(blobs))
    for change in (
        put("data/records/action-log.json", b"[1]"),
        put("data/records/new.json", b"[1]"),
        put("data/records/action-log.json", None),
        put("README.txt", b"other"),
        put("bagit.txt", None),
        put("manifest-sha256.txt", b"nonsense"),
    ):
        files = dict(package.files)
        change(files)
        assert "1-13" in failed(Package(package.root, files))


async def test_a_signature_that_no_longer_fits_is_found_even_if_all_digests_agree(blobs: BlobStore) -> None:
    signed = await sign(make_pdf("hello"))
    assert inspect(signed).broken_signatures == ()
    assert inspect(signed).signatures == 2
    position = signed.index(b"/MediaBox")
    forged = signed[:position] + signed[position:].replace(b"595", b"596", 1)
    assert inspect(forged).broken_signatures == ("buyer-1", "seller")
    manifest = await make_case(blobs, {"contract": forged}, required_documents=("contract",))
    assert failed(await package_of(blobs, manifest)) == {"1-1"}


async def test_reports_must_be_about_these_bytes_and_say_valid(blobs: BlobStore) -> None:
    manifest = await make_case(blobs)
    first, *others = manifest.documents
    for report in (validation(first.key, "0" * 64), validation(first.key, first.digest, valid=False)):
        reports = (report, *(validation(d.key, d.digest) for d in others))
        changed = msgspec.structs.replace(manifest, signature_reports=reports)
        assert failed(await package_of(blobs, changed)) == {"1-1"}
    unsigned = await make_case(blobs, {key: make_pdf(key) for key in KEYS})
    assert failed(await package_of(blobs, unsigned)) == {"1-1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "含有\x00的题名"}, "无法写入"),
        ({"title": "含有\u200b的题名"}, "1-6"),
        ({"evidence_report": b"{"}, "2-8"),
        ({"required_documents": (*KEYS, "loan_contract")}, "loan_contract"),
        ({"required_documents": ()}, "2-9"),
        ({"required_steps": ("受理", "审核")}, "审核"),
        ({"holders": ()}, "2-3"),
        ({"documents": ()}, "2-7"),
        ({"unit_code": "411528"}, "1-3"),
    ],
)
async def test_what_does_not_pass_is_refused_with_the_reason(
    tx: WriteSession, blobs: BlobStore, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ArchiveRefused, match=words):
        await service.archive(tx, blobs, await make_case(blobs, **changes))


@pytest.mark.parametrize("key", ["../../etc/x", "UPPER", "a/b", "", "中文"])
async def test_keys_cannot_leave_the_package(tx: WriteSession, blobs: BlobStore, key: str) -> None:
    manifest = await make_case(blobs)
    renamed = msgspec.structs.replace(manifest.documents[0], key=key)
    with pytest.raises(ArchiveRefused, match="文件标识"):
        await service.archive(tx, blobs, msgspec.structs.replace(manifest, documents=(renamed,)))
    exchange = msgspec.structs.replace(manifest.exchange_records[0], name=key)
    with pytest.raises(ArchiveRefused, match="文件标识"):
        await service.archive(tx, blobs, msgspec.structs.replace(manifest, exchange_records=(exchange,)))


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "x", "a\\b/c", "a//b", "a/./b"])
def test_strangers_zips_cannot_write_outside(name: str) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(UnreadablePackage):
        from_zip(data.getvalue())


def test_two_roots_or_twice_the_same_file_is_no_package() -> None:
    for names in (("a/x", "b/x"), ("a/x", "a/x"), ()):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile warns about the second one
            for name in names:
                archive.writestr(name, b"x")
        with pytest.raises(UnreadablePackage):
            from_zip(data.getvalue())


def test_garbage_is_unreadable_and_never_crashes() -> None:
    for data in (b"", b"PK\x03\x04", b"%PDF-1.7", to_zip(Package("a", {"x": b"1"}))[:-10]):
        with pytest.raises(UnreadablePackage):
            from_zip(data)
    for data in (b"", b"%PDF-", b"%PDF-1.7\n%%EOF", make_pdf("x")[:-200], make_pdf("x")[300:]):
        assert inspect(data).problem
    found = Facts(Package("a", {"x": b"1"}), inspect)
    assert check(found, "YJ").failed
