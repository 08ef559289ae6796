"""Agents by power of attorney: when a power holds, who signs, and what the database refuses."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from contracts.errors import ContractNotFound, NoAgent, PowersFaulty, WrongStatus
from contracts.models import ContractPower
from contracts.power_rules import faults, power_findings, who_dissolves
from contracts.service import (
    begin_signing,
    content_of,
    contracts_of_person,
    expect_powers,
    freeze,
    get,
    power_findings_of,
    powers_of,
    record_power,
    save_buyers,
)
from contracts.signers import signers_of
from kernel.clock import now, today
from kernel.db import WriteSession
from kernel.errors import Invalid
from tests.contracts.samples import AGENT_ID, changed, codes, company, person, power, represented
from tests.contracts.steps import CLERK, DIGEST, STRANGER, drafted

DAY = timedelta(days=1)
ALL = ("sign_contract", "apply_notice", "cancel_contract")


@pytest.mark.parametrize(
    ("bent", "on", "code"),
    [
        ({}, today(), None),
        ({"kind": "on_site", "number": ""}, today(), None),
        ({"valid_until": today()}, today(), None),
        ({"valid_until": today() - DAY}, today(), "power_expired"),
        ({}, today() + 31 * DAY, "power_expired"),
        ({"signed_on": today() + DAY}, today(), "power_future"),
        ({"valid_until": today() - 9 * DAY}, today(), "power_term"),
        ({"certified_by": ""}, today(), "power_office"),
        ({"kind": "on_site", "certified_by": ""}, today(), "power_office"),
        ({"number": ""}, today(), "power_number"),
        ({"acts": ("sign_contract",)}, today(), "power_scope"),
        ({"acts": ("apply_notice", "cancel_contract")}, today(), "power_scope"),
    ],
)
def test_when_a_power_holds(bent: dict[str, Any], on: date, code: str | None) -> None:
    found = list(faults(power(**bent), on))
    assert {one.code for one in found} == ({f"contracts.{code}"} if code else set())
    assert all(one.message and one.legal_basis and one.field and one.level == "block" for one in found)


def test_only_who_has_an_agent_needs_a_power() -> None:
    buyers = (person(1), represented(2), represented(3), company())
    assert codes(power_findings(buyers, {2: power()}, today())) == {"contracts.power_missing": "block"}
    assert not list(power_findings(buyers, {2: power(), 3: power()}, today()))
    (old,) = power_findings(buyers, {2: power(), 3: power(valid_until=today() - DAY)}, today())
    assert old.message.startswith("第3名买受人的授权委托书已于")


def test_every_person_signs_once_whomever_they_sign_for() -> None:
    buyers = (represented(1), person(2), represented(3, representative_phone="13711111111"), company())
    first, second, third = signers_of(buyers)
    assert (first.key, first.places, first.id_no, first.phone) == ("buyer-1", (1, 3), AGENT_ID, "13700000011")
    assert (second.key, second.places) == ("buyer-2", (2,))
    assert (third.key, third.organisation, third.credit_code) == ("buyer-4", buyers[3].name, buyers[3].id_no)
    firm = company(representative_id_no=person(2).id_no)
    (both,) = signers_of((person(2), firm))
    assert (both.places, both.organisation) == ((1, 2), None), "not only the company's"


def test_who_may_agree_to_a_cancellation() -> None:
    buyer = represented(1)
    assert who_dissolves(buyer, power(acts=ALL), today()) == AGENT_ID
    assert who_dissolves(buyer, power(), today()) == buyer.id_no, "signing does not imply it"
    assert who_dissolves(buyer, power(acts=ALL, valid_until=today() - DAY), today()) == buyer.id_no
    assert who_dissolves(company(), None, today()) == company().representative_id_no


async def test_a_power_follows_its_people_through_the_draft_and_is_renewed(tx: WriteSession) -> None:
    contract = await drafted(tx, (represented(501), person(502)), "joint")
    with pytest.raises(PowersFaulty, match="请上传第1名买受人的授权委托书"):
        await expect_powers(tx, contract.id)
    await record_power(tx, CLERK, contract.id, 1, power())
    await expect_powers(tx, contract.id)
    swapped = (person(502), represented(501))
    await save_buyers(tx, CLERK, contract.id, "joint", swapped, revision=contract.revision)
    assert list(await powers_of(tx, contract.id)) == [2]
    other = (person(502), represented(501, representative_id_no=person(7).id_no))
    await save_buyers(tx, CLERK, contract.id, "joint", other, revision=contract.revision)
    assert await powers_of(tx, contract.id) == {}, "another agent needs another power"
    await save_buyers(tx, CLERK, contract.id, "joint", swapped, revision=contract.revision)
    await freeze(tx, CLERK, contract.id)
    assert (await content_of(tx, await get(tx, contract.id))).buyers[1].by_power
    with time_machine.travel(now() + 31 * DAY, tick=False):
        with pytest.raises(PowersFaulty, match="到期"):
            await expect_powers(tx, contract.id)
        fresh = power(signed_on=today(), valid_until=today() + 9 * DAY, digest="d" * 64)
        await record_power(tx, CLERK, contract.id, 2, fresh)
        await expect_powers(tx, contract.id)
        assert await powers_of(tx, contract.id) == {2: fresh}
    assert [one.id for one in await contracts_of_person(tx, AGENT_ID)] == [contract.id]
    assert [one.id for one in await contracts_of_person(tx, represented(501).id_no)] == [contract.id]


async def test_what_is_refused_at_recording(tx: WriteSession) -> None:
    contract = await drafted(tx, (represented(1), person(2)), "joint")
    for place in (0, 2, 3):
        with pytest.raises(NoAgent):
            await record_power(tx, CLERK, contract.id, place, power())
    with pytest.raises(ContractNotFound):
        await record_power(tx, STRANGER, contract.id, 1, power())
    for bent, field in (
        ({"valid_until": today() - DAY}, "valid_until"),
        ({"number": " "}, "number"),
        ({"certified_by": "长" * 101}, "certified_by"),
        ({"acts": ("sign_contract",)}, "acts"),
    ):
        with pytest.raises(Invalid) as refused:
            await record_power(tx, CLERK, contract.id, 1, changed(power(), **bent))
        assert refused.value.field == field
    assert await powers_of(tx, contract.id) == {}


async def test_what_was_signed_under_stays(tx: WriteSession) -> None:
    contract = await drafted(tx, (represented(1),))
    await record_power(tx, CLERK, contract.id, 1, power())
    await freeze(tx, CLERK, contract.id)
    await begin_signing(tx, CLERK, contract.id, DIGEST)
    with pytest.raises(WrongStatus):
        await record_power(tx, CLERK, contract.id, 1, power())
    people = {"principal_index": b"1", "agent_index": b"2"}
    late = ContractPower(contract_id=contract.id, content="{}", digest="e" * 64, **people)
    with pytest.raises(IntegrityError, match="before the signing only"):
        async with tx.begin_nested():
            tx.add(late)
    with pytest.raises(IntegrityError, match="append-only"):
        async with tx.begin_nested():
            await tx.execute(update(ContractPower).values(digest="e" * 64))
    assert await power_findings_of(tx, contract.id, today()) == ()
