"""Queries of the book for people at the counter (查询), and the letters that come of them. Every query says why."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import URLEncodedBody
from msgspec import Struct

from kernel.db import WriteSession
from kernel.errors import DomainError, Invalid
from kernel.permissions import Actor, Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.estate.errors import UnitNotFound
from yiti.journeys.registration import searches, statements
from yiti.journeys.registration.searches import Asker, OwnRight, PublicFact
from yiti.portals.registration.glance import UNIT_STATES
from yiti.portals.registration.people import shown_name
from yiti.portals.registration.window.rows import ID_KINDS
from yiti.portals.shell.views import AnyRequest, page, redirect

PURPOSES = ("子女入学", "购房资格", "申请贷款", "住房补贴、公积金", "司法诉讼", "拆迁补偿", "核实交易", "其他")
WAYS = {"person": "按权利人", "code": "按不动产单元号", "certificate": "按证号", "address": "按坐落"}
_NAME_MAX = 100
_PURPOSE_MAX = 200


class SearchForm(Struct, kw_only=True):
    """What is looked for, and why."""

    way: str = "person"
    name: str = ""
    id_kind: str = "resident_id"
    id_number: str = ""
    text: str = ""
    purpose: str = ""
    reference: str = ""

    @property
    def why(self) -> str:
        """The purpose with the number of the written request."""
        purpose, reference = self.purpose.strip(), self.reference.strip()
        return f"{purpose}（申请编号{reference}）" if purpose and reference else purpose


class ExtractForm(SearchForm, kw_only=True):
    """An extract of one unit, for the person who asks."""

    unit_id: UUID
    capacity: str = ""
    with_history: str = ""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A right of the person; the person was named by the form, so nobody is masked."""

    unit_id: UUID
    code: str
    location: str
    nature: str
    words: str
    share: str
    numbers: str
    restrictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactLine:
    """Natural state and restrictions of a unit; never a name."""

    code: str
    location: str
    nature: str
    registered: bool
    restrictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What was found. `who`: the person, masked, where one was asked for."""

    who: str
    rights: tuple[OwnLine, ...]
    facts: tuple[FactLine, ...]


class SearchesController(Controller):
    """Sent as forms: identity numbers have no place in an address."""

    path = "/registration/searches"
    guards = (requires(Permission.REGISTER_VIEW),)

    @get("/")
    async def form(self) -> Response[Any]:
        """The empty form."""
        return _page(SearchForm())

    @post("/", status_code=200)
    async def search(self, tx: Tx, actor: CurrentActor, data: URLEncodedBody[SearchForm]) -> Response[Any]:
        """What was found; what cannot be looked for is said at its field, with what was typed."""
        try:
            return _page(data, await _find(tx, actor, data))
        except UnitNotFound:
            return _page(data, Result("", (), ()))
        except DomainError as error:
            if error.status not in (404, 422):
                raise
            return _page(data, error=error)

    @post("/statement")
    async def statement(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[SearchForm]
    ) -> Response[Any]:
        """有房证明, or 无房证明 where the book has none."""
        letter = await statements.ownership_statement(tx, actor, (_asker(data),), data.why)
        return redirect(request, f"/registration/letters/{letter.id}", "证明已编号，正在盖章")

    @post("/extract")
    async def extract(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[ExtractForm]
    ) -> Response[Any]:
        """登记簿查询结果证明 of one unit."""
        letter = await statements.register_extract(
            tx, actor, _asker(data), data.unit_id, data.why, capacity=data.capacity.strip() or "权利人",
            with_history=bool(data.with_history),
        )  # fmt: skip
        return redirect(request, f"/registration/letters/{letter.id}", "证明已编号，正在盖章")


async def _find(tx: WriteSession, actor: Actor, form: SearchForm) -> Result:
    text = form.text.strip()
    if len(form.why) > _PURPOSE_MAX:
        raise Invalid(f"最多填写{_PURPOSE_MAX}字", field="purpose")
    if form.way == "person":
        asker = _asker(form)
        found = await searches.own_property(tx, actor, asker, form.why)
        return Result(shown_name(asker.name, asker.id_kind), tuple(_own(one) for one in found), ())
    if form.way not in WAYS:
        raise Invalid("请选择查询方式", field="way")
    if not text or len(text) > _NAME_MAX:
        raise Invalid("请填写要查询的内容", field="text")
    facts: tuple[PublicFact, ...]
    if form.way == "code":
        facts = (await searches.public_by_unit_code(tx, actor, text, form.why),)
    elif form.way == "certificate":
        facts = await searches.public_by_certificate(tx, actor, text, form.why)
    else:
        facts = await searches.public_by_address(tx, actor, text, form.why)
    return Result("", (), tuple(_fact(one) for one in facts))


def _asker(form: SearchForm) -> Asker:
    name, number = form.name.strip(), "".join(form.id_number.upper().split())
    if not name or len(name) > _NAME_MAX:
        raise Invalid("请填写姓名或者名称", field="name")
    if not number or len(number) > _NAME_MAX:
        raise Invalid("请填写证件号码", field="id_number")
    return Asker(name=name, id_kind=form.id_kind if form.id_kind in dict(ID_KINDS) else "other", id_number=number)


def _own(one: OwnRight) -> OwnLine:
    return OwnLine(
        unit_id=one.unit_id,
        code=one.unit_code,
        location=one.location,
        nature=f"{one.usage} · {one.building_area} ㎡",
        words=one.words,
        share=f"{one.sharing}{f' {one.share}' if one.share else ''}",
        numbers="、".join(one.numbers),
        restrictions=one.restrictions,
    )


def _fact(one: PublicFact) -> FactLine:
    nature = f"{one.usage} · {one.structure} · {one.building_area} ㎡ · {UNIT_STATES[one.state]}"
    return FactLine(one.unit_code, one.location, nature, one.registered, one.restrictions)


def _page(form: SearchForm, result: Result | None = None, error: DomainError | None = None) -> Response[Any]:
    known = error is not None and error.field in ("name", "id_number", "text", "purpose", "way")
    return page(
        "registration/searches.html",
        status=error.status if error else 200,
        form=form,
        ways=list(WAYS.items()),
        id_kinds=ID_KINDS,
        purposes=[(one, one) for one in PURPOSES],
        result=result,
        errors={error.field: error.message} if error and known else {},
        problem=error.message if error and not known else "",
    )
