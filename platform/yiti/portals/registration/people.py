"""People as these pages show them: companies in full, persons masked; in full only after a reveal."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.schemas import Buyer, Seller
from kernel.pii import mask_id, mask_name, mask_phone
from yiti.cases.facts import HolderFact
from yiti.cases.models import CaseParty
from yiti.certificates.schemas import HolderLine
from yiti.register.models import RightHolder

ID_KINDS = {"resident_id": "居民身份证", "credit_code": "统一社会信用代码", "passport": "护照"}


@dataclass(frozen=True, slots=True)
class Person:
    """One party, ready to be shown."""

    role: str
    name: str
    id_kind: str
    id_number: str
    share: str = ""
    phone: str = ""
    representative: str = ""


def buyer(one: Buyer, *, full: bool = False) -> Person:
    """A buyer of the contract; a company's acting representative is a person, and masked like one."""
    acting = ""
    if one.representative_name:
        number = one.representative_id_no or ""
        acting = f"{one.represented_as}{_name(one.representative_name, full)}（{_number(number, full)}）"
    return Person(
        role="权利人（买受人）",
        name=one.name if one.kind == "company" else _name(one.name, full),
        id_kind=ID_KINDS.get(one.id_kind, "其他证件"),
        id_number=one.id_no if one.id_kind == "credit_code" else _number(one.id_no, full),
        share=share_words(one.share),
        phone=one.phone if full else mask_phone(one.phone),
        representative=acting,
    )


def seller(one: Seller) -> Person:
    """The developer; nothing of it is personal."""
    return Person("义务人（出卖人）", one.name, ID_KINDS["credit_code"], one.credit_code)


def holder(one: RightHolder, *, full: bool = False) -> Person:
    """A right holder or obligor as the register names it."""
    role = "权利人" if one.role == "holder" else "义务人"
    share = Fraction(one.share_numerator, one.share_denominator or 1) if one.share_numerator else None
    return _booked(role, one.name, one.id_kind, one.id_number, share_words(share), full=full)


def line(role: str, one: HolderLine) -> Person:
    """A party as the proof names it, masked."""
    return _booked(role, one.name, one.id_kind, one.id_number, one.share or "", full=False)


def applicants(buyers: Sequence[tuple[str, str]], developer: str | None) -> str:
    """The applicants of a case in one line; `buyers`: kind and name."""
    names = [name if kind == "company" else mask_name(name) for kind, name in buyers]
    return "、".join([*names, developer] if developer else names)


def share_words(share: Fraction | None) -> str:
    """`1/3`; empty where the right is not held by shares."""
    return f"{share.numerator}/{share.denominator}" if share else ""


def _booked(role: str, name: str, id_kind: str, number: str, share: str, *, full: bool) -> Person:
    if id_kind == "credit_code":
        return Person(role, name, ID_KINDS[id_kind], number, share)
    return Person(role, _name(name, full), ID_KINDS.get(id_kind, "其他证件"), _number(number, full), share)


def _name(name: str, full: bool) -> str:
    return name if full else mask_name(name)


def _number(number: str, full: bool) -> str:
    return number if full else mask_id(number)


def party_line(holders: Sequence[HolderFact]) -> str:
    """The right holders of an entry in one line, persons masked, shares where they have them."""
    return "、".join(
        shown_name(one.name, one.id_kind) + (f"（{one.share}）" if one.share and one.share != "1/1" else "")
        for one in holders
    )


def shown_name(name: str, id_kind: str, *, full: bool = False) -> str:
    """A person's name masked; that of a body in full."""
    return name if full or id_kind == "credit_code" else mask_name(name)


def applicant(one: CaseParty, role: str, *, full: bool = False) -> Person:
    """Somebody who takes part in a case."""
    share = Fraction(one.share_numerator, one.share_denominator or 1) if one.share_numerator else None
    body = one.id_kind == "credit_code"
    return Person(
        role=role,
        name=shown_name(one.name, one.id_kind, full=full),
        id_kind=ID_KINDS.get(one.id_kind, "其他证件"),
        id_number=one.id_number if body else _number(one.id_number, full),
        share=share_words(share),
        phone=one.phone if full else mask_phone(one.phone) if one.phone else "",
    )
