"""The building table from the surveyor's workbook: template, upload, preview, and applying it all or nothing."""

import asyncio
from collections import OrderedDict
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, URLEncodedBody
from msgspec import Struct

from kernel.blobs import BlobStore
from kernel.clock import today
from kernel.errors import Invalid, TooLarge
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.errors import SurveyHasProblems
from yiti.estate.parameters import STRUCTURES, USAGES, dictionary
from yiti.estate.queries import buildings_of, get_project, surveys_of
from yiti.estate.survey import MAX_BYTES, MAX_ROWS, SurveyRow, read_survey
from yiti.estate.survey_service import apply_survey, get_survey, preview_survey
from yiti.estate.survey_template import survey_template
from yiti.portals.housing import queries
from yiti.portals.housing.access import housing_department
from yiti.portals.shell.files import file_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

FIRST_ROWS = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KEPT = 16
_first_rows: OrderedDict[str, list[SurveyRow]] = OrderedDict()


class ApplyForm(Struct, kw_only=True):
    """The digest of the file that the person saw."""

    digest: str = ""


class SurveysController(Controller):
    """The import, step by step."""

    path = "/housing"
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @get("/surveys/template")
    async def template(self) -> Response[bytes]:
        """The workbook to fill in."""
        return file_response(await asyncio.to_thread(survey_template), "房产测绘成果导入模板.xlsx", XLSX)

    @get("/projects/{project_id:uuid}/surveys/new")
    async def new(self, reader: Reader, project_id: FromPath[UUID]) -> Response[Any]:
        """Where to upload, and what the file must say."""
        return page(
            "housing/survey_new.html",
            project=await get_project(reader, project_id),
            buildings=await buildings_of(reader, project_id),
            surveys=await surveys_of(reader, project_id),
            usages=await dictionary(reader, USAGES, today()),
            structures=await dictionary(reader, STRUCTURES, today()),
            max_bytes=MAX_BYTES,
            max_rows=MAX_ROWS,
        )

    @post("/projects/{project_id:uuid}/surveys")
    async def upload(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, project_id: FromPath[UUID]
    ) -> Response[Any]:
        """Read the file and go to its preview."""
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("请选择要上传的 .xlsx 文件", field="file")
        try:
            preview = await preview_survey(tx, actor, resources.blobs, project_id, file.filename, await file.read())
        except (Invalid, TooLarge) as unreadable:
            unreadable.field = "file"
            raise
        return redirect(request, f"/housing/surveys/{preview.id}")

    @get("/surveys/{survey_id:uuid}")
    async def survey(self, reader: Reader, survey_id: FromPath[UUID]) -> Response[Any]:
        """The preview; after applying, the result."""
        found = await get_survey(reader, survey_id)
        made = await queries.imported_units(reader, found.project_id, survey_id) if found.applied_at else []
        return page(
            "housing/survey.html",
            survey=found,
            project=await get_project(reader, found.project_id),
            made=made,
            total=sum(count for _, count in made),
        )

    @get("/surveys/{survey_id:uuid}/rows")
    async def rows(self, reader: Reader, resources: Parts, survey_id: FromPath[UUID]) -> Response[Any]:
        """The first rows as they were read; asked for by the page, for a long file takes seconds to read."""
        found = await get_survey(reader, survey_id)
        return page("housing/survey.html#rows", rows=await _rows(resources.blobs, found.digest))

    @post("/surveys/{survey_id:uuid}/apply")
    async def apply(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        resources: Parts,
        survey_id: FromPath[UUID],
        data: URLEncodedBody[ApplyForm],
    ) -> Response[Any]:
        """Make the units: all of them, or none."""
        try:
            await apply_survey(tx, actor, resources.blobs, survey_id, data.digest)
        except SurveyHasProblems as refused:
            raise _told_where(refused) from refused
        return redirect(request, f"/housing/surveys/{survey_id}")


def _told_where(refused: SurveyHasProblems) -> SurveyHasProblems:
    """The same refusal, naming the first cells: the building table has changed since the preview."""
    first = "；".join(f"{one['cell']} {one['reason']}" for one in refused.extra["problems"][:3])
    return SurveyHasProblems(f"{refused.message}。{first}。请修改后重新上传", extra=refused.extra)


async def _rows(blobs: BlobStore, digest: str) -> list[SurveyRow]:
    """The first good rows of a stored file. A digest names its content, so what was read once stays true."""
    if digest not in _first_rows:
        survey = await asyncio.to_thread(read_survey, await blobs.get(digest))
        _first_rows[digest] = survey.rows[:FIRST_ROWS]
        if len(_first_rows) > _KEPT:
            _first_rows.popitem(last=False)
    return _first_rows[digest]
