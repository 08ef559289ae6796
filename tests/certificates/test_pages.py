"""Every kind on paper: within its frame, complete, the same bytes for the same content."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from kernel.rendering import Renderer
from tests.certificates.samples import MAXIMUM, entry_facts, owned_in_shares, ownership, picture
from tests.certificates.test_content import COMPANIES
from tests.certificates.test_freezing import KINDS, frozen
from tests.certificates.world import LONG_LOCATION, party
from yiti.certificates.pages import content_attachment, content_html, rows_of
from yiti.certificates.schemas import EntryCertificate
from yiti.register.kinds import EntryKind, Sharing

MILLIMETRE = 72 / 25.4
LONG = ownership(notes="附记较长，" * 400)
CASES: dict[str, tuple[EntryCertificate, int]] = {
    **{str(kind): (entry_facts(kind), 1) for kind in KINDS},
    "maximum": (entry_facts(EntryKind.MORTGAGE, details=MAXIMUM), 1),
    "separate": (entry_facts(**owned_in_shares()), 1),
    "couple": (entry_facts(holders=(party("李𬭊"), party("陈㛃䶮𠅤")), sharing=Sharing.JOINT,
                           location=LONG_LOCATION, details=ownership(notes="五年内不得上市交易。")), 1),
    "ten": (entry_facts(holders=COMPANIES, sharing=Sharing.FRACTIONAL, location=LONG_LOCATION), 2),
    "long": (entry_facts(holders=COMPANIES, sharing=Sharing.FRACTIONAL, details=LONG), 3),
}  # fmt: skip


def read(pdf: bytes, folder: Path) -> str:
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    return "".join(subprocess.check_output(["pdftotext", "-raw", path, "-"], encoding="utf-8").split())


@pytest.mark.parametrize("case", CASES)
async def test_everything_is_printed_within_the_frame(renderer: Renderer, case: str, tmp_path: Path) -> None:
    facts, pages = CASES[case]
    content = frozen(facts)
    # A place below the table tells where the table ends.
    html = content_html(content).replace("</table>", '</table><div id="sign-end" style="height: 1px"></div>')
    rendered = await renderer.pdf(html, attachments=[content_attachment(content)])
    assert rendered.pages == pages
    end = rendered.boxes["sign-end"]
    assert end.page == 0
    assert end.y1 > 21 * MILLIMETRE
    seal = rendered.boxes["sign-agency"]
    assert (seal.page, seal.x2 - seal.x1) == (0, pytest.approx(42 * MILLIMETRE, abs=0.1))
    printed = read(rendered.pdf, tmp_path)
    for _, lines in rows_of(content):
        for line in lines:
            assert "".join(line.split()) in printed, line
    assert content.number in printed
    assert content.licence_id in printed


async def test_the_table_fills_the_page_when_little_is_told(renderer: Renderer) -> None:
    html = content_html(frozen(entry_facts())).replace("</table>", '</table><div id="sign-end"></div>')
    end = (await renderer.pdf(html)).boxes["sign-end"].y2
    assert 20 * MILLIMETRE < end < 40 * MILLIMETRE


async def test_the_plan_comes_on_a_page_of_its_own(renderer: Renderer) -> None:
    content = frozen(entry_facts(plan_digest="0" * 64))
    for plan in (picture("PNG"), picture("JPEG")):
        assert (await renderer.pdf(content_html(content, plan))).pages == 2


async def test_the_same_content_gives_the_same_bytes(renderer: Renderer) -> None:
    content = frozen(entry_facts(EntryKind.RESIDENCE))
    first, second = [
        await renderer.pdf(content_html(content), attachments=[content_attachment(content)]) for _ in range(2)
    ]
    assert first.pdf == second.pdf


@pytest.mark.parametrize("field", ["location", "cause", "case_number"])
def test_no_field_can_bring_markup_into_the_page(field: str) -> None:
    changes: dict[str, Any] = {field: '<img src="file:///etc/passwd">'}
    html = content_html(frozen(entry_facts(**changes)))
    assert '<img src="file' not in html
    assert "&lt;img" in html
