"""Verification by anybody: certificates, proofs and letters by the code of their QR, any PDF by the file itself."""

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from msgspec import Struct

from kernel.errors import DomainError, Invalid, TooLarge
from kernel.permissions import anyone
from kernel.web.dependencies import Tenant, client_address
from yiti.certificates.checking import Validity
from yiti.portals.public import views
from yiti.portals.public.verifying import FILE_LIMIT, by_code, by_file
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts


class VerifyForm(Struct, kw_only=True):
    """The uploaded file, and the county that is said to have issued it; without one, all counties are asked."""

    county: str = ""
    file: UploadFile | None = None


class VerificationController(Controller):
    """`/verify`."""

    path = "/verify"
    guards = (anyone,)

    @get("/")
    async def start(self, request: AnyRequest, county: FromQuery[str] = "", code: FromQuery[str] = "") -> Response[Any]:
        """Both ways to verify; a typed code leads on to its own page."""
        if not code.strip():
            return _form(request, county)
        if county not in request.app.state.counties:
            return _form(request, county, Invalid("请选择签发证明的县", field="county"), code=code)
        return redirect(request, f"/verify/{county}/{code.strip()[:64].replace('/', '')}")

    @post("/")
    async def upload(
        self,
        request: AnyRequest,
        resources: Parts,
        data: Annotated[VerifyForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> Response[Any]:
        """Verify an uploaded paper."""
        try:
            pdf = await _read(request, data)
            counties = [data.county] if data.county else list(request.app.state.counties)
            found = await by_file(resources, counties, pdf, client_address(request))
        except DomainError as error:
            return _form(request, data.county, error)
        return page("public/result.html", view=views.result(found), county=data.county)

    @get("/{county:str}")
    async def of_county(self, request: AnyRequest, tenant: Tenant) -> Response[Any]:
        """The same page with the county already chosen."""
        return _form(request, tenant)

    @get("/{county:str}/{code:str}")
    async def by_code(
        self, request: AnyRequest, resources: Parts, tenant: Tenant, code: FromPath[str]
    ) -> Response[Any]:
        """Where the QR code of a paper leads."""
        found = await by_code(resources, tenant, code, client_address(request))
        unknown = found.validity is Validity.NOT_OURS
        return page("public/result.html", status=404 if unknown else 200, view=views.result(found), county=tenant)


async def _read(request: AnyRequest, form: VerifyForm) -> bytes:
    if form.county and form.county not in request.app.state.counties:
        raise Invalid("请选择签发证明的县", field="county")
    if form.file is None or not form.file.filename:
        raise Invalid("请选择要核验的 PDF 文件", field="file")
    content = await form.file.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise TooLarge("文件超过 5 MB，请上传原始的电子文件", field="file")
    if not content:
        raise Invalid("文件是空的，请重新选择", field="file")
    return content


def _form(request: AnyRequest, county: str, error: DomainError | None = None, code: str = "") -> Response[Any]:
    fault = {error.field: error.message} if error and error.field else {}
    return page(
        "public/verify.html",
        status=error.status if error else 200,
        counties=request.app.state.counties,
        county=county,
        code=code,
        fault=fault,
        problem=error.message if error and not error.field else "",
    )
