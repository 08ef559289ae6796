"""The promises about rows, holders, closing and units, attacked past the application."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from kernel.clock import now
from kernel.db import WriteSession
from kernel.web.problems import constraint_of
from tests.register.raw import TERM, Row, at_commit, holder, put, put_refused, refused, row, stand
from tests.register.world import make_unit
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry, RightHolder

K = EntryKind
THIRD = Fraction(1, 3)
TRANSFER = {"registration_type": "200"}


@pytest.fixture
async def unit(tx: WriteSession) -> Unit:
    return await make_unit(tx)


@pytest.mark.parametrize(
    ("sharing", "shares", "whole"),
    [
        ("sole", [None], True),
        ("sole", [None, None], False),
        ("joint", [None, None], True),
        ("joint", [None], False),
        ("joint", [THIRD, None], False),
        ("fractional", [THIRD, THIRD, THIRD], True),
        ("fractional", [THIRD, THIRD], False),
        ("fractional", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], True),
        ("fractional", [Fraction(99, 100), Fraction(1, 101)], False),
        ("fractional", [Fraction(1, 2), None], False),
        ("fractional", [Fraction(1, 1)], False),
        (None, [None], False),
    ],
)
async def test_shares_add_up_to_exactly_one(
    tx: WriteSession, unit: Unit, sharing: str | None, shares: list[Fraction | None], whole: bool
) -> None:
    attack = row(unit, K.OWNERSHIP, sharing=sharing)
    people = [holder(attack["id"], str(number), share) for number, share in enumerate(shares)]
    if whole:
        await put(tx, attack, people=people)
        await at_commit(tx)
        return
    assert await put_refused(tx, attack, people=people) == "register_shares_are_whole"


async def test_a_right_has_a_holder_and_names_each_once(tx: WriteSession, unit: Unit) -> None:
    attack = row(unit, K.OWNERSHIP, sharing="joint")
    assert await put_refused(tx, attack, people=[]) == "register_names_its_holder"
    twice = [holder(attack["id"], position=1), holder(attack["id"], position=2)]
    assert await put_refused(tx, attack, people=twice) == "register_names_a_person_once"


async def test_no_holder_is_added_afterwards(tx: WriteSession, unit: Unit) -> None:
    (standing,) = await stand(tx, unit, K.PRESALE_NOTICE)
    with pytest.raises(IntegrityError) as caught:
        await tx.execute(insert(RightHolder), [holder(standing, "乙")])
    assert constraint_of(caught.value) == "register_holder_with_entry"


async def test_no_holder_without_an_entry(tx: WriteSession) -> None:
    await tx.execute(insert(RightHolder), [holder(uuid4())])
    with pytest.raises(IntegrityError):
        await at_commit(tx)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"unit_code": "4" * 28}, "register_unit_exists"),
        ({"unit_id": UUID(int=1)}, "register_unit_exists"),
        ({"status": "historical", "closed_at": now()}, "register_starts_current"),
        ({"kind": "possession"}, "ck_register_entries_kind_is_known"),
        ({"kind": "objection", "registration_type": "101"}, "ck_register_entries_registration_type_is_known"),
        ({"registration_type": "700"}, "ck_register_entries_ownership_is_registered"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 31)},
         "ck_register_entries_term_ends_after_it_starts"),
        ({"amount_fen": -1}, "ck_register_entries_amount_is_money"),
        ({"bans_transfer": True}, "ck_register_entries_only_securities_ban_transfer"),
        ({"rank": 1}, "ck_register_entries_only_seizures_wait"),
        ({"kind": "construction_mortgage", "amount_fen": None}, "ck_register_entries_security_names_its_claim"),
        ({"kind": "construction_mortgage", "amount_fen": 0}, "ck_register_entries_security_names_its_claim"),
        ({"kind": "cancellation"}, "ck_register_entries_cancellation_names_its_entry"),
        ({"kind": "seizure", **TERM, "valid_until": date(2029, 1, 2)}, "ck_register_entries_seizure_has_its_term"),
        ({"kind": "seizure", "valid_until": None}, "ck_register_entries_seizure_has_its_term"),
        ({"kind": "seizure", **TERM, "priority_at": now() + timedelta(days=1)},
         "ck_register_entries_priority_is_not_later"),
    ],
)  # fmt: skip
async def test_what_is_wrong_in_itself(tx: WriteSession, unit: Unit, changes: Row, constraint: str) -> None:
    kind = changes.get("kind", "ownership")
    known = EntryKind(kind) if kind in set(EntryKind) else K.OWNERSHIP
    assert await put_refused(tx, row(unit, known) | changes) == constraint


async def test_an_entry_closes_only_what_is_current_and_of_its_kind(tx: WriteSession, unit: Unit) -> None:
    owner, mortgage = await stand(tx, unit, K.OWNERSHIP, K.MORTGAGE)
    neighbour = await make_unit(tx)
    (other,) = await stand(tx, neighbour, K.OWNERSHIP)
    for attack, constraint in (
        (row(unit, K.RESIDENCE, closes_id=mortgage), "register_closes_its_own_kind"),
        (row(unit, K.OWNERSHIP, closes_id=mortgage, **TRANSFER), "register_closes_its_own_kind"),
        (row(unit, K.CANCELLATION, closes_id=other), "register_closes_a_current_entry"),
        (row(unit, K.CANCELLATION, closes_id=uuid4()), "register_closes_a_current_entry"),
    ):
        assert await put_refused(tx, attack) == constraint
    cancelled = await put(tx, row(unit, K.CANCELLATION, closes_id=mortgage))
    twice = row(unit, K.CANCELLATION, closes_id=mortgage)
    assert await put_refused(tx, twice) == "register_closes_a_current_entry"
    undo = row(unit, K.CANCELLATION, closes_id=cancelled)
    assert await put_refused(tx, undo) == "register_closes_its_own_kind"
    assert owner


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE register_entries SET amount_fen = 1",
        "UPDATE register_entries SET kind = 'ownership'",
        "UPDATE register_entries SET rank = 7",
        "DELETE FROM register_entries",
        "UPDATE register_holders SET position = 9",
        "DELETE FROM register_holders",
        "UPDATE entry_terms SET starts_on = starts_on - 100",
        "DELETE FROM entry_terms",
        "UPDATE unit_links SET case_number = '2'",
        "DELETE FROM unit_links",
    ],
)
async def test_the_book_is_append_only(tx: WriteSession, unit: Unit, attack: str) -> None:
    old = await make_unit(tx)
    (notice,) = await stand(tx, unit, K.PRESALE_NOTICE)
    await tx.execute(text(START), {"entry": notice})
    await tx.execute(text(f"{LINK}, (gen_random_uuid(), 'merger', :c, :a, :a, '1', now(), now())"),
                     {"a": unit.id, "b": old.id, "c": (await make_unit(tx)).id})  # fmt: skip
    constraint = await refused(tx, attack)
    assert constraint is not None
    assert constraint.endswith("_append_only")


START = """INSERT INTO entry_terms (id, entry_id, kind, starts_on, event, court_case, proof_type, created_at)
    VALUES (gen_random_uuid(), :entry, 'started', '2026-01-01', '首次登记', '', '', now())"""
LINK = """INSERT INTO unit_links (id, kind, predecessor_id, successor_id, case_id, case_number, linked_at, created_at)
    VALUES (gen_random_uuid(), 'merger', :b, :a, :a, '1', now(), now())"""


async def test_an_entry_is_closed_by_nothing_but_its_successor(tx: WriteSession, unit: Unit) -> None:
    (notice,) = await stand(tx, unit, K.PRESALE_NOTICE)
    sql = "UPDATE register_entries SET status = 'historical', closed_at = now(), closed_by_id = :by WHERE id = :id"
    assert await refused(tx, sql, by=notice, id=notice) == "register_closed_by_its_successor"


async def test_no_entry_is_closed_by_one_that_was_dropped(tx: WriteSession, unit: Unit) -> None:
    """A trigger closes before the row is in; ON CONFLICT can still leave the row out."""
    owner, mortgage = await stand(tx, unit, K.OWNERSHIP, K.MORTGAGE)
    sql = """INSERT INTO register_entries SELECT (jsonb_populate_record(e, jsonb_build_object(
            'kind', 'cancellation', 'registration_type', '400', 'sharing', null, 'closes_id', CAST(:closed AS text)))).*
        FROM register_entries e WHERE id = :same ON CONFLICT DO NOTHING"""
    assert await refused(tx, sql, closed=str(mortgage), same=owner) in {
        "register_closed_by_its_successor",
        "register_shares_are_whole",
    }


async def test_no_entry_is_closed_through_a_trigger_of_ones_own(tx: WriteSession, unit: Unit) -> None:
    (notice,) = await stand(tx, unit, K.PRESALE_NOTICE)
    await tx.execute(text("CREATE TEMP TABLE lever (id uuid) ON COMMIT DROP"))
    body = """BEGIN UPDATE register_entries SET status = 'historical', closed_at = now(), closed_by_id = NEW.id
        WHERE id = NEW.id; RETURN NEW; END"""
    await tx.execute(text(f"CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
    await tx.execute(text("CREATE TRIGGER t BEFORE INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull()"))
    assert await refused(tx, "INSERT INTO lever VALUES (:id)", id=notice) == "register_closed_by_its_successor"


async def test_a_closed_entry_never_comes_back(tx: WriteSession, unit: Unit) -> None:
    (notice,) = await stand(tx, unit, K.PRESALE_NOTICE)
    await put(tx, row(unit, K.CANCELLATION, closes_id=notice))
    sql = "UPDATE register_entries SET status = 'current', closed_at = NULL, closed_by_id = NULL WHERE id = :id"
    assert await refused(tx, sql, id=notice) == "register_closed_for_good"


async def test_a_unit_with_rights_is_not_retired(tx: WriteSession, unit: Unit) -> None:
    await stand(tx, unit, K.OWNERSHIP)
    sql = "UPDATE units SET state = 'historical' WHERE id = :id"
    assert await refused(tx, sql, id=unit.id) == "register_unit_carries_rights"


async def test_a_retired_unit_carries_nothing_and_stays_retired(tx: WriteSession, unit: Unit) -> None:
    await tx.execute(text("UPDATE units SET state = 'historical' WHERE id = :id"), {"id": unit.id})
    assert await put_refused(tx, row(unit, K.OWNERSHIP)) == "register_unit_is_living"
    sql = "UPDATE units SET state = 'built' WHERE id = :id"
    assert await refused(tx, sql, id=unit.id) == "register_unit_is_living"


async def test_a_merger_has_two_predecessors_that_retire(tx: WriteSession, unit: Unit) -> None:
    old, older = await make_unit(tx), await make_unit(tx)
    alone = {"a": unit.id, "b": old.id}
    with pytest.raises(IntegrityError) as caught:
        async with tx.begin_nested():
            await tx.execute(text(LINK), alone)
    assert constraint_of(caught.value) == "register_link_is_whole"
    both = text(f"{LINK}, (gen_random_uuid(), 'merger', :c, :a, :a, '1', now(), now())")
    await tx.execute(both, alone | {"c": older.id})
    states = await tx.scalars(text("SELECT state FROM units WHERE id IN (:a, :b, :c)"), alone | {"c": older.id})
    assert sorted(states) == ["historical", "historical", "planned"]


async def test_a_merger_takes_no_unit_with_rights(tx: WriteSession, unit: Unit) -> None:
    old, older = await make_unit(tx), await make_unit(tx)
    await stand(tx, old, K.OWNERSHIP)
    both = f"{LINK}, (gen_random_uuid(), 'merger', :c, :a, :a, '1', now(), now())"
    assert await refused(tx, both, a=unit.id, b=old.id, c=older.id) == "register_unit_carries_rights"


async def test_a_term_belongs_to_a_live_notice(tx: WriteSession, unit: Unit) -> None:
    (owner,) = await stand(tx, unit, K.OWNERSHIP)
    assert await refused(tx, START, entry=owner) == "register_term_fits"


async def test_what_stands_has_not_been_touched_by_these_attacks(tx: WriteSession, unit: Unit) -> None:
    """The helper of these tests writes what the book accepts."""
    ids = await stand(tx, unit, K.OWNERSHIP, K.MORTGAGE, K.RESIDENCE, K.EASEMENT, K.OBJECTION, K.COMMON_PARTS)
    await at_commit(tx)
    assert {one.status for one in [await tx.get_one(RegisterEntry, (tx.tenant, id_)) for id_ in ids]} == {"current"}
