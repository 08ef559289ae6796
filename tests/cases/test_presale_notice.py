"""The rules of a presale notice: every fact that may be wrong, and what each leads to."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiti.cases.findings import Level, blocking, open_points, outcome_of
from yiti.cases.presale_notice import AgentFact, BuyerFact, PresaleFacts, examine

BUYER = BuyerFact(
    name="张三", id_kind="resident_id", id_number="990000199001010018", birth_date=date(1990, 1, 1), share=None,
    identity_reference="id-1", identity_matched=True,
)  # fmt: skip
CLEAR = PresaleFacts(
    on=date(2026, 11, 21), contract_number="YS4115282026000001", contract_filed=True, contract_unit_code="U",
    contract_digest="d" * 64, price_fen=73_383_200, sharing="sole", seller_name="甲公司", seller_credit_code="91",
    unit_code="U", permit_number="息房预售证第1号", permit_covers_unit=True, developer_of_permit="91", buyers=(BUYER,),
    money_missing=(), money_references=("J1", "J2"), signatures_expected=7, signatures_valid=7, unsigned=(),
    unfavourable_answers=(), construction_mortgagee=None, live_notices=(), seizures=(), objections=(), other_rights=(),
)  # fmt: skip


AGENT = AgentFact(
    name="李四", id_number="990000198001010015", power="授权委托书（经公证）", power_digest="e" * 64, faults=(),
    namesake_at_seller=False,
)  # fmt: skip


def changed(**facts: Any) -> PresaleFacts:
    return msgspec.structs.replace(CLEAR, **facts)


def represented(**facts: Any) -> PresaleFacts:
    return changed(buyers=(msgspec.structs.replace(BUYER, agent=msgspec.structs.replace(AGENT, **facts)),))


def test_all_clear_on_verified_evidence_is_booked_at_once() -> None:
    findings = examine(CLEAR)
    assert outcome_of(findings) == "book"
    assert not open_points(findings)


@pytest.mark.parametrize(
    ("facts", "code", "level"),
    [
        (changed(contract_filed=False), "contract", Level.BLOCK),
        (changed(contract_unit_code="other"), "contract", Level.BLOCK),
        (changed(permit_covers_unit=False), "permit", Level.BLOCK),
        (changed(developer_of_permit="92"), "permit", Level.BLOCK),
        (changed(money_missing=("首付款未到账",)), "money", Level.BLOCK),
        (changed(buyers=(msgspec.structs.replace(BUYER, identity_matched=False),)), "identity", Level.BLOCK),
        (changed(unsigned=("合同：出卖人",)), "signatures", Level.BLOCK),
        (changed(signatures_valid=6), "signatures", Level.BLOCK),
        (changed(signatures_valid=0, signatures_expected=0), "signatures", Level.BLOCK),
        (changed(live_notices=("1",)), "live_notice", Level.BLOCK),
        (changed(seizures=("1",)), "seizure", Level.BLOCK),
        (changed(other_rights=("房屋所有权",)), "other_rights", Level.BLOCK),
        (represented(faults=("授权委托书已于2026-11-01到期",)), "agents", Level.BLOCK),
        (represented(), "agents", Level.WARN),
        (changed(objections=("1",)), "objection", Level.WARN),
        (changed(construction_mortgagee="某银行"), "construction_mortgage", Level.WARN),
        (changed(unfavourable_answers=("是否存在争议",)), "inquiry", Level.WARN),
    ],
)
def test_one_wrong_fact_sends_the_case_to_a_person(facts: PresaleFacts, code: str, level: Level) -> None:
    findings = examine(facts)
    (wrong,) = [one for one in findings if one.level is not Level.CLEAR]
    assert (wrong.code, wrong.level) == (f"presale_notice.{code}", level)
    assert wrong.words != "核验通过"
    assert wrong.basis
    assert outcome_of(findings) == "refer"
    assert bool(blocking(findings)) is (level is Level.BLOCK)


def test_money_without_a_bank_voucher_is_no_verified_evidence() -> None:
    assert outcome_of(examine(changed(money_references=()))) == "refer"


@pytest.mark.parametrize(
    ("born", "minor"),
    [(date(2008, 11, 21), False), (date(2008, 11, 22), True), (date(2026, 1, 1), True), (None, False)],
)
def test_a_minor_is_referred_until_the_day_they_turn_eighteen(born: date | None, minor: bool) -> None:
    findings = examine(changed(buyers=(msgspec.structs.replace(BUYER, birth_date=born),)))
    assert (outcome_of(findings) == "refer") is minor


@given(st.data())
def test_the_decision_depends_on_the_facts_alone(data: st.DataObject) -> None:
    facts = changed(
        contract_filed=data.draw(st.booleans()),
        seizures=data.draw(st.sampled_from([(), ("1",)])),
        signatures_valid=data.draw(st.integers(0, 9)),
        construction_mortgagee=data.draw(st.sampled_from([None, "某银行"])),
    )
    again = msgspec.json.decode(msgspec.json.encode(facts), type=PresaleFacts)
    assert examine(facts) == examine(again)


def test_no_findings_at_all_is_never_a_reason_to_book() -> None:
    assert outcome_of(()) == "refer"


def test_an_agent_is_never_decided_on_by_machine_and_is_named() -> None:
    findings = examine(represented(namesake_at_seller=True))
    assert outcome_of(findings) == "refer"
    assert not blocking(findings), "a person may decide"
    (doubt,) = open_points(findings)
    for words in ("张三由委托代理人李四", "授权委托书（经公证）", "同时代理双方"):
        assert words in doubt.words
    assert doubt.evidence.reference == "e" * 16
    assert "同时代理" not in open_points(examine(represented()))[0].words


def test_where_nobody_is_represented_nothing_is_asked() -> None:
    """Decisions made before agents were known come out the same."""
    assert [one.code for one in examine(CLEAR) if one.code.endswith("agents")] == []
