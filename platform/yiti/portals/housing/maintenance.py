"""The maintenance fund at the housing department: who has paid, who owes, what was paid on paper before."""

import asyncio
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Struct

from escrow.maintenance import service as fund
from escrow.maintenance.schemas import EarlierPayment
from escrow.supervision import rates
from kernel.audit import audit
from kernel.clock import today
from kernel.errors import Invalid, NotFound, TooLarge
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.estate.errors import UnitNotFound
from yiti.estate.queries import get_building, get_project, get_unit
from yiti.journeys.maintenance import importing, receipts
from yiti.journeys.maintenance.sheet import MAX_BYTES, MAX_ROWS, paid_template
from yiti.letters import service as letters
from yiti.letters.schemas import LetterKind
from yiti.portals.housing import funds
from yiti.portals.housing import maintenance_queries as queries
from yiti.portals.housing.access import housing_department
from yiti.portals.housing.fields import day, fen, line
from yiti.portals.housing.forms import USAGE_CLASSES
from yiti.portals.shell.files import file_response, pdf_response
from yiti.portals.shell.spreadsheet import TooManyRows, spreadsheet
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

SHOWN = {"units": "全部房屋", "owed": "欠缴", "low": "应续筹"}
HOME = "/housing/money/maintenance"
_COLUMNS = (
    "不动产单元号", "项目", "楼幢", "坐落", "用途", "建筑面积（㎡）", "状态", "已缴（元）", "余额（元）", "欠缴（元）",
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class EarlierForm(Struct, kw_only=True):
    """What a paper receipt says."""

    amount: str = ""
    paid_on: str = ""
    receipt_no: str = ""

    def payment(self, unit_id: UUID, code: str) -> EarlierPayment:
        """As the fund takes it. Raises Invalid at the field."""
        paid_on: date = day(self.paid_on, "paid_on")
        return EarlierPayment(
            unit_id=unit_id,
            unit_code=code,
            amount_fen=fen(self.amount, "amount"),
            paid_on=paid_on,
            receipt_no=line(self.receipt_no, "receipt_no", 60),
        )


class ReasonForm(Struct, kw_only=True):
    """Why an entry is taken back."""

    because: str = ""


class ApplyForm(Struct, kw_only=True):
    """The digest of the file that the person saw."""

    digest: str = ""


class MaintenanceController(Controller):
    """To look at."""

    path = HOME
    guards = (requires(Permission.ESCROW_VIEW), housing_department)

    @get("/")
    async def overview(
        self, reader: Reader, show: FromQuery[str] = "units", search: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Response[Any]:
        """The account, the rates by date, and units by code, address or state."""
        shown, wanted = show if show in SHOWN else "units", search.strip()[:60]
        account, held_fen = await funds.maintenance(reader)
        lines, following = await queries.units(reader, shown, wanted, None, after[:28])
        asked = {"show": shown, "search": wanted}
        return page(
            "housing/maintenance.html",
            account=account,
            held_fen=held_fen,
            before_fen=await fund.earlier_fen(reader, account.account_no) if account else 0,
            rates=sorted(await rates(reader), key=lambda rate: rate.valid_from, reverse=True),
            usage_classes=USAGE_CLASSES,
            today=today(),
            lines=lines,
            show=shown,
            shown=SHOWN,
            search=wanted,
            export_url=f"{HOME}/export?{urlencode(asked)}",
            next_url=f"?{urlencode({**asked, 'after': following})}" if following else None,
            first_url=f"?{urlencode(asked)}" if after else None,
        )

    @get("/export")
    async def export(
        self,
        tx: Tx,
        actor: CurrentActor,
        show: FromQuery[str] = "units",
        search: FromQuery[str] = "",
        building: FromQuery[UUID | None] = None,
    ) -> Response[bytes]:
        """The same list as a workbook."""
        shown = show if show in SHOWN else "units"
        lines, more = await queries.units(tx, shown, search.strip()[:60], building, "", queries.EXPORTED)
        if more:
            raise TooManyRows(f"导出超过 {queries.EXPORTED} 户，请按坐落或者楼幢缩小范围")
        audit(tx, actor, "maintenance.exported", f"county:{tx.tenant}", {"rows": len(lines), "show": shown})
        return await spreadsheet(
            f"维修资金（{SHOWN[shown]}）.xlsx",
            _COLUMNS,
            [
                (
                    one.unit.code, one.project, one.building.name, one.unit.location, one.unit.usage,
                    one.unit.building_area, one.look[0], one.fund.paid_fen, one.fund.balance_fen, one.verdict.owed_fen,
                )
                for one in lines
            ],
            money=(7, 8, 9),
        )  # fmt: skip

    @get("/buildings/{building_id:uuid}")
    async def building(self, reader: Reader, building_id: FromPath[UUID]) -> Response[Any]:
        """The building as a picture of paid and unpaid."""
        found = await get_building(reader, building_id)
        floors, legend = await queries.picture(reader, found)
        return page(
            "housing/maintenance_building.html",
            building=found,
            project=await get_project(reader, found.project_id),
            floors=floors,
            legend=legend,
            export_url=f"{HOME}/export?{urlencode({'building': str(building_id)})}",
        )

    @get("/units/{unit_id:uuid}")
    async def unit(self, reader: Reader, unit_id: FromPath[UUID]) -> Response[Any]:
        """One unit: payments with their receipts, the statement, and to whom the fund passed."""
        found = await queries.unit_line(reader, unit_id)
        if found is None:
            raise UnitNotFound
        payments = (await fund.payments_of(reader, [unit_id]))[unit_id]
        papers = await receipts.receipts_of(reader, [one.bill_id for one in payments if one.bill_id])
        statement = await fund.statement_of(reader, unit_id)
        return page(
            "housing/maintenance_unit.html",
            line=found,
            payments=[(one, papers.get(one.bill_id) if one.bill_id else None) for one in payments],
            statement=statement.lines if statement else (),
            passings=[
                (one, "、".join(mask_name(name) for name in one.owners.split("、")))
                for one in await fund.passings_of(reader, unit_id)
            ],
            today=today(),
        )

    @get("/receipts/{letter_id:uuid}")
    async def receipt(
        self, tx: Tx, actor: CurrentActor, resources: Parts, letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """A sealed receipt."""
        found = await letters.get(tx, letter_id)
        if found.kind != LetterKind.MAINTENANCE_RECEIPT or found.pdf_digest is None:
            raise NotFound("没有找到该缴款凭证，或者正在盖章")
        audit(tx, actor, "letter.viewed", f"letter:{letter_id}", {"number": found.number})
        return pdf_response(await resources.blobs.get(found.pdf_digest), f"{found.title}（{found.number}）.pdf")


class MaintenanceEntryController(Controller):
    """Earlier payments: one by one, and from a workbook."""

    path = HOME
    guards = (requires(Permission.ESTATE_MANAGE), housing_department)

    @post("/units/{unit_id:uuid}/earlier")
    async def enter(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        unit_id: FromPath[UUID],
        data: URLEncodedBody[EarlierForm],
    ) -> Response[Any]:
        """Enter what was paid on paper."""
        unit = await get_unit(tx, unit_id)
        await fund.enter_earlier(tx, actor, data.payment(unit_id, unit.code))
        return redirect(request, f"{HOME}/units/{unit_id}", "此前缴存已录入")

    @post("/units/{unit_id:uuid}/earlier/{opening_id:uuid}/reverse")
    async def reverse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        unit_id: FromPath[UUID],
        opening_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Take a wrong one back."""
        await fund.take_back(tx, actor, opening_id, data.because)
        return redirect(request, f"{HOME}/units/{unit_id}", "已冲正", "warning")

    @get("/imports/template")
    async def template(self) -> Response[bytes]:
        """The workbook to fill in."""
        return file_response(await asyncio.to_thread(paid_template), "维修资金此前缴存导入模板.xlsx", _XLSX)

    @get("/imports/new")
    async def new_import(self, reader: Reader) -> Response[Any]:
        """Where to upload, and what was imported last."""
        return page(
            "housing/maintenance_import_new.html",
            imports=await importing.latest(reader),
            max_bytes=MAX_BYTES,
            max_rows=MAX_ROWS,
        )

    @post("/imports")
    async def upload(self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts) -> Response[Any]:
        """Read the file and go to its preview."""
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("请选择要上传的 .xlsx 文件", field="file")
        try:
            found = await importing.preview(tx, actor, resources.blobs, file.filename, await file.read())
        except (Invalid, TooLarge) as unreadable:
            unreadable.field = "file"
            raise
        return redirect(request, f"{HOME}/imports/{found.id}")

    @get("/imports/{import_id:uuid}")
    async def preview(self, reader: Reader, import_id: FromPath[UUID]) -> Response[Any]:
        """What is wrong with it; once confirmed, how far it is, and the result."""
        found = await importing.get(reader, import_id)
        return page("housing/maintenance_import.html", found=found, state=await importing.state_of(reader, found))

    @post("/imports/{import_id:uuid}/apply")
    async def apply(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        import_id: FromPath[UUID],
        data: URLEncodedBody[ApplyForm],
    ) -> Response[Any]:
        """Have all of it entered, or nothing."""
        await importing.order(tx, actor, import_id, data.digest)
        return redirect(request, f"{HOME}/imports/{import_id}")
