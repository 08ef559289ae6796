"""One sale on the desk: everything its pages begin with, and the frame that they all share."""

from dataclasses import dataclass
from uuid import UUID

import contracts.service as contracts
from contracts.models import Contract
from contracts.registry import Template, template_of
from contracts.schemas import Finding, FrozenContract
from kernel.db import ReadSession
from kernel.money import yuan
from kernel.permissions import Actor
from kernel.pii import mask_id, mask_name, mask_phone
from yiti.certificates.content import grouped_unit_code
from yiti.journeys import presale
from yiti.journeys.models import Sale
from yiti.portals.sales_office import queries
from yiti.portals.sales_office.forms import OWNERSHIPS
from yiti.portals.sales_office.rules import (
    DRAFT_STEPS,
    FILED,
    LIVE,
    LOOKS,
    STEPS,
    Look,
    Position,
    Stage,
    draft_step_of,
    stage_of,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The rows of one sale, for handlers; pages get a `Frame`."""

    sale: Sale
    contract: Contract
    content: FrozenContract
    position: Position
    stage: Stage

    @property
    def url(self) -> str:
        """The sale's own page."""
        return f"/sales/contracts/{self.contract.id}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page of a sale; names and numbers are masked."""

    url: str
    title: str
    location: str
    unit_code: str
    look: Look
    steps: tuple[dict[str, str], ...]
    current: int
    drafting: bool
    over: bool
    may_take_back: bool
    may_abandon: bool
    may_cancel: bool
    revision: int


@dataclass(frozen=True, slots=True)
class BuyerLine:
    """A buyer in the summary."""

    name: str
    kind: str
    id_no: str
    phone: str
    share: str
    signer: str
    """Who signs, where it is not the buyer."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was agreed."""

    home: tuple[tuple[str, str], ...]
    buyers: tuple[BuyerLine, ...]
    ownership: str
    price_fen: int | None
    plan: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding with the way to where it is mended."""

    level: str
    words: str
    basis: str
    step: str
    url: str


async def desk(reader: ReadSession, actor: Actor, contract_id: UUID) -> Desk:
    """The sale, for its developer's own people; to others it does not exist (`SaleNotFound`)."""
    sale = await presale.sale_of(reader, contract_id, actor)
    contract = await contracts.get(reader, contract_id)
    position = (await queries.positions(reader, [(sale, contract)]))[contract_id]
    return Desk(sale, contract, await contracts.content_of(reader, contract), position, stage_of(position))


def frame(on: Desk, step: str = "") -> Frame:
    """The frame of a page; `step` names the page of a draft."""
    home, drafting = on.content.home, on.stage is Stage.DRAFTING
    return Frame(
        url=on.url,
        title=f"{home.building_name}{home.room}",
        location=home.location,
        unit_code=home.unit_code,
        look=LOOKS[on.stage],
        steps=_steps(on, drafting=drafting),
        current=DRAFT_STEPS.index(step) if drafting and step else LOOKS[on.stage].step,
        drafting=drafting,
        over=on.stage in {Stage.ABANDONED, Stage.CANCELLED},
        # Once money has come in, the way back is to give the sale up: what was paid then goes back to its payer.
        may_take_back=on.stage is Stage.PAYING,
        may_abandon=on.stage in LIVE,
        may_cancel=on.stage in FILED,
        revision=on.contract.revision,
    )


def _steps(on: Desk, *, drafting: bool) -> tuple[dict[str, str], ...]:
    pages = [f"{on.url}/{page}" if drafting else "" for page in DRAFT_STEPS] + [""] * (len(STEPS) - len(DRAFT_STEPS))
    return tuple({"label": label, "url": url} for label, url in zip(STEPS, pages, strict=True))


def summary(on: Desk) -> Summary:
    """What was agreed, masked."""
    content, home, kinds = on.content, on.content.home, template_used(on).instalments
    return Summary(
        home=(
            ("坐落", home.location),
            ("不动产单元号", grouped_unit_code(home.unit_code)),
            ("建筑面积", f"{home.building_area} ㎡（套内 {home.inner_area} ㎡）"),
            ("用途", home.usage),
            ("预售许可证", home.presale_permit_no),
            ("约定交付日期", home.planned_handover.isoformat()),
        ),
        buyers=tuple(
            BuyerLine(
                name=mask_name(buyer.name) if buyer.kind == "person" else buyer.name,
                kind="单位" if buyer.kind == "company" else "个人",
                id_no=mask_id(buyer.id_no),
                phone=mask_phone(buyer.phone),
                share=f"{buyer.share.numerator}/{buyer.share.denominator}" if buyer.share else "",
                signer=f"{buyer.represented_as}{mask_name(buyer.representative_name)}"
                if buyer.representative_name
                else "",
            )
            for buyer in content.buyers
        ),
        ownership=OWNERSHIPS[content.ownership] if content.ownership else "",
        price_fen=content.price_fen,
        plan=tuple((kinds[one.kind], one.due.isoformat(), yuan(one.amount_fen)) for one in content.instalments),
    )


def template_used(on: Desk) -> Template:
    """The version of the contract's text that this draft was begun with."""
    return template_of(on.content.template, on.content.template_version)


async def findings(reader: ReadSession, on: Desk) -> list[FindingLine]:
    """What the rules say of the draft today, each with the page and field where it is mended."""
    articles = {blank.key: blank.article for blank in template_used(on).blanks}
    return [_line(on, finding, articles) for finding in await contracts.findings_of(reader, on.contract)]


def _line(on: Desk, finding: Finding, articles: dict[str, int]) -> FindingLine:
    step = draft_step_of(finding, articles)
    url = "" if step == "preview" else f"{on.url}/{step}#f-{finding.field}"
    return FindingLine(finding.level, finding.message, finding.legal_basis, step, url)


def first_open_step(found: list[FindingLine]) -> str:
    """The page on which to go on: the first with something that stops the freeze."""
    stopped = {line.step for line in found if line.level == "block"}
    return next((step for step in DRAFT_STEPS if step in stopped), DRAFT_STEPS[-1])
