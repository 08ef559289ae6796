"""Writing letters: number, freeze, order the issue; and finding them again."""

import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.audit import audit
from kernel.clock import now, today
from kernel.db import ReadSession, WriteSession
from kernel.errors import NotFound
from kernel.numbers import next_number
from kernel.outbox import emit
from kernel.permissions import Actor
from kernel.settings import get_settings
from kernel.tenancy.models import County
from yiti.accounts.roles import OrganisationKind
from yiti.accounts.service import organisations
from yiti.letters import rules
from yiti.letters.models import Letter
from yiti.letters.schemas import SEALED_BY_HOUSING, Agency, FrozenLetter, LetterContent, LetterKind, kind_of

_CODE_BYTES: Final = 15  # 120 random bits: 20 characters nobody guesses
_PAGE: Final = 50


class LetterNotFound(NotFound):
    code = "letter.not_found"
    default_message = "没有找到该文书"


async def write(
    tx: WriteSession, actor: Actor, content: LetterContent, *, case_id: UUID | None = None, subject: str = ""
) -> Letter:
    """Number the letter, freeze what it says and order its issue (`letter.issue`); sealed some seconds later.

    Call it late in the transaction, after certificates are numbered: the gap-free number keeps its series locked until
    the commit. `LetterIncomplete` where it would not say what the law asks of it. `subject`: what else it belongs to
    (`search:<id>`), without personal data.
    """
    rules.check(content)
    kind, on = kind_of(content), today()
    agency = await _agency(tx, kind)
    serial = await next_number(tx, f"letter:{kind.value}", on.year)
    frozen = FrozenLetter(
        template=f"{kind.value}/1",
        number=rules.number(agency.county_name, kind, on.year, serial),
        title=rules.title(content, kind),
        agency=agency,
        written_on=on,
        frozen_at=now(),
        verify_code=secrets.token_urlsafe(_CODE_BYTES),
        content=content,
    )
    letter = Letter(
        kind=kind.value,
        number=frozen.number,
        title=frozen.title,
        verify_code=frozen.verify_code,
        case_id=case_id,
        subject=subject,
        template=frozen.template,
        content=msgspec.json.encode(frozen).decode(),
        written_on=on,
    )
    tx.add(letter)
    await tx.flush()
    audit(tx, actor, "letter.written", f"letter:{letter.id}", {"number": letter.number, "kind": kind.value})
    await emit(tx, "letter.issue", {"letter_id": str(letter.id)}, key=f"letter.issue:{letter.id}")
    return letter


def content_of(letter: Letter) -> FrozenLetter:
    """What the letter says. Personal data: show it to the people concerned and to staff only."""
    return msgspec.json.decode(letter.content, type=FrozenLetter)


async def get(reader: ReadSession, letter_id: UUID) -> Letter:
    """One letter of this county. `LetterNotFound`."""
    found = await reader.scalar(select(Letter).where(Letter.id == letter_id))
    if found is None:
        raise LetterNotFound
    return found


async def locked(tx: WriteSession, letter_id: UUID) -> Letter:
    """The letter, its row locked until the transaction ends. `LetterNotFound`."""
    wanted = select(Letter).where(Letter.id == letter_id).with_for_update()
    found = await tx.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise LetterNotFound
    return found


async def of_case(reader: ReadSession, case_id: UUID) -> Sequence[Letter]:
    """The letters of a case in the order they were written."""
    return (await reader.scalars(select(Letter).where(Letter.case_id == case_id).order_by(Letter.id))).all()


async def of_subject(reader: ReadSession, subject: str) -> Sequence[Letter]:
    """The letters of anything else, in the order they were written."""
    return (await reader.scalars(select(Letter).where(Letter.subject == subject).order_by(Letter.id))).all()


async def register(
    reader: ReadSession, *, kind: LetterKind | None = None, year: int | None = None, before: UUID | None = None
) -> Sequence[Letter]:
    """A page of the register of letters, newest first; `before` is the last one of the page before."""
    wanted = select(Letter).order_by(Letter.id.desc()).limit(_PAGE)
    # Receipts of the housing department are no letters of the registry: they are asked for by their kind.
    wanted = wanted.where(Letter.kind == kind.value if kind else Letter.kind.not_in(SEALED_BY_HOUSING))
    if year is not None:
        wanted = wanted.where(Letter.number.contains(f"〔{year}〕"))
    if before is not None:
        wanted = wanted.where(Letter.id < before)
    return (await reader.scalars(wanted)).all()


async def _agency(reader: ReadSession, kind: LetterKind) -> Agency:
    county = (await reader.execute(select(County).where(County.code == reader.tenant))).scalar_one()
    offices = await organisations(reader, OrganisationKind.HOUSING_DEPARTMENT) if kind in SEALED_BY_HOUSING else []
    return Agency(
        county_code=county.code,
        county_name=county.name,
        name=offices[0].name if offices else county.agency_name,
        public_url=get_settings().public_url,
    )
