"""The inquiry (询问): the questions that the law wants asked, and the comparison of faces with documents."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from kernel.db import ReadSession
from kernel.permissions import Permission, requires
from kernel.pii import blind_index, mask_id
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases import service as cases
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.inquiry import Question, questions_of
from yiti.journeys.registration import desk
from yiti.journeys.registration.facts import people_of
from yiti.portals.registration import queries
from yiti.portals.registration.people import ID_KINDS, shown_name
from yiti.portals.registration.window.desk import Desk, frame, on_desk, writable
from yiti.portals.registration.window.filling import StaleForm, typed
from yiti.portals.registration.window.parsing import YES_NO
from yiti.portals.registration.window.rows import whole
from yiti.portals.shell.views import AnyRequest, page, redirect


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; `answer` is yes, no or empty. `warned`: the answer is one that a registrar weighs."""

    name: str
    text: str
    answer: str
    warned: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Somebody whose document is compared with the face (人证一致)."""

    name: str
    words: str
    checked: str
    """By whom or by what; empty where nobody has."""


class AnswersController(Controller):
    """The fourth step."""

    path = "/registration/window/{case_id:uuid}/answers"
    guards = (requires(Permission.CASE_ACCEPT),)

    @get("/")
    async def answers(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, case_id: FromPath[UUID]
    ) -> Response[Any]:
        """The questions, and the people of the application."""
        on = await on_desk(reader, actor, case_id)
        if on is None:
            return redirect(request, f"/registration/cases/{case_id}")
        return page(
            "registration/window/answers.html",
            frame=frame(on, "answers"),
            questions=_asked(on),
            people=await _people(reader, on),
        )

    @post("/")
    async def save(self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[Any]:
        """Keep the answers and the comparisons, and go on."""
        fields = await typed(request)
        on = await writable(tx, actor, await cases.locked(tx, case_id))
        if not cases.is_current(on.case, whole(fields.get("version", "")), actor):
            raise StaleForm
        answers = {
            one.code: YES_NO[fields[f"answers.{one.code}"]]
            for one in _questions(on)
            if fields.get(f"answers.{one.code}") in YES_NO
        }
        if answers != on.application.answers or not on.case.application:
            await desk.save(tx, actor, case_id, replace(on.application, answers=answers), on.case.version)
        named = people_of(on.application)
        compared = [number for place, (_, _, number) in enumerate(named) if f"people.{place}" in fields]
        if compared:
            await desk.compare_identity(tx, actor, case_id, compared)
        return redirect(request, f"{on.url}/check", "已保存")


def _questions(on: Desk) -> tuple[Question, ...]:
    return questions_of(CATALOGUE[Business(one)] for one in on.case.businesses)


def _asked(on: Desk) -> list[Asked]:
    found = []
    for one in _questions(on):
        answer = on.application.answers.get(one.code)
        words = {True: "yes", False: "no", None: ""}[answer]
        found.append(Asked(f"answers.{one.code}", one.text, words, answer is not None and answer != one.clear))
    return found


async def _people(reader: ReadSession, on: Desk) -> list[Compared]:
    checks = await queries.person_checks(reader, on.case.id)
    return [
        Compared(
            name=f"people.{place}",
            words=f"{shown_name(name, kind)}（{ID_KINDS.get(kind, '其他证件')} {mask_id(number)}）",
            checked=checks.get(blind_index(number), ""),
        )
        for place, (name, kind, number) in enumerate(people_of(on.application))
    ]
