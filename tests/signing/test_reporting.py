"""The sealed evidence report: what stands in it, and that it is made once."""

import asyncio
import hashlib
import json
import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from kernel.outbox import Park
from signing.evidence_document import duration
from signing.models import EvidenceEvent, EvidenceFile
from signing.reporting import ReportNotMade, ensure_report
from tests.signing.ceremonies import Sale
from tests.signing.reports import Reported, Reporting, completed, reported, reporting
from tests.testbed import HOME

__all__ = ["reported", "reporting"]  # fixtures


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    return "".join(run.stdout.split())


def test_the_data_is_attached_and_its_digest_printed(reported: Reported, tmp_path: Path) -> None:
    digest = hashlib.sha256(reported.content).hexdigest()
    assert digest == reported.file.content_digest
    with pikepdf.open(BytesIO(reported.pdf)) as pdf:
        assert list(pdf.attachments) == ["evidence.json"]
        assert pdf.attachments["evidence.json"].get_file().read_bytes() == reported.content
        assert str(pdf.docinfo["/Keywords"]) == f"evidence-sha256:{digest}"
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
    assert digest in text_of(reported.pdf, tmp_path)


def test_a_judge_reads_who_signed_what_when_and_after_seeing_what(reported: Reported, tmp_path: Path) -> None:
    printed, told = text_of(reported.pdf, tmp_path), json.loads(reported.content)
    assert "990000199001010001" not in printed
    for words in (
        "商品房买卖合同",
        "询问笔录",
        "买受人1",
        "河南某某置业有限公司",
        "real-name+face",
        "显示2／2页",
        "共2秒",
        "127.0.0.1",
    ):
        assert words in printed, words
    for one in told["documents"]:
        assert one["final_digest"] in printed
    for one in told["signatures"]:
        assert one["certificate_digest"] in printed
        assert one["stamped_at"]
    assert told["chain"]["events"][-1]["digest"] == reported.file.chain_digest
    assert reported.file.chain_digest in printed


async def test_the_platform_has_sealed_it(reported: Reported) -> None:
    report = await reported.resources.signing.validate_pdf(reported.pdf)
    assert report.valid
    assert [(one.kind, one.level) for one in report.signatures] == [("certification", "B-LT")]


async def test_it_is_made_once(reported: Reported) -> None:
    async def again() -> str:
        async with reported.sale.database.transaction(HOME) as tx:
            return (await ensure_report(tx, reported.resources, reported.sale.ceremony)).pdf_digest

    assert set(await asyncio.gather(again(), again())) == {reported.file.pdf_digest}
    assert len(await reported.sale.rows(EvidenceFile)) == 1


async def test_not_before_everybody_has_signed(sale: Sale, reporting: Reporting) -> None:
    await sale.sign("buyer-1")
    with pytest.raises(ReportNotMade):
        async with sale.database.transaction(HOME) as tx:
            await ensure_report(tx, reporting, sale.ceremony)


async def test_a_chain_that_does_not_hold_is_not_attested(sale: Sale, reporting: Reporting) -> None:
    await completed(sale, "buyer-1", "buyer-2", "buyer-3")
    async with sale.database.transaction(HOME) as tx:
        tx.add(EvidenceEvent(ceremony_id=sale.ceremony, sequence=99, body="{}", previous="", digest="0" * 64))
    with pytest.raises(Park, match="校验不通过"):
        async with sale.database.transaction(HOME) as tx:
            await ensure_report(tx, reporting, sale.ceremony)


@pytest.mark.parametrize(
    ("spent", "words"), [(300, "0.3秒"), (1999, "1秒"), (75_500, "1分15秒"), (3_600_000, "60分00秒")]
)
def test_durations_in_words(spent: int, words: str) -> None:
    assert duration(spent) == words
