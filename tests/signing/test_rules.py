from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import now
from signing import rules
from signing.rules import Link
from signing.schemas import DocumentToSign, Field, IdentityAssertion, Signatory
from tests.signing.material import BOX

STATES = ("waiting", "identifying", "identified", "consented", "signed")


@pytest.mark.parametrize("ceremony", ["open", "completed", *sorted(rules.ENDED)])
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_step(ceremony: str, state: str) -> None:
    step = rules.step_of(ceremony, state, now(), now())
    if state == "signed" and ceremony not in rules.ENDED:
        assert step == "done"
    elif ceremony != "open":
        assert step == "closed"
    else:
        assert step == {"waiting": "identify", "identifying": "identify", "identified": "sign"}.get(state, "applying")


@pytest.mark.parametrize("state", STATES)
def test_whose_turn_has_not_come_waits(state: str) -> None:
    assert rules.step_of("open", state, now(), now(), waits=True) == ("done" if state == "signed" else "wait")
    assert rules.step_of("expired", state, now(), now(), waits=True) == "closed"


def test_an_old_identification_must_be_repeated() -> None:
    at = now()
    assert rules.step_of("open", "identified", at - rules.IDENTITY_LIFETIME, at) == "identify"
    assert not rules.identity_holds(at + timedelta(minutes=5), at)  # from the future
    assert rules.identity_holds(at + timedelta(minutes=1), at)


def _assertion(name: str, id_no: str) -> IdentityAssertion:
    return IdentityAssertion(
        reference="r", name=name, id_no=id_no, method="face", provider="p", verified_at=now(), digest="0" * 64
    )


@pytest.mark.parametrize(
    ("name", "id_no", "same"),
    [
        ("张三", "99000019900101123x", True),
        ("张 三", "９９000019900101123X", True),
        ("张三丰", "99000019900101123X", False),
        ("张三", "990000199001011231", False),
        ("", "", False),
    ],
)
def test_same_person(name: str, id_no: str, same: bool) -> None:
    assert rules.same_person("张三", "99000019900101123X", _assertion(name, id_no)) is same


@pytest.mark.parametrize(
    ("consents", "complete"),
    [
        ({"a": True, "b": True}, True),
        ({"a": True, "b": False}, False),
        ({"a": True}, False),
        ({"a": True, "b": True, "c": True}, False),
        ({"a": True, "b": 1}, False),
        ({}, False),
    ],
)
def test_all_documents_must_be_agreed_to(consents: dict[str, bool], complete: bool) -> None:
    assert rules.consent_is_complete(["a", "b"], consents) is complete


def _plan(*owners: str, names: tuple[str, ...] = ("f1", "f2")) -> DocumentToSign:
    fields = tuple(Field(name=name, signatory=owner, box=BOX) for name, owner in zip(names, owners, strict=False))
    return DocumentToSign(key="contract", title="合同", digest="0" * 64, pages=1, fields=fields)


def _who(key: str) -> Signatory:
    return Signatory(key=key, kind="person", name="张三", id_kind="resident_id", id_no="1")


@pytest.mark.parametrize(
    ("documents", "people", "last"),
    [
        ([_plan("buyer", "seller")], ["buyer"], "seller"),
        ([_plan("buyer", "seller")], ["buyer", "seller", "seller"], "seller"),
        ([_plan("buyer", "nobody")], ["buyer", "seller"], "seller"),
        ([_plan("seller", "seller")], ["seller"], "seller"),
        ([_plan("buyer")], ["buyer", "seller"], "seller"),
        ([_plan("buyer", "seller", names=("x", "x"))], ["buyer", "seller"], "seller"),
        ([_plan("buyer", "seller", names=("platform", "x"))], ["buyer", "seller"], "seller"),
        ([_plan("buyer", "seller")] * 2, ["buyer", "seller"], "seller"),
        ([], ["seller"], "seller"),
    ],
)
def test_an_impossible_plan_is_named(documents: list[DocumentToSign], people: list[str], last: str) -> None:
    assert rules.plan_problems(documents, [_who(key) for key in people], last)


def test_a_good_plan_has_no_problems() -> None:
    assert not rules.plan_problems([_plan("buyer", "seller")], [_who("buyer"), _who("seller")], "seller")


def _chain(bodies: list[str]) -> list[Link]:
    links, previous = [], ""
    for sequence, body in enumerate(bodies, start=1):
        digest = rules.link_digest("c", sequence, previous, body)
        links.append(Link(sequence, body, previous, digest))
        previous = digest
    return links


@given(st.lists(st.text('ab"\\\n中𬭊', max_size=20), min_size=2, max_size=8), st.data())
def test_the_chain_notices_every_change(bodies: list[str], data: st.DataObject) -> None:
    links = _chain(bodies)
    assert rules.chain_holds("c", links)
    assert not rules.chain_holds("another ceremony", links)
    place = data.draw(st.integers(0, len(links) - 1))
    changed = [*links]
    changed[place] = replace(links[place], body=links[place].body + "x")
    assert not rules.chain_holds("c", changed)
    if place < len(links) - 1:
        assert not rules.chain_holds("c", links[:place] + links[place + 1 :])
