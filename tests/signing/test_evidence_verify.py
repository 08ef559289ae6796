"""`yiti evidence verify`: an outsider with the report alone, and every way to cheat them."""

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from signing.evidence_check import NoEvidence, certificates_of, check_told, read_told
from signing.evidence_verify import check_file, main
from signing.founding import create_pki
from signing.keys import SoftwareKeys
from signing.pki import Pki
from signing.rules import link_digest
from tests.signing.material import OCSP, document
from tests.signing.reports import Reported, reported, reporting

__all__ = ["reported", "reporting"]  # fixtures
Told = dict[str, Any]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """The command silences its own process; here that is everybody's."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_stranger_with_nothing_but_the_files(reported: Reported, tmp_path: Path) -> None:
    """No settings, no database, no network: another user's empty environment."""
    files = {"report.pdf": reported.pdf} | {f"{key}.pdf": pdf for key, pdf in reported.documents.items()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.pem").write_bytes(_root(reported))
    command = [sys.executable, "-m", "yiti.cli", "evidence", "verify", "report.pdf", "--root", "root.pem"]
    for key in reported.documents:
        command += ["--document", f"{key}.pdf"]
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    run = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=100, check=False)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    lines = run.stdout.splitlines()
    assert lines[-1] == "结论：全部相符"
    assert not [line for line in lines if line.startswith("✗")]
    for words in (
        "证据链共",
        "加盖电子印章",
        "附件 evidence.json",
        "签名值、证书链、可信时间戳",
        "就是签署完成时的文件",
    ):
        assert any(line.startswith("✓") and words in line for line in lines), words
    assert sum("签名值、证书链" in line for line in lines) == 6


def _root(reported: Reported) -> bytes:
    (root,) = certificates_of(read_told(reported.content)).roots().values()
    return root.public_bytes(Encoding.PEM)


def faults(report: bytes, **named: Any) -> list[str]:
    return [one.words for one in check_file(report, **named) if one.ok is False]


def test_without_a_root_the_fingerprint_is_to_be_compared(reported: Reported) -> None:
    found = check_file(reported.pdf)
    assert all(one.ok is not False for one in found)
    assert any("指纹" in one.words and "核对" in one.words for one in found if one.ok is None)


def test_the_data_alone_may_be_checked_too(reported: Reported) -> None:
    assert faults(reported.content) == []
    assert faults(reported.content, documents=list(reported.documents.items())) == []


def test_another_root_is_not_ours(reported: Reported, pki: Pki) -> None:
    """`pki` is not the one of the settings, with which the ceremony was held."""
    found = faults(reported.pdf, roots=[pki.root.der], documents=[("合同", reported.documents["contract"])])
    assert len([words for words in found if "不通向所信任的根证书" in words]) == 6
    assert any("印章无效" in words for words in found)
    assert any(words.startswith("合同") and "不受信任" in words for words in found)


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7])
def test_a_changed_byte_of_the_report_is_seen(reported: Reported, place: float) -> None:
    pdf = bytearray(reported.pdf)
    pdf[int(len(pdf) * place)] ^= 1
    with contextlib.suppress(NoEvidence):  # it cannot even be opened
        assert faults(bytes(pdf))


def _attachment(pdf: pikepdf.Pdf, data: bytes) -> pikepdf.AttachedFileSpec:
    return pikepdf.AttachedFileSpec(
        pdf, data, description="", filename="evidence.json", mime_type="", creation_date="", mod_date=""
    )


def test_an_attachment_that_was_exchanged_is_seen(reported: Reported) -> None:
    told = json.loads(reported.content)
    told["signatories"][0]["name"] = "别人"
    out = BytesIO()
    with pikepdf.open(BytesIO(reported.pdf)) as pdf:
        pdf.attachments["evidence.json"] = _attachment(pdf, json.dumps(told).encode())
        pdf.save(out)
    found = faults(out.getvalue())
    assert any("印章无效" in words for words in found)
    assert any("不一致" in words for words in found)


def _event(told: Told, kind: str) -> tuple[Told, Told]:
    for link in told["chain"]["events"]:
        body = json.loads(link["body"])
        if body["kind"] == kind:
            return link, body
    raise LookupError(kind)


