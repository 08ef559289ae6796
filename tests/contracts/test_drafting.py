"""Drafts: opened, filled in, frozen, reopened, given up."""

import hashlib
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.document import contract_html
from contracts.errors import ContractNotFound, Incomplete, Stale, UnitTaken, WrongStatus
from contracts.models import Contract, ContractParameter
from contracts.schemas import Instalment
from contracts.service import (
    abandon,
    begin_signing,
    buyers_of,
    content_of,
    findings_of,
    freeze,
    history_of,
    open_contracts_by_unit,
    open_draft,
    refresh,
    reopen,
    save_buyers,
    save_terms,
)
from kernel.clock import today
from kernel.db import WriteSession
from kernel.errors import Invalid
from tests.contracts.samples import BLANKS, changed, home, person, plan, seller, shared
from tests.contracts.steps import CLERK, DIGEST, PRICE, STRANGER, drafted, frozen, signing


async def actions(tx: WriteSession, contract: Contract) -> list[str]:
    await tx.flush()
    return [event.action for event in await history_of(tx, contract.id)]


async def test_a_draft_takes_the_unit(tx: WriteSession) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    held = await open_contracts_by_unit(tx, [contract.unit_id, uuid4()])
    assert {unit: state.status for unit, state in held.items()} == {contract.unit_id: "draft"}
    assert (contract.template, contract.template_version) == ("gf_2014_0171", "v2")


async def test_the_second_draft_learns_who_and_when_but_no_person(tx: WriteSession) -> None:
    unit = home()
    first = await open_draft(tx, CLERK, unit, seller())
    with pytest.raises(UnitTaken) as refusal:
        await open_draft(tx, CLERK, unit, seller())
    assert "息县息州置业有限公司" in refusal.value.message
    assert "草稿" in refusal.value.message
    assert CLERK.name not in refusal.value.message
    assert refusal.value.extra["contract_id"] == str(first.id)
    # The refusal did not spoil the transaction.
    assert (await abandon(tx, CLERK, first.id, "客户改变主意")).status == "abandoned"


async def test_a_unit_is_free_again_after_its_contract_was_given_up(tx: WriteSession) -> None:
    unit = home()
    first = await open_draft(tx, CLERK, unit, seller())
    await abandon(tx, CLERK, first.id, "客户改变主意")
    second = await open_draft(tx, CLERK, unit, seller())
    assert second.id != first.id


async def test_people_are_stored_tidily_and_come_back(tx: WriteSession) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    couple = (person(1, name=" 张𬭊 ", share=Fraction(1, 3)), person(2, share=Fraction(2, 3)))
    await save_buyers(tx, CLERK, contract.id, "fractional", couple, revision=1)
    stored = await buyers_of(tx, contract.id)
    assert stored == [changed(couple[0], name="张𬭊"), couple[1]]
    await save_buyers(tx, CLERK, contract.id, "sole", (person(3),), revision=2)
    assert await buyers_of(tx, contract.id) == [person(3)]


async def test_no_personal_data_is_readable_in_the_tables(tx: WriteSession) -> None:
    contract = await frozen(tx)
    buyer = person()
    for table in ("contracts", "contract_buyers", "contract_events", "audit_entries"):
        rows = await tx.execute(text(f"SELECT t::text FROM {table} t"))
        dump = "".join(rows.scalars())
        assert contract.id.hex[:8] in dump.replace("-", ""), table
        for secret in (buyer.name, buyer.id_no, buyer.phone, seller().legal_representative, seller().phone):
            assert secret not in dump, table
            assert secret.encode().hex() not in dump, table


async def test_an_old_page_does_not_overwrite_a_colleagues_work(tx: WriteSession) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    seen = contract.revision
    await save_buyers(tx, CLERK, contract.id, "sole", (person(1),), revision=seen)
    with pytest.raises(Stale):
        await save_buyers(tx, CLERK, contract.id, "sole", (person(2),), revision=seen)
    with pytest.raises(Stale):
        await save_terms(tx, CLERK, contract.id, PRICE, plan(), BLANKS, revision=seen)
    with pytest.raises(Stale):
        await freeze(tx, CLERK, contract.id, revision=seen)
    assert await buyers_of(tx, contract.id) == [person(1)]


async def test_freezing_says_everything_that_is_missing(tx: WriteSession) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    with pytest.raises(Incomplete) as refusal:
        await freeze(tx, CLERK, contract.id)
    fields = {finding["field"] for finding in refusal.value.extra["findings"]}
    assert {"buyers", "ownership", "price_fen", "blanks.property_company"} <= fields
    assert contract.status == "draft"


async def test_frozen_data_makes_the_same_document_for_ever(tx: WriteSession) -> None:
    contract = await frozen(tx)
    assert contract.frozen is not None
    assert contract.frozen_digest == hashlib.sha256(contract.frozen.encode()).hexdigest()
    content = await content_of(tx, contract)
    assert content.frozen_on == today()
    assert content.buyers == (person(),)
    assert content.blanks["filing_days"] == "1", "defaults are written out"
    await tx.flush()
    tx.expunge_all()
    again = await tx.get_one(Contract, (contract.tenant_id, contract.id))
    assert contract_html(await content_of(tx, again)) == contract_html(content)


async def test_a_county_parameter_is_used_at_the_freeze(tx: WriteSession) -> None:
    contract = await drafted(tx)
    tx.add(ContractParameter(key="loan_share_max", value="0.5", valid_from=today(), source="县政府通知"))
    await tx.flush()
    assert [finding.code for finding in await findings_of(tx, contract)] == ["contracts.loan_share"]
    with pytest.raises(Incomplete, match="50%"):
        await freeze(tx, CLERK, contract.id)


