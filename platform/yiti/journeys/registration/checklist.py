"""What an application still lacks: fields of the form and materials, everything at once (一次性告知)."""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct

from kernel.db import ReadSession
from yiti.cases import service as cases
from yiti.cases.declaration import Material
from yiti.cases.form import problems
from yiti.cases.lifecycle import Channel
from yiti.cases.models import Case, CaseMaterial
from yiti.journeys.registration import signers
from yiti.journeys.registration.envelope import PAPERS, SIGNED
from yiti.journeys.registration.errors import ApplicationIncomplete, MaterialsMissing
from yiti.journeys.registration.facts import answered_later
from yiti.journeys.registration.filling import OTHER, materials_wanted


class Lying(Struct, frozen=True, kw_only=True):
    """A material that lies with the case."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    source: str
    verified: bool
    reference: str
    added_by: str


class Item(Struct, frozen=True, kw_only=True):
    """One line of the list of materials (收件清单)."""

    code: str
    name: str
    required: bool
    obtainable: bool
    """It is fetched from a shared source instead of asked for."""
    source: str
    accepts: tuple[str, ...]
    basis: str
    files: tuple[Lying, ...]
    later: bool = False
    """It comes with the answer of tax bureau or housing department, after acceptance."""

    @property
    def signed(self) -> bool:
        """It came out of the applicants' signing; nobody brings or takes it."""
        return any(one.source == SIGNED for one in self.files)

    @property
    def missing(self) -> bool:
        """Required now and not there."""
        return self.required and not self.later and not self.files


class Lack(Struct, frozen=True, kw_only=True):
    """A field that is empty or wrong, and what to do."""

    field: str
    words: str


class Checklist(Struct, frozen=True, kw_only=True):
    """The list of materials and what the form lacks."""

    items: tuple[Item, ...]
    lacks: tuple[Lack, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """Required materials that are not there, obtainable ones too: somebody has to fetch them."""
        return tuple(item for item in self.items if item.missing)

    @property
    def complete(self) -> bool:
        """Whether the application can be handed in."""
        return not self.missing and not self.lacks


async def checklist(reader: ReadSession, case_id: UUID) -> Checklist:
    """The list of a case as it stands."""
    return await of_case(reader, await cases.get(reader, case_id))


async def of_case(reader: ReadSession, case: Case) -> Checklist:
    """The same for a case at hand."""
    lying: dict[str, list[Lying]] = {}
    for one in await cases.materials(reader, case.id):
        lying.setdefault(one.code, []).append(_lying(one))
    wanted = [*await materials_wanted(reader, case)]
    wanted += [OTHER] if OTHER.code in lying else []
    wanted += [Material(code=code, name=name, required=False) for code, name in PAPERS.items() if code in lying]
    later = answered_later(case)
    items = tuple(
        Item(
            code=one.code,
            name=one.name,
            required=one.required,
            obtainable=one.source is not None,
            source=one.source or "",
            accepts=one.accepts,
            basis=one.basis,
            files=tuple(lying.get(one.code, ())),
            later=one.code in later,
        )
        for one in wanted
    )
    return Checklist(items=items, lacks=tuple(_lacks(case)))


def _lacks(case: Case) -> Iterator[Lack]:
    application = cases.application_of(case)
    for one in problems(application, case.businesses):
        yield Lack(field=one.path, words=one.words)
    if case.channel == Channel.ONLINE:
        for path, words in signers.lacks(application, case.opened_by):
            yield Lack(field=path, words=words)


async def expect_complete(reader: ReadSession, case: Case) -> None:
    """`ApplicationIncomplete` or `MaterialsMissing` with everything that is lacking."""
    found = await of_case(reader, case)
    if found.lacks:
        raise ApplicationIncomplete(
            found.lacks[0].words
            if len(found.lacks) == 1
            else "申请信息不完整：" + "；".join(one.words for one in found.lacks),
            field=found.lacks[0].field,
            extra={"problems": {one.field: one.words for one in found.lacks}},
        )
    if found.missing:
        names = [item.name for item in found.missing]
        raise MaterialsMissing(
            f"缺少必要的申请材料：{'、'.join(names)}", field=found.missing[0].code, extra={"missing": names}
        )


def _lying(one: CaseMaterial) -> Lying:
    return Lying(
        id=one.id,
        file_name=one.file_name,
        media_type=one.media_type,
        size=one.size,
        source=one.source,
        verified=one.verified,
        reference=one.reference,
        added_by=one.added_by,
    )
