"""What anybody may ask of the book: a unit's natural state, and whether it is restricted; never a name.

SEED4 §二(一)7 and 条例 arts. 26–28: by unit code, certificate number or address, with a purpose, written down.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Struct

from kernel.db import WriteSession
from kernel.errors import DomainError, Invalid
from kernel.permissions import Actor, ActorKind, anyone
from kernel.web.dependencies import Tenant, client_address
from yiti.certificates.content import grouped_unit_code
from yiti.estate.models import UnitState
from yiti.journeys.registration import searches
from yiti.journeys.registration.searches import PublicFact
from yiti.portals.public.throttle import SEARCHES, admit
from yiti.portals.shell.views import AnyRequest, page
from yiti.resources import Parts

WAYS = {"unit_code": "不动产单元号", "certificate": "不动产权证号或者证明号", "address": "坐落"}
PURPOSES = ("购买房屋前了解情况", "承租房屋前了解情况", "接受抵押前了解情况", "诉讼或者仲裁", "其他合法用途")
STATES = {UnitState.PLANNED: "期房", UnitState.BUILT: "现房", UnitState.HISTORICAL: "历史单元（已分割、合并或者灭失）"}
_LONGEST = 200


class SearchForm(Struct, kw_only=True):
    """What is looked for, and why."""

    by: str = "unit_code"
    text: str = ""
    purpose: str = ""


class Line(Struct, frozen=True):
    """A unit as the public sees it."""

    location: str
    facts: tuple[tuple[str, str], ...]
    restrictions: tuple[str, ...]


class SearchController(Controller):
    """`/search`."""

    path = "/search"
    guards = (anyone,)

    @get("/")
    async def start(self, request: AnyRequest) -> Response[Any]:
        """Choose the county."""
        return page("public/search_county.html", counties=request.app.state.counties)

    @get("/{county:str}")
    async def form(self, tenant: Tenant) -> Response[Any]:
        """The empty form."""
        return _page(tenant, SearchForm())

    @post("/{county:str}", status_code=200)
    async def search(
        self,
        request: AnyRequest,
        resources: Parts,
        tenant: Tenant,
        county: FromPath[str],  # noqa: ARG002  names the tenant
        data: URLEncodedBody[SearchForm],
    ) -> Response[Any]:
        """The answer, below the form that asked."""
        address = client_address(request)
        try:
            _expect(data)
            await admit(resources.database, tenant, SEARCHES, address)
            async with resources.database.transaction(tenant) as tx:
                found = await _found(tx, data)
        except DomainError as error:
            return _page(tenant, data, error=error)
        return _page(tenant, data, found=found)


def _expect(form: SearchForm) -> None:
    if form.by not in WAYS:
        raise Invalid("请选择查询方式", field="by")
    if not form.text.strip() or len(form.text) > _LONGEST:
        raise Invalid(f"请填写{WAYS[form.by]}", field="text")
    if form.purpose not in PURPOSES:
        raise Invalid("请选择查询用途", field="purpose")


async def _found(tx: WriteSession, form: SearchForm) -> Sequence[PublicFact]:
    anybody = Actor(kind=ActorKind.CITIZEN, name="公众", tenant=tx.tenant)
    if form.by == "unit_code":
        return (await searches.public_by_unit_code(tx, anybody, form.text, form.purpose),)
    ask: Callable[..., Awaitable[tuple[PublicFact, ...]]] = (
        searches.public_by_certificate if form.by == "certificate" else searches.public_by_address
    )
    return await ask(tx, anybody, form.text, form.purpose)


def _page(
    county: str, form: SearchForm, *, found: Sequence[PublicFact] | None = None, error: DomainError | None = None
) -> Response[Any]:
    return page(
        "public/search.html",
        status=error.status if error else 200,
        county=county,
        form=form,
        ways=WAYS,
        purposes=[(one, one) for one in PURPOSES],
        found=None if found is None else [_line(one) for one in found],
        fault={error.field: error.message} if error and error.field else {},
        problem=error.message if error and not error.field else "",
    )


def _line(fact: PublicFact) -> Line:
    return Line(
        location=fact.location,
        facts=(
            ("不动产单元号", grouped_unit_code(fact.unit_code)),
            ("用途", fact.usage),
            ("结构", fact.structure),
            ("建筑面积", f"{fact.building_area}㎡"),
            ("房屋状态", STATES[UnitState(fact.state)]),
            ("所有权登记", "已登记" if fact.registered else "未登记"),
        ),
        restrictions=fact.restrictions,
    )
