"""What each business books, that the book would take it, and that the book after it is projected rightly."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.cases import world as w
from tests.cases.world import B, K, facts, good, holder, obligor, part
from yiti.cases.business import Business
from yiti.cases.facts import CaseFacts
from yiti.cases.plan import Plan, plan, plan_case, project
from yiti.register.kinds import RegistrationType, Sharing
from yiti.register.rules import check
from yiti.register.schemas import Append, Booking

replace = msgspec.structs.replace
FIRST, TRANSFER, CHANGE, CANCEL = (
    RegistrationType.FIRST, RegistrationType.TRANSFER, RegistrationType.CHANGE, RegistrationType.CANCELLATION,
)  # fmt: skip
NOTICE, CORRECT, SEIZE = RegistrationType.NOTICE, RegistrationType.CORRECTION, RegistrationType.SEIZURE
OBJECT = RegistrationType.OBJECTION

# kind, registration type, kind that it closes
BOOKED: dict[Business, list[tuple[Any, RegistrationType, Any]]] = {
    B.FIRST_REGISTRATION: [(K.OWNERSHIP, FIRST, None)],
    B.TRANSFER_NEW_HOME: [(K.CANCELLATION, CANCEL, K.PRESALE_NOTICE), (K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_RESALE: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_GIFT: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_DIVISION: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_INHERITANCE: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_BEQUEST: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_EXCHANGE: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.TRANSFER_JUDGMENT: [(K.OWNERSHIP, TRANSFER, K.OWNERSHIP)],
    B.CHANGE_HOLDER: [(K.OWNERSHIP, CHANGE, K.OWNERSHIP)],
    B.CHANGE_PROPERTY: [(K.OWNERSHIP, CHANGE, K.OWNERSHIP)],
    B.CHANGE_TERM: [(K.OWNERSHIP, CHANGE, K.OWNERSHIP)],
    B.SPLIT: [(K.CANCELLATION, CANCEL, K.OWNERSHIP), (K.OWNERSHIP, CHANGE, None), (K.OWNERSHIP, CHANGE, None)],
    B.MERGER: [
        (K.CANCELLATION, CANCEL, K.OWNERSHIP), (K.CANCELLATION, CANCEL, K.OWNERSHIP), (K.OWNERSHIP, CHANGE, None),
    ],
    B.OWNERSHIP_CANCELLATION: [(K.CANCELLATION, CANCEL, K.OWNERSHIP)],
    B.CORRECTION: [(K.OWNERSHIP, CORRECT, K.OWNERSHIP)],
    B.CORRECTION_EX_OFFICIO: [(K.OWNERSHIP, CORRECT, K.OWNERSHIP)],
    B.OBJECTION: [(K.OBJECTION, OBJECT, None)],
    B.OBJECTION_CANCELLATION: [(K.CANCELLATION, CANCEL, K.OBJECTION)],
    B.PRESALE_NOTICE: [(K.PRESALE_NOTICE, NOTICE, None)],
    B.PRESALE_NOTICE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.PRESALE_NOTICE)],
    B.PRESALE_MORTGAGE_NOTICE: [(K.PRESALE_MORTGAGE_NOTICE, NOTICE, None)],
    B.PRESALE_MORTGAGE_NOTICE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.PRESALE_MORTGAGE_NOTICE)],
    B.SALE_NOTICE: [(K.SALE_NOTICE, NOTICE, None)],
    B.SALE_NOTICE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.SALE_NOTICE)],
    B.MORTGAGE_NOTICE: [(K.MORTGAGE_NOTICE, NOTICE, None)],
    B.MORTGAGE_NOTICE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.MORTGAGE_NOTICE)],
    B.MORTGAGE: [(K.MORTGAGE, FIRST, None)],
    B.MAXIMUM_MORTGAGE: [(K.MORTGAGE, FIRST, None)],
    B.MORTGAGE_FROM_NOTICE: [(K.MORTGAGE, FIRST, K.PRESALE_MORTGAGE_NOTICE)],
    B.MORTGAGE_TRANSFER: [(K.MORTGAGE, TRANSFER, K.MORTGAGE)],
    B.MORTGAGE_CHANGE: [(K.MORTGAGE, CHANGE, K.MORTGAGE)],
    B.MORTGAGE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.MORTGAGE)],
    B.CONSTRUCTION_MORTGAGE: [(K.CONSTRUCTION_MORTGAGE, FIRST, None)],
    B.CONSTRUCTION_MORTGAGE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.CONSTRUCTION_MORTGAGE)],
    B.RESIDENCE: [(K.RESIDENCE, FIRST, None)],
    B.RESIDENCE_CANCELLATION: [(K.CANCELLATION, CANCEL, K.RESIDENCE)],
    B.EASEMENT: [(K.EASEMENT, FIRST, None)],
    B.EASEMENT_CANCELLATION: [(K.CANCELLATION, CANCEL, K.EASEMENT)],
    B.SEIZURE: [(K.SEIZURE, SEIZE, None)],
    B.SEIZURE_RENEWAL: [(K.SEIZURE, SEIZE, K.SEIZURE)],
    B.SEIZURE_LIFTING: [(K.CANCELLATION, CANCEL, K.SEIZURE)],
    B.CERTIFICATE_REPLACEMENT: [],
    B.CERTIFICATE_LOSS: [],
    B.LAPSE: [(K.CANCELLATION, CANCEL, K.PRESALE_NOTICE)],
}  # fmt: skip


def planned(found: CaseFacts) -> Plan:
    (one,) = found.application.parts
    return plan(one, found)


def only(found: CaseFacts) -> Append:
    (operation,) = planned(found).operations
    return operation


def kinds(found: CaseFacts) -> dict[UUID, Any]:
    return {entry.id: entry.kind for unit in found.units for entry in unit.entries}


@pytest.mark.parametrize("business", list(B))
def test_every_business_books_what_it_should(business: Business) -> None:
    found = good(business)
    operations = planned(found).operations
    known = kinds(found)
    shown = [(one.kind, one.registration_type, known.get(one.closes_id)) for one in operations]  # type: ignore[arg-type]
    assert shown == BOOKED[business]
    assert all(one.closes_id is None or one.closes_id in known for one in operations)
    assert len({one.entry_id for one in operations}) == len(operations)


@pytest.mark.parametrize("business", [one for one, booked in BOOKED.items() if booked])
def test_the_book_would_take_it(business: Business) -> None:
    """People, shares, amounts, terms and further fields, as `register.book` checks them before it writes."""
    found = planned(good(business))
    check(
        Booking(
            case_id=w.uid("case"), case_number="1", booked_by="登记员", operations=found.operations, links=found.links
        )
    )


@pytest.mark.parametrize("business", list(B))
def test_a_plan_is_a_function_of_the_facts(business: Business) -> None:
    assert planned(good(business)) == planned(good(business))
    other = replace(good(business), case_number="other")
    ids = {one.entry_id for one in planned(good(business)).operations}
    assert not ids & {one.entry_id for one in planned(other).operations}


@pytest.mark.parametrize("business", list(B))
def test_the_projected_book_holds_what_is_booked(business: Business) -> None:
    found = good(business)
    operations = planned(found).operations
    after = kinds(project(found, operations))
    for one in operations:
        assert one.closes_id not in after
        assert (one.entry_id in after) is (one.kind is not K.CANCELLATION)


def test_the_developer_sells_in_the_case_of_the_first_registration() -> None:
    where = w.unit(
        w.entry(K.PRESALE_NOTICE, w.ZHANG, obligors=(w.DEVELOPER,)),
        w.entry(K.PRESALE_MORTGAGE_NOTICE, w.BANK, obligors=(w.ZHANG,)),
    )
    first = part(B.FIRST_REGISTRATION, holder(w.DEVELOPER), units=(where,))
    sale = part(B.TRANSFER_NEW_HOME, holder(w.ZHANG), obligor(w.DEVELOPER), units=(where,))
    loan = part(
        B.MORTGAGE_FROM_NOTICE, holder(w.BANK), obligor(w.ZHANG), units=(where,), targets=(where.entries[1].id,)
    )
    operations = plan_case(facts(first, sale, loan, units=(where,))).operations
    assert [one.kind for one in operations] == [K.OWNERSHIP, K.CANCELLATION, K.OWNERSHIP, K.MORTGAGE]
    assert operations[2].closes_id == operations[0].entry_id
    assert operations[3].closes_id == where.entries[1].id
    assert operations[3].obligors[0].name == "张三"


def test_shares_and_several_certificates() -> None:
    people = (holder(w.LI, Fraction(1, 3)), holder(w.WANG, Fraction(2, 3)), obligor(w.ZHANG))
    operation = only(facts(part(B.TRANSFER_RESALE, *people, sharing=Sharing.FRACTIONAL, held_separately=True)))
    assert [(one.name, one.share) for one in operation.holders] == [("李四", Fraction(1, 3)), ("王五", Fraction(2, 3))]
    assert operation.details["held_separately"] is True
    assert operation.details["land_until"] == "2090-01-01"


def test_a_new_name_keeps_the_shares() -> None:
    where = w.fractional("1/4", "3/4")
    renamed = holder(replace(w.LI, name="李诗"))
    operation = only(facts(part(B.CHANGE_HOLDER, renamed, units=(where,)), units=(where,)))
    assert [(one.name, one.share) for one in operation.holders] == [("张三", Fraction(1, 4)), ("李诗", Fraction(3, 4))]


def test_a_new_number_is_found_by_the_name() -> None:
    new_number = replace(w.ZHANG, id_number=w.WANG.id_number)
    operation = only(facts(part(B.CHANGE_HOLDER, holder(new_number))))
    assert [(one.name, one.id_number) for one in operation.holders] == [("张三", w.WANG.id_number)]


def test_what_changes_in_the_property() -> None:
    operation = only(good(B.CHANGE_PROPERTY))
    assert operation.details["building_area"] == "98.50"
    assert operation.details["usage"] == "成套住宅"
    assert only(good(B.CHANGE_TERM)).details["land_until"] == "2090-01-01"


def test_the_owners_common_parts() -> None:
    home, common = w.unit(), w.unit(number=2, usage="物业服务用房")
    chosen = {**w.fields(B.FIRST_REGISTRATION), "common_parts": f"{common.code}\n"}
    one = part(B.FIRST_REGISTRATION, holder(w.DEVELOPER), units=(home, common), fields=chosen)
    operations = planned(facts(one, units=(home, common))).operations
    assert [(one.kind, one.holders == ()) for one in operations] == [(K.OWNERSHIP, False), (K.COMMON_PARTS, True)]
    assert operations[1].details["name"] == "物业服务用房"


def test_splits_and_mergers_link_the_units() -> None:
    old, *new = good(B.SPLIT).units
    assert [(one.kind, one.predecessor_id, one.successor_id) for one in planned(good(B.SPLIT)).links] == [
        ("split", old.id, one.id) for one in new
    ]
    *before, after = good(B.MERGER).units
    assert [(one.kind, one.predecessor_id, one.successor_id) for one in planned(good(B.MERGER)).links] == [
        ("merger", one.id, after.id) for one in before
    ]
    areas = [one.details["building_area"] for one in planned(good(B.SPLIT)).operations[1:]]
    assert areas == ["40.00", "60.00"]


def test_a_mortgage_keeps_its_place() -> None:
    found = good(B.MORTGAGE_FROM_NOTICE)
    notice = next(one for one in found.units[0].entries if one.kind is K.PRESALE_MORTGAGE_NOTICE)
    operation = only(found)
    assert (operation.closes_id, operation.amount_fen) == (notice.id, notice.amount_fen)
    assert operation.holders[0].name == w.BANK.name
    assert project(found, (operation,)).units[0].of(K.MORTGAGE)[0].priority_at == notice.priority_at


def test_the_maximum_mortgage_says_so() -> None:
    assert only(good(B.MAXIMUM_MORTGAGE)).details["form"] == "maximum"
    assert only(good(B.MORTGAGE)).details.get("form", "general") == "general"


def test_the_mortgagor_is_who_owns_it_now() -> None:
    mortgage = w.entry(K.MORTGAGE, w.BANK, obligors=(w.ZHANG,))
    where = w.unit(w.OWNED, mortgage)
    sale = part(B.TRANSFER_RESALE, holder(w.LI), obligor(w.ZHANG), units=(where,))
    change = part(B.MORTGAGE_CHANGE, holder(w.BANK), obligor(w.LI), units=(where,), targets=(mortgage.id,))
    operation = plan_case(facts(sale, change, units=(where,))).operations[-1]
    assert [one.name for one in operation.obligors] == ["李四"]
    assert (operation.amount_fen, operation.closes_id) == (50_000_000, mortgage.id)


def test_consents_go_with_the_booking() -> None:
    mortgage = w.entry(K.MORTGAGE, w.BANK, bans_transfer=True)
    where = w.unit(w.OWNED, mortgage)
    given = (w.Consent(id_number=w.BANK.id_number, entry_id=mortgage.id, material_code="consent"),)
    one = part(B.TRANSFER_RESALE, holder(w.LI), obligor(w.ZHANG), units=(where,), consents=given)
    assert only(facts(one, units=(where,))).consents == (mortgage.id,)


def test_seizures_in_effect_waiting_and_renewed() -> None:
    first = only(good(B.SEIZURE))
    assert (first.valid_from, first.valid_until) == (date(2026, 11, 20), None)
    assert first.delivered_at == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert first.details["authority"] == w.COURT.name
    assert [one.name for one in first.obligors] == ["张三"]
    seized = w.unit(w.OWNED, w.entry(K.SEIZURE))
    waiting = facts(part(B.SEIZURE, w.AUTHORITY, units=(seized,)), units=(seized,))
    assert only(waiting).valid_from is None
    assert [one.rank for one in project(waiting, (only(waiting),)).units[0].of(K.SEIZURE)] == [0, 1]
    renewed = only(good(B.SEIZURE_RENEWAL))
    assert (renewed.valid_from, renewed.details["renewal"]) == (date(2028, 1, 2), True)


def test_a_lapse_names_its_rule() -> None:
    assert only(good(B.LAPSE)).details["lapse"] == "presale_notice_90_days"


def test_ownership_ends_last() -> None:
    mortgage = w.entry(K.MORTGAGE, w.BANK)
    where = w.unit(w.OWNED, mortgage, w.entry(K.OBJECTION, w.LI))
    one = part(B.OWNERSHIP_CANCELLATION, holder(w.ZHANG), units=(where,))
    closed = [operation.closes_id for operation in planned(facts(one, units=(where,))).operations]
    assert closed == [mortgage.id, where.entries[2].id, w.OWNED.id]


def test_a_correction_replaces_what_was_wrong() -> None:
    base = good(B.CORRECTION)
    (one,) = base.application.parts
    fields = {"matter": "面积录入错误", "building_area": "101.00"}
    right = facts(replace(one, fields=fields), units=base.units)
    assert only(right).details["building_area"] == str(Decimal("101.00"))
    assert only(right).details["notes"] == "面积录入错误"
    assert only(right).closes_id == w.OWNED.id