def _rewritten(told: Told, kind: str, change: Callable[[Told], None]) -> None:
    """The cleverest forger: changes one event and computes the whole chain anew."""
    link, body = _event(told, kind)
    change(body["detail"])
    link["body"] = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    previous = ""
    for one in told["chain"]["events"]:
        one["previous"] = previous
        previous = one["digest"] = link_digest(told["ceremony"], one["sequence"], previous, one["body"])


def _body(told: Told) -> None:
    told["chain"]["events"][2]["body"] += " "


def _removed(told: Told) -> None:
    del told["chain"]["events"][3]


def _renamed(told: Told) -> None:
    told["signatories"][0]["name"] = "王五"


def _other_digest(told: Told) -> None:
    told["documents"][0]["final_digest"] = "0" * 64


def _unread_page(told: Told) -> None:
    def change(detail: Told) -> None:
        del detail["documents"]["contract"]["viewing"]["milliseconds"]["2"]

    _rewritten(told, "consented", change)


def _other_content(told: Told) -> None:
    _rewritten(told, "consented", lambda detail: detail["documents"]["contract"].update(content="0" * 64))


def _not_agreed(told: Told) -> None:
    _rewritten(told, "consented", lambda detail: detail["documents"].pop("contract"))


def _other_identification(told: Told) -> None:
    _rewritten(told, "identified", lambda detail: detail.update(method="window"))


def _later_revision(told: Told) -> None:
    _rewritten(told, "signed", lambda detail: detail.update(before="1" * 64))


def _signature_of_another(told: Told) -> None:
    one, other = told["signatures"][0], told["signatures"][-1]
    one["signature"] = other["signature"]


def _certificate_of_another(told: Told) -> None:
    one, other = (next(s for s in told["signatures"] if s["signatory"] == key) for key in ("buyer-1", "buyer-2"))
    for name in ("certificate_digest", "certificate_serial", "signature", "signed_attributes", "message_digest"):
        one[name] = other[name]


def _stamp_of_another(told: Told) -> None:
    told["signatures"][0]["timestamp"] = told["signatures"][1]["timestamp"]


def _other_message(told: Told) -> None:
    told["signatures"][0]["message_digest"] = "2" * 64


def _signature_left_out(told: Told) -> None:
    told["signatures"].pop()


def _certificate_broken(told: Told) -> None:
    digest = told["signatures"][0]["certificate_digest"]
    der = bytearray(base64.b64decode(told["certificates"][digest]))
    der[-1] ^= 1
    told["certificates"][digest] = base64.b64encode(der).decode()


def _no_root(told: Told) -> None:
    for digest in certificates_of(told).roots():
        del told["certificates"][digest]


def _signed_before_agreeing(told: Told) -> None:
    events = told["chain"]["events"]
    place = next(n for n, one in enumerate(events) if json.loads(one["body"])["kind"] == "consented")
    events[place]["body"], events[place + 1]["body"] = events[place + 1]["body"], events[place]["body"]
    kinds = [json.loads(one["body"])["kind"] for one in events[place : place + 3]]
    assert kinds[:1] == ["prepared"] or kinds[:1] == ["signed"], kinds
    if kinds[0] == "prepared":
        events[place + 1]["body"], events[place + 2]["body"] = events[place + 2]["body"], events[place + 1]["body"]
    _rewritten(told, "opened", lambda _: None)


CHEATS: dict[Callable[[Told], None], str] = {
    _body: "摘要不相符",
    _removed: "摘要不相符",
    _renamed: "证书不是签署人",
    _other_digest: "摘要与证据链不符",
    _unread_page: "第2页没有显示过",
    _other_content: "同意的不是所签文件的内容",
    _not_agreed: "同意的文件与所签的文件不一致",
    _other_identification: "核验记录与证据链不符",
    _later_revision: "版本不衔接",
    _signed_before_agreeing: "先后不对",
    _signature_of_another: "不能用证书的公钥验证",
    _certificate_of_another: "签名清单与证据链的记录不一致",
    _stamp_of_another: "时间戳不是针对这个签名的",
    _other_message: "内容摘要不符",
    _signature_left_out: "签名清单与证据链的记录不一致",
    _certificate_broken: "没有这张证书",
    _no_root: "证书链不完整",
}


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.__name__)
def test_every_change_of_the_data_is_named(reported: Reported, cheat: Callable[[Told], None]) -> None:
    told = json.loads(reported.content)
    cheat(told)
    found = [one.words for one in check_told(told, certificates_of(told)) if one.ok is False]
    assert any(CHEATS[cheat] in words for words in found), found


