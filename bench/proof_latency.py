"""From the last signature's request to the sealed proof: single-buyer sales over HTTP on the running demo platform.

The reference is the least that the processor must do on that way: one rendered proof and one stock pyHanko signature,
each alone and warm (`bench.floor`). On the real way also lie the developer's seals, filing, decision and booking, and
the wake-ups between their transactions.
"""

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx
from sqlalchemy import select

from bench.floor import render_and_sign_ms
from bench.report import Measure, middle_and_tail
from kernel.db import Database, ReadSession
from kernel.outbox.models import OutboxEvent
from yiti.certificates.models import Certificate
from yiti.journeys.models import Sale
from yiti.local.attach import running_platform
from yiti.local.demo.browser import StepFailed
from yiti.local.demo.play import CASE_NO, COUNTY, SaleInPlay, Stage
from yiti.local.demo.sales import single_buyer
from yiti.local.demo.timeline import Timeline
from yiti.local.demo_county import PASSWORD

SALES, WARM_UP = 15, 2
EVERY_SECONDS = 0.02
MEDIAN_MS, TAIL_MS, ARCHIVED_MS = 1000, 2000, 5000
_PATIENCE = 60.0


@dataclass(frozen=True)
class Sample:
    """One sale. Times in milliseconds since the request, `sent` by the clock that the outbox uses, too."""

    contract_id: UUID
    sent: datetime
    proof_ms: float
    archive_ms: float


async def measure() -> list[Measure]:
    """Median and 95th percentile to the proof, and to the archive package."""
    with running_platform() as settings:
        stage = Stage.of(settings, PASSWORD)
        samples = await asyncio.to_thread(_sell, stage)
        async with Database(settings["YITI_DATABASE_URL"], pool_size=1) as database, database.read(COUNTY) as reader:
            stages = await _stages(reader, samples)
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        floor = await render_and_sign_ms(Path(folder))
    proof, proof_tail = middle_and_tail([one.proof_ms for one in samples])
    archive, archive_tail = middle_and_tail([one.archive_ms for one in samples])
    return [
        Measure(
            name="proof_latency",
            value=proof,
            unit="ms",
            reference=floor,
            ratio=proof / floor,
            target=f"median ≤ {MEDIAN_MS} ms, p95 ≤ {TAIL_MS} ms, archive p95 ≤ {ARCHIVED_MS} ms",
            holds=proof <= MEDIAN_MS and proof_tail <= TAIL_MS and archive_tail <= ARCHIVED_MS,
            detail={
                "sales": len(samples),
                "p95 ms": proof_tail,
                **{f"{name} median ms": median(times) for name, times in stages.items()},
                "archive median ms": archive,
                "archive p95 ms": archive_tail,
                "reference: render + stock signature ms": floor,
            },
        )
    ]


def _sell(stage: Stage) -> list[Sample]:
    return [_sale(stage, number) for number in range(SALES + WARM_UP)][WARM_UP:]


def _sale(stage: Stage, number: int) -> Sample:
    with SaleInPlay(stage, single_buyer(), Timeline(f"{number}")) as sale:
        sale.sign_in()
        paid = sale.pay(sale.order_payment(sale.draft()))
        sale.sign(sale.submit(paid), read=False)
        form, contract_id = sale.sealing_form(), UUID(sale.url.rpartition("/")[2])
        with ThreadPoolExecutor(1) as manager:
            sent, started = datetime.now(UTC), time.perf_counter()
            pressed = manager.submit(sale.manager.submit, form)
            _until_found(sale.clerk.http, f"{sale.url}/documents/proof", EVERY_SECONDS)
            proof_ms = (time.perf_counter() - started) * 1000
            pressed.result()
        case = sale.registrar.case(sale.clerk.get(sale.url).facts[CASE_NO]).path.rpartition("/")[2]
        _until_found(sale.registrar.http, f"/registration/archives/{case}/package.zip", 0.05)
        return Sample(contract_id, sent, proof_ms, (time.perf_counter() - started) * 1000)


def _until_found(http: httpx.Client, url: str, every: float) -> None:
    """Ask every so often until it is there; as a machine asks, so that a refusal costs the server little."""
    end = time.monotonic() + _PATIENCE
    while (answer := http.get(url, headers={"Accept": "application/json"})).status_code == 404:
        if time.monotonic() > end:
            raise StepFailed(f"{url} is not there after {_PATIENCE:.0f} s")
        time.sleep(every)
    answer.raise_for_status()


async def _stages(reader: ReadSession, samples: list[Sample]) -> dict[str, list[float]]:
    """Where the time goes: the ways between the outbox rows of each sale, which add up to the whole."""
    found: dict[str, list[float]] = {}
    for one in samples:
        for name, milliseconds in (await _ways(reader, one)).items():
            found.setdefault(name, []).append(milliseconds)
    return found


async def _ways(reader: ReadSession, sample: Sample) -> dict[str, float]:
    sale = (await reader.scalars(select(Sale).where(Sale.contract_id == sample.contract_id))).one()
    proof = (await reader.scalars(select(Certificate.id).where(Certificate.case_id == sale.case_id))).one()
    apply = await _event(reader, f"signing.apply:{sale.ceremony_id}:seller")
    completed = await _event(reader, f"signing.completed:{sale.ceremony_id}")
    wanted = select(OutboxEvent).where(
        OutboxEvent.topic == "certificate.issue", OutboxEvent.payload["certificate_id"].astext == str(proof)
    )
    issue = (await reader.scalars(wanted)).one()
    if issue.done_at is None:
        raise StepFailed("the proof was downloaded before its job was done")
    moments = [sample.sent, apply.created_at, completed.created_at, issue.created_at, issue.done_at]
    names = ["request", "signing.apply", "signing.completed (file, decide, book)", "certificate.issue"]
    ways = {
        name: (end - start).total_seconds() * 1000
        for name, start, end in zip(names, moments[:-1], moments[1:], strict=True)
    }
    return ways | {"commit and download": sample.proof_ms - sum(ways.values())}


async def _event(reader: ReadSession, key: str) -> OutboxEvent:
    return (await reader.scalars(select(OutboxEvent).where(OutboxEvent.key == key))).one()
