"""Queries of the book: with a purpose, written down, and never more than one may know."""

from uuid import UUID

import pytest

from kernel.errors import Invalid
from kernel.permissions import Actor, ActorKind, Permission
from kernel.pii import blind_index
from tests.journeys.registration.county import CLERK, Desk
from tests.journeys.registration.people import (
    DEVELOPER,
    Who,
    applicant,
    citizen,
    home_of,
    mortgaged,
    noticed,
    obligor,
    part,
    seized,
)
from tests.testbed import HOME
from yiti.cases.business import Business
from yiti.certificates import service as certificates
from yiti.journeys.registration import searches, statements
from yiti.journeys.registration.errors import PurposeMissing, SearchForbidden
from yiti.journeys.registration.searches import Asker
from yiti.letters import service as letters
from yiti.letters.schemas import OwnershipStatement, RegisterExtract

pytestmark = pytest.mark.timeout(120)


def me(who: Who) -> Actor:
    person = UUID(bytes=blind_index(who[2])[:16])
    return Actor(ActorKind.CITIZEN, who[0], HOME, person, permissions=frozenset({Permission.CITIZEN_SELF}))


def asker(who: Who) -> Asker:
    return Asker(name=who[0], id_kind=who[1], id_number=who[2])


async def test_own_property_with_its_certificates(office: Desk) -> None:
    seller, buyer = citizen(), citizen()
    unit, _ = await home_of(office, seller)
    case = await office.registered(part(Business.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    await office.booked(mortgaged(unit, buyer))
    async with office.resources.database.transaction(HOME) as tx:
        (mine,) = await searches.own_property(tx, me(buyer), asker(buyer), "核对本人房产")
        (made,) = await certificates.of_case(tx, case.id)
        assert await searches.own_property(tx, me(seller), asker(seller), "核对本人房产") == ()
    assert (mine.unit_code, mine.numbers, mine.restrictions) == (unit.code, (made.number,), ("抵押",))


async def test_others_property_is_not_shown(office: Desk) -> None:
    owner, curious = citizen(), citizen()
    await home_of(office, owner)
    with pytest.raises(SearchForbidden):
        async with office.resources.database.transaction(HOME) as tx:
            await searches.own_property(tx, me(curious), asker(owner), "好奇")


@pytest.mark.parametrize("purpose", ["", "  "])
async def test_every_query_states_a_purpose(office: Desk, purpose: str) -> None:
    unit, _ = await home_of(office, owner := citizen())
    with pytest.raises(PurposeMissing):
        async with office.resources.database.transaction(HOME) as tx:
            await searches.own_property(tx, me(owner), asker(owner), purpose)
    with pytest.raises(PurposeMissing):
        async with office.resources.database.transaction(HOME) as tx:
            await searches.public_by_unit_code(tx, me(owner), unit.code, purpose)


async def test_the_public_sees_the_state_and_no_name(office: Desk) -> None:
    owner, looker = citizen("欧阳保密"), citizen()
    unit, _ = await home_of(office, owner)
    await office.booked(mortgaged(unit, owner), seized(unit, owner))
    async with office.resources.database.transaction(HOME) as tx:
        fact = await searches.public_by_unit_code(tx, me(looker), unit.code, "拟购买")
        found = await searches.public_by_address(tx, me(looker), unit.location, "拟购买")
        kept = (await searches.records(tx))[:2]
    assert fact.registered
    assert set(fact.restrictions) == {"抵押", "查封"}
    assert "欧阳" not in repr(fact)
    assert fact in found
    assert [(one.kind, one.purpose, unit.code in one.found) for one in kept] == [
        ("public_address", "拟购买", True), ("public_unit_code", "拟购买", True),
    ]  # fmt: skip


async def test_a_certificate_number_finds_its_unit_until_it_is_cancelled(office: Desk) -> None:
    seller, buyer, next_one = citizen(), citizen(), citizen()
    unit, _ = await home_of(office, seller)
    case = await office.registered(part(Business.TRANSFER_RESALE, unit, applicant(buyer), obligor(seller)))
    async with office.resources.database.transaction(HOME) as tx:
        (made,) = await certificates.of_case(tx, case.id)
        (fact,) = await searches.public_by_certificate(tx, me(buyer), made.number, "核验")
        assert fact.unit_code == unit.code
        assert await searches.public_by_certificate(tx, me(buyer), "豫（2026）息县不动产权第9999999号", "核验") == ()
    await office.registered(part(Business.TRANSFER_RESALE, unit, applicant(next_one), obligor(buyer)))
    async with office.resources.database.transaction(HOME) as tx:
        assert await searches.public_by_certificate(tx, me(buyer), made.number, "核验") == ()


async def test_an_address_must_say_something(office: Desk) -> None:
    async with office.resources.database.transaction(HOME) as tx:
        for address in ("息县", "   ", "%%%%%"):
            with pytest.raises(Invalid):
                await searches.public_by_address(tx, CLERK, address, "查询")
        assert await searches.public_by_address(tx, CLERK, "息县谯%路", "查询") == (), "no wildcard"


async def test_who_has_a_home_and_who_has_none(office: Desk) -> None:
    owner, buyer, nobody = citizen(), citizen(), citizen()
    unit, _ = await home_of(office, owner)
    bought = await office.unit("planned")
    await office.booked(noticed(bought, buyer, DEVELOPER))
    async with office.resources.database.transaction(HOME) as tx:
        with_home = await statements.ownership_statement(tx, CLERK, [asker(owner), asker(nobody)], "子女入学")
        by_notice = await statements.ownership_statement(tx, CLERK, [asker(buyer)], "贷款")
        without = await statements.ownership_statement(tx, me(nobody), [asker(nobody)], "申请保障房")
    contents = [letters.content_of(one).content for one in (with_home, by_notice, without)]
    assert all(isinstance(one, OwnershipStatement) for one in contents)
    homes = [[home.location for home in one.homes] for one in contents if isinstance(one, OwnershipStatement)]
    assert homes == [[unit.location], [bought.location], []]
    assert "无房" in without.title
    with pytest.raises(SearchForbidden):
        async with office.resources.database.transaction(HOME) as tx:
            await statements.ownership_statement(tx, me(nobody), [asker(owner)], "好奇")


async def test_an_extract_for_who_stands_in_the_book(office: Desk) -> None:
    owner, stranger = citizen(), citizen()
    unit, _ = await home_of(office, owner)
    await office.booked(mortgaged(unit, owner))
    async with office.resources.database.transaction(HOME) as tx:
        letter = await statements.register_extract(tx, me(owner), asker(owner), unit.id, "诉讼举证")
    content = letters.content_of(letter).content
    assert isinstance(content, RegisterExtract)
    assert [one.title for one in content.entries] == ["国有建设用地使用权/房屋所有权", "抵押权"]
    assert content.restrictions == ("抵押",)
    with pytest.raises(SearchForbidden):
        async with office.resources.database.transaction(HOME) as tx:
            await statements.register_extract(tx, me(stranger), asker(stranger), unit.id, "好奇")
    async with office.resources.database.transaction(HOME) as tx:
        for_court = await statements.register_extract(
            tx, CLERK, asker(stranger), unit.id, "审理案件", capacity="利害关系人", with_history=True
        )
        assert (await searches.records(tx))[0].letter_id == for_court.id
