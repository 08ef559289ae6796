"""Each promise of the book, attacked past the application: the database itself must refuse."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from kernel.clock import now
from kernel.db import WriteSession
from kernel.web.problems import constraint_of
from tests.register.raw import TERM, Row, holder, put, put_refused, row
from tests.register.world import make_unit
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind
from yiti.register.models import RegisterEntry, RightHolder

K = EntryKind
THIRD = Fraction(1, 3)
TRANSFER = {"registration_type": "200"}


async def at_commit(tx: WriteSession) -> None:
    await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def refused(tx: WriteSession, sql: str, **values: object) -> str | None:
    async def attack() -> None:
        await tx.execute(text(sql), values)
        await at_commit(tx)

    with pytest.raises(IntegrityError) as caught:
        await attack()
    return constraint_of(caught.value)


@pytest.fixture
async def unit(tx: WriteSession) -> Unit:
    return await make_unit(tx)


async def stand(tx: WriteSession, unit: Unit, *kinds: EntryKind, **changes: Any) -> list[UUID]:
    """Book entries of these kinds, one statement each; the changes are the last one's."""
    last = len(kinds) - 1
    return [await put(tx, row(unit, kind, **(changes if place == last else {}))) for place, kind in enumerate(kinds)]


DISPOSALS = (
    (K.MORTGAGE, {}),
    (K.RESIDENCE, {}),
    (K.EASEMENT, {}),
    (K.SALE_NOTICE, {}),
    (K.PRESALE_NOTICE, {}),
    (K.CONSTRUCTION_MORTGAGE, {}),
)


@pytest.mark.parametrize(("kind", "changes"), [*DISPOSALS, (K.MORTGAGE_NOTICE, {}), (K.PRESALE_MORTGAGE_NOTICE, {})])
async def test_no_disposal_under_seizure(tx: WriteSession, unit: Unit, kind: EntryKind, changes: Row) -> None:
    await stand(tx, unit, K.OWNERSHIP, K.SEIZURE)
    assert await put_refused(tx, row(unit, kind, **changes)) == "register_no_disposal_under_seizure"


async def test_no_transfer_under_seizure(tx: WriteSession, unit: Unit) -> None:
    owner, _ = await stand(tx, unit, K.OWNERSHIP, K.SEIZURE)
    attack = row(unit, K.OWNERSHIP, closes_id=owner, **TRANSFER)
    assert await put_refused(tx, attack) == "register_no_disposal_under_seizure"


@pytest.mark.parametrize("registration_type", ["300", "500"])
async def test_no_transfer_in_the_clothes_of_a_change(tx: WriteSession, unit: Unit, registration_type: str) -> None:
    owner, _ = await stand(tx, unit, K.OWNERSHIP, K.SEIZURE)
    attack = row(unit, K.OWNERSHIP, closes_id=owner, registration_type=registration_type)
    stranger = [holder(attack["id"], "乙")]
    assert await put_refused(tx, attack, people=stranger) == "register_no_disposal_under_seizure"
    await put(tx, attack)  # the same holder may change what is not disposed of


async def test_shares_are_not_shifted_under_seizure(tx: WriteSession, unit: Unit) -> None:
    first = row(unit, K.OWNERSHIP, sharing="fractional")
    halves = [holder(first["id"], "甲", Fraction(1, 2)), holder(first["id"], "乙", Fraction(1, 2))]
    owner = await put(tx, first, people=halves)
    await stand(tx, unit, K.SEIZURE)
    attack = row(unit, K.OWNERSHIP, sharing="fractional", registration_type="300", closes_id=owner)
    shifted = [holder(attack["id"], "甲", Fraction(9, 10)), holder(attack["id"], "乙", Fraction(1, 10))]
    assert await put_refused(tx, attack, people=shifted) == "register_no_disposal_under_seizure"


async def test_ownership_is_not_given_up_under_seizure(tx: WriteSession, unit: Unit) -> None:
    owner, _ = await stand(tx, unit, K.OWNERSHIP, K.SEIZURE)
    assert await put_refused(tx, row(unit, K.CANCELLATION, closes_id=owner)) == "register_no_disposal_under_seizure"


async def test_under_seizure_a_mortgage_passes_on_but_does_not_grow(tx: WriteSession, unit: Unit) -> None:
    _, mortgage, _ = await stand(tx, unit, K.OWNERSHIP, K.MORTGAGE, K.SEIZURE)
    more = row(unit, K.MORTGAGE, closes_id=mortgage, amount_fen=101, **TRANSFER)
    assert await put_refused(tx, more) == "register_no_disposal_under_seizure"
    await put(tx, row(unit, K.MORTGAGE, closes_id=mortgage, amount_fen=100, **TRANSFER))


