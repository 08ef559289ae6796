"""What signatures cost in processor time: a seal against pyHanko's own signer, a contract of twenty pages by all."""

import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.certificate_pipeline import SEAL, issue_seal, proof_content
from bench.floor import stock_signature
from bench.place import quiet_settings
from bench.report import Measure
from kernel.rendering import Renderer
from kernel.rendering.schemas import Box
from signing import pades
from signing.appearance import BLACK, SEAL_RED, Ink, read_ink
from signing.founding import open_pki
from signing.pades import Desk, FieldPlan
from signing.pki import Pki
from signing.timestamps import ResponderTimestamper
from yiti.certificates.document import proof_attachment, proof_html

ROUNDS, PAGES = 15, 20
SEAL_TARGET, CONTRACT_TARGET_SECONDS = 0.5, 1.5
_PAGE = "<p>买受人与出卖人就商品房买卖事宜，遵循平等、自愿、公平、诚实信用的原则，达成如下协议。</p>" * 24


@dataclass(frozen=True)
class _Bench:
    pki: Pki
    desk: Desk
    proof: bytes
    box: Box
    contract: bytes

    @property
    def ink(self) -> Ink:
        return read_ink(self.pki.seal_picture(SEAL), SEAL_RED)

    async def ours(self) -> bytes:
        return await pades.seal_pdf(self.proof, "seal", self.box, self.pki.seal(SEAL), self.desk, ink=self.ink)

    async def ours_archived(self) -> bytes:
        return await pades.archive_timestamp(await self.ours(), self.desk)

    async def stock(self) -> bytes:
        return await self._stock(archive=False)

    async def stock_archived(self) -> bytes:
        return await self._stock(archive=True)

    async def _stock(self, *, archive: bool) -> bytes:
        client = self.desk.timestamper.client
        return await stock_signature(self.proof, self.pki.seal(SEAL), self.pki, client, archive=archive)

    async def three_parties(self) -> bytes:
        """The platform certifies; two buyers and the seller sign, the last locks everything."""
        places = [Box(page=PAGES - 1, x1=60, y1=90 + 60 * n, x2=180, y2=140 + 60 * n) for n in range(3)]
        plans = [FieldPlan(f"buyer-{n}", places[n]) for n in (0, 1)] + [FieldPlan("seller", places[2], locks_all=True)]
        pdf = await pades.prepare(self.contract, plans, self.pki.seal(SEAL), self.desk)
        hand = read_ink(self.pki.seal_picture(SEAL), BLACK)
        for plan in plans[:2]:
            person = self.pki.issue_person("张三", f"assertion-{plan.name}")
            pdf = await pades.sign_field(pdf, plan.name, person, self.desk, ink=hand)
        return await pades.sign_field(pdf, "seller", self.pki.seal(SEAL), self.desk, ink=self.ink)


async def measure() -> list[Measure]:
    """`seal_blt`, `seal_blta`, `contract_signing`; medians of rounds that alternate."""
    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns each time that nothing may be fetched
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        bench = await _prepared(Path(folder))
        blt, blta = await _pair(bench.ours, bench.stock), await _pair(bench.ours_archived, bench.stock_archived)
        contract = median([await _cpu_ms(bench.three_parties) for _ in range(5)]) / 1000
    return [
        _against_stock("seal_blt", *blt),
        _against_stock("seal_blta", *blta),
        Measure(
            name="contract_signing",
            value=contract,
            unit="s CPU",
            target=f"≤ {CONTRACT_TARGET_SECONDS} s of CPU, three parties, {PAGES} pages, B-LT",
            holds=contract <= CONTRACT_TARGET_SECONDS,
        ),
    ]


async def _prepared(folder: Path) -> _Bench:
    settings = quiet_settings(folder)
    issue_seal(settings)
    pki, content = open_pki(settings), proof_content(1)
    async with Renderer(settings.assets_dir, 1) as renderer:
        proof = await renderer.pdf(proof_html(content), attachments=[proof_attachment(content)])
        pages = "".join(f"<section style='break-after: page'>{_PAGE}</section>" for _ in range(PAGES))
        contract = await renderer.pdf(f"<html lang='zh-CN'><title>合同</title><body>{pages}</body></html>")
    return _Bench(pki, Desk(pki, ResponderTimestamper(pki)), proof.pdf, proof.boxes["sign-agency"], contract.pdf)


async def _pair(ours: Callable[[], Awaitable[bytes]], stock: Callable[[], Awaitable[bytes]]) -> tuple[float, float]:
    both = [(await _cpu_ms(ours), await _cpu_ms(stock)) for _ in range(ROUNDS + 1)][1:]
    return median(one for one, _ in both), median(other for _, other in both)


async def _cpu_ms(work: Callable[[], Awaitable[bytes]]) -> float:
    started = time.process_time()
    await work()
    return (time.process_time() - started) * 1000


def _against_stock(name: str, ours: float, stock: float) -> Measure:
    return Measure(
        name=name,
        value=ours,
        unit="ms CPU",
        reference=stock,
        ratio=ours / stock,
        target=f"≤ {SEAL_TARGET} × pyHanko's SimpleSigner in the same run",
        holds=ours <= SEAL_TARGET * stock,
    )
