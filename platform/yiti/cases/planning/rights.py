"""Notices, mortgages, other rights, objections, seizures, corrections and cancellations."""

from datetime import date, datetime, timedelta
from typing import Any

from kernel.clock import SHANGHAI
from yiti.cases.application import Part, Side
from yiti.cases.business import Business
from yiti.cases.catalogue import CATALOGUE
from yiti.cases.facts import CaseFacts, EntryFact, UnitFact
from yiti.cases.form import value
from yiti.cases.objects import effective_seizure, ownership, purchase_notices, side, targets, units
from yiti.cases.planning.ownership import Planned, cancels, consents, continued, corrected
from yiti.cases.planning.people import as_booked, giving, new_holders, renamed
from yiti.register.details import (
    EasementDetails,
    MortgageDetails,
    NoticeDetails,
    ObjectionDetails,
    ResidenceDetails,
    SeizureDetails,
    stored,
)
from yiti.register.kinds import EntryKind, RegistrationType
from yiti.register.schemas import Append, Person

_MONTHS = 36


def _new(part: Part, unit: UnitFact, details: dict[str, Any], **more: Any) -> Append:
    declared = CATALOGUE[part.business]
    assert declared.books is not None  # only businesses that book a new right come here
    return Append(
        unit_id=unit.id,
        kind=declared.books,
        registration_type=declared.registration_type,
        cause=part.cause,
        holders=new_holders(part),
        obligors=giving(part),
        amount_fen=part.price_fen,
        valid_from=part.valid_from,
        valid_until=part.valid_until,
        consents=consents(part),
        details=details,
        **more,
    )


def _text(part: Part, *names: str) -> dict[str, str]:
    return {name: value(part, name) or "" for name in names}


def notice(part: Part, facts: CaseFacts) -> Planned:
    """预告: of a purchase (with sharing) or of a mortgage."""
    details = stored(NoticeDetails(**_text(part, "contract_number", "permit_number", "guarantee_scope")))
    return [
        _new(part, unit, details, sharing=part.sharing, bans_transfer=part.bans_transfer) for unit in units(part, facts)
    ], []


def mortgage(part: Part, facts: CaseFacts) -> Planned:
    """抵押权: general, maximum, or of construction in progress."""
    details = stored(
        MortgageDetails(
            form="maximum" if part.business is Business.MAXIMUM_MORTGAGE else "general",
            **_text(part, "contract_number", "guarantee_scope", "joint_object"),
        )
    )
    return [_new(part, unit, details, bans_transfer=bool(part.bans_transfer)) for unit in units(part, facts)], []


def mortgage_from_notice(part: Part, facts: CaseFacts) -> Planned:
    """担保解释 art. 52: the mortgage takes the notice's place, and its rank."""
    return [_mortgage_instead(part, unit, old) for unit, old in targets(part, facts)], []


def _mortgage_instead(part: Part, unit: UnitFact, old: EntryFact) -> Append:
    owner = ownership(unit)
    known = {name: old.details[name] for name in ("contract_number", "guarantee_scope") if name in old.details}
    details = old.details if old.kind is EntryKind.CONSTRUCTION_MORTGAGE else stored(MortgageDetails(**known))
    return continued(
        part, unit, old,
        kind=EntryKind.MORTGAGE,
        holders=as_booked(old.holders),
        obligors=without_shares(owner) if owner else giving(part),
        bans_transfer=bool(part.bans_transfer),
        details=details,
    )  # fmt: skip


def without_shares(entry: EntryFact) -> tuple[Person, ...]:
    """The holders of an entry as obligors of another."""
    return tuple(Person(name=one.name, id_kind=one.id_kind, id_number=one.id_number) for one in entry.holders)


def mortgage_transfer(part: Part, facts: CaseFacts) -> Planned:
    """民法典 art. 407: the same mortgage in the hands of who has the claim now."""
    told = {name: found for name in ("contract_number",) if (found := value(part, name))}
    return [
        continued(part, unit, old, holders=new_holders(part), details={**old.details, **told})
        for unit, old in targets(part, facts)
    ], []


def mortgage_change(part: Part, facts: CaseFacts) -> Planned:
    """民法典 art. 409: what the parties have changed; the mortgagor is who owns the property now."""
    told = {name: found for name in ("guarantee_scope", "maximum_basis") if (found := value(part, name))}
    return [
        continued(
            part, unit, old,
            obligors=giving(part) or as_booked(old.obligors),
            amount_fen=part.price_fen or old.amount_fen,
            valid_from=part.valid_from or old.valid_from,
            valid_until=part.valid_until or old.valid_until,
            bans_transfer=old.bans_transfer if part.bans_transfer is None else part.bans_transfer,
            details={**old.details, **told},
        )
        for unit, old in targets(part, facts)
    ], []  # fmt: skip


