"""A thousand changed copies of signed documents: every change is reported, and none brings the validator down."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from signing import pades
from signing.pades import Desk, FieldPlan
from signing.pki import Pki
from signing.schemas import ValidationReport
from signing.validation import Trust, validate_pdf
from tests.signing import mutating
from tests.signing.making import ink, pdfsig, seal_ink, seal_of, sealed
from tests.signing.material import box, document
from tests.signing.mutating import Copy
from tests.tools import needs

SEED = 20261122


@pytest.fixture(scope="module")
async def proof(pki: Pki, desk: Desk) -> bytes:
    return await sealed(pki, desk)


@pytest.fixture(scope="module")
async def agreement(pki: Pki, desk: Desk) -> bytes:
    """Three sign: the platform's certification is the fourth signature."""
    plans = [FieldPlan(one, box(place), locks_all=place == 2) for place, one in enumerate(("buyer", "bank", "seller"))]
    pdf = await pades.prepare(document(), plans, seal_of(pki, "the platform"), desk)
    pdf = await pades.sign_field(pdf, "buyer", pki.issue_person("买受人", "as-1"), desk, ink=ink())
    pdf = await pades.sign_field(pdf, "bank", seal_of(pki, "bank"), desk, ink=seal_ink())
    return await pades.sign_field(pdf, "seller", seal_of(pki), desk, ink=seal_ink())


@pytest.fixture(scope="module")
async def archived(pki: Pki, desk: Desk, proof: bytes) -> bytes:
    return await pades.archive_timestamp(proof, desk)


def copies(proof: bytes, agreement: bytes, archived: bytes) -> Iterator[tuple[str, Copy]]:
    """1,000 of them."""
    chance = random.Random(SEED)
    plan = {
        "proof": (proof, (580, 150, 110, 30, 38, 20)),
        "agreement": (agreement, (8, 5, 4, 4, 6, 4)),
        "archived": (archived, (10, 5, 6, 4, 10, 6)),
    }
    makers = (mutating.flipped, mutating.flipped_in_signatures, mutating.replaced, mutating.appended,
              mutating.updated, mutating.cut)  # fmt: skip
    for title, (pdf, amounts) in plan.items():
        parts = (make(pdf, chance, times) for make, times in zip(makers, amounts, strict=True))
        yield from ((title, copy) for copy in chain.from_iterable(parts))


def missed(issued: ValidationReport, now: ValidationReport, copy: Copy) -> bool:
    """Whether somebody who reads the report could take the copy for what was issued.

    A change that shows, or that touches what was signed, must cost the document its validity. A revision that changes
    nothing visible must be named. A cut that leaves an earlier state as it once was, and was valid, must show that
    something is missing: a signature place is unsigned, or there are fewer signatures, or a lower level than issued.
    """
    if not now.valid:
        return False
    if copy.visible:
        return True
    named = now.unsigned_tail and all(one.added for one in now.signatures)
    lacks = bool(now.unfilled) or len(now.signatures) < len(issued.signatures)
    return not (named or lacks)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_thousand_changed_copies_are_all_reported(
    proof: bytes, agreement: bytes, archived: bytes, trust: Trust
) -> None:
    originals = {"proof": proof, "agreement": agreement, "archived": archived}
    issued = {title: await validate_pdf(pdf, trust) for title, pdf in originals.items()}
    assert all(report.valid and not report.unsigned_tail and not report.unfilled for report in issued.values())
    outcomes, unseen, number = Counter[str](), [], 0
    for title, copy in copies(proof, agreement, archived):
        assert copy.pdf != originals[title]
        report = await validate_pdf(copy.pdf, trust)
        number += 1
        outcomes[f"{copy.kind}: {report.outcome}"] += 1
        assert report.signatures or report.problem
        if missed(issued[title], report, copy):
            unseen.append((title, copy.kind, number))
    assert unseen == []
    assert number == 1000
    assert outcomes["text: changed"], "the signed revision is told apart from what was added"
    assert outcomes["flipped: broken"] > 300


async def test_flips_where_no_byte_range_reaches(proof: bytes, archived: bytes, trust: Trust) -> None:
    """Every byte of the padding's end, of the angle brackets, and the case of the digits."""
    for pdf in (proof, archived):
        end = pdf.rindex(b"00>") + 2
        for place, byte in ((end, b" "), (end - 1, b"1"), (end - 9, b"a"), (end - 9, b" "), (end - 9, b"%")):
            forged = pdf[:place] + byte + pdf[place + 1 :]
            assert not (await validate_pdf(forged, trust)).valid, (place, byte)


@needs("pdfsig", "poppler-utils")
@pytest.mark.parametrize("kind", ["text", "text in place", "page added", "seal repainted", "seal moved", "catalog"])
async def test_where_pdfsig_is_fooled_ours_is_not(kind: str, agreement: bytes, trust: Trust, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    forged = mutating.update(agreement, lambda writer: mutating.SHOWN[kind](writer, chance))
    said = pdfsig(tmp_path, forged)
    assert said.count("Signature is Valid") == 4
    assert "Signature is Invalid" not in said
    report = await validate_pdf(forged, trust)
    assert report.outcome == "changed"
    assert all(one.intact and one.trusted and one.changes == "illegal" for one in report.signatures)
    assert all(one.added for one in report.signatures)
