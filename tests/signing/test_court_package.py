"""The court package: its written procedure is carried out word by word, with nothing of ours."""

import json
import os
import re
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from kernel.clock import now
from signing.court_package import court_package
from tests.signing.reports import Reported, reported, reporting

__all__ = ["reported", "reporting"]  # fixtures
STEP = re.compile(r"^\$ (?P<command>.+)\n应当显示：(?P<answer>.+)$", re.MULTILINE)


def unpacked(reported: Reported, folder: Path) -> str:
    """The procedure; the package lies in the folder."""
    titles = {one["key"]: one["title"] for one in json.loads(reported.content)["documents"]}
    documents = [(titles[key], pdf) for key, pdf in reported.documents.items()]
    with zipfile.ZipFile(BytesIO(court_package(reported.pdf, reported.content, documents, now()))) as package:
        assert package.testzip() is None
        package.extractall(folder)
    return (folder / "核验说明.txt").read_text()


def carried_out(procedure: str, folder: Path) -> dict[str, bool]:
    """Command → whether every line of its answer holds the words."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    passed = {}
    for step in STEP.finditer(procedure):
        run = subprocess.run(
            ["bash", "-c", step["command"]], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        lines = run.stdout.splitlines()
        passed[step["command"]] = bool(lines) and all(step["answer"] in line for line in lines)
    return passed


def test_the_procedure_holds_word_by_word(reported: Reported, tmp_path: Path) -> None:
    procedure = unpacked(reported, tmp_path)
    passed = carried_out(procedure, tmp_path)
    assert len(passed) == procedure.count("\n$ ") == 12
    assert passed == dict.fromkeys(passed, True)
    root = subprocess.run(
        ["openssl", "x509", "-in", "根证书.pem", "-noout", "-fingerprint", "-sha256"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert root.stdout.partition("=")[2].strip().replace(":", "").lower() in procedure
    printed = subprocess.run(
        ["bash", "-c", "for n in 签名/*.attrs; do openssl asn1parse -inform DER -in $n; done"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for one in json.loads(reported.content)["signatures"]:
        assert one["message_digest"] in procedure
        assert one["message_digest"].upper() in printed.stdout


@pytest.mark.parametrize(
    ("file", "step"),
    [
        ("文件/01-商品房买卖合同.pdf", "sha256sum -c 摘要.txt"),
        ("文件/01-商品房买卖合同.pdf", "pdfsig"),
        ("签署证据报告.pdf", "pdfsig"),
        ("签名/01.crt", "openssl verify"),
        ("签名/01.sig", "openssl dgst"),
        ("签名/02.attrs", "openssl dgst"),
        ("签名/03.sig", "openssl ts"),
        ("签名/03.tst", "openssl ts"),
        ("证据链/004", "sha256sum -c 证据链摘要.txt"),
        ("证据链/004", "相接"),
    ],
)
def test_a_changed_file_fails_its_step(reported: Reported, tmp_path: Path, file: str, step: str) -> None:
    procedure = unpacked(reported, tmp_path)
    target = tmp_path / file
    data = bytearray(target.read_bytes())
    # A timestamp's first third is certificates, which openssl takes from elsewhere when they are broken.
    data[len(data) // 3 if target.suffix != ".tst" else -20] ^= 1
    target.write_bytes(data)
    failed = [command for command, good in carried_out(procedure, tmp_path).items() if not good]
    assert any(step in command for command in failed), failed


def test_a_document_of_another_contract_is_not_in_the_report(reported: Reported, tmp_path: Path) -> None:
    procedure = unpacked(reported, tmp_path)
    (tmp_path / "文件/01-商品房买卖合同.pdf").write_bytes(reported.pdf)
    failed = [command for command, good in carried_out(procedure, tmp_path).items() if not good]
    assert any("final_digest" in command for command in failed)


def test_titles_are_made_fit_for_file_names(reported: Reported) -> None:
    documents = [("../合同 <1>/附件", reported.documents["contract"])]
    with zipfile.ZipFile(BytesIO(court_package(reported.pdf, reported.content, documents, now()))) as package:
        assert "文件/01-.._合同_1_附件.pdf" in package.namelist()
