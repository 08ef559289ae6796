"""The check character of e-licence identifiers, against published ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiti.certificates.elicence import PROOF_TYPE, check_character, is_licence_identifier, licence_identifier

PUBLISHED = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000MB03271699001.11411528MB999999XL.4115282026000000001.001.T",
]
TEXT = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=40)


@pytest.mark.parametrize("identifier", PUBLISHED)
def test_published_identifiers_verify(identifier: str) -> None:
    assert is_licence_identifier(identifier)
    parts = identifier.removeprefix("1.2.156.3005.2.").split(".")
    assert licence_identifier(parts[0], parts[1], parts[2], int(parts[3])) == identifier


@pytest.mark.parametrize("identifier", PUBLISHED)
def test_one_wrong_character_is_found(identifier: str) -> None:
    position = identifier.rindex(".001.") - 1 if ".001." in identifier else identifier.rindex(".002.") - 1
    wrong = "1" if identifier[position] != "1" else "2"
    assert not is_licence_identifier(identifier[:position] + wrong + identifier[position + 1 :])


@pytest.mark.parametrize("text", ["", "1.2.156.3005.2", PUBLISHED[0].lower(), PUBLISHED[0] + ".", "x" + PUBLISHED[0]])
def test_another_form_is_no_identifier(text: str) -> None:
    assert not is_licence_identifier(text)


@given(TEXT, st.data())
def test_every_single_substitution_changes_the_check_character(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(TEXT.map(lambda drawn: drawn[0]).filter(lambda drawn: drawn != text[position]))
    assert check_character(text) != check_character(text[:position] + other + text[position + 1 :])


def test_the_proof_type_is_the_ministrys() -> None:
    assert licence_identifier(PROOF_TYPE, "11411528MB1234568F", "4115282026000000001").split(".")[5] == PROOF_TYPE
