"""Server time of the main pages with 100,000 units in the county, against the county as it was before it grew.

A throwaway platform; the times are those of whole requests over loopback to the real web process.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import UUID

from bench.county import multiply
from bench.report import Measure
from bench.throwaway import throwaway_platform
from yiti.local.demo.browser import Browser, Page, StepFailed
from yiti.local.demo.parties import person
from yiti.local.demo.people import Registrar
from yiti.local.demo.play import CASE_NO, COUNTY, SaleInPlay, Stage, play, play_until_filed
from yiti.local.demo.sales import Plan
from yiti.local.demo.timeline import Timeline
from yiti.local.demo_county import PASSWORD
from yiti.local.environment import DATABASE

COPIES = 1400
"""Of a building with 72 homes: 100,800 more."""
UNITS = 100_000
ROUNDS, WARM_UP = 15, 3
TARGET_MS = 100
BUILDING = ("1号楼",)

Times = dict[str, list[float]]


async def measure() -> list[Measure]:
    """The slowest page's median, with median and maximum of every page."""
    with tempfile.TemporaryDirectory(prefix="yiti-bench-") as folder:
        # PostgreSQL runs as another user where we are root.
        Path(folder).chmod(0o711)
        async with throwaway_platform(Path(folder)) as (settings, processes):
            visits = await asyncio.to_thread(Visits, Stage.of(settings, PASSWORD))
            for process in processes:
                if process.name != "web":
                    await process.stop()
            small = await asyncio.to_thread(visits.times)
            socket_dir = settings["YITI_DATABASE_URL"].partition("?host=")[2]
            rows = await multiply(socket_dir, DATABASE, visits.building, COPIES)
            large = await asyncio.to_thread(visits.times)
    return [_measure(small, large, rows)]


class Visits:
    """Three sales, one of them waiting for a registrar, and the pages that people open because of them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        booked = [self._sold(name) for name in ("甲", "乙")]
        waiting = self._sold("丙", doubtful=True)
        with self._at_desk("shoulou") as clerk, self._at_desk("dengji") as registrar:
            project = clerk.get("/sales/projects").path.rpartition("/")[2]
            building = clerk.get(f"/sales/projects/{project}").links("/sales/buildings/")[0].get("href")
            case = registrar.case(booked[0].filed.facts[CASE_NO])
            doubtful = registrar.case(waiting.filed.facts[CASE_NO])
            unit = case.links("/registration/units/")[0].get("href")
        self.building = UUID(building.rpartition("/")[2])
        proof = urlsplit(stage.world.proof_link(booked[0].plan.buyers[0].phone)).path
        self.pages = {
            "登录": ("", "/login"),
            "售楼部 我的合同": ("shoulou", "/sales"),
            "售楼部 楼盘表": ("shoulou", building),
            "售楼部 合同": ("shoulou", booked[0].url),
            "登记 业务办理": ("dengji", "/registration"),
            "登记 全部业务": ("dengji", "/registration?show=all"),
            "登记 业务件": ("dengji", doubtful.path),
            "登记 登记簿": ("dengji", unit),
            "住建 项目": ("fangguan", f"/housing/projects/{project}"),
            "公众 查验": ("", proof),
        }

    def _sold(self, name: str, *, doubtful: bool = False) -> SaleInPlay:
        plan = Plan(name, "sole", (person(f"钱{name}"),), BUILDING, doubtful=doubtful)
        with SaleInPlay(self.stage, plan, Timeline(name)) as sale:
            if doubtful:
                play_until_filed(sale)
            else:
                play(sale)
                sale.fetch_package()
            return sale

    def _at_desk(self, login: str) -> Registrar:
        staff = Registrar(self.stage.web)
        if login:
            staff.sign_in(COUNTY, login, PASSWORD)
        return staff

    def times(self) -> Times:
        """Milliseconds of every page, opened again and again."""
        found: Times = {}
        for name, (login, url) in self.pages.items():
            with self._at_desk(login) as browser:
                found[name] = [_milliseconds(browser, url) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
        return found


def _measure(small: Times, large: Times, rows: dict[str, int]) -> Measure:
    middle = {name: median(times) for name, times in large.items()}
    slowest = max(middle, key=lambda name: middle[name])
    detail: dict[str, float | int | str] = {f"rows in {table}": count for table, count in rows.items()}
    detail |= {"slowest page": slowest}
    for name, times in large.items():
        before = median(small[name])
        detail[name] = (
            f"{middle[name]:.1f} ms, max {max(times):.1f}, small county {before:.1f} (×{middle[name] / before:.2f})"
        )
    return Measure(
        name="page_time",
        value=middle[slowest],
        unit="ms",
        reference=median(small[slowest]),
        ratio=middle[slowest] / median(small[slowest]),
        target=f"median of every page ≤ {TARGET_MS} ms at 100,000 units",
        holds=middle[slowest] <= TARGET_MS and rows["units"] >= UNITS,
        detail=detail,
    )


def _milliseconds(browser: Browser, url: str) -> float:
    started = time.perf_counter()
    page: Page = browser.look(url)
    spent = (time.perf_counter() - started) * 1000
    if page.status != 200:
        raise StepFailed(f"{url} answers {page.status}: {page.complaint}")
    return spent
