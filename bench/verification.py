"""A contract of twenty pages that three have signed, verified as the public page does it: at first, and once more."""

import logging
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from bench.certificate_pipeline import SEAL, issue_seal
from bench.place import quiet_settings
from bench.report import Measure, middle_and_tail
from kernel.clock import now
from kernel.rendering import Renderer
from kernel.rendering.schemas import Box
from kernel.settings import Settings
from signing import pades
from signing.appearance import BLACK, SEAL_RED, read_ink
from signing.founding import open_pki
from signing.pades import Desk, FieldPlan
from signing.pki import Pki
from signing.pool import SigningPool
from signing.timestamps import ResponderTimestamper
from yiti.certificates.checking import Known, check_file
from yiti.portals.public.reports import Reports

ROUNDS, REPEATS, PAGES = 7, 40, 20
FIRST_SECONDS, REPEATED_MS = 1.5, 50.0
_PAGE = "<p>买受人与出卖人就商品房买卖事宜，遵循平等、自愿、公平、诚实信用的原则，达成如下协议。</p>" * 24


async def measure() -> list[Measure]:
    """`verification_first`, `verification_repeated`: from an upload's bytes to the report, without the book."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        settings = quiet_settings(Path(folder))
        issue_seal(settings)
        pki = open_pki(settings)
        pdf = await _signed(settings, pki)
        async with SigningPool(settings) as pool:
            await _seconds(pool, Reports(), pdf)
            first = [await _seconds(pool, Reports(), pdf) for _ in range(ROUNDS)]
            kept = Reports()
            await _seconds(pool, kept, pdf)
            repeated = [await _seconds(pool, kept, pdf) * 1000 for _ in range(REPEATS)]
        stock = median([await _stock_seconds(pdf, pki) for _ in range(ROUNDS)])
    return [
        Measure(
            name="verification_first",
            value=median(first),
            unit="s",
            reference=stock,
            ratio=median(first) / stock,
            target=f"≤ {FIRST_SECONDS} s: three sign, {PAGES} pages (reference: pyHanko's own check)",
            holds=median(first) <= FIRST_SECONDS,
            detail={"bytes": len(pdf), "slowest s": max(first)},
        ),
        Measure(
            name="verification_repeated",
            value=middle_and_tail(repeated)[1],
            unit="ms (p95)",
            target=f"≤ {REPEATED_MS:g} ms",
            holds=middle_and_tail(repeated)[1] <= REPEATED_MS,
            detail={"median ms": median(repeated)},
        ),
    ]


async def _signed(settings: Settings, pki: Pki) -> bytes:
    pages = "".join(f"<section style='break-after: page'>{_PAGE}</section>" for _ in range(PAGES))
    async with Renderer(settings.assets_dir, 1) as renderer:
        contract = await renderer.pdf(f"<html lang='zh-CN'><title>合同</title><body>{pages}</body></html>")
    desk, seal = Desk(pki, ResponderTimestamper(pki)), pki.seal(SEAL)
    places = [Box(page=PAGES - 1, x1=60, y1=90 + 60 * n, x2=180, y2=140 + 60 * n) for n in range(3)]
    plans = [FieldPlan(f"party-{n}", place, locks_all=n == 2) for n, place in enumerate(places)]
    pdf = await pades.prepare(contract.pdf, plans, seal, desk)
    picture = pki.seal_picture(SEAL)
    for plan in plans[:2]:
        person = pki.issue_person("张三", f"assertion-{plan.name}")
        pdf = await pades.sign_field(pdf, plan.name, person, desk, ink=read_ink(picture, BLACK))
    return await pades.sign_field(pdf, plans[2].name, seal, desk, ink=read_ink(picture, SEAL_RED))


async def _seconds(pool: SigningPool, reports: Reports, pdf: bytes) -> float:
    started = time.perf_counter()
    found = await check_file(pdf, _unknown, partial(reports.validated, validate=pool.validate_pdf))
    seconds = time.perf_counter() - started
    assert found.report is not None
    assert found.report.valid
    return seconds


async def _unknown(_: list[str]) -> Mapping[str, Known]:
    return {}


async def _stock_seconds(pdf: bytes, pki: Pki) -> float:
    """pyHanko's own verdict on each signature, with the answers that ours has."""
    started = time.perf_counter()
    evidence = pki.evidence(pki.tsa.asn1, now())
    for signature in PdfFileReader(BytesIO(pdf)).embedded_regular_signatures:
        answers = pki.evidence(signature.signer_cert, now()) + evidence
        context = ValidationContext(
            trust_roots=[pki.root.asn1],
            other_certs=[x509.Certificate.load(der) for der in answers.certificates],
            ocsps=[*answers.ocsps],
            crls=[*answers.crls],
            allow_fetching=False,
            revocation_mode="require",
        )
        status = await async_validate_pdf_signature(signature, context)
        assert status.bottom_line
    return time.perf_counter() - started