@pytest.mark.parametrize(("kind", "changes"), DISPOSALS)
@pytest.mark.parametrize("notice", [K.PRESALE_NOTICE, K.SALE_NOTICE])
async def test_no_disposal_against_a_live_notice(
    tx: WriteSession, unit: Unit, notice: EntryKind, kind: EntryKind, changes: Row
) -> None:
    await stand(tx, unit, K.OWNERSHIP, notice)
    assert await put_refused(tx, row(unit, kind, **changes)) == "register_no_disposal_against_notice"


@pytest.mark.parametrize("notice", [K.PRESALE_NOTICE, K.SALE_NOTICE])
async def test_no_transfer_against_a_live_notice_without_consent(
    tx: WriteSession, unit: Unit, notice: EntryKind
) -> None:
    owner, live = await stand(tx, unit, K.OWNERSHIP, notice)
    attack = row(unit, K.OWNERSHIP, closes_id=owner, **TRANSFER)
    assert await put_refused(tx, attack) == "register_no_disposal_against_notice"
    assert await put_refused(tx, attack | {"consents": [owner, uuid4()]}) == "register_no_disposal_against_notice"
    await put(tx, attack | {"consents": [live]})


async def test_a_notice_waits_for_the_developer_who_gave_it(tx: WriteSession, unit: Unit) -> None:
    notice = row(unit, K.PRESALE_NOTICE)
    developer = holder(notice["id"], "开", role="obligor")
    await put(tx, notice, people=[holder(notice["id"]), developer])
    attack = row(unit, K.OWNERSHIP)
    stranger = [holder(attack["id"], "乙")]
    assert await put_refused(tx, attack, people=stranger) == "register_no_disposal_against_notice"
    await put(tx, attack, people=[holder(attack["id"], "开")])


async def test_one_live_presale_notice(tx: WriteSession, unit: Unit) -> None:
    (live,) = await stand(tx, unit, K.PRESALE_NOTICE)
    consented = row(unit, K.PRESALE_NOTICE, consents=[live])
    assert await put_refused(tx, consented) == "uq_register_one_live_presale_notice"


async def test_one_current_ownership(tx: WriteSession, unit: Unit) -> None:
    await stand(tx, unit, K.OWNERSHIP)
    assert await put_refused(tx, row(unit, K.OWNERSHIP)) == "uq_register_one_current_ownership"


async def test_a_transfer_takes_over_from_an_owner(tx: WriteSession, unit: Unit) -> None:
    assert await put_refused(tx, row(unit, K.OWNERSHIP, **TRANSFER)) == "register_transfer_closes_ownership"
    (owner,) = await stand(tx, unit, K.OWNERSHIP)
    again = row(unit, K.OWNERSHIP, closes_id=owner)
    assert await put_refused(tx, again) == "register_transfer_closes_ownership"


@pytest.mark.parametrize("kind", [K.MORTGAGE, K.RESIDENCE, K.EASEMENT, K.SALE_NOTICE, K.MORTGAGE_NOTICE])
async def test_rights_stand_on_an_ownership(tx: WriteSession, unit: Unit, kind: EntryKind) -> None:
    assert await put_refused(tx, row(unit, kind)) == "register_right_on_ownership"
    (owner, _) = await stand(tx, unit, K.OWNERSHIP, kind)
    expected = "register_no_disposal_against_notice" if kind == K.SALE_NOTICE else "register_ownership_carries_rights"
    assert await put_refused(tx, row(unit, K.CANCELLATION, closes_id=owner)) == expected


@pytest.mark.parametrize("standing", [K.OWNERSHIP, K.PRESALE_NOTICE])
async def test_a_construction_mortgage_takes_only_what_is_unsold(
    tx: WriteSession, unit: Unit, standing: EntryKind
) -> None:
    (there,) = await stand(tx, unit, standing)
    attack = row(unit, K.CONSTRUCTION_MORTGAGE, consents=[there])
    assert await put_refused(tx, attack) == "register_construction_mortgage_on_unsold"