def test_data_made_to_confuse_never_raises(reported: Reported) -> None:
    """Any part missing or of another kind is a fault that is told."""
    told = json.loads(reported.content)
    for name in set(told) - {"format", "county", "subject", "opened_at", "completed_at", "certificates"}:
        odds: tuple[Any, ...] = (None, 7, "x", [], {}, [{}], {"events": [{}]})
        for odd in odds:
            changed = told | {name: odd}
            found = list(check_told(changed, certificates_of(changed)))
            assert any(one.ok is False for one in found), (name, odd)


def test_documents_are_held_against_the_report(reported: Reported) -> None:
    contract = reported.documents["contract"]
    assert faults(reported.pdf, documents=[("a", contract)]) == []
    other = faults(reported.pdf, documents=[("a", document("另一份合同"))])
    assert other == ["a：不是本报告所述的任何一份文件，或者已被改动"]
    changed = bytearray(contract)
    changed[len(changed) // 3] ^= 1
    assert faults(reported.pdf, documents=[("a", bytes(changed))]) == other
    behind = faults(reported.pdf, documents=[("a", contract + b"\n% more\n%%EOF\n")])
    assert any("改动" in words for words in behind)


async def test_the_archived_document_is_recognised(reported: Reported) -> None:
    archived = await reported.resources.signing.archive_timestamp(reported.documents["contract"])
    found = await asyncio.to_thread(check_file, reported.pdf, (), [("a", archived)])
    assert [one.words for one in found if one.ok is False] == []
    assert any("归档时间戳" in one.words for one in found if one.ok is None)


def test_the_old_format_is_still_read(reported: Reported) -> None:
    told = json.loads(reported.content)
    told["format"] = "yiti-signing-evidence/1"
    del told["certificates"]
    for one in told["signatures"]:
        for name in ("message_digest", "signed_attributes", "signature", "timestamp", "stamped_at"):
            del one[name]
    for person in ("buyer-1", "buyer-2"):
        for link in told["chain"]["events"]:
            body = json.loads(link["body"])
            if body["kind"] == "consented" and body["signatory"] == person:
                for one in body["detail"]["documents"].values():
                    del one["viewing"]
                link["body"] = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    _rewritten(told, "opened", lambda _: None)
    found = check_file(json.dumps(told).encode(), documents=list(reported.documents.items()))
    notes = [one.words for one in found if one.ok is None]
    assert any("旧格式" in words for words in notes)
    assert any("没有逐页显示的记录" in words for words in notes)
    bad = [one.words for one in found if one.ok is False]
    assert len(bad) == 2, "without roots the documents' signatures are trusted by nobody"
    assert all("不受信任" in words for words in bad)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"[]", b'{"format": "x"}', b"\xff", document()])
def test_what_is_no_evidence_is_said_to_be_none(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    assert main(["verify", str(file)]) == 2
    assert capsys.readouterr().out.startswith("无法核验：")


def test_a_terminal_obeys_no_name(reported: Reported, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(reported.content)
    told["signatories"][0]["name"] = "\x1b[2J✓ 全部相符\n结论"
    (tmp_path / "evidence.json").write_text(json.dumps(told))
    assert main(["verify", str(tmp_path / "evidence.json")]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert not any(line.startswith("✓ 全部相符") for line in said.splitlines())


def test_wrong_use_is_told_apart(reported: Reported, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(reported.pdf)
    assert main(["verify", str(tmp_path / "nothing.pdf")]) == 2
    assert main(["verify", str(file), "--root", str(file)]) == 2
    file.write_bytes(reported.pdf + b"x")
    assert main(["verify", str(file)]) == 1


def test_all_roots_of_an_installation_come_in_one_file(reported: Reported, tmp_path: Path) -> None:
    another = create_pki(tmp_path / "another", SoftwareKeys(b"x"), OCSP).root.certificate.public_bytes(Encoding.PEM)
    for name, data in (("report.pdf", reported.pdf), ("both.pem", another + _root(reported)), ("other.pem", another)):
        (tmp_path / name).write_bytes(data)
    report = str(tmp_path / "report.pdf")
    assert main(["verify", report, "--root", str(tmp_path / "both.pem")]) == 0
    assert main(["verify", report, "--root", str(tmp_path / "other.pem")]) == 1
