"""What a stranger's PDF is: pages, whether it can be sealed, attachments; whatever it is, never an exception."""

from collections.abc import AsyncIterator
from io import BytesIO

import pikepdf
import pytest

from signing.attachments import MOST_FILES, xml_file
from signing.contents import PageShape, contents_of
from signing.examiners import TOO_MUCH, Examiners, Limits
from signing.pades import Desk, SealPlace, add_seal
from signing.pki import Pki
from tests.signing import hostile
from tests.signing.making import contract, prepared, seal_ink, seal_of
from tests.signing.material import BOX, document


@pytest.fixture(scope="module")
async def examiners() -> AsyncIterator[Examiners]:
    made = Examiners(1, Limits(cpu_seconds=2, seconds=8.0))
    yield made
    await made.close()


def turned(degrees: int, *, crop: tuple[int, ...] = ()) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(300, 400))
        page.obj.Rotate = degrees
        if crop:
            page.obj.CropBox = list(crop)
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("pdf", "shape"),
    [
        (turned(0), PageShape(x1=0, y1=0, x2=300, y2=400)),
        (turned(-90), PageShape(x1=0, y1=0, x2=300, y2=400, turn=270)),
        (turned(450, crop=(10, 20, 900, 200)), PageShape(x1=10, y1=20, x2=300, y2=200, turn=90)),
        (turned(0, crop=(500, 500, 600, 600)), PageShape(x1=0, y1=0, x2=300, y2=400)),
    ],
)
def test_pages_as_they_are_shown(pdf: bytes, shape: PageShape) -> None:
    assert contents_of(pdf).pages == (shape,)


@pytest.mark.parametrize("name", hostile.MEANINGLESS | hostile.UNVERIFIABLE)
async def test_hostile_files_get_an_answer(name: str, examiners: Examiners) -> None:
    found = await examiners.look_into((hostile.MEANINGLESS | hostile.UNVERIFIABLE)[name]())
    assert found.problem or found.pages


async def test_what_never_ends_is_given_up(examiners: Examiners) -> None:
    found = await examiners.look_into(hostile.one_long_string())
    assert found.problem == TOO_MUCH or found.pages or found.problem
    assert (await examiners.look_into(document())).pages, "the next file is looked at"


async def test_a_file_that_was_locked_takes_no_further_seal(pki: Pki, desk: Desk) -> None:
    for locked in (await contract(pki, desk), await prepared(pki, desk)):
        assert "锁定" in contents_of(locked).unsealable, "every new visible field is a forgery in a certified file"
    place = SealPlace("one", BOX, closes=False)
    opened = contents_of(await add_seal(document(), place, seal_of(pki), desk, ink=seal_ink()))
    assert (opened.unsealable, opened.signed, opened.fields) == ("", 1, ("one",))


def test_many_attachments_are_not_read() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(document())) as pdf:
        for number in range(MOST_FILES + 1):
            pdf.attachments[str(number)] = b"<a/>"
        pdf.save(out)
    (told,) = contents_of(out.getvalue()).attached
    assert "过多" in told.problem


def test_fields_are_named_by_their_path() -> None:
    found = xml_file("x", b"<A v='1'><B>one</B><C><D>2</D></C><B/>tail<!-- no --><C><D>3</D></C></A>")
    assert (found.root, found.fields) == (
        "A",
        (("A/@v", "1"), ("A/#", "tail"), ("A/B", "one"), ("A/C/D", "2"), ("A/B[2]", ""), ("A/C[2]/D", "3")),
    )
