"""Each promise of the book, attacked past the application: the database itself must refuse."""

from datetime import timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from sqlalchemy import text

from kernel.clock import now
from kernel.db import WriteSession
from tests.register.raw import Row, holder, put, put_refused, row, stand
from tests.register.world import make_unit
from yiti.estate.models import Unit
from yiti.register.kinds import EntryKind

K = EntryKind
THIRD = Fraction(1, 3)
TRANSFER = {"registration_type": "200"}


@pytest.fixture
async def unit(tx: WriteSession) -> Unit:
    return await make_unit(tx)


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
