"""The documents that a sale leaves behind, and the outsider's check of all of them."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.validation import Trust, validate_pdf
from yiti.local.demo.browser import StepFailed
from yiti.local.demo.play import SaleInPlay

PACKAGE = "电子档案包.zip"
_VALID = "Signature is Valid"


def save(sale: SaleInPlay, number: int) -> Path:
    """Every signed document, the proof as its buyer got it on the phone, and the archive package."""
    folder = sale.stage.documents / f"{number}-{sale.plan.title}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The page may offer a document twice: at the top, and in the list with its title.
    links = {link.get("href"): link for link in sale.clerk.get(sale.url).links(f"{sale.url}/documents/")}
    for place, link in enumerate(links.values(), start=1):
        title = " ".join(link.text_content().split())
        (folder / f"{place}-{title}.pdf").write_bytes(sale.clerk.get(link.get("href")).data)
    if sale.phones[0].proof(sale.desks[0].url) != sale.proof:
        raise StepFailed("买受人手机上下载的证明与售楼部看到的不是同一份文件")
    (folder / PACKAGE).write_bytes(sale.fetch_package())
    return folder


def faults(files: Sequence[Path], pki: Path) -> list[str]:
    """What is wrong with the signatures of these PDFs, judged by pyHanko with the root certificate alone and, where
    poppler is installed, by pdfsig. Empty: all is well."""
    trust = Trust((x509.load_pem_x509_certificate((pki / "root.crt").read_bytes()).public_bytes(Encoding.DER),))
    return [fault for file in files for fault in (*_pyhanko(file, trust), *_pdfsig(file))]


def has_pdfsig() -> bool:
    """Whether poppler's tool is there."""
    return shutil.which("pdfsig") is not None


def _pyhanko(file: Path, trust: Trust) -> list[str]:
    report = asyncio.run(validate_pdf(file.read_bytes(), trust))
    if report.valid and not report.unsigned_tail:
        return []
    bad = [f"{one.field}（{one.verdict}）" for one in report.signatures if not (one.intact and one.trusted)]
    return [f"{file.parent.name}/{file.name}：pyHanko 不认可 {report.problem or '、'.join(bad) or '签名后的改动'}"]


def _pdfsig(file: Path) -> list[str]:
    if not has_pdfsig():
        return []
    told = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False).stdout
    verdicts = re.findall(r"- Signature Validation: (.*)", told)
    wrong = [verdict for verdict in verdicts if not verdict.startswith(_VALID)] or ([] if verdicts else ["没有签名"])
    return [f"{file.parent.name}/{file.name}：pdfsig 报告 {verdict}" for verdict in wrong]