def residence(part: Part, facts: CaseFacts) -> Planned:
    """居住权, from booking on (民法典 art. 368)."""
    lifelong = value(part, "lifelong", bool) is True
    told = _text(part, "contract_number", "conditions")
    details = ResidenceDetails(lifelong=lifelong, scope=value(part, "scope") or "全部房屋", **told)
    return [_new(part, unit, stored(details)) for unit in units(part, facts)], []


def easement(part: Part, facts: CaseFacts) -> Planned:
    """地役权, on the servient unit."""
    details = EasementDetails(**_text(part, "dominant_unit_code", "purpose"))
    return [_new(part, unit, stored(details)) for unit in units(part, facts)], []


def objection(part: Part, facts: CaseFacts) -> Planned:
    """异议: against the holders of the ownership, or of whatever else stands in the book."""
    details = stored(ObjectionDetails(matter=value(part, "matter") or ""))
    operations = []
    for unit in units(part, facts):
        against = ownership(unit) or next(iter(purchase_notices(unit)), None)
        operations.append(
            Append(
                unit_id=unit.id,
                kind=EntryKind.OBJECTION,
                registration_type=RegistrationType.OBJECTION,
                cause=part.cause,
                holders=new_holders(part),
                obligors=without_shares(against) if against else (),
                details=details,
            )
        )
    return operations, []


def seizure(part: Part, facts: CaseFacts) -> Planned:
    """查封: in effect from delivery; behind another one it waits, and has no term yet."""
    return [_seizure(part, unit) for unit in units(part, facts)], []


def _seizure(part: Part, unit: UnitFact) -> Append:
    delivered = value(part, "delivered_at", datetime)
    waits = effective_seizure(unit) is not None
    return Append(
        unit_id=unit.id,
        kind=EntryKind.SEIZURE,
        registration_type=RegistrationType.SEIZURE,
        cause=part.cause,
        obligors=_debtors(part, unit),
        valid_from=None if waits or delivered is None else delivered.astimezone(SHANGHAI).date(),
        delivered_at=delivered,
        details=_ordered(part, form=value(part, "form") or "seizure", scope=value(part, "scope") or "全部"),
    )


def _debtors(part: Part, unit: UnitFact) -> tuple[Person, ...]:
    named = giving(part)
    owner = ownership(unit) or next(iter(purchase_notices(unit)), None)
    return named or (without_shares(owner) if owner else ())


def _ordered(part: Part, **more: Any) -> dict[str, Any]:
    authorities = "、".join(one.name for one in side(part, Side.AUTHORITY))
    return stored(
        SeizureDetails(
            authority=authorities,
            order_document=value(part, "order_document") or "",
            order_number=value(part, "order_number") or "",
            term_months=value(part, "term_months", int) or _MONTHS,
            **more,
        )
    )


def seizure_renewal(part: Part, facts: CaseFacts) -> Planned:
    """民诉法解释 art. 485: the new term follows the old one without a gap."""
    return [
        continued(
            part, unit, old,
            valid_from=_day_after(old.valid_until),
            valid_until=None,
            delivered_at=value(part, "delivered_at", datetime),
            details=_ordered(
                part, form=old.details.get("form", "seizure"), scope=old.details.get("scope", "全部"), renewal=True
            ),
        )
        for unit, old in targets(part, facts)
    ], []  # fmt: skip


def _day_after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day is not None else None


def cancellation(part: Part, facts: CaseFacts) -> Planned:
    """注销 of the entries named."""
    number = value(part, "document_number") or ""
    return [cancels(unit, old, part.cause, document_number=number) for unit, old in targets(part, facts)], []


def lapse(part: Part, facts: CaseFacts) -> Planned:
    """What ends by law: the cancellation says by which rule."""
    rule = value(part, "rule") or ""
    return [cancels(unit, old, part.cause, lapse=rule) for unit, old in targets(part, facts)], []


def correction(part: Part, facts: CaseFacts) -> Planned:
    """更正: the same entry as it should have been."""
    operations = []
    for unit, old in targets(part, facts):
        details = old.details | (corrected(part) if old.kind is EntryKind.OWNERSHIP else {})
        if (matter := value(part, "matter")) is not None:
            details = {**details, "notes": matter}
        operations.append(
            continued(
                part,
                unit,
                old,
                holders=renamed(part, old),
                amount_fen=part.price_fen or old.amount_fen,
                details=details,
            )
        )
    return operations, []


def nothing(_part: Part, _facts: CaseFacts) -> Planned:
    """Replacing a certificate books nothing."""
    return [], []