async def test_reopening_is_possible_only_before_signing(tx: WriteSession) -> None:
    contract = await frozen(tx)
    await reopen(tx, CLERK, contract.id)
    assert (contract.status, contract.frozen, contract.frozen_digest) == ("draft", None, None)
    await freeze(tx, CLERK, contract.id)
    await begin_signing(tx, CLERK, contract.id, DIGEST)
    with pytest.raises(WrongStatus, match="签署中"):
        await reopen(tx, CLERK, contract.id)
    assert await actions(tx, contract) == [
        "opened", "buyers_saved", "terms_saved", "frozen", "reopened", "frozen", "signing_begun",
    ]  # fmt: skip


async def test_frozen_content_is_not_edited(tx: WriteSession) -> None:
    contract = await frozen(tx)
    with pytest.raises(WrongStatus):
        await save_buyers(tx, CLERK, contract.id, "sole", (person(2),), revision=contract.revision)
    with pytest.raises(WrongStatus):
        await save_terms(tx, CLERK, contract.id, 1, (), {}, revision=contract.revision)
    with pytest.raises(WrongStatus):
        await refresh(tx, CLERK, contract.id, home(unit_id=contract.unit_id), seller())


async def test_facts_of_the_unit_are_refreshed_in_a_draft(tx: WriteSession) -> None:
    unit = home(mortgaged=True)
    contract = await drafted(tx, unit=unit)
    assert [finding.code for finding in await findings_of(tx, contract)] == ["contracts.mortgagee"]
    before = contract.revision
    await refresh(tx, CLERK, contract.id, unit, seller())
    assert contract.revision == before, "nothing new, nothing stale"
    await refresh(tx, CLERK, contract.id, changed(unit, mortgaged=False), seller())
    assert await findings_of(tx, contract) == ()
    assert contract.revision == before + 1
    with pytest.raises(ContractNotFound):
        await refresh(tx, CLERK, contract.id, home(), seller())


async def test_another_sellers_contract_does_not_exist(tx: WriteSession) -> None:
    contract = await drafted(tx)
    with pytest.raises(ContractNotFound):
        await open_draft(tx, STRANGER, home(), seller())
    with pytest.raises(ContractNotFound):
        await save_buyers(tx, STRANGER, contract.id, "sole", (person(),), revision=contract.revision)
    for act in (freeze, reopen):
        with pytest.raises(ContractNotFound):
            await act(tx, STRANGER, contract.id)
    with pytest.raises(ContractNotFound):
        await abandon(tx, STRANGER, contract.id, "x")
    with pytest.raises(ContractNotFound):
        await abandon(tx, CLERK, uuid4(), "x")


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
async def test_giving_up_needs_a_reason(tx: WriteSession, reason: str) -> None:
    contract = await drafted(tx)
    with pytest.raises(Invalid):
        await abandon(tx, CLERK, contract.id, reason)


async def test_a_broken_off_signing_can_be_given_up(tx: WriteSession) -> None:
    contract = await signing(tx)
    await abandon(tx, CLERK, contract.id, "买受人放弃")
    assert contract.status == "abandoned"
    assert await open_contracts_by_unit(tx, [contract.unit_id]) == {}


@pytest.mark.parametrize(
    ("buyers", "field"),
    [
        ((*shared(10), person(77)), "buyers"),
        ((person(name="张\x00三"),), "buyers.1.name"),
        ((person(name="张\u202e三"),), "buyers.1.name"),
        ((person(), person(2, address="长" * 201)), "buyers.2.address"),
        ((person(share=Fraction(0)),), "buyers.1.share"),
        ((person(share=Fraction(-1, 2)),), "buyers.1.share"),
        ((person(share=Fraction(3, 2)),), "buyers.1.share"),
        ((person(share=Fraction(1, 10**20)),), "buyers.1.share"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(tx: WriteSession, buyers: Any, field: str) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    with pytest.raises(Invalid) as refusal:
        await save_buyers(tx, CLERK, contract.id, "sole", buyers, revision=1)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("price", "amounts", "blanks", "field"),
    [
        (0, [], {}, "price_fen"),
        (10**15, [], {}, "price_fen"),
        (100, [-1], {}, "instalments"),
        (100, [10**14], {}, "instalments"),
        (100, [1] * 61, {}, "instalments"),
        (100, [], {"unknown": "1"}, "blanks.unknown"),
        (100, [], {"supplement": "长" * 5001}, "blanks.supplement"),
        (100, [], {"supplement": "a\x08"}, "blanks.supplement"),
    ],
)
async def test_terms_that_cannot_be_kept(
    tx: WriteSession, price: int, amounts: list[int], blanks: dict[str, str], field: str
) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    lines = [Instalment(due=today(), amount_fen=amount, kind="down_payment") for amount in amounts]
    with pytest.raises(Invalid) as refusal:
        await save_terms(tx, CLERK, contract.id, price, lines, blanks, revision=1)
    assert refusal.value.field == field


async def test_a_draft_may_be_wrong_for_the_time_being(tx: WriteSession) -> None:
    contract = await open_draft(tx, CLERK, home(), seller())
    await save_buyers(tx, CLERK, contract.id, "sole", (person(id_no="1"), person(id_no="1")), revision=1)
    await save_terms(tx, CLERK, contract.id, 100, (), {"filing_days": "99"}, revision=2)
    found = {finding.code for finding in await findings_of(tx, contract)}
    assert {"contracts.buyer_twice", "contracts.buyer_id_no", "contracts.instalment_sum", "contracts.blank"} <= found
    assert "草　稿" in contract_html(await content_of(tx, contract))
