"""Powers of attorney (授权委托书) of buyers who have an agent: what is there, what is missing, bringing one in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import convert

import contracts.service as contracts
from contracts.power_rules import ACT_WORDS, KIND_WORDS, NEEDED, faults
from contracts.schemas import Act, Buyer, Power, PowerKind
from kernel.audit import audit
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.pii import mask_name
from kernel.rendering.fonts import check_glyphs
from kernel.web.dependencies import CurrentActor, Reader
from yiti.journeys import presale
from yiti.journeys.registration.uploads import LIMIT_BYTES
from yiti.journeys.sale import powers
from yiti.journeys.sale.errors import AlreadySubmitted
from yiti.portals.sales_office.desk import Desk, desk, frame
from yiti.portals.sales_office.rules import Stage
from yiti.portals.shell.files import pdf_response
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

_STAGES = frozenset({Stage.DRAFTING, Stage.PAYING, Stage.READY})
"""Before the contract is submitted."""
_FORM_BYTES = 1024 * 1024
"""What a form weighs beside its file."""


@dataclass(frozen=True, slots=True)
class PowerLine:
    """The power of one buyer's agent; people are masked."""

    place: int
    buyer: str
    agent: str
    words: str
    """What the power is; empty where there is none."""
    acts: tuple[str, ...]
    problem: str
    """Why the contract cannot be submitted with it today; not asked any more once it is submitted."""
    url: str
    """Where it is brought in or renewed; the copy is at `file.pdf` below it."""


@dataclass(frozen=True, slots=True)
class PowersPanel:
    """The powers of one sale."""

    lines: tuple[PowerLine, ...]
    open: bool
    """Whether one may still be brought in."""


async def powers_panel(reader: ReadSession, on: Desk) -> PowersPanel | None:
    """None where every buyer signs themselves, or as guardian or for a company."""
    if not any(one.by_power for one in on.content.buyers):
        return None
    found = await powers.of_sale(reader, on.contract.id)
    still_open = on.stage in _STAGES
    return PowersPanel(tuple(_line(on, *one, judged=still_open) for one in found), still_open)


def _line(on: Desk, place: int, buyer: Buyer, power: Power | None, *, judged: bool) -> PowerLine:
    wrong = faults(power, today()) if power and judged else ()
    number = f"，公证书编号{power.number}" if power and power.number else ""
    return PowerLine(
        place=place,
        buyer=mask_name(buyer.name),
        agent=mask_name(buyer.representative_name or ""),
        words=f"{KIND_WORDS[power.kind]}，{power.certified_by}{number}，有效期至{power.valid_until}" if power else "",
        acts=tuple(ACT_WORDS[act] for act in power.acts) if power else (),
        problem="；".join(one.message for one in wrong) if power else "尚未上传",
        url=f"{on.url}/powers/{place}",
    )


class PowersController(Controller):
    """A page for each buyer who has an agent."""

    path = "/sales/contracts/{contract_id:uuid}/powers"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/{place:int}")
    async def show(
        self,
        request: AnyRequest,
        reader: Reader,
        actor: CurrentActor,
        contract_id: FromPath[UUID],
        place: FromPath[int],
    ) -> Response[Any]:
        """What was brought, and the form while the contract is not submitted."""
        on = await desk(reader, actor, contract_id)
        panel = await powers_panel(reader, on)
        line = next((one for one in panel.lines if one.place == place), None) if panel else None
        if panel is None or line is None or not panel.open:
            return redirect(request, on.url, "现在不需要授权委托书", "info")
        return page(
            "sales_office/power.html",
            frame=frame(on, "buyers" if on.stage is Stage.DRAFTING else ""),
            line=line,
            kinds=tuple(KIND_WORDS.items()),
            acts=[(act, words, "" if act in NEEDED else "委托书写明的才选") for act, words in ACT_WORDS.items()],
            needed=NEEDED,
            accepts=",".join(powers.ACCEPTS),
        )

    @post("/{place:int}", guards=[requires(Permission.SALE_MANAGE)], request_max_body_size=LIMIT_BYTES + _FORM_BYTES)
    async def bring(
        self, request: AnyRequest, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID],
        place: FromPath[int],
    ) -> Response[Any]:  # fmt: skip
        """Look into the file and keep it first, and only then write it down: drawing its pages takes a while."""
        async with resources.database.read(actor.tenant) as reader:
            if (await presale.sale_of(reader, contract_id, actor)).submitted_at is not None:
                raise AlreadySubmitted
        form = await request.form()
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        acts = [value for name, value in form.multi_items() if name == "acts" and isinstance(value, str)]
        upload = next((one for _, one in form.multi_items() if isinstance(one, UploadFile) and one.filename), None)
        if upload is None:
            raise Invalid("请选择授权委托书的扫描件", field="file")
        typed = _typed(fields, acts)
        await asyncio.to_thread(check_glyphs, fields, resources.settings.assets_dir)
        name, digest, copy = await powers.kept(resources, upload.filename, await upload.read())
        power = convert(typed | {"file_name": name, "digest": digest, "pdf_digest": copy}, Power)
        async with resources.database.transaction(actor.tenant) as tx:
            await presale.record_power(tx, actor, contract_id, place, power)
        return redirect(request, f"/sales/contracts/{contract_id}", "授权委托书已上传")

    @get("/{place:int}/file.pdf")
    async def file(
        self, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID], place: FromPath[int]
    ) -> Response[bytes]:
        """The copy; it names people in full, so that opening it is written down."""
        async with resources.database.transaction(actor.tenant) as tx:
            await presale.sale_of(tx, contract_id, actor)
            power = (await contracts.powers_of(tx, contract_id)).get(place)
            if power is None:
                raise NotFound("没有这份授权委托书")
            audit(tx, actor, "sale.document_opened", f"contract:{contract_id}", {"document": f"power-{place}"})
        return pdf_response(await resources.blobs.get(power.pdf_digest), f"{powers.TITLE}-买受人{place}.pdf")


def _typed(fields: Mapping[str, str], acts: list[str]) -> dict[str, Any]:
    """What was typed, before it is judged. `Invalid` names the field that cannot be read at all."""
    kind = fields.get("kind", "")
    if kind not in get_args(PowerKind):
        raise Invalid("请选择委托书的形式", field="kind")
    if any(act not in get_args(Act) for act in acts):
        raise Invalid("没有这种委托事项", field="acts")
    return {
        "kind": kind,
        "certified_by": fields.get("certified_by", ""),
        "number": fields.get("number", "") if kind == "notarised" else "",
        "signed_on": _day(fields, "signed_on"),
        "valid_until": _day(fields, "valid_until"),
        "acts": acts,
    }


def _day(fields: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(fields.get(name, "").strip())
    except ValueError:
        raise Invalid("请填写日期，例如2026-09-30", field=name) from None
