"""What is charged and where it goes, by date: fee schedule, exemptions, the authorities' accounts. Versions stay."""

from datetime import date
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import URLEncodedBody
from msgspec import Struct

from escrow import collection
from escrow.supervision import maintenance_account_or_none
from kernel.clock import today
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.cases.declaration import Group
from yiti.journeys.registration import fee_versions
from yiti.journeys.registration.fee_schedule import Exemption, Tariff
from yiti.journeys.registration.fee_versions import Exemptions
from yiti.portals.admin.business_view import GROUPS
from yiti.portals.collection import views
from yiti.portals.housing.fields import day, fen, line
from yiti.portals.shell.views import AnyRequest, page, redirect

SETS = [requires(Permission.COLLECTION_MANAGE)]
EFFECTS = {"free": "免收", "half": "减半收取"}
KINDS = {"any": "不限", "ancillary": "只限车库、车位、储藏室"}


class TariffForm(Struct, kw_only=True):
    """Fees of one item from a day on, in yuan."""

    residential: str = ""
    other: str = ""
    book: str = ""
    effective_from: str = ""
    source: str = ""


class ExemptionsForm(Struct, kw_only=True):
    """The next list: what is kept of the newest one, and perhaps one more reason, that a clerk claims for a case."""

    keep: list[str] | str = []
    title: str = ""
    basis: str = ""
    effect: str = "free"
    group: str = ""
    units: str = "any"
    effective_from: str = ""
    source: str = ""


class AuthorityForm(Struct, kw_only=True):
    """Where an authority's money goes from a day on."""

    code: str = ""
    name: str = ""
    account_no: str = ""
    account_name: str = ""
    bank_code: str = ""
    bank_name: str = ""
    valid_from: str = ""
    source: str = ""


class VersionsController(Controller):
    """To look at; whoever may, sets the next version."""

    path = "/collection"
    guards = (requires(Permission.COLLECTION_VIEW),)

    @get("/fees")
    async def tariffs(self, reader: Reader) -> Response[Any]:
        """Every version of the tariff, and which holds today."""
        found = await fee_versions.tariffs(reader)
        return page("collection/fees.html", tariffs=views.versions(found, [one.effective_from for one in found]))

    @get("/fees/exemptions")
    async def exemptions(self, reader: Reader) -> Response[Any]:
        """Every list of exemptions, and which holds today."""
        found = await fee_versions.exemption_lists(reader)
        return page(
            "collection/exemptions.html",
            lists=views.versions(found, [one.effective_from for one in found]),
            newest=found[0],
            effects=EFFECTS,
            groups=GROUPS,
            kinds=KINDS,
        )

    @get("/authorities")
    async def authorities(self, reader: Reader) -> Response[Any]:
        """Every authority's account, the one in force first."""
        lines = await collection.authorities(reader)
        by_code = {
            code: [one for one in lines if one.code == code] for code in dict.fromkeys(one.code for one in lines)
        }
        return page(
            "collection/authorities.html",
            lines=[
                version
                for those in by_code.values()
                for version in views.versions(those, [one.valid_from for one in those])
            ],
            account=await collection.collection_account(reader),
            fund=await maintenance_account_or_none(reader),
            codes=views.CODES,
            today=today(),
        )

    @post("/fees", guards=SETS)
    async def set_tariff(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[TariffForm]
    ) -> Response[Any]:
        """Other fees from a day on."""
        new = Tariff(
            residential_fen=fen(data.residential, "residential"),
            other_fen=fen(data.other, "other"),
            book_fen=fen(data.book, "book"),
            effective_from=day(data.effective_from, "effective_from"),
            source=data.source,
        )
        await fee_versions.set_tariff(tx, actor, new)
        return redirect(request, "/collection/fees", "收费标准已登记，从执行日期起适用")

    @post("/fees/exemptions", guards=SETS)
    async def set_exemptions(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[ExemptionsForm]
    ) -> Response[Any]:
        """Another list of exemptions from a day on."""
        newest = (await fee_versions.exemption_lists(tx))[0].rows
        kept = {data.keep} if isinstance(data.keep, str) else set(data.keep)
        if kept - {one.code for one in newest}:
            raise Invalid("减免事由已有变化，请刷新后重新选择", field="keep")
        effective_from = day(data.effective_from, "effective_from")
        rows = tuple(one for one in newest if one.code in kept)
        new = Exemptions(rows=rows + _more(data, effective_from), effective_from=effective_from, source=data.source)
        await fee_versions.set_exemptions(tx, actor, new)
        return redirect(request, "/collection/fees/exemptions", "减免事由已登记，从执行日期起适用")

    @post("/authorities", guards=SETS)
    async def set_authority(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[AuthorityForm]
    ) -> Response[Any]:
        """Another account from a day on, never in the past."""
        valid_from = day(data.valid_from, "valid_from")
        if valid_from < today():
            raise Invalid("执行日期不能早于今天", field="valid_from")
        code = data.code.strip()
        if code not in views.CODES:
            raise Invalid("请选择收款单位", field="code")
        new = collection.Authority(
            code=code, name=data.name.strip(), account_no=data.account_no, account_name=data.account_name.strip(),
            bank_code=data.bank_code.strip(), bank_name=data.bank_name.strip(), valid_from=valid_from,
            source=data.source.strip(),
        )  # fmt: skip
        await collection.set_authority(tx, actor, new)
        return redirect(request, "/collection/authorities", "收款账户已登记，从执行日期起适用")


def _more(data: ExemptionsForm, since: date) -> tuple[Exemption, ...]:
    if not data.title.strip():
        return ()
    if data.effect not in EFFECTS or data.units not in KINDS or (data.group and data.group not in GROUPS):
        raise Invalid("请选择减免方式和适用范围", field="effect")
    groups: tuple[Group, ...] = (data.group,) if data.group else ()  # type: ignore[assignment]  # one of GROUPS
    return (
        Exemption(
            code=f"own_{since:%Y%m%d}",
            title=line(data.title, "title", 100),
            basis=line(data.basis, "basis", 200),
            effect="half" if data.effect == "half" else "free",
            groups=groups,
            ancillary=data.units == "ancillary",
        ),
    )
