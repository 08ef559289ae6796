"""What may be sealed, what may go out, and where a seal goes on pages of every size and turn."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.rendering.schemas import Box
from signing.contents import Contents, PageShape
from signing.schemas import SignatureReport, ValidationReport
from yiti.seal_desk.kinds import BROUGHT, KIND_WORDS
from yiti.seal_desk.rules import MOST_PAGES, box_at, shown_at, shown_size, spoilt, unfit
from yiti.seal_desk.schemas import PLACES, Shape

A4 = (0.0, 0.0, 595.0, 842.0)
sizes = st.floats(40, 4000)
shapes = st.builds(
    lambda x, y, wide, high, turn: Shape(x, y, x + wide, y + high, turn),
    st.floats(-500, 500), st.floats(-500, 500), sizes, sizes, st.sampled_from([0, 90, 180, 270]),
)  # fmt: skip


def test_the_lower_right_of_an_upright_page() -> None:
    assert box_at(Shape(*A4), 2, "bottom_right") == Box(page=2, x1=427, y1=48, x2=547, y2=168)


@pytest.mark.parametrize(
    ("turn", "box"),
    [
        (90, Box(page=0, x1=427, y1=674, x2=547, y2=794)),
        (180, Box(page=0, x1=48, y1=674, x2=168, y2=794)),
        (270, Box(page=0, x1=48, y1=48, x2=168, y2=168)),
    ],
)
def test_what_a_reader_sees_as_lower_right_on_a_turned_page(turn: int, box: Box) -> None:
    assert box_at(Shape(*A4, turn), 0, "bottom_right") == box


@given(shapes, st.sampled_from(PLACES))
def test_every_place_is_a_square_on_the_page(shape: Shape, place: str) -> None:
    box = box_at(shape, 0, place)  # type: ignore[arg-type]
    assert shape.x1 <= box.x1 < box.x2 <= shape.x2
    assert shape.y1 <= box.y1 < box.y2 <= shape.y2
    assert box.x2 - box.x1 == pytest.approx(box.y2 - box.y1, abs=0.05)


@given(shapes)
def test_places_are_apart_on_the_page_as_it_is_shown(shape: Shape) -> None:
    width, height = shown_size(shape)
    left, right = shown_at(shape, "bottom_left"), shown_at(shape, "bottom_right")
    assert left.left + left.side / 2 < width / 2 < right.left + right.side / 2
    assert shown_at(shape, "top_right").low > right.low
    assert right.low + right.side < height


def signature(**more: Any) -> SignatureReport:
    known = {
        "field": "ours", "kind": "signature", "signer": "某某", "organisation": None, "assertion": None,
        "signed_at": None, "level": "B-LT", "intact": True, "trusted": True, "verdict": "PASSED",
        "covers_whole_file": True, "changes": "none", "revision": 1,
    }  # fmt: skip
    return SignatureReport(**(known | more))


def report(*signatures: SignatureReport, valid: bool = True) -> ValidationReport:
    return ValidationReport(valid=valid, signatures=signatures, unsigned_tail=False)


FORMER = signature(field="former", covers_whole_file=False, changes="permitted")
STRANGER = signature(field="former", trusted=False, covers_whole_file=False, changes="permitted")


@pytest.mark.parametrize(
    ("before", "former", "after", "words"),
    [
        ("unsigned", 0, report(signature()), ""),
        ("valid", 1, report(FORMER, signature()), ""),
        ("untrusted", 1, report(STRANGER, signature(), valid=False), ""),
        ("valid", 1, report(STRANGER, signature(), valid=False), "原有的电子签名不再有效"),
        ("valid", 1, report(signature(field="former", changes="illegal"), signature()), "原有的电子签名不再有效"),
        ("valid", 1, report(signature()), "原有的电子签名不再有效"),
        ("unsigned", 0, report(FORMER), "没有通过核验"),
        ("unsigned", 0, report(signature(trusted=False), valid=False), "没有通过核验"),
        ("unsigned", 0, report(signature(covers_whole_file=False)), "没有通过核验"),
        ("unsigned", 0, report(signature(stamp="broken")), "没有通过核验"),
        ("unsigned", 0, report(), "没有通过核验"),
    ],
)
def test_what_must_not_go_out(before: str, former: int, after: ValidationReport, words: str) -> None:
    told = spoilt(before, former, after, "ours")
    assert words in told
    assert bool(told) is bool(words)


GOOD = Contents(pages=(PageShape(x1=0, y1=0, x2=10, y2=10),))


@pytest.mark.parametrize(
    ("contents", "found", "words"),
    [
        (GOOD, ValidationReport(valid=False, signatures=(), unsigned_tail=False, unsigned=True), ""),
        (GOOD, report(signature()), ""),
        (GOOD, report(STRANGER, valid=False), ""),
        (GOOD, report(signature(intact=False), valid=False), "已被破坏"),
        (GOOD, report(signature(changes="illegal"), valid=False), "被改动过"),
        (GOOD, ValidationReport(valid=False, signatures=(), unsigned_tail=False, problem="已被移除"), "已被移除"),
        (Contents(problem="坏了"), report(signature()), "坏了"),
        (Contents(unsealable="锁定", pages=GOOD.pages), report(signature()), "锁定"),
        (Contents(pages=GOOD.pages * (MOST_PAGES + 1)), report(signature()), "超过300页"),
    ],
)
def test_what_cannot_be_sealed(contents: Contents, found: ValidationReport, words: str) -> None:
    told = unfit(contents, found)
    assert words in told
    assert bool(told) is bool(words)


def test_what_is_brought_has_its_name_beside_what_the_platform_makes() -> None:
    assert set(BROUGHT) < set(KIND_WORDS)
    assert len(set(KIND_WORDS.values())) == len(KIND_WORDS)
