"""A registration centre at work: database, sandbox, the callbacks' HTTP server; jobs run when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from PIL import Image
from sqlalchemy import or_, select

from kernel.clock import now
from kernel.db import WriteSession
from kernel.db.schema import load_modules
from kernel.errors import DomainError
from kernel.outbox.delivery import deliver
from kernel.outbox.models import OutboxEvent
from kernel.permissions import Actor, ActorKind, Permission, system_actor
from kernel.rendering.fonts import font_files
from kernel.settings import Settings
from kernel.tenancy import as_tenant
from kernel.web.dependencies import DEPENDENCIES
from kernel.web.problems import problem_response
from signing.founding import open_pki
from signing.seals import issue_seal
from tests.integrations.conftest import Sandbox, free_port, serving
from tests.testbed import HOME, Testbed
from yiti.api.gateway import receive_event
from yiti.cases import service as cases
from yiti.cases.application import Application, Part
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.inquiry import questions_of
from yiti.cases.lifecycle import CaseStatus, Channel
from yiti.cases.models import Case
from yiti.certificates import service as certificates
from yiti.estate.models import Building, Project, Unit
from yiti.journeys.registration import desk
from yiti.journeys.registration.controllers import receive_answer
from yiti.journeys.registration.facts import people_of
from yiti.journeys.registration.models import CaseRequest
from yiti.letters import service as letters
from yiti.letters.schemas import SEALED_BY_AGENCY
from yiti.register.book import book
from yiti.register.models import RegisterEntry
from yiti.register.schemas import Append, Booking
from yiti.resources import Resources, open_resources

T = TypeVar("T")
P = Permission
_serial = count(1)


def staff(name: str, *permissions: Permission) -> Actor:
    """Somebody of the registration centre."""
    return Actor(ActorKind.STAFF, name, HOME, uuid4(), permissions=frozenset(permissions))


CLERK = staff("窗口甲", P.CASE_VIEW, P.CASE_ACCEPT, P.REGISTER_VIEW)
FIRST_REVIEWER = staff("初审乙", P.CASE_VIEW, P.CASE_REVIEW, P.REGISTER_VIEW)
SECOND_REVIEWER = staff("复审丙", P.CASE_VIEW, P.CASE_REVIEW, P.REGISTER_VIEW)
REGISTRAR = staff("登记丁", P.CASE_VIEW, P.CASE_REVIEW, P.CASE_DECIDE, P.REGISTER_VIEW)


def scan(shade: int | None = None) -> bytes:
    """A scanned page; each one different."""
    shade = next(_serial) if shade is None else shade
    picture = Image.new("RGB", (400, 560), (shade % 256, shade // 256 % 256, 200))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@dataclass
class Desk:
    """Everything that a test of the journey needs."""

    resources: Resources
    sandbox: Sandbox
    parcel: str = ""
    building_id: UUID = field(default_factory=uuid4)

    async def unit(self, state: str = "built", **more: Any) -> Unit:
        """A home that no other test has touched."""
        async with self.resources.database.transaction(HOME) as tx:
            if not self.parcel:
                await self._building(tx)
            number = next(_serial)
            facts: dict[str, Any] = {
                "building_id": self.building_id, "code": f"{self.parcel}F0001{number:04d}", "household": number,
                "section": "1", "floor": "1", "floor_no": 1, "room": str(number),
                "location": f"息县谯楼街道登记路1号1号楼{number}", "usage": "成套住宅", "structure": "钢筋混凝土结构",
                "building_area": Decimal("100.00"), "inner_area": Decimal("80.00"), "shared_area": Decimal("20.00"),
                "state": state, "survey_import_id": uuid4(),
            }  # fmt: skip
            unit = Unit(**(facts | more))
            tx.add(unit)
        return unit

    async def _building(self, tx: WriteSession) -> None:
        self.parcel = f"{HOME}002003GB{next(_serial):05d}"
        project = Project(
            organisation_id=uuid4(),
            name=f"登记测试{uuid4().hex[:8]}",
            parcel_code=self.parcel,
            location="息县登记路1号",
            land_use_right_no="豫（2020）息县不动产权第0000001号",
            land_term_end=date(2090, 1, 1),
            planning_permit_no="建字1",
            planning_permit_on=date(2020, 1, 1),
            construction_permit_no="施字1",
            has_construction_mortgage=False,
        )
        tx.add(project)
        await tx.flush()
        building = Building(
            id=self.building_id, project_id=project.id, parcel_code=self.parcel, number=1, name="1号楼",
            floors_total=18, structure="钢筋混凝土结构", has_lift=True, planned_handover=date(2024, 1, 1),
            mortgaged=False,
        )  # fmt: skip
        tx.add(building)
        await tx.flush()

    async def booked(self, *operations: Append) -> list[RegisterEntry]:
        """Entries that were there before the test begins."""
        async with self.resources.database.transaction(HOME) as tx:
            number = f"旧{next(_serial)}"
            return await book(tx, Booking(case_id=uuid4(), case_number=number, booked_by="历史", operations=operations))

    async def entries_of(self, *unit_ids: UUID) -> list[RegisterEntry]:
        """Everything ever booked on these units."""
        async with self.resources.database.read(HOME) as reader:
            return list(await reader.scalars(select(RegisterEntry).where(RegisterEntry.unit_id.in_(unit_ids))))

    # One step of somebody each.

    async def drafted(self, *parts: Part, channel: Channel = Channel.WINDOW, actor: Actor = CLERK) -> Case:
        application = Application(parts=parts, contact_phone="13900000000", answers=clear_answers(*parts))
        async with self.resources.database.transaction(HOME) as tx:
            case = await desk.start(tx, actor, [part.business for part in parts], channel)
            return await desk.save(tx, actor, case.id, application, case.version)

    async def supplied(self, case: Case, actor: Actor = CLERK, *, extra: tuple[str, ...] = ()) -> None:
        """Every required material is scanned and laid with the case."""
        async with self.resources.database.read(HOME) as reader:
            wanted = [item.code for item in (await desk.checklist(reader, case.id)).missing]
        for code in dict.fromkeys((*wanted, *extra)):
            async with self.resources.database.transaction(HOME) as tx:
                await desk.attach(tx, self.resources, actor, case.id, code, f"{code}.png", scan())

    async def submitted(self, *parts: Part, extra: tuple[str, ...] = ()) -> Case:
        case = await self.drafted(*parts)
        await self.supplied(case, extra=extra)
        async with self.resources.database.transaction(HOME) as tx:
            return await desk.submit(tx, CLERK, case.id)

    async def accepted(self, *parts: Part, extra: tuple[str, ...] = ()) -> Case:
        case = await self.submitted(*parts, extra=extra)
        numbers = [number for _, _, number in people_of(cases.application_of(case))]
        async with self.resources.database.transaction(HOME) as tx:
            if numbers:
                await desk.compare_identity(tx, CLERK, case.id, numbers)
            return await desk.accept(tx, CLERK, case.id)

    async def answered(self, case: Case, **verdict: Any) -> None:
        """The questions are sent; tax bureau, housing department and treasury answer over HTTP."""
        await self.run_jobs()
        for request in await self.requests(case):
            if request.which != "housing" and request.state == "requested":
                self.sandbox.post(f"/requests/{request.request_no}/answer", json=verdict).raise_for_status()

        async def waiting() -> bool:
            return any(one.state == "requested" for one in await self.requests(case))

        await self.until(waiting, lambda still: not still)
        await self.run_jobs()

    async def decided(self, case: Case, note: str = "已核对全部材料和询问记录，符合登记条件") -> Case:
        """All levels of review, unless the platform was quicker."""
        now_ = await self.case(case.id)
        if now_.status != CaseStatus.ACCEPTED:
            return now_
        opinions = [FIRST_REVIEWER, SECOND_REVIEWER][: now_.review_levels - 1]
        for actor in (*opinions, REGISTRAR):
            async with self.resources.database.transaction(HOME) as tx:
                await desk.review(tx, actor, case.id, note)
        return await self.case(case.id)

    async def registered(self, *parts: Part, extra: tuple[str, ...] = ()) -> Case:
        """From the draft to the book, whatever the business needs on the way but a public notice."""
        case = await self.accepted(*parts, extra=extra)
        await self.answered(case)
        return await self.decided(case)

    async def case(self, case_id: UUID) -> Case:
        async with self.resources.database.read(HOME) as reader:
            return await cases.get(reader, case_id)

    async def requests(self, case: Case) -> list[CaseRequest]:
        async with self.resources.database.read(HOME) as reader:
            wanted = select(CaseRequest).where(CaseRequest.case_id == case.id).order_by(CaseRequest.id)
            return list(await reader.scalars(wanted))

    async def run_jobs(
        self,
        topics: str = "registration.",
        *,
        but: tuple[str, ...] = ("registration.archive",),
        of: Sequence[object] = ("",),
    ) -> None:
        """Deliver what is due, and what comes of it, until nothing is left; a job that fails fails the test.

        `of`: only events with one of these in their key.
        """
        while ids := await self._due(topics, but, of):
            for event_id in ids:
                await deliver(self.resources.database, self.resources, HOME, event_id)
            problems = await self.troubles(topics)
            assert problems == [], problems

    async def certified(self, case_id: UUID) -> None:
        """The certificates of this case alone are made: nobody waits for those of other tests."""
        async with self.resources.database.read(HOME) as reader:
            made = await certificates.of_case(reader, case_id)
        await self.run_jobs("certificate.", of=[one.id for one in made])

    async def told(self, case_id: UUID) -> None:
        """The letters of this case alone are sealed."""
        async with self.resources.database.read(HOME) as reader:
            written = await letters.of_case(reader, case_id)
        await self.run_jobs("letter.", of=[one.id for one in written])

    async def archived(self, case_id: UUID) -> None:
        """Deliver the archive job of this case alone: those of other tests wait for letters that nobody seals."""
        async with self.resources.database.read(HOME) as reader:
            of_case = OutboxEvent.payload["case_id"].astext == str(case_id)
            wanted = select(OutboxEvent.id).where(OutboxEvent.topic == "registration.archive", of_case)
            event_id = (await reader.scalars(wanted)).one()
        await deliver(self.resources.database, self.resources, HOME, event_id)

    async def _due(self, topics: str, but: tuple[str, ...], of: Sequence[object]) -> list[UUID]:
        about = or_(*(OutboxEvent.key.contains(str(one)) for one in of))
        async with self.resources.database.read(HOME) as reader:
            wanted = select(OutboxEvent.id).where(
                OutboxEvent.state == "pending", OutboxEvent.topic.startswith(topics), OutboxEvent.topic.not_in(but),
                OutboxEvent.available_at <= now(), about,
            )  # fmt: skip
            return list(await reader.scalars(wanted.order_by(OutboxEvent.id)))

    async def troubles(self, topics: str) -> list[tuple[str, str, str | None]]:
        async with self.resources.database.read(HOME) as reader:
            wanted = select(OutboxEvent).where(OutboxEvent.last_error.is_not(None), OutboxEvent.state != "done")
            rows = await reader.scalars(wanted.where(OutboxEvent.topic.startswith(topics)))
            return [(row.topic, row.state, row.last_error) for row in rows]

    async def until(self, ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 40) -> T:
        async with asyncio.timeout(seconds):
            while not good(answer := await ask()):  # noqa: ASYNC110  it happens over HTTP
                await asyncio.sleep(0.05)
            return answer


def clear_answers(*parts: Part) -> dict[str, bool]:
    """The inquiry answered so that nobody has to look again."""
    return {one.code: one.clear for one in questions_of(CATALOGUE[Business(part.business)] for part in parts)}


@asynccontextmanager
async def centre(testbed: Testbed, settings: Settings, folder: Path) -> AsyncIterator[Desk]:
    """Open a centre; it costs some seconds, so share it."""
    name = f"desk_{uuid4().hex[:12]}"
    await testbed.make_database(name)
    sandbox, port = Sandbox(folder, settings.keys_dir), free_port()
    here = settings.model_copy(
        update={
            "database_url": testbed.dsn(name),
            "public_url": f"http://127.0.0.1:{port}",
            "identity_url": f"{sandbox.url}/identity",
            "supervision_bank_url": f"{sandbox.url}/bank",
            "mortgage_bank_url": f"{sandbox.url}/mortgage-bank",
            "tax_url": f"{sandbox.url}/tax",
            "sms_url": f"{sandbox.url}/sms",
            "render_processes": 1,
            "signing_processes": 1,
        }
    )
    settings.keys_dir.mkdir(exist_ok=True, parents=True)
    sandbox.start()
    load_modules("jobs")
    async with open_resources(here, warm=False) as resources:
        await _seal(resources)
        with as_tenant(HOME):
            async with serving(_listener(resources), port):
                yield Desk(resources, sandbox)
    sandbox.kill()


async def _seal(resources: Resources) -> None:
    settings = resources.settings
    pki = await asyncio.to_thread(open_pki, settings)
    async with resources.database.transaction(HOME) as tx:
        await issue_seal(
            tx, system_actor(HOME), pki, font_files(settings.assets_dir)[1], key=f"county:{HOME}:registration",
            organisation="息县自然资源局", credit_code="11411528MB1234568F", document_kinds=SEALED_BY_AGENCY,
        )  # fmt: skip


def _listener(resources: Resources) -> Litestar:
    """The platform's ear for answers, as the web process has it."""
    return Litestar(
        [receive_answer, receive_event],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: resources, sync_to_thread=False)},
        state=State({"database": resources.database, "counties": {HOME: "息县"}}),
        exception_handlers={DomainError: problem_response},
        openapi_config=None,
        logging_config=None,
    )
