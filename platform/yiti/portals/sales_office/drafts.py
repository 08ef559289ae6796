"""The draft, page by page: buyers, price and plan, clauses, preview. Each saves with the revision it was made from."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

import contracts.service as contracts
from contracts.blanks import Blank
from contracts.registry import template_of
from contracts.schemas import MAX_BUYERS
from kernel.clock import today
from kernel.db import ReadSession, WriteSession
from kernel.money import yuan
from kernel.permissions import Actor, Permission, requires
from kernel.rendering.fonts import check_glyphs
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys import presale
from yiti.portals.sales_office import forms
from yiti.portals.sales_office.desk import Desk, FindingLine, desk, findings, frame, summary, template_used
from yiti.portals.sales_office.powers import powers_panel
from yiti.portals.sales_office.price_check import price_check
from yiti.portals.sales_office.rules import DRAFT_STEPS, PRICE_ARTICLES, Stage
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_MANAGE = [requires(Permission.SALE_MANAGE)]


class DraftsController(Controller):
    """Only while the contract is a draft; afterwards these pages lead to the contract's own page."""

    path = "/sales/contracts/{contract_id:uuid}"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/buyers")
    async def buyers(
        self,
        request: AnyRequest,
        reader: Reader,
        actor: CurrentActor,
        contract_id: FromPath[UUID],
        checked: FromQuery[bool] = False,
    ) -> Response[Any]:
        """Who buys, and how they own."""
        on = await desk(reader, actor, contract_id)
        if on.stage is not Stage.DRAFTING:
            return redirect(request, on.url)
        return page(
            "sales_office/buyers.html",
            frame=frame(on, "buyers"),
            findings=await _shown(reader, on, "buyers") if checked else [],
            powers=await powers_panel(reader, on),
            **_buyers_form(on.url, forms.rows_of_buyers(on.content), on.content.ownership or "sole"),
        )

    @post("/buyers/rows", guards=_MANAGE, status_code=200)
    async def buyer_rows(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, contract_id: FromPath[UUID],
        change: FromQuery[str] = "",
    ) -> Response[Any]:  # fmt: skip
        """The rows after one was added or removed, or its kind changed; nothing is saved."""
        await presale.sale_of(reader, contract_id, actor)
        fields = await forms.typed(request)
        rows = forms.changed(forms.buyer_rows(fields), forms.BuyerRow(), change, MAX_BUYERS)
        context = _buyers_form(f"/sales/contracts/{contract_id}", rows, forms.ownership_of(fields) or "sole")
        return page("sales_office/buyers.html#rows", **context)

    @post("/buyers", guards=_MANAGE)
    async def save_buyers(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Save the buyers. Names that our fonts cannot print are refused here, and not at the signing."""
        fields = await forms.typed(request)
        await asyncio.to_thread(check_glyphs, fields, resources.settings.assets_dir)
        ownership = forms.ownership_of(fields)
        buyers = forms.buyers_of_rows(forms.buyer_rows(fields), ownership)
        revision = forms.number_in(fields, "revision")
        await contracts.save_buyers(tx, actor, contract_id, ownership, buyers, revision=revision)
        return await _after_saving(request, tx, actor, contract_id, "buyers")

    @get("/price")
    async def price(
        self,
        request: AnyRequest,
        reader: Reader,
        actor: CurrentActor,
        contract_id: FromPath[UUID],
        checked: FromQuery[bool] = False,
    ) -> Response[Any]:
        """The price, the payment plan, and what the contract says about them."""
        on = await desk(reader, actor, contract_id)
        if on.stage is not Stage.DRAFTING:
            return redirect(request, on.url)
        price = yuan(on.content.price_fen) if on.content.price_fen else ""
        return page(
            "sales_office/price.html",
            frame=frame(on, "price"),
            findings=await _shown(reader, on, "price") if checked else [],
            articles=_articles(on, on_price_page=True),
            **_price_form(on.url, price, forms.rows_of_plan(on.content, today()), template_used(on).instalments),
        )

    @post("/price/rows", guards=_MANAGE, status_code=200)
    async def plan_rows(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, contract_id: FromPath[UUID],
        change: FromQuery[str] = "",
    ) -> Response[Any]:  # fmt: skip
        """The plan after a line was added or removed; nothing is saved."""
        kinds = await _kinds(reader, actor, contract_id)
        fields = await forms.typed(request)
        rows = forms.changed(forms.plan_rows(fields), forms.PlanRow(), change, forms.MAX_LINES)
        context = _price_form(f"/sales/contracts/{contract_id}", fields.get("price_fen", ""), rows, kinds)
        return page("sales_office/price.html#plan", **context)

    @post("/price/check", guards=_MANAGE, status_code=200)
    async def check_price(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The amounts in capitals and whether they add up, while they are typed."""
        kinds = await _kinds(reader, actor, contract_id)
        fields = await forms.typed(request)
        check = price_check(fields.get("price_fen", ""), forms.plan_rows(fields), kinds)
        return page("sales_office/price.html#check", check=check)

    @post("/price", guards=_MANAGE)
    async def save_price(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Save price, plan and the blanks of the same page; the other blanks stay."""
        fields = await forms.typed(request)
        await asyncio.to_thread(check_glyphs, fields, resources.settings.assets_dir)
        on = await desk(tx, actor, contract_id)
        typed = forms.blanks_of(fields, _blanks(on, on_price_page=True))
        await contracts.save_terms(
            tx,
            actor,
            contract_id,
            forms.price_of(fields),
            forms.instalments_of_rows(forms.plan_rows(fields)),
            on.content.blanks | typed,
            revision=forms.number_in(fields, "revision"),
        )
        return await _after_saving(request, tx, actor, contract_id, "price")

    @get("/clauses")
    async def clauses(
        self,
        request: AnyRequest,
        reader: Reader,
        actor: CurrentActor,
        contract_id: FromPath[UUID],
        checked: FromQuery[bool] = False,
    ) -> Response[Any]:
        """What the law leaves to the parties, article by article; defaults are filled in."""
        on = await desk(reader, actor, contract_id)
        if on.stage is not Stage.DRAFTING:
            return redirect(request, on.url)
        return page(
            "sales_office/clauses.html",
            frame=frame(on, "clauses"),
            findings=await _shown(reader, on, "clauses") if checked else [],
            articles=_articles(on, on_price_page=False),
        )

    @post("/clauses", guards=_MANAGE)
    async def save_clauses(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """Save these blanks; price, plan and the blanks of the price's page stay."""
        fields = await forms.typed(request)
        await asyncio.to_thread(check_glyphs, fields, resources.settings.assets_dir)
        on = await desk(tx, actor, contract_id)
        typed = forms.blanks_of(fields, _blanks(on, on_price_page=False))
        await contracts.save_terms(
            tx,
            actor,
            contract_id,
            on.content.price_fen,
            on.content.instalments,
            on.content.blanks | typed,
            revision=forms.number_in(fields, "revision"),
        )
        return await _after_saving(request, tx, actor, contract_id, "clauses")

    @get("/preview")
    async def preview(
        self, request: AnyRequest, reader: Reader, actor: CurrentActor, contract_id: FromPath[UUID]
    ) -> Response[Any]:
        """The contract as a PDF, what still has to be mended, and the order to send out the payment notices."""
        on = await desk(reader, actor, contract_id)
        if on.stage is not Stage.DRAFTING:
            return redirect(request, on.url)
        found = await findings(reader, on)
        return page(
            "sales_office/preview.html",
            frame=frame(on, "preview"),
            findings=found,
            stopped=sum(line.level == "block" for line in found),
            summary=summary(on),
            powers=await powers_panel(reader, on),
        )


def _buyers_form(url: str, rows: Sequence[forms.BuyerRow], ownership: str) -> dict[str, Any]:
    return {
        "url": url,
        "rows": rows,
        "ownership": ownership,
        "ownerships": [(key, words, "") for key, words in forms.OWNERSHIPS.items()],
        "kinds": forms.BUYER_FORMS,
        "full": len(rows) >= MAX_BUYERS,
    }


def _price_form(url: str, price: str, rows: Sequence[forms.PlanRow], kinds: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": url,
        "price": price,
        "rows": rows,
        "kinds": kinds,
        "check": price_check(price, rows, kinds),
        "full": len(rows) >= forms.MAX_LINES,
    }


async def _kinds(reader: ReadSession, actor: Actor, contract_id: UUID) -> Mapping[str, str]:
    """What a line of this sale's plan may be: the contract's own text says."""
    await presale.sale_of(reader, contract_id, actor)
    contract = await contracts.get(reader, contract_id)
    return template_of(contract.template, contract.template_version).instalments


def _blanks(on: Desk, *, on_price_page: bool) -> list[Blank]:
    return [blank for blank in template_used(on).blanks if (blank.article in PRICE_ARTICLES) is on_price_page]


def _articles(on: Desk, *, on_price_page: bool) -> list[tuple[str, list[forms.BlankField]]]:
    """The blanks under the titles of their articles."""
    titles = [title for _, articles in template_used(on).contents for title in articles]
    blanks = sorted(_blanks(on, on_price_page=on_price_page), key=lambda blank: blank.article)
    fields = forms.blank_fields(blanks, on.content.home, on.content.blanks)
    return [(titles[number - 1], list(group)) for number, group in groupby(fields, key=lambda one: one.blank.article)]


async def _shown(reader: ReadSession, on: Desk, step: str) -> list[FindingLine]:
    return [line for line in await findings(reader, on) if line.step == step]


async def _after_saving(
    request: AnyRequest, tx: WriteSession, actor: Actor, contract_id: UUID, step: str
) -> Response[Any]:
    """On to the next page; or once more this one, with what the rules say about it."""
    on = await desk(tx, actor, contract_id)
    stopped = [line for line in await _shown(tx, on, step) if line.level == "block"]
    if stopped:
        return redirect(request, f"{on.url}/{step}?checked=1", f"已保存，还有{len(stopped)}处需要完善", "warning")
    following = DRAFT_STEPS[DRAFT_STEPS.index(step) + 1]
    return redirect(request, f"{on.url}/{following}", "已保存")
