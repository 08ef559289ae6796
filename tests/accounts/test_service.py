"""Organisations and users."""

import asyncio

import pytest

from kernel.db import Database, WriteSession
from kernel.errors import Invalid, NotFound
from kernel.permissions import Actor, ActorKind, system_actor
from tests.portals.pages import make_organisation, make_staff, random_credit_code
from tests.testbed import HOME, OTHER
from yiti.accounts import service
from yiti.accounts.errors import CreditCodeTaken, LoginTaken, NotYourself
from yiti.accounts.roles import OrganisationKind

ACTOR = system_actor(HOME)


async def new_user(tx: WriteSession, login: str = "zhang.san", **changes: object) -> object:
    values: dict[str, object] = {
        "login": login, "display_name": "张三", "roles": ["sales_clerk"],
        "organisation_id": (await make_organisation(tx, OrganisationKind.DEVELOPER)).id,
    }  # fmt: skip
    return await service.create_user(tx, ACTOR, **(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "a"}, "login"),
        ({"login": "有中文"}, "login"),
        ({"display_name": "  "}, "display_name"),
        ({"roles": []}, "roles"),
        ({"roles": ["registrar"]}, "roles"),
        ({"password": "weak"}, "password"),
    ],
)
async def test_bad_users_are_refused_with_the_field_at_fault(
    tx: WriteSession, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await new_user(tx, **changes)  # type: ignore[arg-type]
    assert caught.value.field == field


async def test_a_login_is_unique_in_the_county_whatever_its_case(tx: WriteSession) -> None:
    await new_user(tx, "li.si")
    with pytest.raises(LoginTaken):
        await new_user(tx, "LI.SI")
    await new_user(tx, "li.wu")  # the transaction is still usable


async def test_two_clerks_who_create_one_login_at_once_make_one_user(database: Database) -> None:
    async with database.transaction(HOME) as tx:
        employer = await make_organisation(tx, OrganisationKind.DEVELOPER)

    async def create() -> None:
        async with database.transaction(HOME) as tx:
            await service.create_user(
                tx, ACTOR, organisation_id=employer.id, login="race", display_name="赛", roles=["sales_clerk"]
            )

    outcomes = await asyncio.gather(create(), create(), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LoginTaken", "NoneType"]


async def test_an_organisation_is_registered_once(tx: WriteSession) -> None:
    code = random_credit_code()
    await make_organisation(tx, OrganisationKind.BANK, credit_code=code)
    with pytest.raises(CreditCodeTaken):
        await make_organisation(tx, OrganisationKind.BANK, credit_code=code.lower())
    with pytest.raises(Invalid):
        await make_organisation(tx, OrganisationKind.BANK, credit_code=code[:-1] + ("0" if code[-1] != "0" else "1"))


async def test_nobody_administers_their_own_account(tx: WriteSession) -> None:
    staff = await make_staff(tx, "administrator")
    myself = Actor(kind=ActorKind.STAFF, name="我", tenant=HOME, id=staff.user_id)
    with pytest.raises(NotYourself):
        await service.disable_user(tx, myself, staff.user_id)
    with pytest.raises(NotYourself):
        await service.set_roles(tx, myself, staff.user_id, ["auditor"])


async def test_lists_mask_names_and_go_on_after_the_last_login(tx: WriteSession) -> None:
    for name in ("page-a", "page-b", "page-c"):
        await new_user(tx, name)
    first = await service.user_lines(tx, search="page-", limit=2)
    assert [line.login for line in first] == ["page-a", "page-b"]
    assert first[0].masked_name == "张*"
    rest = await service.user_lines(tx, search="page-", after=first[-1].login)
    assert [line.login for line in rest] == ["page-c"]
    assert await service.user_lines(tx, search="page_") == []


async def test_another_countys_user_is_not_found(database: Database) -> None:
    async with database.transaction(OTHER) as tx:
        staff = await make_staff(tx, "registrar")
    async with database.transaction(HOME) as tx:
        with pytest.raises(NotFound):
            await service.user(tx, staff.user_id)
        with pytest.raises(NotFound):
            await service.disable_user(tx, ACTOR, staff.user_id)
