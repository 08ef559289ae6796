"""Render → seal B-LT → store: proofs a second on this machine, against one raw signature and one fsync."""

import asyncio
import os
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.place import quiet_settings
from bench.report import Measure, middle_and_tail
from kernel.blobs import BlobStore
from kernel.rendering import Renderer
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from signing.founding import open_pki
from signing.pool import SigningPool
from signing.schemas import SealRef
from signing.seal_image import seal_mask
from yiti.certificates.content import freeze_notice_proof
from yiti.certificates.document import proof_attachment, proof_html
from yiti.certificates.schemas import Issuer, NoticeFacts, Party, ProofContent
from yiti.register.kinds import Sharing

PROOFS = 80
AT_ONCE = 4
TARGET_PER_SECOND = 16
SEAL = "county:411528:registration"
ISSUER = Issuer(
    county_code="411528",
    county_name="息县",
    province="豫",
    agency_name="息县自然资源局",
    agency_code="11411528MB999999XL",
    public_url="http://127.0.0.1:8080",
)


async def measure() -> list[Measure]:
    """Proofs a second, with where the time of one goes."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        settings = quiet_settings(Path(folder))
        issue_seal(settings)
        blobs = BlobStore(settings.blob_url)
        async with Renderer(settings.assets_dir, 2) as renderer, SigningPool(settings) as signing:
            pipeline = _Pipeline(renderer, signing, blobs)
            await asyncio.gather(*(pipeline.proof(serial) for serial in range(8)))
            pipeline.stages.clear()
            started = time.perf_counter()
            await asyncio.gather(*(pipeline.proof(serial) for serial in range(PROOFS)))
            rate = PROOFS / (time.perf_counter() - started)
    floor = _floor_per_second()
    return [
        Measure(
            name="certificate_pipeline",
            value=rate,
            unit="proofs/s",
            reference=floor,
            ratio=rate / floor,
            target=f"≥ {TARGET_PER_SECOND}/s on 2 cores",
            holds=rate >= TARGET_PER_SECOND,
            detail=pipeline.details(),
        )
    ]


class _Pipeline:
    def __init__(self, renderer: Renderer, signing: SigningPool, blobs: BlobStore) -> None:
        self.renderer, self.signing, self.blobs = renderer, signing, blobs
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.stages: dict[str, list[float]] = {}

    async def proof(self, serial: int) -> None:
        content = proof_content(serial)
        async with self.slots:
            times = [time.perf_counter()]
            rendered = await self.renderer.pdf(proof_html(content), attachments=[proof_attachment(content)])
            times.append(time.perf_counter())
            sealed = await self.signing.seal_pdf(
                rendered.pdf, SealRef(key=SEAL), "sign-agency", rendered.boxes["sign-agency"]
            )
            times.append(time.perf_counter())
            await self.blobs.put(sealed)
            times.append(time.perf_counter())
        for name, start, end in zip(("render", "seal", "store"), times[:-1], times[1:], strict=True):
            self.stages.setdefault(name, []).append((end - start) * 1000)

    def details(self) -> dict[str, float | int | str]:
        found: dict[str, float | int | str] = {"proofs": PROOFS, "at once": AT_ONCE}
        for name, samples in self.stages.items():
            found[f"{name} median ms"], found[f"{name} p95 ms"] = middle_and_tail(samples)
        return found


def issue_seal(settings: Settings) -> None:
    picture = seal_mask("息县不动产登记中心", font_files(settings.assets_dir)[1])
    open_pki(settings).issue_seal(SEAL, "息县不动产登记中心", ISSUER.agency_code, picture)


def proof_content(serial: int) -> ProofContent:
    facts = NoticeFacts(
        entry_id=uuid4(),
        case_id=uuid4(),
        case_number=f"41152820261121{serial:05d}",
        unit_id=uuid4(),
        unit_code=f"411528001001GB00001F0001{serial % 10000:04d}",
        location=f"息县谯楼街道演示大道88号淮畔雅苑1号楼1单元{serial:04d}",
        usage="成套住宅",
        building_area=Decimal("122.75"),
        holders=(Party(name="张三", id_kind="resident_id", id_number="990000199001010018"),),
        obligors=(Party(name="息县演示置业有限公司", id_kind="credit_code", id_number="91411528MA99999963"),),
        sharing=Sharing.SOLE,
        price_fen=60_000_000,
        filing_number=f"YS4115282026{serial:06d}",
        booked_on=date(2026, 11, 21),
    )
    return freeze_notice_proof(
        facts, ISSUER, serial=serial + 1, verify_code=f"bench-{serial}", frozen_at=datetime(2026, 11, 21, tzinfo=UTC)
    )


def _floor_per_second() -> float:
    """The bare floor: one ECDSA signature and one fsync each, on one core."""
    key = ec.generate_private_key(ec.SECP256R1())
    rounds = 200
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        for _ in range(rounds):
            file.write(key.sign(b"proof", ec.ECDSA(hashes.SHA256())))
            file.flush()
            os.fsync(file.fileno())
        return rounds / (time.perf_counter() - started)