async def test_a_mortgage_notice_stands_on_a_presale_notice(tx: WriteSession, unit: Unit) -> None:
    attack = row(unit, K.PRESALE_MORTGAGE_NOTICE)
    assert await put_refused(tx, attack) == "register_mortgage_notice_on_notice"
    notice, _ = await stand(tx, unit, K.PRESALE_NOTICE, K.PRESALE_MORTGAGE_NOTICE)
    assert await put_refused(tx, row(unit, K.CANCELLATION, closes_id=notice)) == "register_mortgage_notice_on_notice"


@pytest.mark.parametrize("mortgage", [K.MORTGAGE, K.CONSTRUCTION_MORTGAGE])
async def test_a_registered_ban_stops_a_transfer(tx: WriteSession, unit: Unit, mortgage: EntryKind) -> None:
    order = (K.OWNERSHIP, mortgage) if mortgage == K.MORTGAGE else (mortgage, K.OWNERSHIP)
    ids = {kind: uuid4() for kind in order}
    for kind in order:
        bans = True if kind == mortgage else None
        await put(tx, row(unit, kind, id=ids[kind], bans_transfer=bans))
    attack = row(unit, K.OWNERSHIP, closes_id=ids[K.OWNERSHIP], **TRANSFER)
    assert await put_refused(tx, attack) == "register_transfer_banned"
    release = row(unit, K.CANCELLATION, closes_id=ids[mortgage])
    async with tx.begin_nested() as undone:
        await put(tx, attack | {"consents": [ids[mortgage]]})
        await undone.rollback()
    await put(tx, release, attack)


async def test_one_seizure_is_in_effect_and_the_others_wait(tx: WriteSession, unit: Unit) -> None:
    await stand(tx, unit, K.SEIZURE)
    ended = row(unit, K.SEIZURE)
    assert await put_refused(tx, ended) == "ck_register_entries_seizure_has_its_term"  # what waits has none
    await put(tx, row(unit, K.SEIZURE, valid_from=None, valid_until=None, rank=0))
    ranks = await tx.scalars(text("SELECT rank FROM register_entries WHERE unit_id = :unit"), {"unit": unit.id})
    assert sorted(ranks) == [0, 1]


async def test_no_queue_without_a_seizure_in_effect(tx: WriteSession, unit: Unit) -> None:
    (effective,) = await stand(tx, unit, K.SEIZURE)
    waiting = await put(tx, row(unit, K.SEIZURE, valid_from=None, valid_until=None))
    lifted = row(unit, K.CANCELLATION, closes_id=effective)
    assert await put_refused(tx, lifted) == "register_queue_moves_up"
    await put(tx, lifted, row(unit, K.SEIZURE, closes_id=waiting))


async def test_nobody_jumps_the_queue(tx: WriteSession, unit: Unit) -> None:
    (effective,) = await stand(tx, unit, K.SEIZURE)
    late, early = [
        await put(tx, row(unit, K.SEIZURE, valid_from=None, valid_until=None, priority_at=now() - timedelta(days=ago)))
        for ago in (1, 2)
    ]
    lifted = row(unit, K.CANCELLATION, closes_id=effective)
    assert await put_refused(tx, lifted, row(unit, K.SEIZURE)) == "register_queue_in_order"
    assert await put_refused(tx, lifted, row(unit, K.SEIZURE, closes_id=late)) == "register_queue_in_order"
    await put(tx, lifted, row(unit, K.SEIZURE, closes_id=early))


async def test_rank_and_priority_are_not_forged(tx: WriteSession, unit: Unit) -> None:
    _, first = await stand(tx, unit, K.OWNERSHIP, K.MORTGAGE)
    long_ago = now() - timedelta(days=900)
    second = row(unit, K.MORTGAGE, priority_at=long_ago, booked_at=now() + timedelta(seconds=1))
    await put(tx, second)
    taken_over = row(unit, K.MORTGAGE, closes_id=first, priority_at=long_ago, **TRANSFER)
    await put(tx, taken_over | {"booked_at": second["booked_at"] + timedelta(seconds=1)})
    order = "SELECT id FROM register_entries WHERE unit_id = :unit AND kind = 'mortgage' AND status = 'current'"
    ids = await tx.scalars(text(f"{order} ORDER BY priority_at"), {"unit": unit.id})
    assert list(ids) == [taken_over["id"], second["id"]]


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


START = """INSERT INTO entry_terms (id, entry_id, kind, starts_on, event, created_at)
    VALUES (gen_random_uuid(), :entry, 'started', '2026-01-01', '首次登记', now())"""
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


Linking = Callable[[WriteSession, Unit, Unit], Awaitable[str | None]]


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
